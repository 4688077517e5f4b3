/* SPDX-License-Identifier: MIT */
/* How soon who should run does run: wake-ups, mutexes, storms of timers, an idle core. */
#include "parts.h"

#include <base/boot.h>
#include <base/cpu.h>

#define WAKES 1000u

struct loop {
	uint64_t period;
	uint32_t times;
	uint64_t worst;
	volatile bool done;
};

static void run_loop(void *argument)
{
	struct loop *l = argument;
	uint64_t when = hw_rdtsc() + l->period;

	for (uint32_t i = 0; i < l->times; i++, when += l->period) {
		uint64_t late;

		test_sleep(when);
		late = hw_rdtsc() - when;
		if (late > l->worst)
			l->worst = late;
	}
	l->done = true;
}

/* The main thread's own VCPU is the load: it never sleeps. */
void test_latency(void)
{
	struct vcpu *v = test_vcpu("loop", 0, 100, 1000);
	struct loop l = {.period = us(200), .times = WAKES};
	struct vcpu_usage u;

	test_thread("loop", v, run_loop, &l);
	while (!l.done)
		sched_preempt_point();
	u = usage_of(v);
	test_number("wakeup_load_max", l.worst);
	test_point(u.worst_wakeup <= l.worst && l.worst <= us(20), "a sleeper wakes in time beside a busy thread",
		"worst of %u: %llu cycles, to the dispatch %llu", WAKES, (unsigned long long)l.worst,
		(unsigned long long)u.worst_wakeup);
	l = (struct loop){.period = us(200), .times = WAKES};
	test_thread("loop", v, run_loop, &l);
	test_sleep(hw_rdtsc() + us(200) * (WAKES + 10));
	wait_done(&l.done);
	test_number("wakeup_idle_max", l.worst);
	test_point(l.worst <= us(20), "and on an idle core", "worst %llu", (unsigned long long)l.worst);
	vcpu_destroy(v);
}

/* ---- switches ---- */

#define SWITCHES 1000u

static struct {
	struct wait_queue ping, pong;
	uint32_t left;
} game;

static void give_way(void *argument)
{
	uint64_t start = hw_rdtsc();

	for (uint32_t i = 0; i < SWITCHES; i++)
		(void)sched_yield(NULL);
	*(volatile uint64_t *)argument = hw_rdtsc() - start;
}

static void play(struct wait_queue *mine, struct wait_queue *other)
{
	while (game.left > 0) {
		game.left--;
		(void)sched_wake_one(other);
		(void)sched_wait(mine, WAIT_FOREVER, false);
	}
	(void)sched_wake_one(other);
}

static void play_ping(void *argument)
{
	volatile bool *done = argument;

	play(&game.ping, &game.pong);
	*done = true;
}

static void play_pong(void *argument)
{
	(void)argument;
	play(&game.pong, &game.ping);
}

/* What it takes to go from one kernel thread to another and back. */
void test_switches(void)
{
	struct vcpu *v = test_vcpu("ping", 0, 20000, 80000), *w = test_vcpu("pong", 0, 20000, 90000);
	static volatile uint64_t took[2];
	volatile bool done = false;
	/* Where the TSC counts the instructions of all cores together, each takes as many as there are cores. */
	uint64_t start, each, scale = boot_info()->flags & QV_INFO_EMULATED ? 1 : boot_info()->core_count;

	test_thread("yield", v, give_way, (void *)&took[0]);
	test_thread("yield", v, give_way, (void *)&took[1]);
	test_sleep(hw_rdtsc() + us(10000));
	test_number("yield_round_trip", took[0] / SWITCHES);
	test_point(took[0] > 0 && took[0] / SWITCHES <= 250 * scale, "two threads of a VCPU give way to each other",
		"%llu cycles", (unsigned long long)(took[0] / SWITCHES));
	game.left = 2 * SWITCHES;
	start = hw_rdtsc();
	test_thread("ping", v, play_ping, (void *)&done);
	test_thread("pong", w, play_pong, NULL);
	wait_done(&done);
	each = (usage_of(v).consumed + usage_of(w).consumed - took[0]) / SWITCHES;
	test_number("wake_and_wait_round_trip", each);
	test_point(each <= 1300 * scale, "two VCPUs wake each other", "%llu cycles there and back", (unsigned long long)each);
	game.left = 2 * SWITCHES;
	took[1] = usage_of(v).consumed;
	done = false;
	test_thread("ping", v, play_ping, (void *)&done);
	test_thread("pong", v, play_pong, NULL);
	wait_done(&done);
	test_number("wake_and_wait_same_vcpu", (usage_of(v).consumed - took[1]) / SWITCHES);
	test_point(hw_rdtsc() - start < us(100000), "two VCPUs wake each other in turn", "%u times", SWITCHES);
	test_sleep(hw_rdtsc() + us(1000));
	test_point(vcpu_destroy(v) == VCPU_OK && vcpu_destroy(w) == VCPU_OK, "and go", "2");
}

/* ---- mutex ---- */

static struct {
	struct mutex m;
	volatile bool held, taken;
	uint64_t waited;
} shared;

/* Computes for 3 ms of its own, however long others take in between. */
static void hold(void *argument)
{
	(void)argument;
	mutex_take(&shared.m);
	shared.held = true;
	for (uint64_t done = 0; done < us(3000); done += us(1)) {
		uint64_t start = hw_rdtsc();

		while (hw_rdtsc() - start < us(1))
			hw_pause();
		sched_preempt_point();
	}
	mutex_release(&shared.m);
}

static void want(void *argument)
{
	uint64_t start = hw_rdtsc();

	(void)argument;
	mutex_take(&shared.m);
	shared.waited = hw_rdtsc() - start;
	mutex_release(&shared.m);
	shared.taken = true;
}

/* A holder without budget, a VCPU in the middle that takes all it can get, and a waiter with a short period: were there
 * no inheritance, the holder would go on only after the one in the middle. */
void test_mutex(void)
{
	struct vcpu *high = test_vcpu("waiter", 0, 5000, 20000), *middle = test_vcpu("middle", 0, 10000, 40000);
	struct vcpu *low = test_vcpu("holder", 0, 1000, 90000);
	struct busy b = {.end = hw_rdtsc() + us(30000)};

	test_thread("holder", low, hold, NULL);
	wait_done(&shared.held);
	test_thread("middle", middle, be_busy, &b);
	test_thread("waiter", high, want, NULL);
	wait_done(&shared.taken);
	wait_done(&b.done);
	test_point(shared.waited > 0 && shared.waited < us(8000), "the holder of a mutex runs on its waiter's VCPU",
		"waited %llu us", (unsigned long long)(shared.waited / us(1)));
	test_point(vcpu_destroy(high) == VCPU_OK && vcpu_destroy(middle) == VCPU_OK && vcpu_destroy(low) == VCPU_OK,
		"and went home", "3 VCPUs removed");
}

/* ---- storms ---- */

struct storm {
	struct sched_timer timer;
	uint64_t period, fired, end;
};

static void strike(struct sched_timer *timer)
{
	struct storm *s = (struct storm *)timer;
	uint64_t now = hw_rdtsc();

	s->fired++;
	if (now < s->end)
		sched_timer_set(timer, now + s->period);
}

static void start_storm(void *argument)
{
	struct storm *s = argument;

	sched_timer_set(&s->timer, hw_rdtsc() + s->period);
	test_sleep(s->end);
}

/* Timers of a VCPU with a long period, far more often than its budget: they do not reach a better one. */
void test_storm(void)
{
	struct vcpu *good = test_vcpu("good", 0, 2000, 4000), *bad = test_vcpu("bad", 0, 1000, 50000);
	uint64_t end = hw_rdtsc() + us(40000);
	static struct storm storm;
	struct busy b = {.end = end};
	struct vcpu_usage u;

	storm = (struct storm){.timer.fire = strike, .period = us(5), .end = end};
	test_thread("storm", bad, start_storm, &storm);
	test_thread("good", good, be_busy, &b);
	wait_done(&b.done);
	u = usage_of(good);
	test_point(u.missed == 0 && u.consumed >= us(2000) * 9, "a storm of timers takes no guarantee",
		"%llu timers fired, missed %llu, got %llu us, %llu cycles of interrupts", (unsigned long long)storm.fired,
		(unsigned long long)u.missed, (unsigned long long)(u.consumed / us(1)), (unsigned long long)u.interrupts);
	test_point(storm.fired > 100, "while they fire in its absence", "%llu", (unsigned long long)storm.fired);
	wait_done(&b.done);
	test_sleep(hw_rdtsc() + us(2000));
	test_point(vcpu_destroy(good) == VCPU_OK && vcpu_destroy(bad) == VCPU_OK, "both can go", "2");
}

/* One sleep, one interrupt; on the way the counter of a timer without TSC-deadline mode may run out. */
void test_idle(void)
{
	struct sched_core_usage before, after;
	uint64_t other = cpus[1].irq_count;

	sched_core_usage(&before);
	test_sleep(hw_rdtsc() + us(100000));
	sched_core_usage(&after);
	test_point(after.interrupt_count - before.interrupt_count <= 1, "a sleeping core takes one interrupt, to wake up",
		"%llu", (unsigned long long)(after.interrupt_count - before.interrupt_count));
	test_point(cpus[1].irq_count == other, "an idle core takes none", "%llu", (unsigned long long)cpus[1].irq_count);
	test_point(after.idle - before.idle > us(99000), "its time is accounted as idle", "%llu us",
		(unsigned long long)((after.idle - before.idle) / us(1)));
}
