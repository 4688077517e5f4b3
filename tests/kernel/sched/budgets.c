/* SPDX-License-Identifier: MIT */
/* Budgets, priorities and turns, read from the trace of this core. */
#include "parts.h"

#include <abi/trace.h>
#include <base/layout.h>
#include <lib/string.h>

#define RUNS 4096u

struct run { /* a stretch on budget */
	uint64_t start, end;
	uint32_t vcpu;
};

static struct run runs[RUNS];
static uint32_t run_count;

static void add_run(uint64_t start, uint64_t end, uint32_t vcpu)
{
	if (run_count < RUNS && end > start)
		runs[run_count++] = (struct run){start, end, vcpu};
}

/* What ran on budget since the trace had `from` records: a dispatch begins a stretch, the next one or a depletion
 * ends it. */
static void read_trace(uint64_t from)
{
	const struct qv_trace *t = (const struct qv_trace *)(SLICE_BASE + QV_SLICE_TRACE_OFF);
	uint64_t start = 0;
	uint32_t vcpu = 0;

	run_count = 0;
	for (uint64_t i = from; i < t->head; i++) {
		const struct qv_trace_record *r = &t->record[i % t->records];

		if (r->kind == QV_TRACE_DISPATCH || (r->kind == QV_TRACE_DEPLETED && r->vcpu == vcpu)) {
			if (start)
				add_run(start, r->tsc, vcpu);
			start = r->kind == QV_TRACE_DISPATCH && r->argument ? r->tsc : 0;
			vcpu = r->vcpu;
		}
	}
}

static uint64_t trace_head(void)
{
	return ((const struct qv_trace *)(SLICE_BASE + QV_SLICE_TRACE_OFF))->head;
}

/* Most that `vcpu` used in any window of `length`: the worst window starts where a stretch starts. Its first one is
 * left out: it was released a little before the test let go of the core. */
static uint64_t most_in_window(uint32_t vcpu, uint64_t length)
{
	uint64_t most = 0;
	bool first = true;

	for (uint32_t i = 0; i < run_count; i++) {
		uint64_t sum = 0, end = runs[i].start + length;
		bool skip = runs[i].vcpu != vcpu || first;

		first = first && runs[i].vcpu != vcpu;
		if (skip)
			continue;
		for (uint32_t k = i; k < run_count && runs[k].start < end; k++) {
			if (runs[k].vcpu == vcpu)
				sum += (runs[k].end < end ? runs[k].end : end) - runs[k].start;
		}
		if (sum > most)
			most = sum;
	}
	return most;
}

/* Most that it used in a period counted from `start`, when it was released. */
static uint64_t most_in_period(uint32_t vcpu, uint64_t start, uint64_t period)
{
	uint64_t most = 0, sum = 0, end = start + period;

	for (uint32_t i = 0; i < run_count; i++) {
		uint64_t from = runs[i].start;

		if (runs[i].vcpu != vcpu)
			continue;
		for (; from < runs[i].end; from = end > runs[i].end ? runs[i].end : end) {
			for (; end <= from; end += period)
				sum = 0;
			sum += (runs[i].end < end ? runs[i].end : end) - from;
			most = sum > most ? sum : most;
		}
	}
	return most;
}

static void judge(const struct vcpu *v, const char *name, uint64_t start, uint64_t elapsed)
{
	struct vcpu_parameters p;
	struct vcpu_usage u;
	uint64_t most, least;

	vcpu_get(v, &p, &u);
	most = start ? most_in_period(vcpu_id(v), start, p.period) : most_in_window(vcpu_id(v), p.period);
	least = (elapsed / p.period - 1) * p.budget;
	/* An overrun is what the timer is late and the decision takes to see it; the emulated clock itself has no
	 * other. */
	test_point(most <= p.budget + vcpu_least_budget(), name, "most in a window %llu of %llu, overrun %lld",
		(unsigned long long)most, (unsigned long long)p.budget, (long long)(most - p.budget));
	test_point(u.consumed >= least, name, "got %llu of at least %llu", (unsigned long long)u.consumed,
		(unsigned long long)least);
	test_point(u.missed == 0, name, "missed %llu", (unsigned long long)u.missed);
}

void test_budgets(void)
{
	struct vcpu *high = test_vcpu("high", 0, 300, 1000), *low = test_vcpu("low", 0, 700, 3500);
	uint64_t head = trace_head(), start = hw_rdtsc(), elapsed;
	struct busy a = {.end = start + us(40000)}, b = a;

	test_thread("high", high, be_busy, &a);
	b.start = hw_rdtsc();
	test_thread("low", low, be_busy, &b);
	wait_done(&a.done);
	wait_done(&b.done);
	elapsed = a.end - start;
	read_trace(head);
	judge(high, "budget of the better VCPU", 0, elapsed);
	judge(low, "budget of the other VCPU", b.start, elapsed); /* it may be late in one period and early in the next */
	test_point(usage_of(high).background > 0, "slack goes to the background", "%llu cycles uncharged",
		(unsigned long long)usage_of(high).background);
	test_number("dispatches", usage_of(high).dispatches);
	test_point(vcpu_destroy(high) == VCPU_OK && vcpu_destroy(low) == VCPU_OK, "VCPUs can go", "2");
}

/* ---- round robin ---- */

struct worker {
	uint64_t end, turns;
	uint64_t ran;
	volatile bool done;
};

static void work(void *argument)
{
	struct worker *w = argument;

	while (hw_rdtsc() < w->end)
		sched_preempt_point();
	w->ran = thread_self()->consumed;
	w->done = true;
}

void test_turns(void)
{
	struct vcpu *v = test_vcpu("turns", 0, 30000, 90000);
	static struct worker w[3];
	uint64_t least = UINT64_MAX, most = 0, end = hw_rdtsc() + us(60000);

	for (uint32_t i = 0; i < 3; i++) {
		w[i] = (struct worker){.end = end};
		test_thread("turn", v, work, &w[i]);
	}
	for (uint32_t i = 0; i < 3; i++)
		wait_done(&w[i].done);
	for (uint32_t i = 0; i < 3; i++) {
		least = w[i].ran < least ? w[i].ran : least;
		most = w[i].ran > most ? w[i].ran : most;
	}
	test_point(most - least <= us(2100), "threads of a VCPU take turns of 1 ms", "%llu to %llu cycles",
		(unsigned long long)least, (unsigned long long)most);
	vcpu_destroy(v);
}
