/* SPDX-License-Identifier: MIT */
/* Private to kernel/syscall: arguments, and the calls of each file, gathered by table.c. */
#ifndef SYSCALL_CALLS_H
#define SYSCALL_CALLS_H

#include <base/syscall.h>
#include <proc/process.h>
#include <proc/signal.h>
#include <proc/time.h>

/* Arguments of a system call, in order (System V ABI for x86-64, A.2.1). */
static inline uint64_t arg0(const struct trap_frame *f) { return f->rdi; }
static inline uint64_t arg1(const struct trap_frame *f) { return f->rsi; }
static inline uint64_t arg2(const struct trap_frame *f) { return f->rdx; }
static inline uint64_t arg3(const struct trap_frame *f) { return f->r10; }
static inline uint64_t arg4(const struct trap_frame *f) { return f->r8; }
static inline uint64_t arg5(const struct trap_frame *f) { return f->r9; }

#define CALL_WHOLE 0x8000u /* with the number: it copies the frame (base/syscall.h) */

struct call {
	uint16_t number;
	syscall_handler *handler;
};
struct call_group {
	const struct call *call;
	uint32_t count;
};

/* One group per file. */
extern const struct call_group calls_file, calls_path, calls_send, calls_memory, calls_process,
	calls_signal, calls_time, calls_sched, calls_info, calls_quest;

#define CALL_GROUP(name) \
	const struct call_group calls_##name = {.call = name##_calls, .count = sizeof(name##_calls) / sizeof(name##_calls[0])}

#endif
