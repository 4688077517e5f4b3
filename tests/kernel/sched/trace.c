/* SPDX-License-Identifier: MIT */
/* The trace: what a record costs, and what is in it. */
#include "parts.h"

#include <base/boot.h>
#include <base/layout.h>
#include <base/stats.h>
#include <sched/trace.h>

#define RECORDS 1000u
#define MOST 30u

static __attribute__((noinline)) void no_mark(enum qv_trace_mark mark, uint32_t number)
{
	__asm__ volatile("" : : "r"(mark), "r"(number));
}

static uint64_t repeat(void (*record)(enum qv_trace_mark mark, uint32_t number))
{
	uint64_t start = hw_rdtsc();

	for (uint32_t i = 0; i < RECORDS; i++)
		record(QV_MARK_NUMBER, i);
	return hw_rdtsc() - start;
}

/* The dearest kind of record, which reads the clock for itself; without the loop, the call and the return. */
static uint64_t measure(void)
{
	uint64_t empty = repeat(no_mark);

	return (repeat(sched_trace_mark) - empty) / RECORDS;
}

void test_trace(void)
{
	const struct qv_trace *t = (const struct qv_trace *)(SLICE_BASE + QV_SLICE_TRACE_OFF);
	uint64_t head = t->head, cost = measure(), wrong = 0;
	/* Where the TSC counts the instructions of all cores together, each takes as many as there are cores. */
	uint64_t most = boot_info()->flags & QV_INFO_EMULATED ? MOST : MOST * boot_info()->core_count;

	test_number("trace_record", cost);
	test_point(cost > 0 && cost <= most, "a trace record", "%llu instructions, at most %llu",
		(unsigned long long)cost, (unsigned long long)most);
	for (uint64_t k = head; k < t->head; k++) {
		const struct qv_trace_record *r = &t->record[k % t->records];

		wrong += r->kind == QV_TRACE_MARK && (r->argument != k - head || r->thread != thread_self()->number);
	}
	test_point(t->head >= head + RECORDS && wrong == 0, "its contents", "%llu records, %llu wrong",
		(unsigned long long)(t->head - head), (unsigned long long)wrong);
}

/* What the outside sees of a VCPU is what the kernel knows. */
void test_statistics(void)
{
	struct vcpu *v = test_vcpu("seen", 0, 1000, 20000);
	const struct qv_stats_vcpu *s = stats_vcpu(0, vcpu_id(v));
	struct busy b = {.end = hw_rdtsc() + us(5000)};
	struct vcpu_usage u;

	test_thread("seen", v, be_busy, &b);
	wait_done(&b.done);
	u = usage_of(v);
	test_point(s && s->flags == QV_STATS_USED && s->name[0] == 's' && s->budget == us(1000) && s->period == us(20000),
		"a VCPU's parameters are in the statistics", "id %u", vcpu_id(v));
	if (s)
		test_point(s->consumed == u.consumed && s->consumed >= us(1000) && s->background == u.background &&
			s->depletions == u.depletions && s->depletions > 0 && s->dispatches == u.dispatches,
			"and what it used", "%llu cycles, %llu in the background", (unsigned long long)s->consumed,
			(unsigned long long)s->background);
	test_sleep(hw_rdtsc() + us(1000));
	test_point(vcpu_destroy(v) == VCPU_OK && s && s->flags == 0, "until it goes", "id %u", vcpu_id(v));
}
