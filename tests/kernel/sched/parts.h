/* SPDX-License-Identifier: MIT */
/* Private to the test of kernel/sched: its parts, and what several need. */
#ifndef SCHED_TEST_PARTS_H
#define SCHED_TEST_PARTS_H

#include <base/time.h>
#include <hw/cpu.h>
#include <ktest/ktest.h>
#include <sched/mutex.h>

void test_budgets(void); /* budgets.c */
void test_turns(void);
void test_latency(void); /* latency.c */
void test_switches(void);
void test_mutex(void);
void test_storm(void);
void test_idle(void);
void test_ring3(void); /* ring3.c */
void test_refusals(void); /* table.c */
void test_many(void);
void test_overhead(void);
void test_io(void); /* io.c */
void test_change(void);
void test_bind(void);
void test_trace(void); /* trace.c */
void test_statistics(void);
void test_core_timer(void); /* timers.c */
void test_cores(void); /* cores.c */

/* A thread that computes until `end` (TSC), giving way only when the timer says so. */
struct busy {
	uint64_t end;
	uint64_t start; /* for the tester */
	volatile bool done;
};
void be_busy(void *argument);
void wait_done(const volatile bool *done);
struct vcpu_usage usage_of(const struct vcpu *v);
static inline uint64_t us(uint64_t n)
{
	return test_us(n);
}

#endif
