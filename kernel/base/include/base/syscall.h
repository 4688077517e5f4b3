/* SPDX-License-Identifier: MIT */
/*
 * System calls by SYSCALL. The entry code makes a struct trap_frame at the top of the thread's kernel stack (vector
 * TRAP_SYSCALL, error = number) and calls the handler of the number with it, interrupts off, on the thread's stack.
 * What the handler returns is RAX in ring 3. RAX, RCX, R11, CS and SS of the frame are filled in only on the long way
 * out: a handler must not read them. The short way back restores only what a handler cannot have kept for it: whoever
 * changes the frame (signal return, exec) fills all of it and sets THREAD_WORK_FRAME (sched/thread.h).
 */
#ifndef BASE_SYSCALL_H
#define BASE_SYSCALL_H

#include <base/irq.h>

typedef int64_t syscall_handler(struct trap_frame *frame);

/* Numbers below `count` go to table[number], which must not be NULL, all others to `unknown`. Also while
 * programs run: a call meanwhile may meet the old count with the new `unknown`. */
void syscall_install(syscall_handler *const *table, unsigned count, syscall_handler *unknown);
/* `decide` is called when a call ends and the running thread's work is THREAD_WORK_RESCHED alone. Once, by
 * kernel/sched. */
void syscall_set_decision(void (*decide)(void));
/* Set this core's SYSCALL registers. Called by cpu_init. */
void syscall_init(void);

/* Calls are parts of measured sections (base/sections.h), on all cores. Only sections_measure calls it. */
void syscall_measure(bool on);

#endif
