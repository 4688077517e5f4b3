/* SPDX-License-Identifier: MIT */
/*
 * Futexes of this core. Private ones are known by space and address; a word in memory shared between processes is
 * known by its frame. First come, first woken. FUTEX_LOCK_PI and its kin do not exist: a holder whose VCPU is depleted
 * goes on in the background or with its next budget, so give threads that share a lock one VCPU (docs/programs.md).
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
/* A task ends: its robust list is walked, at most FUTEX_ROBUST_MOST entries. */
#define FUTEX_ROBUST_MOST 2048u
void futex_end(struct task *t);

#endif
