/* SPDX-License-Identifier: MIT */
/* The system calls of ring 3: Linux' numbers, and Quest's own from 0x1000 up. */
#ifndef SYSCALL_SYSCALL_H
#define SYSCALL_SYSCALL_H

#include <abi/types.h>

/* Once, after fs_init and before the first program runs. Calls that do not exist are counted in /proc/unknown: number
 * and how often, one kind a line. */
void syscall_setup(void);
/* Record every call of every program in the trace (QV_TRACE_SYSCALL), or no longer. */
void syscall_trace(bool on);

#endif
