/* SPDX-License-Identifier: MIT */
/*
 * "SS only" against "SS and PIBS". The bottom half serves three events of one unit, at 9, 11 and 13, and one of four
 * units at 25. As a sporadic server it has then three units at 25 and the fourth at 29: its budget is in pieces. As an
 * I/O VCPU, whose budget is never in pieces, it has all four at 25, though it had to wait from 11 to 13. The task that
 * waits for the burst needs 2.5 units more, and its deadline is at 32. Each job is a tenth shorter than its budget,
 * which also pays for switches.
 */
#include "jobs.h"

static struct {
	struct device device;
	uint64_t start, took;
	volatile bool task_over, rest_over;
} example;

static void task(void *argument)
{
	(void)argument;
	test_sleep(example.start);
	sched_trace_mark(QV_MARK_BEGIN, (uint32_t)tenths(10));
	mark_release(tenths(160));
	compute(tenths(79));
	sched_trace_mark(QV_MARK_DONE, 1);
	test_sleep(example.start + tenths(160));
	mark_release(tenths(160));
	compute(tenths(54));
	sched_trace_mark(QV_MARK_NUMBER, 1); /* asks for I/O */
	device_wait(&example.device, 4);
	compute(tenths(25));
	example.took = (hw_rdtsc() - example.start) / tenths(1) - 160;
	sched_trace_mark(example.took > 160 ? QV_MARK_MISSED : QV_MARK_DONE, 2);
	test_sleep(example.start + tenths(360));
	sched_trace_mark(QV_MARK_END, 0);
	example.task_over = true;
}

/* With budget, so that nobody runs in the background. */
static void rest(void *argument)
{
	(void)argument;
	test_sleep(example.start);
	while (hw_rdtsc() < example.start + tenths(345))
		sched_preempt_point();
	example.rest_over = true;
}

static struct vcpu *io_vcpu(void)
{
	struct vcpu_parameters p = {.io = true, .num = 1, .den = 4, .name = "bottom"};
	struct vcpu *v = NULL;
	enum vcpu_error error = vcpu_create(&p, &v);

	test_point(error == VCPU_OK, "an I/O VCPU with a quarter of the core", "error %u", error);
	return v;
}

uint64_t schedule_io(bool pibs)
{
	/* Of equal periods the one with the lower number goes first: the bottom half. */
	struct vcpu *io = pibs ? io_vcpu() : main_vcpu("bottom", 40, 160);
	struct vcpu *main = main_vcpu("task", 80, 160), *other = main_vcpu("other", 120, 4000);

	example.start = hw_rdtsc() + tenths(40);
	example.task_over = example.rest_over = false;
	example.device = (struct device){.io = pibs ? io : NULL, .asker = main, .start = example.start, .events = 4,
		.event = {{90, 10}, {110, 10}, {130, 10}, {250, 39}}};
	device_start(&example.device);
	test_thread("bottom", io, device_serve, &example.device);
	test_thread("task", main, task, NULL);
	test_thread("other", other, rest, NULL);
	test_sleep(example.start + tenths(365));
	wait_for(&example.task_over);
	wait_for(&example.rest_over);
	test_sleep(hw_rdtsc() + tenths(10));
	test_point(vcpu_destroy(io) == VCPU_OK && vcpu_destroy(main) == VCPU_OK && vcpu_destroy(other) == VCPU_OK,
		"the VCPUs of the example go", "3");
	return example.took;
}
