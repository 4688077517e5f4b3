/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include <lib/string.h>
#include <sched/registers.h>

void schedules_begin(void)
{
	struct vcpu_parameters p = {.budget = tenths(5), .period = tenths(1000), .name = "default"};
	enum vcpu_error error = vcpu_set(vcpu_by_id(0), &p);

	test_point(error == VCPU_OK, "the default VCPU makes room", "error %u", error);
}

struct vcpu *main_vcpu(const char *name, uint64_t budget, uint64_t period)
{
	struct vcpu_parameters p = {.budget = tenths(budget), .period = tenths(period)};
	char text[160];
	struct vcpu *v;
	enum vcpu_error error;

	memcpy(p.name, name, strlen(name) + 1);
	error = vcpu_create(&p, &v);
	test_point(error == VCPU_OK, name, "%s", vcpu_refusal(error, text, sizeof(text)));
	return v;
}

void compute(uint64_t cycles)
{
	uint64_t start = thread_consumed(thread_self());

	while (thread_consumed(thread_self()) - start < cycles)
		sched_preempt_point();
}

void mark_release(uint64_t deadline)
{
	sched_trace_mark(QV_MARK_RELEASE, 0);
	sched_trace_mark(QV_MARK_DEADLINE, (uint32_t)deadline);
}

void wait_for(const volatile bool *over)
{
	while (!*over)
		test_sleep(hw_rdtsc() + tenths(10));
}

/* Top half. */
static void interrupt(struct sched_timer *timer)
{
	struct device *d = (struct device *)timer;

	d->raised++;
	if (d->io)
		vcpu_inherit(d->io, d->asker);
	(void)sched_wake_one(&d->work);
	if (d->raised < d->events)
		sched_timer_set(timer, d->start + tenths(d->event[d->raised].at));
}

void device_start(struct device *d)
{
	d->timer.fire = interrupt;
	sched_timer_set_for(NULL, &d->timer, d->start + tenths(d->event[0].at));
}

void device_serve(void *device)
{
	struct device *d = device;

	while (d->done < d->events) {
		while (d->raised == d->done)
			(void)sched_wait(&d->work, WAIT_FOREVER, false);
		compute(tenths(d->event[d->done].work));
		d->done++;
		sched_wake_all(&d->served);
	}
	d->over = true;
}

void device_wait(struct device *d, uint32_t events)
{
	while (d->done < events)
		(void)sched_wait(&d->served, WAIT_FOREVER, false);
}
