/* SPDX-License-Identifier: MIT */
/* Blocking: wait queues in order of arrival, with deadlines. Core-local unless said; interrupts off. */
#ifndef SCHED_WAIT_H
#define SCHED_WAIT_H

#include <sched/thread.h>

#define WAIT_FOREVER UINT64_MAX

enum wait_result {
	WAIT_WOKEN = 0,
	WAIT_TIMEOUT = 1,
	WAIT_INTERRUPTED = 2, /* sched_interrupt: a signal */
};

struct wait_queue { /* zero-initialised = empty */
	struct thread *first, *last;
};

/* Block the running thread on `q` until woken, until TSC `deadline` (WAIT_FOREVER = none), or, if `interruptible`,
 * until interrupted. Returns at once with WAIT_INTERRUPTED if THREAD_WORK_SIGNAL is set and `interruptible`. */
enum wait_result sched_wait(struct wait_queue *q, uint64_t deadline, bool interruptible);
/* Wake the first waiter; false if there was none. May be called from a top half. The queue may hold threads of other
 * cores only if its owner says so and locks it. */
bool sched_wake_one(struct wait_queue *q);
/* Wake them all; returns how many. */
uint32_t sched_wake_all(struct wait_queue *q);
/* Wake this thread wherever it waits interruptibly; nothing if it does not wait. */
void sched_interrupt(struct thread *t);
/* Sleep until TSC `deadline`. */
enum wait_result sched_sleep(uint64_t deadline, bool interruptible);

/* A one-shot timer of this core. `fire` runs as a top half: bounded, wakes threads, may set the timer again. */
struct sched_timer {
	void (*fire)(struct sched_timer *timer);
	uint64_t when;  /* TSC */
	uint32_t place; /* in the event heap, 0 = not set */
};
void sched_timer_set(struct sched_timer *timer, uint64_t when);
void sched_timer_cancel(struct sched_timer *timer);

#endif
