/* SPDX-License-Identifier: MIT */
/* Two cores: threads and VCPUs there, messages, a mutex between them. */
#include "parts.h"

#include <base/boot.h>
#include <base/cpu.h>

#define ROUNDS 100u

static struct {
	struct sched_post to, back;
	struct wait_queue here, there;
	uint32_t asked, answered;
	struct mutex m;
	uint64_t sum;
	uint32_t core;
	volatile bool done, done_adding;
} pair;

static void wake_there(struct sched_post *post)
{
	(void)post;
	pair.asked++;
	(void)sched_wake_one(&pair.there);
}

static void wake_here(struct sched_post *post)
{
	(void)post;
	pair.answered++;
	(void)sched_wake_one(&pair.here);
}

static void answer(void *argument)
{
	(void)argument;
	pair.core = this_cpu()->index;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		while (pair.asked <= i)
			(void)sched_wait(&pair.there, WAIT_FOREVER, false);
		pair.back.run = wake_here;
		sched_post(0, &pair.back);
	}
	pair.done = true;
}

static void add(uint32_t times)
{
	for (uint32_t i = 0; i < times; i++) {
		uint64_t before;

		mutex_take(&pair.m);
		before = pair.sum;
		for (uint32_t k = 0; k < 20; k++)
			sched_preempt_point();
		pair.sum = before + 1;
		mutex_release(&pair.m);
		sched_preempt_point();
	}
}

static void add_there(void *argument)
{
	(void)argument;
	add(ROUNDS);
	pair.done_adding = true;
}

void test_cores(void)
{
	struct vcpu *v;

	if (boot_info()->core_count < 2) {
		test_point(true, "two cores # SKIP", "this sandbox has one");
		return;
	}
	v = test_vcpu("there", 1, 1000, 10000);
	test_thread("there", v, answer, NULL);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		pair.to.run = wake_there;
		sched_post(1, &pair.to);
		while (pair.answered <= i)
			(void)sched_wait(&pair.here, WAIT_FOREVER, false);
	}
	wait_done(&pair.done);
	test_point(pair.core == 1 && pair.answered == ROUNDS, "threads of two cores wake each other", "%u times", ROUNDS);
	test_thread("add", v, add_there, NULL);
	add(ROUNDS);
	wait_done(&pair.done_adding);
	test_point(pair.sum == 2 * ROUNDS, "a mutex keeps two cores apart", "%llu of %u", (unsigned long long)pair.sum,
		2 * ROUNDS);
	test_sleep(hw_rdtsc() + us(5000));
	test_point(vcpu_destroy(v) == VCPU_OK, "a VCPU of another core can go", "1");
}
