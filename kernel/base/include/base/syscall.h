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

#define SYSCALL_NUMBERS 450u
/* `handler` serves `number` < SYSCALL_NUMBERS. RBX, RBP, R12 to R15 of its frame are there only if it wants the `whole`
 * frame, and on the long way out. Before programs run. */
void syscall_enter(uint64_t number, syscall_handler *handler, bool whole);
extern syscall_handler *syscall_table[SYSCALL_NUMBERS]; /* to be called with a frame of that number */
/* Numbers below `count`, all of which have handlers, go to them, all others to `unknown`, with the whole frame. Also
 * while programs run: a call meanwhile may meet the old count with the new `unknown`. */
void syscall_install(uint64_t count, syscall_handler *unknown);
/* `decide` is called when a call ends and the running thread's work is THREAD_WORK_RESCHED alone. Once, by
 * kernel/sched. */
void syscall_set_decision(void (*decide)(void));
/* Set this core's SYSCALL registers. Called by cpu_init. */
void syscall_init(void);

/* Calls are parts of measured sections (base/sections.h), on all cores. Only sections_measure calls it. */
void syscall_measure(bool on);

#endif
