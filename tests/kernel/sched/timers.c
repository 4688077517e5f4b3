/* SPDX-License-Identifier: MIT */
/* Timers of the core itself: they come in time whoever runs, and however it came to run. */
#include "parts.h"

#define ROUNDS 5u

static struct {
	struct sched_timer timer;
	struct wait_queue work;
	struct vcpu *low, *high;
	uint64_t fired;
	uint32_t asked;
	volatile bool done;
} core_timer;

static void fire(struct sched_timer *timer)
{
	(void)timer;
	core_timer.fired = hw_rdtsc();
}

/* Alone on a VCPU whose budget lasts longer than the timer of the one that woke it was set for: the short way of a
 * decision, which leaves the timer as it is. */
static void high(void *argument)
{
	(void)argument;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct busy b;

		while (core_timer.asked <= i)
			(void)sched_wait(&core_timer.work, WAIT_FOREVER, false);
		b = (struct busy){.end = hw_rdtsc() + us(100)};
		be_busy(&b);
	}
}

static void low(void *argument)
{
	uint64_t worst = 0;

	(void)argument;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t when;

		test_sleep(hw_rdtsc() + us(30000 + 137 * i)); /* both have all their budget again */
		when = hw_rdtsc() + us(60);
		core_timer.fired = 0;
		sched_timer_set_for(NULL, &core_timer.timer, when);
		core_timer.asked++;
		(void)sched_wake_one(&core_timer.work);
		sched_preempt_point();
		while (!core_timer.fired)
			sched_preempt_point();
		if (core_timer.fired - when > worst)
			worst = core_timer.fired - when;
	}
	test_point(worst <= us(60), "a timer of the core comes while a VCPU runs that it was not set for", "%llu us late",
		(unsigned long long)(worst / us(1)));
	core_timer.done = true;
}

void test_core_timer(void)
{
	core_timer.timer.fire = fire;
	core_timer.low = test_vcpu("low", 0, 200, 25000);
	core_timer.high = test_vcpu("high", 0, 5000, 20000);
	if (!core_timer.low || !core_timer.high)
		return;
	test_thread("high", core_timer.high, high, NULL);
	test_thread("low", core_timer.low, low, NULL);
	wait_done(&core_timer.done);
	test_sleep(hw_rdtsc() + us(2000));
	test_point(vcpu_destroy(core_timer.low) == VCPU_OK && vcpu_destroy(core_timer.high) == VCPU_OK, "both can go again",
		"2");
}
