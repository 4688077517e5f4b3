/* SPDX-License-Identifier: MIT */
/* The system calls of ring 3: Linux' numbers, and Quest's own from 0x1000 up. */
#ifndef SYSCALL_SYSCALL_H
#define SYSCALL_SYSCALL_H

#include <abi/types.h>

/* Once, before the first program runs. */
void syscall_setup(void);

/* Calls that do not exist, and how often each was made. */
#define SYSCALL_UNKNOWN_KINDS 64u
struct syscall_unknown {
	uint64_t number;
	uint64_t count;
};
/* Entry `i` < SYSCALL_UNKNOWN_KINDS; count 0 = unused. */
const struct syscall_unknown *syscall_unknown_kind(uint32_t i);

#endif
