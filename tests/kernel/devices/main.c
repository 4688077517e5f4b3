/* SPDX-License-Identifier: MIT */
/*
 * A device that interrupts as fast as it can: the serial port, whose transmitter is always empty. The core's Main VCPUs
 * take all that admission gives; none of them may miss because of the device.
 */
#include <base/boot.h>
#include <base/cpu.h>
#include <base/irq.h>
#include <base/time.h>
#include <dev/console.h>
#include <dev/interrupt.h>
#include <hw/cpu.h>
#include <hw/port.h>
#include <hw/uart.h>
#include <ktest/ktest.h>
#include <sched/registers.h>

#define us(n) test_us(n)
#define SAMPLES 1024u
#define SHARE_NUM 10u
#define SHARE_DEN 100u
#define INTERVAL_US 100u
#define STORM_US 120000u
#define MODEM 4u
#define MODEM_LOOP 0x1bu /* DTR, RTS, OUT2: and what is sent comes back, nobody else sees it */

typedef unsigned long long ull;

static struct hw_uart port;

static struct {
	struct dev_interrupt irq;
	struct vcpu *io;
	uint64_t work; /* of one bottom half */
	bool off;
	uint64_t last, closest; /* top half; least time between two */
	uint32_t count;
	uint64_t when[SAMPLES], used[SAMPLES];
} storm;

static void mask(struct dev_interrupt *i)
{
	(void)i;
	hw_uart_interrupt_on(&port, 0);
}

static void unmask(struct dev_interrupt *i)
{
	(void)i;
	if (!storm.off)
		hw_uart_interrupt_on(&port, HW_UART_OUTPUT);
}

static struct vcpu_usage usage_of(const struct vcpu *v)
{
	struct vcpu_parameters parameters;
	struct vcpu_usage usage;

	vcpu_get(v, &parameters, &usage);
	return usage;
}

static void compute(uint64_t cycles)
{
	uint64_t end = thread_consumed(thread_self()) + cycles;

	while (thread_consumed(thread_self()) < end)
		sched_preempt_point();
}

static void sample(void)
{
	if (storm.count == SAMPLES)
		return;
	storm.used[storm.count] = usage_of(storm.io).consumed;
	storm.when[storm.count++] = hw_rdtsc();
}

static void serve(struct dev_interrupt *i)
{
	if (storm.last && i->last - storm.last < storm.closest)
		storm.closest = i->last - storm.last;
	storm.last = i->last;
	sample();
	compute(storm.work);
}

/* The most that the I/O VCPU got in any window between two samples, beyond U t. */
static uint64_t most_beyond(void)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < storm.count; i++) {
		for (uint32_t j = i + 1; j < storm.count; j++) {
			uint64_t used = storm.used[j] - storm.used[i];
			uint64_t share = (storm.when[j] - storm.when[i]) * SHARE_NUM / SHARE_DEN;

			if (used > share && used - share > most)
				most = used - share;
		}
		sched_preempt_point();
	}
	return most;
}

/* ---- the load ---- */

struct load {
	struct vcpu *vcpu;
	uint64_t end, period, late;
	bool asks;
	volatile bool done;
};

static void be_busy(void *argument)
{
	struct load *l = argument;

	if (l->asks)
		dev_interrupt_ask(&storm.irq);
	while (hw_rdtsc() < l->end)
		sched_preempt_point();
	l->done = true;
}

static void be_periodic(void *argument)
{
	struct load *l = argument;

	for (uint64_t when = hw_rdtsc() + l->period; when < l->end; when += l->period) {
		uint64_t now;

		test_sleep(when);
		now = hw_rdtsc();
		if (now - when > l->late)
			l->late = now - when;
		compute(us(100));
	}
	l->done = true;
}

/* The largest budget every 20 ms that is admitted beside the others. */
static struct vcpu *fill(uint64_t *budget)
{
	struct vcpu_parameters p = {.period = us(20000), .name = "rest"};
	uint64_t low = us(100), high = us(20000);
	struct vcpu *v;

	while (high - low > us(50)) {
		p.budget = (low + high) / 2;
		if (vcpu_create(&p, &v) == VCPU_OK) {
			vcpu_destroy(v);
			low = p.budget;
		} else {
			high = p.budget;
		}
	}
	p.budget = *budget = low;
	return vcpu_create(&p, &v) == VCPU_OK ? v : NULL;
}

enum { BEST, ASKER, REST, LOADS };
static struct load load[LOADS];

static void start_load(uint64_t length)
{
	static const char *const name[] = {"best", "asker", "rest"};
	uint64_t end = hw_rdtsc() + length;

	for (uint32_t i = 0; i < LOADS; i++) {
		load[i] = (struct load){load[i].vcpu, end, us(1000), 0, i == ASKER, false};
		test_thread(name[i], load[i].vcpu, i == BEST ? be_periodic : be_busy, &load[i]);
	}
}

static void wait_load(void)
{
	for (uint32_t i = 0; i < LOADS; i++) {
		while (!load[i].done)
			test_sleep(hw_rdtsc() + us(1000));
	}
}

static uint64_t missed(void)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < LOADS; i++)
		n += usage_of(load[i].vcpu).missed;
	return n;
}

static void rage(uint64_t length)
{
	start_load(length);
	storm.off = false;
	unmask(&storm.irq);
	wait_load();
	storm.off = true;
}

/* ---- points ---- */

static bool test_request(void)
{
	const struct vcpu_parameters p = {.io = true, .num = SHARE_NUM, .den = SHARE_DEN, .name = "device"};
	enum vcpu_error error = vcpu_create(&p, &storm.io);
	char text[160];

	port.port = (uint16_t)boot_info()->uart_port;
	console_wired(false); /* so the console is read from its ring */
	hw_out8((uint16_t)(port.port + MODEM), MODEM_LOOP);
	storm.irq = (struct dev_interrupt){.name = "transmitter", .mask = mask, .serve = serve, .unmask = unmask,
		.interval = us(INTERVAL_US), .vector = (uint8_t)boot_info()->uart_vector};
	storm.off = true;
	storm.work = us(40);
	storm.closest = UINT64_MAX;
	if (!error)
		error = dev_interrupt_request(&storm.irq, storm.io);
	test_point(!error && storm.irq.vector, "a device interrupts", "%s, a top half costs %llu cycles",
		vcpu_refusal(error, text, sizeof(text)), (ull)storm.irq.cost);
	return !error && storm.irq.vector;
}

static void test_refusal(void)
{
	static struct dev_interrupt often;
	char text[160];
	enum vcpu_error error;

	often = (struct dev_interrupt){.name = "often", .mask = mask, .unmask = mask, .interval = 1};
	error = dev_interrupt_request(&often, storm.io);
	test_point(error == VCPU_UTILISATION, "one that could interrupt all the time is refused", "%s",
		vcpu_refusal(error, text, sizeof(text)));
	often.interval = us(INTERVAL_US) / 4;
	error = dev_interrupt_request(&often, storm.io);
	test_point(error == VCPU_UTILISATION, "one that would break a guarantee is refused", "%s",
		vcpu_refusal(error, text, sizeof(text)));
}

static void test_load(void)
{
	uint64_t rest = 0;

	load[BEST].vcpu = test_vcpu("best", 0, 200, 1000);
	load[ASKER].vcpu = test_vcpu("asker", 0, 1000, 4000);
	load[REST].vcpu = fill(&rest);
	test_point(load[REST].vcpu, "the core is full of VCPUs",
		"20%% + 25%% + 10%% by default, and %llu us every 20 ms",
		(ull)(rest / us(1)));
}

static void test_storm(void)
{
	const struct irq_usage *irq = &irq_line_of(storm.irq.vector)->usage[0];
	uint64_t bound = SHARE_NUM * (SHARE_DEN - SHARE_NUM) * us(4000) / (SHARE_DEN * SHARE_DEN), start = hw_rdtsc();
	uint64_t elapsed, beyond, rest;
	struct vcpu_usage u;

	rage(us(STORM_US));
	elapsed = hw_rdtsc() - start;
	u = usage_of(storm.io);
	rest = usage_of(load[REST].vcpu).consumed;
	test_point(missed() == 0, "no Main VCPU misses", "%llu us of the last one, of %llu", (ull)(rest / us(1)),
		(ull)(elapsed / us(1)));
	/* A section that cannot be preempted (ten switches), a top half, a switch. */
	test_point(load[BEST].late <= 3 * vcpu_least_budget() + storm.irq.cost, "the best one wakes in time",
		"%llu cycles late at most, of %llu", (ull)load[BEST].late, (ull)(3 * vcpu_least_budget() + storm.irq.cost));
	test_point(irq->count > 20 && storm.closest >= storm.irq.interval, "interrupts keep their distance",
		"%llu, %llu cycles apart at least, %llu delayed", (ull)irq->count, (ull)storm.closest, (ull)storm.irq.delayed);
	test_point(irq->worst <= storm.irq.cost, "a top half costs no more than was admitted", "%llu of %llu cycles",
		(ull)irq->worst, (ull)storm.irq.cost);
	beyond = most_beyond();
	test_point(storm.count > 20 && beyond <= bound + 2 * storm.irq.cost + vcpu_least_budget(),
		"the I/O VCPU gets no more than its share in any window", "%llu of %llu cycles beyond it, %u samples", (ull)beyond,
		(ull)bound, storm.count);
	test_point(u.consumed >= elapsed * SHARE_NUM / SHARE_DEN * 4 / 5, "and that it gets", "%llu of %llu us",
		(ull)(u.consumed / us(1)), (ull)(elapsed * SHARE_NUM / SHARE_DEN / us(1)));
	test_point(u.interrupts + 2 * storm.irq.cost >= irq->cycles, "top halves are charged to it", "%llu of %llu cycles",
		(ull)u.interrupts, (ull)irq->cycles);
}

/* As some configure it: each VCPU pays for what interrupts it. */
static void test_charge(void)
{
	uint64_t before = cpus[0].irq_charged, count;
	const struct irq_usage *irq = &irq_line_of(storm.irq.vector)->usage[0];

	irq_charge(storm.irq.vector, NULL);
	count = irq->count;
	rage(us(STORM_US) / 3);
	test_point(cpus[0].irq_charged == before && irq->count > count, "or to whom they interrupt", "%llu interrupts",
		(ull)(irq->count - count));
	test_point(missed() == 0, "and still nobody misses", "%llu", (ull)missed());
}

static void test_quiet(void)
{
	uint64_t count;

	test_sleep(hw_rdtsc() + us(2000));
	count = cpus[0].irq_count;
	test_sleep(hw_rdtsc() + us(50000));
	count = cpus[0].irq_count - count;
	test_point(count <= 1, "a quiet device costs nothing", "%llu interrupt, to wake up", (ull)count);
}

void test_main(void)
{
	uint64_t exits = test_exits();

	if (!test_request())
		return;
	test_load();
	test_refusal();
	test_storm();
	test_charge();
	test_quiet();
	exits = test_exits() - exits;
	test_point(exits == 0, "no exits in all this", "%llu", (ull)exits);
}
