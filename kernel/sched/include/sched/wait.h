/* SPDX-License-Identifier: MIT */
/* Blocking: wait queues in order of arrival, with deadlines. Core-local unless said; interrupts off. */
#ifndef SCHED_WAIT_H
#define SCHED_WAIT_H

#include <lib/due.h>
#include <sched/thread.h>

#define WAIT_FOREVER UINT64_MAX

enum wait_result {
	WAIT_WOKEN = 0,
	WAIT_TIMEOUT = 1,
	WAIT_INTERRUPTED = 2, /* sched_interrupt: a signal */
};

struct wait_queue { /* zero-initialised = empty */
	struct thread *first, *last;
	struct thread *until; /* those up to this one are being woken; NULL = nobody */
};

/* Block the running thread on `q` until woken, until TSC `deadline` (WAIT_FOREVER = none), or, if `interruptible`,
 * until interrupted. Returns at once with WAIT_INTERRUPTED if THREAD_WORK_SIGNAL is set and `interruptible`. */
enum wait_result sched_wait(struct wait_queue *q, uint64_t deadline, bool interruptible);
/* Wake the first waiter; false if there was none. May be called from a top half. All waiters of a queue are
 * threads of one core, and only that core calls these functions; another core asks it to by sched_post(). */
bool sched_wake_one(struct wait_queue *q);
/* Wake a thread that waits on no queue; nothing if its wait is over. */
void sched_wake_thread(struct thread *t);
/* Wake all that wait now. The first few at once, then each that goes on wakes the next few before its sched_wait
 * returns: the queue must stay until nobody is inside. May be called from a top half. */
void sched_wake_all(struct wait_queue *q);
/* Wake this thread wherever it waits interruptibly; nothing if it does not wait. */
void sched_interrupt(struct thread *t);
/* Sleep until TSC `deadline`. */
enum wait_result sched_sleep(uint64_t deadline, bool interruptible);

/*
 * A one-shot timer of this core. `fire` runs as a top half or inside a decision: bounded, wakes a thread or a few, may
 * set the timer again, to a later time than it was. Of many that are due at once each decision lets a few fire, in the
 * order of their times. A timer belongs to the VCPU of the thread that set it; it fires when it is due and no better
 * VCPU runs, so that it takes no time from those. One that was set while no thread ran is the core's: always at once.
 */
struct sched_timer { /* zero-initialised but for `fire` = not set */
	void (*fire)(struct sched_timer *timer);
	uint64_t when; /* TSC */
	struct vcpu *vcpu; /* NULL = the core's */
	struct qv_due due;
};
/* Set, or set anew, for the running thread's VCPU. From `fire`: for the VCPU it had. */
void sched_timer_set(struct sched_timer *timer, uint64_t when);
/* The same for a VCPU of this core, or for the core itself (NULL): such timers interrupt every VCPU. */
void sched_timer_set_for(struct vcpu *v, struct sched_timer *timer, uint64_t when);
void sched_timer_cancel(struct sched_timer *timer);

#endif
