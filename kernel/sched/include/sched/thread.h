/* SPDX-License-Identifier: MIT */
/*
 * Threads as the scheduler sees them. An upper room embeds `struct thread` in what it makes of it (container_of).
 *
 * The kernel runs with interrupts off. A core's threads and VCPUs are touched by that core only, so interrupts off is
 * the only lock on the scheduling and wake paths; another core's thread is woken through that core's inbox and one
 * interprocessor interrupt. A loop over pages, descriptors or threads calls sched_preempt_point() between two steps
 * that each leave all structures in order; there, and only there, pending interrupts are taken and another thread may
 * run. What must stay unchanged across such a point is held by a mutex (sched/mutex.h) or by a reference count.
 */
#ifndef SCHED_THREAD_H
#define SCHED_THREAD_H

#include <base/entry.h>
#include <sched/post.h>

struct vcpu;
struct mutex;

enum thread_state { THREAD_NEW = 0, THREAD_READY = 1, /* or running */ THREAD_BLOCKED = 3, THREAD_DEAD = 4 };

/* Why the way back to ring 3 must not be the short one: bits of thread.work. */
#define THREAD_WORK_RESCHED 1u /* a better thread waits */
#define THREAD_WORK_SIGNAL  2u /* the upper room has something to do first: its return hook is called */
#define THREAD_WORK_FRAME   4u /* the frame of a system call was changed: return by it, the long way */

struct thread {
	/* Offsets known to entry.S; checked in thread.c. */
	uint64_t sp;        /* saved kernel stack pointer while not running */
	uint32_t work;      /* THREAD_WORK_* */
	uint32_t state;     /* enum thread_state */
	uint64_t stack_top; /* of its kernel stack: TSS.RSP0 and the system-call stack while it runs */
	/* What a switch loads. */
	uint64_t root;    /* CR3; 0 = a kernel thread, keeps what is loaded */
	uint64_t fs_base; /* of ring 3 */
	uint64_t gs_base; /* of ring 3 */
	void *xsave;      /* thread_xsave_bytes() bytes, 64-byte aligned; NULL = a kernel thread, uses no FPU registers */
	/* Scheduling. */
	struct vcpu *vcpu; /* it runs on: its home, or a waiter's while it holds a mutex */
	struct vcpu *home;
	struct thread *ring_next, *ring_previous; /* runnable threads of the VCPU */
	struct thread *wait_next, *wait_previous; /* in a wait queue */
	struct wait_queue *waits_on;
	bool interruptible; /* its wait ends for a signal */
	uint32_t number;    /* in the trace; unique on its core */
	uint64_t consumed; /* cycles run so far; exact at every switch */
	uint64_t turn_end; /* its round-robin turn is over when it has consumed so much */
	uint64_t woken_at; /* TSC of the last wake-up */
	uint64_t tag;      /* number and VCPU as they stand in the trace, of a dispatch */
	int64_t wake_result; /* enum wait_result */
	struct mutex *held, *wanted; /* mutexes it holds; the one it waits for */
	struct sched_post post; /* to another core, for its start */
	const char *name;
};

/* The running thread of this core. */
static inline struct thread *thread_self(void)
{
	struct thread *t;

	__asm__("mov %%gs:%c1, %0" : "=r"(t) : "i"(CPU_THREAD));
	return t;
}

/* Bytes of an XSAVE area under this kernel's XCR0, fixed at boot. A fresh area is made by thread_xsave_init. */
uint32_t thread_xsave_bytes(void);
void thread_xsave_init(void *area);

/* Make `t` runnable for the first time: it starts in entry(argument) on its kernel stack, on `vcpu` (this core's or
 * another's). All other fields but the scheduling ones were filled by the caller. Any thread context. */
void thread_start(struct thread *t, struct vcpu *vcpu, void (*entry)(void *argument), void *argument);
/* The running thread ends. `reap` is called once on another stack, when `t` runs no more and may be freed. It must
 * not block. */
_Noreturn void thread_exit(void (*reap)(struct thread *t));
/* Move a thread of this core to `vcpu` of this core, at once. */
void thread_bind(struct thread *t, struct vcpu *vcpu);

/* Take what interrupts are pending and let a better thread run. Interrupts are off before and after. */
void sched_preempt_point(void);
/* Give way to the next thread of the same VCPU. The system call itself: the frame is not looked at, the result is 0. */
struct trap_frame;
int64_t sched_yield(struct trap_frame *frame);

/* Called on the way to ring 3 while thread_self()->work has THREAD_WORK_SIGNAL; the hook clears the bit. Set once. */
struct trap_frame;
void sched_set_return_hook(void (*hook)(struct trap_frame *frame));
/* Exceptions that ring 3 raises (and page faults in user copies) go to `hook`; true = handled. Set once. */
void sched_set_fault_hook(bool (*hook)(struct trap_frame *frame, uint64_t address));

#endif
