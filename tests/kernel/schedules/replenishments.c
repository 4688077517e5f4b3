/* SPDX-License-Identifier: MIT */
/*
 * Who consumes 17 units of 20, blocks, and wakes up just before the better VCPU's turn: what it consumes after its
 * replenishment at 50 must not be replenished 50 after the wake-up at 40, as the rules of POSIX do, but 50 after it was
 * due. With the right rules main-1 has 40 units in [0, 100], with those of POSIX 46.
 */
#include "jobs.h"

static struct {
	struct device device;
	uint64_t start, got;
	volatile bool first_over, second_over;
} example;

static void first(void *argument)
{
	(void)argument;
	for (uint64_t at = 10; at < 1000; at += 400) {
		test_sleep(example.start + tenths(at));
		compute(tenths(100));
	}
	example.first_over = true;
}

static uint64_t consumed(void)
{
	struct vcpu_parameters parameters;
	struct vcpu_usage usage;

	vcpu_get(thread_self()->home, &parameters, &usage);
	return usage.consumed;
}

static void second(void *argument)
{
	uint64_t before = consumed();

	(void)argument;
	test_sleep(example.start);
	sched_trace_mark(QV_MARK_BEGIN, (uint32_t)tenths(10));
	compute(tenths(170));
	sched_trace_mark(QV_MARK_NUMBER, 1); /* asks for I/O */
	device_wait(&example.device, 1);
	while (hw_rdtsc() < example.start + tenths(1000))
		sched_preempt_point();
	sched_trace_mark(QV_MARK_END, 0);
	example.got = (consumed() - before + tenths(1) / 2) / tenths(1);
	example.second_over = true;
}

uint64_t schedule_replenishments(void)
{
	struct vcpu_parameters p = {.io = true, .num = 4, .den = 100, .name = "io"};
	struct vcpu *v = main_vcpu("main-0", 100, 400), *w = main_vcpu("main-1", 200, 500), *io = NULL;

	test_point(vcpu_create(&p, &io) == VCPU_OK, "an I/O VCPU with 4 %%", "admitted");
	example.start = hw_rdtsc() + tenths(40);
	example.first_over = example.second_over = false;
	/* A little less than its budget, so that it has some left when it blocks. */
	example.device = (struct device){.io = io, .asker = w, .start = example.start, .events = 1, .event = {{381, 19}}};
	device_start(&example.device);
	test_thread("io", io, device_serve, &example.device);
	test_thread("main-0", v, first, NULL);
	test_thread("main-1", w, second, NULL);
	test_sleep(example.start + tenths(1005));
	wait_for(&example.first_over);
	wait_for(&example.second_over);
	wait_for(&example.device.over);
	test_sleep(hw_rdtsc() + tenths(10));
	test_point(vcpu_destroy(v) == VCPU_OK && vcpu_destroy(w) == VCPU_OK && vcpu_destroy(io) == VCPU_OK,
		"the VCPUs of the example go", "3");
	return example.got;
}
