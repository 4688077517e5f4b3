/* SPDX-License-Identifier: MIT */
/* The scheduler on a real machine: what VCPUs get, and what it costs. */
#include "parts.h"

void be_busy(void *argument)
{
	struct busy *b = argument;

	while (hw_rdtsc() < b->end)
		sched_preempt_point();
	b->done = true;
}

void wait_done(const volatile bool *done)
{
	while (!*done)
		test_sleep(hw_rdtsc() + us(1000));
}

struct vcpu_usage usage_of(const struct vcpu *v)
{
	struct vcpu_parameters parameters;
	struct vcpu_usage usage;

	vcpu_get(v, &parameters, &usage);
	return usage;
}

void test_main(void)
{
	uint64_t exits = test_exits();

	test_number("least_budget", vcpu_least_budget());
	test_refusals();
	test_ring3();
	test_budgets();
	test_turns();
	test_latency();
	test_switches();
	test_mutex();
	test_storm();
	test_idle();
	test_many();
	test_overhead();
	test_io();
	test_change();
	test_bind();
	test_core_timer();
	test_trace();
	test_statistics();
	exits = test_exits() - exits;
	test_point(exits == 0, "no exits in all this", "%llu", (unsigned long long)exits);
	test_cores();
}
