/* SPDX-License-Identifier: MIT */
/* Signals: at most one pending of each number, as POSIX allows; delivery on the way to ring 3. */
#ifndef PROC_SIGNAL_H
#define PROC_SIGNAL_H

#include <proc/process.h>

#define SIGNAL_BIT(signal) (1ull << ((unsigned)(signal) - 1u))
#define SIGNAL_UNBLOCKABLE (SIGNAL_BIT(LX_SIGKILL) | SIGNAL_BIT(LX_SIGSTOP))

/* What a pending signal of a process or a task keeps of its siginfo. All of them fit one block of the heap that is
 * given out in one step, so that top halves may send the first signal. */
struct signal_origin {
	int32_t code, pid, status;
};

/* Send to a process, to one task, to all processes of a group (LX_ESRCH if it is empty). `info` may be NULL. Top halves
 * may call the first. */
void signal_process(struct process *p, int32_t signal, const struct lx_siginfo *info);
void signal_task(struct task *t, int32_t signal, const struct lx_siginfo *info);
int64_t signal_group(int32_t group, int32_t signal, const struct lx_siginfo *info);
/* The same for a timer: the next few, from *at on, which is 0 at first. True: that was all. */
bool signal_group_step(int32_t group, int32_t signal, int32_t *at);
/* A fault of the running task: cannot be blocked or ignored. */
void signal_fault(int32_t signal, int32_t code, uint64_t address);

int64_t signal_action(int32_t signal, const struct lx_sigaction *new, struct lx_sigaction *old);
/* Set the mask of the running task; looks for signals that became deliverable. */
void signal_set_mask(uint64_t mask);
/* Wait under `mask` (sigsuspend, ppoll): borrow, wait, return. A handler that runs then sees the borrowed mask, and its
 * end restores the old one. */
void signal_borrow_mask(uint64_t mask);
void signal_return_mask(void);
/* A wait until TSC `deadline` was cut short: what the system call returns so that, if no handler runs, it is made again
 * with the deadline it had. The wait must have been interrupted, so that the hook is called on the way out. */
int64_t signal_keep_deadline(uint64_t deadline);
/* Is the running call such a one? Then its deadline, instead of what its arguments say. To be asked before anything
 * else of the arguments is looked at. */
bool signal_kept_deadline(uint64_t *deadline);
/* Take one of `set` that is pending, or wait until TSC `deadline`: its number, -LX_EAGAIN, -LX_EINTR. */
int64_t signal_wait(uint64_t set, struct lx_siginfo *info, uint64_t deadline);
int64_t signal_return(struct trap_frame *frame);
int64_t signal_alternate_stack(const struct lx_stack *new, struct lx_stack *old, uint64_t sp);
/* Does a signal that waits, or the end of its process, end the calling task on its way to ring 3? */
bool signal_ends_self(void);
/* Handlers after exec: all caught ones become default. False: no memory, nothing is changed. */
bool signal_exec(struct process *p);
/* A task of `p` takes the signals in `set` no more: another one looks at those that wait. */
void signal_pass_on(struct process *p, uint64_t set);
/* The hook of the way to ring 3. */
void signal_deliver(struct trap_frame *frame);

#endif
