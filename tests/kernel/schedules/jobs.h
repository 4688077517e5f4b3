/* SPDX-License-Identifier: MIT */
/* Private to the examples: computing, and a device with its bottom half. */
#ifndef SCHEDULES_JOBS_H
#define SCHEDULES_JOBS_H

#include <hw/cpu.h>
#include <ktest/schedules.h>
#include <sched/trace.h>

#define UNIT_US     300u
#define UNIT_CYCLES 300000u /* at least: a switch is then less than a hundredth of it */

/* Cycles of tenths of a unit. */
static inline uint64_t tenths(uint64_t n)
{
	uint64_t unit = test_us(UNIT_US);

	return n * (unit > UNIT_CYCLES ? unit : UNIT_CYCLES) / 10;
}

#define MOST_EVENTS 4u

struct device { /* raises interrupts at given times; each asks for some work of its bottom half */
	struct sched_timer timer;
	struct wait_queue work, served;
	struct vcpu *io;       /* NULL: the bottom half runs on a main VCPU */
	const struct vcpu *asker;
	uint64_t start;
	uint32_t events, raised, done;
	struct { uint64_t at, work; } event[MOST_EVENTS]; /* tenths since `start` */
	volatile bool over;
};

/* A main VCPU of core 0, in tenths of a unit. */
struct vcpu *main_vcpu(const char *name, uint64_t budget, uint64_t period);
/* Use so much of the core, however long that takes. Thread context. */
void compute(uint64_t cycles);
/* Its first interrupt is set. */
void device_start(struct device *d);
/* The bottom half: serves all events, then ends. Thread. */
void device_serve(void *device);
/* Wait until so many events have been served. */
void device_wait(struct device *d, uint32_t events);
/* A mark of a job: its release now, its deadline so many cycles ahead. */
void mark_release(uint64_t deadline);
/* Sleep until all of them are set. */
void wait_for(const volatile bool *over);

#endif
