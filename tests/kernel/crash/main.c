/* SPDX-License-Identifier: MIT */
/* A sandbox that works for a while, says so in its trace, and panics. */
#include <base/panic.h>
#include <hw/cpu.h>
#include <ktest/ktest.h>
#include <sched/trace.h>

#define LAST_WORDS 4711u

static void work(void *argument)
{
	for (uint64_t end = hw_rdtsc() + test_us(3000); hw_rdtsc() < end;)
		sched_preempt_point();
	*(volatile bool *)argument = true;
}

void test_main(void)
{
	volatile bool done = false;

	test_thread("work", test_vcpu("victim", 0, 1000, 5000), work, (void *)&done);
	while (!done)
		test_sleep(hw_rdtsc() + test_us(1000));
	sched_trace_mark(QV_MARK_NUMBER, LAST_WORDS);
	panic("on purpose");
}
