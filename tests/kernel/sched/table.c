/* SPDX-License-Identifier: MIT */
/* Admission, and what a decision costs with many VCPUs. */
#include "parts.h"

#include <base/boot.h>
#include <lib/fmt.h>

#define MOST 1000u

static enum vcpu_error try_vcpu(uint64_t budget, uint64_t period, struct vcpu **v)
{
	struct vcpu_parameters p = {.budget = budget, .period = period, .name = "try"};

	return vcpu_create(&p, v);
}

/* As many I/O VCPUs as there can be: the next one has no room, which is no matter of time; a main VCPU has. */
static void test_full(void)
{
	struct vcpu_parameters p = {.io = true, .num = 1, .den = 100000, .name = "many"};
	static struct vcpu *io[VCPU_MAX_IO];
	struct vcpu *v = NULL;
	uint32_t made = 0;
	enum vcpu_error error;
	char text[160];

	while (made < VCPU_MAX_IO && vcpu_create(&p, &io[made]) == VCPU_OK)
		made++;
	error = vcpu_create(&p, &v);
	test_point(made > 0 && error == VCPU_NO_ROOM, "a full table is told from a full core", "%u made, then %s", made,
		vcpu_refusal(error, text, sizeof(text)));
	test_point(try_vcpu(us(1000), us(10000), &v) == VCPU_OK && vcpu_destroy(v) == VCPU_OK,
		"I/O VCPUs leave room for main ones", "%u", made);
	while (made > 0 && vcpu_destroy(io[made - 1]) == VCPU_OK)
		made--;
	test_point(made == 0, "and go", "%u left", made);
}

void test_refusals(void)
{
	struct vcpu *v = NULL, *w = NULL;
	struct vcpu_parameters p = {.core = 99, .budget = us(1000), .period = us(10000), .name = "far"};
	char text[160];

	test_point(try_vcpu(0, us(1000), &v) == VCPU_BAD && try_vcpu(us(2000), us(1000), &v) == VCPU_BAD &&
		vcpu_create(&p, &v) == VCPU_BAD, "bad parameters are refused", "%s",
		vcpu_refusal(VCPU_BAD, text, sizeof(text)));
	test_point(try_vcpu(vcpu_least_budget() - 1, us(1000), &v) == VCPU_TOO_SMALL, "too small a budget is refused", "%s",
		vcpu_refusal(VCPU_TOO_SMALL, text, sizeof(text)));
	test_point(try_vcpu(us(6000), us(10000), &v) == VCPU_OK, "60 %% are admitted beside the default", "id %u",
		v ? vcpu_id(v) : 0);
	test_point(try_vcpu(us(5000), us(10000), &w) == VCPU_UTILISATION, "and 50 %% more are not", "%s",
		vcpu_refusal(VCPU_UTILISATION, text, sizeof(text)));
	test_point(vcpu_destroy(vcpu_by_id(0)) == VCPU_BUSY, "the default VCPU stays", "%s",
		vcpu_refusal(VCPU_BUSY, text, sizeof(text)));
	test_point(vcpu_destroy(v) == VCPU_OK && vcpu_by_id(1) == NULL, "a VCPU can go", "1");
	test_full();
}

/* ---- many ---- */

static struct {
	uint64_t end;
	volatile uint32_t left;
} crowd;

/* Runs for a little while in each period. */
static void take_part(void *argument)
{
	uint64_t period = (uint64_t)argument, when = hw_rdtsc() + period;

	for (; when < crowd.end; when += period) {
		uint64_t now;

		test_sleep(when);
		for (now = hw_rdtsc(); hw_rdtsc() - now < us(1);)
			sched_preempt_point();
	}
	crowd.left--;
}

static void remove_all(struct vcpu **v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		vcpu_destroy(v[i]);
}

/* `n` VCPUs with a thread each; returns the mean cost of a decision, in cycles. */
static uint64_t measure(uint32_t n, uint64_t *event)
{
	static struct vcpu *v[MOST];
	struct sched_core_usage before, after;

	for (uint32_t i = 0; i < n; i++)
		v[i] = test_vcpu("one", 0, 12, 30000 + 10 * i);
	crowd.end = hw_rdtsc() + us(100000);
	crowd.left = n;
	for (uint32_t i = 0; i < n; i++)
		test_thread("one", v[i], take_part, (void *)us(30000 + 10 * i));
	test_sleep(hw_rdtsc() + us(10000));
	sched_measure(true);
	sched_core_usage(&before);
	test_sleep(crowd.end);
	sched_core_usage(&after);
	sched_measure(false);
	while (crowd.left > 0)
		test_sleep(hw_rdtsc() + us(1000));
	remove_all(v, n);
	*event = (after.event_cycles - before.event_cycles) / (after.events - before.events);
	return (after.decision_cycles - before.decision_cycles) / (after.measured - before.measured);
}

void test_many(void)
{
	static const uint32_t counts[] = {4, 16, 64, 256, 1000};
	uint64_t cost[5], event, worst = 0;
	char key[32];

	for (uint32_t i = 0; i < 5; i++) {
		cost[i] = measure(counts[i], &event);
		worst = cost[i] > worst ? cost[i] : worst;
		qv_snprintf(key, sizeof(key), "decision_%u", counts[i]);
		test_number(key, cost[i]);
		qv_snprintf(key, sizeof(key), "event_%u", counts[i]);
		test_number(key, event);
	}
	test_point(cost[4] <= 2 * cost[0], "a decision among 1,000 VCPUs costs at most twice one among 4", "%llu and %llu",
		(unsigned long long)cost[4], (unsigned long long)cost[0]);
	test_point(worst <= (boot_info()->flags & QV_INFO_EMULATED ? 250 : 300), "and at most 250 instructions on average",
		"%llu", (unsigned long long)worst);
}

/* 24 VCPUs with 1 ms units that compute all the time: the share of the core that decisions and events take. */
void test_overhead(void)
{
	static struct vcpu *v[24];
	static struct busy b[24];
	struct sched_core_usage before, after;
	uint64_t start, spent, elapsed;

	test_sleep(hw_rdtsc() + us(1000));
	sched_forget_worst();
	for (uint32_t i = 0; i < 24; i++)
		v[i] = test_vcpu("unit", 0, 1000, 40000 + 1000 * i);
	start = hw_rdtsc();
	sched_measure(true);
	sched_core_usage(&before);
	for (uint32_t i = 0; i < 24; i++) {
		b[i] = (struct busy){.end = start + us(100000)};
		test_thread("unit", v[i], be_busy, &b[i]);
	}
	for (uint32_t i = 0; i < 24; i++)
		wait_done(&b[i].done);
	sched_core_usage(&after);
	sched_measure(false);
	elapsed = hw_rdtsc() - start;
	spent = after.decision_cycles + after.event_cycles - before.decision_cycles - before.event_cycles;
	test_number("overhead_24_ppm", spent * 1000000 / elapsed);
	test_number("interrupts_off_max", after.worst_delay);
	/* The figure is for a core that executes 1,000 instructions in a microsecond; a slower one has as much less time. */
	test_point(spent * 1000 / elapsed <= 3 * (us(1) < 1000 ? 1000 / us(1) : 1),
		"24 VCPUs with units of 1 ms take at most 3 per mille", "%llu decisions",
		(unsigned long long)(after.decisions - before.decisions));
	for (uint32_t i = 0; i < 24; i++)
		spent += usage_of(v[i]).missed * elapsed;
	test_point(spent < elapsed, "and none misses a period", "%llu us", (unsigned long long)(elapsed / us(1)));
	remove_all(v, 24);
}
