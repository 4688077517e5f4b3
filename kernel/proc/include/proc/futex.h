/* SPDX-License-Identifier: MIT */
/*
 * Futexes of this core. Private ones are known by space and address; a word in memory shared between processes is
 * known by its frame. First come, first woken.
 *
 * PI futexes are locks whose word names the owner. While a thread of a better VCPU waits, the owner runs on that VCPU,
 * and so does whom the owner waits for. A borrowed VCPU whose budget is used up is given back: the owner goes on with
 * its own guarantee (docs/programs.md). The best waiter comes next.
 */
#ifndef PROC_FUTEX_H
#define PROC_FUTEX_H

#include <proc/process.h>

/* Wait while the word at `address` is `expected`: 0, -LX_EAGAIN, -LX_ETIMEDOUT, -LX_ERESTART, -LX_ERESTARTBLOCK,
 * -LX_EFAULT, -LX_EINVAL. */
int64_t futex_wait(uint64_t address, uint32_t expected, uint32_t bits, uint64_t deadline);
/* Wake at most `count` waiters that share a bit with `bits`; how many. */
int64_t futex_wake(uint64_t address, uint32_t count, uint32_t bits);
/* Wake `count`, move at most `move` to `target`; if `compare`, only while the word is `expected`. */
int64_t futex_requeue(uint64_t address, uint32_t count, uint32_t move, uint64_t target, bool compare,
	uint32_t expected);
int64_t futex_wake_op(uint64_t address, uint32_t count, uint64_t second, uint32_t count2, uint32_t operation);
/* FUTEX_LOCK_PI and TRYLOCK_PI until TSC `deadline`: 0, -LX_EDEADLK, -LX_ESRCH (the owner does not exist), -LX_EINVAL
 * (the word contradicts what is known), -LX_EAGAIN (`try`), -LX_ETIMEDOUT, -LX_ERESTARTNOINTR, -LX_EFAULT,
 * -LX_ENOMEM. After the death of the owner the word has LX_FUTEX_OWNER_DIED. */
int64_t futex_lock_pi(uint64_t address, uint64_t deadline, bool try);
/* -LX_EPERM if it is not the caller's. */
int64_t futex_unlock_pi(uint64_t address);
/* `t` waits for nothing and ends, or begins a new program: all its PI futexes go to those who wait. Preemptible. */
void futex_pi_end(struct task *t);
/* A task ends: its robust list is walked, at most FUTEX_ROBUST_MOST entries. */
#define FUTEX_ROBUST_MOST 2048u
void futex_end(struct task *t);

#endif
