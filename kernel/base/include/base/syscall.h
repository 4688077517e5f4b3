/* SPDX-License-Identifier: MIT */
/*
 * System calls by SYSCALL. The entry code makes a struct trap_frame at the top of the thread's kernel stack (vector
 * TRAP_SYSCALL, error = number, RCX and R11 as ring 3 will see them) and calls the handler of the number with it,
 * interrupts off, on the thread's stack. What the handler returns is RAX in ring 3. The short way back restores only
 * what a handler cannot have kept for it: whoever changes the frame (signal return, exec) sets THREAD_WORK_FRAME
 * (sched/thread.h).
 */
#ifndef BASE_SYSCALL_H
#define BASE_SYSCALL_H

#include <base/irq.h>

typedef int64_t syscall_handler(struct trap_frame *frame);

/* Numbers below `count` go to table[number], which must not be NULL, all others to `unknown`. Once, before ring 3. */
void syscall_install(syscall_handler *const *table, unsigned count, syscall_handler *unknown);
/* Set this core's SYSCALL registers. Called by cpu_init. */
void syscall_init(void);

#endif
