/* SPDX-License-Identifier: MIT */
/* I/O VCPUs, parameters that change while a VCPU runs, threads that change their VCPU. */
#include "parts.h"

#define JOBS 20u

static struct {
	struct sched_timer timer;
	struct wait_queue work;
	struct vcpu *io, *asker;
	uint32_t asked, left;
	volatile bool done;
} device;

/* A device's top half: asks for work on behalf of the asker. */
static void interrupt(struct sched_timer *timer)
{
	device.asked++;
	vcpu_inherit(device.io, device.asker);
	(void)sched_wake_one(&device.work);
	if (--device.left > 0)
		sched_timer_set(timer, timer->when + us(5000));
}

/* Its bottom half: 2 ms of work for each interrupt, four times what the VCPU has. */
static void bottom_half(void *argument)
{
	(void)argument;
	for (uint32_t i = 0; i < JOBS; i++) {
		struct busy b;

		while (device.asked <= i)
			(void)sched_wait(&device.work, WAIT_FOREVER, false);
		b = (struct busy){.end = hw_rdtsc() + us(2000)};
		be_busy(&b);
	}
	device.done = true;
}

void test_io(void)
{
	struct vcpu_parameters p = {.io = true, .num = 10, .den = 100, .name = "net"};
	struct vcpu_usage u;
	uint64_t start, elapsed;

	device.asker = test_vcpu("asker", 0, 1000, 5000);
	test_point(vcpu_create(&p, &device.io) == VCPU_OK, "an I/O VCPU with 10 %%", "id %u",
		device.io ? vcpu_id(device.io) : 0);
	if (!device.io)
		return;
	start = hw_rdtsc();
	device.left = JOBS;
	device.timer.fire = interrupt;
	sched_timer_set_for(NULL, &device.timer, start + us(5000));
	test_thread("bottom", device.io, bottom_half, NULL);
	wait_done(&device.done);
	elapsed = hw_rdtsc() - start;
	u = usage_of(device.io);
	/* In a window of length t at most U t + U (1 - U) T; what it does beyond that is slack, in the background. */
	test_point(u.consumed <= elapsed / 10 + us(450) + vcpu_least_budget(), "gets no more than that on budget",
		"%llu of %llu us, %llu us in the background", (unsigned long long)(u.consumed / us(1)),
		(unsigned long long)(elapsed / us(1)), (unsigned long long)(u.background / us(1)));
	test_point(u.worst_wakeup <= elapsed, "woken by a timer, it ran in time", "at most %llu cycles later",
		(unsigned long long)u.worst_wakeup);
	test_point(u.consumed >= elapsed / 20 && u.depletions > 2, "and uses it", "%llu depletions",
		(unsigned long long)u.depletions);
	test_sleep(hw_rdtsc() + us(2000));
	test_point(vcpu_destroy(device.io) == VCPU_OK && vcpu_destroy(device.asker) == VCPU_OK, "both can go", "2");
}

void test_change(void)
{
	struct vcpu *v = test_vcpu("change", 0, 1000, 10000);
	struct busy b = {.done = false};
	struct vcpu_parameters p;
	struct vcpu_usage before, after;
	uint64_t start;

	test_sleep(hw_rdtsc() + us(120000)); /* this thread's VCPU has its budget again */
	b.end = hw_rdtsc() + us(60000);
	test_thread("change", v, be_busy, &b);
	test_sleep(hw_rdtsc() + us(5000));
	vcpu_get(v, &p, &before);
	p.budget = us(4000);
	test_point(vcpu_set(v, &p) == VCPU_OK, "a budget grows while its VCPU runs", "1 to 4 ms every 10 ms");
	vcpu_get(v, &p, &before);
	start = hw_rdtsc();
	wait_done(&b.done);
	vcpu_get(v, &p, &after);
	test_point(after.consumed - before.consumed >= (b.end - start) / 10 * 4 - us(8100) && after.missed == 0 &&
		after.consumed - before.consumed <= (b.end - start) / 10 * 4 + us(4100), "and is what it gets from then on",
		"%llu of %llu us", (unsigned long long)((after.consumed - before.consumed) / us(1)),
		(unsigned long long)((b.end - start) / us(1)));
	p.period = us(3000);
	test_point(vcpu_set(v, &p) == VCPU_BAD, "not beyond its period", "4 ms every 3 ms");
	test_sleep(hw_rdtsc() + us(1000));
	vcpu_destroy(v);
}

/* ---- binding ---- */

static struct {
	struct vcpu *home, *other;
	volatile bool bound, back;
} move;

/* `other` has used up its budget when this thread comes, and uses up the next one. */
static void move_about(void *argument)
{
	struct busy b;

	(void)argument;
	thread_bind(thread_self(), move.other);
	move.bound = true;
	b = (struct busy){.end = hw_rdtsc() + us(45000)};
	be_busy(&b);
	thread_bind(thread_self(), move.home);
	test_sleep(hw_rdtsc() + us(1000));
	move.back = true;
}

void test_bind(void)
{
	struct busy b = {.end = hw_rdtsc() + us(3000)};
	struct vcpu_usage u;

	move.home = test_vcpu("home", 0, 1000, 30000);
	move.other = test_vcpu("other", 0, 1000, 20000);
	test_thread("busy", move.other, be_busy, &b);
	wait_done(&b.done);
	test_thread("mover", move.home, move_about, NULL);
	wait_done(&move.back);
	u = usage_of(move.other);
	test_point(move.bound && u.depletions >= 2 && u.consumed >= us(2900) && u.background > us(20000),
		"a thread is bound to a VCPU without budget and uses up the next ones", "%llu us in %llu depletions",
		(unsigned long long)(u.consumed / us(1)), (unsigned long long)u.depletions);
	test_point(vcpu_destroy(move.home) == VCPU_OK && vcpu_destroy(move.other) == VCPU_OK, "both can go", "2");
}
