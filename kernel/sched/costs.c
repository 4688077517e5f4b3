/* SPDX-License-Identifier: MIT */
/*
 * What scheduling costs on this machine, measured at boot: the smallest of several tries, since only disturbances by
 * the host of an emulator make one longer. The admission test counts with it, and no budget is smaller than it can
 * enforce.
 */
#include "sched.h"

#include <base/init.h>
#include <base/boot.h>
#include <base/time.h>
#include <base/timer.h>
#include <hw/cpu.h>

#define TRIES 16u
#define AHEAD_US 50u
#define PATIENCE_US 100000u
/* A switch of stacks and ring-3 registers costs less than one more decision, and so does a timer interrupt that comes
 * early after it. */
#define SWITCH_DECISIONS 3u
#define LEAST_SWITCHES 4u   /* of a budget at most half goes to switching there and back */

INIT static uint64_t time_decision(void)
{
	uint64_t least = NEVER;

	for (uint32_t i = 0; i < TRIES; i++) {
		uint64_t start = hw_rdtsc(), took;

		decide();
		took = hw_rdtsc() - start;
		if (took < least)
			least = took;
	}
	return least;
}

/* From the moment that the timer was set for to the first look at the clock after its interrupt. */
INIT static uint64_t time_timer(struct core *c)
{
	uint64_t least = NEVER;

	for (uint32_t i = 0; i < TRIES; i++) {
		uint64_t at = hw_rdtsc() + time_cycles(AHEAD_US), end = at + time_cycles(PATIENCE_US), now;

		c->armed = at;
		timer_arm(at);
		hw_sti();
		do {
			hw_pause();
			now = hw_rdtsc();
		} while (*(volatile uint64_t *)&c->armed == at && now < end);
		hw_cli();
		if (now > at && now - at < least)
			least = now - at;
	}
	return least;
}

INIT void costs_measure(struct core *c)
{
	c->switch_cost = SWITCH_DECISIONS * time_decision();
	c->granularity = time_timer(c);
	if (c->granularity == NEVER) /* it always came early */
		c->granularity = 0;
	c->least_budget = LEAST_SWITCHES * c->switch_cost + c->granularity;
}

uint64_t sched_blocking(void)
{
	uint64_t others = boot_info()->core_count - 1; /* each may hold the lock before, first come, first served */

	return (SCHED_BLOCKING_SWITCHES + others * SCHED_LOCK_SWITCHES) * this_core()->switch_cost;
}

/* As lib/admit counts for a VCPU above all others: blocking, the timer, and two switches. */
uint64_t sched_latency(void)
{
	const struct core *c = this_core();

	return sched_blocking() + c->granularity + 2 * c->switch_cost;
}

uint64_t vcpu_least_budget(void)
{
	return this_core()->least_budget;
}

uint64_t vcpu_decision_cost(void)
{
	return this_core()->switch_cost / SWITCH_DECISIONS;
}
