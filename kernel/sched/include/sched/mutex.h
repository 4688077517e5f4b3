/* SPDX-License-Identifier: MIT */
/*
 * A sleeping lock for what must hold still across preemption points, with priority inheritance: while a thread of a
 * better VCPU waits, the holder runs on that VCPU (its budget and its priority), so a depleted holder cannot block it
 * for longer than the waiter's own budget allows. Between cores the inbox of the holder's core carries the request.
 */
#ifndef SCHED_MUTEX_H
#define SCHED_MUTEX_H

#include <sched/wait.h>

struct mutex { /* zero-initialised = free */
	struct thread *owner;
	struct wait_queue waiters;
};

void mutex_take(struct mutex *m);
bool mutex_try(struct mutex *m);
void mutex_release(struct mutex *m);

#endif
