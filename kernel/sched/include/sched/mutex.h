/* SPDX-License-Identifier: MIT */
/*
 * A sleeping lock for what must hold still across preemption points, with priority inheritance: while a thread of a
 * better VCPU (shorter period) waits, the holder runs on that VCPU, on its budget and with its priority, as long as
 * there is some. A holder whose borrowed VCPU is depleted goes back to its own and stays there until the next thread
 * comes to wait, so it waits for one budget at most: its own. Between cores there
 * is no inheritance: the waiter is woken by a message when its turn has come.
 */
#ifndef SCHED_MUTEX_H
#define SCHED_MUTEX_H

#include <base/lock.h>
#include <sched/wait.h>

struct mutex { /* zero-initialised = free */
	struct lock lock; /* of the fields below: cores may meet here */
	struct thread *owner;
	struct wait_queue waiters;
	struct mutex *next_held; /* by the same owner */
};

/* Thread context; blocks until the running thread is the owner, which it must not be yet. Not interruptible. */
void mutex_take(struct mutex *m);
bool mutex_try(struct mutex *m);
/* By the owner. The first waiter becomes the owner. */
void mutex_release(struct mutex *m);

/*
 * The same lock and inheritance for programs, whose own word says who has it (kernel/proc/futex_pi.c): all threads are
 * of this core, a wait can end without the lock, and the best waiter comes next, not the first.
 */
#define MUTEX_CIRCLE 256u
/* `t` owns `m` from now on, which nobody did. */
void mutex_give(struct mutex *m, struct thread *t);
/* Nobody owns `m` from now on; nobody waits for it. */
void mutex_drop(struct mutex *m);
/* Would `t` wait for itself if it waited for `owner`? Also true of chains longer than MUTEX_CIRCLE. */
bool mutex_circle(const struct thread *owner, const struct thread *t);
/* Wait for `m`, which somebody else owns: WAIT_WOKEN if the running thread owns it now; or it was in vain. */
enum wait_result mutex_wait(struct mutex *m, uint64_t deadline);
/* The owner goes; the waiter with the best VCPU owns `m` and runs. NULL: nobody waited. */
struct thread *mutex_pass(struct mutex *m);

#endif
