/* SPDX-License-Identifier: MIT */
/*
 * What a process is made of beyond the contents of its memory, as bytes (D7b): /proc/PID/state. A header, then `count`
 * handles of one size in the order of their kinds; little-endian, unused values and text are 0. lib/handles.h writes
 * and checks it. Registers are not in it: they are in the thread's
 * frame, whose address is told, while the process is stopped.
 */
#ifndef ABI_HANDLES_H
#define ABI_HANDLES_H

#include <abi/types.h>

#define QV_HANDLES_MAGIC   0x73656c646e616851ull /* "Qhandles" */
#define QV_HANDLES_VERSION 1u
#define QV_HANDLES_TEXT    192u /* bytes of a path or a reason, with its NUL */
#define QV_HANDLES_VALUES  7u
#define QV_HANDLES_MOST    65536u

struct qv_handles_header {
	uint64_t magic;
	uint32_t version;
	uint32_t count; /* handles that follow */
	uint32_t pid;
	uint32_t tsc_khz; /* of the machine that the times are cycles of */
	char refusal[QV_HANDLES_TEXT]; /* why it cannot be opened elsewhere; "" = it can */
	uint64_t reserved[5];
};

/* `number` and values of each kind: */
enum qv_handle_kind {
	QV_HANDLE_PROCESS, /* pid; group, session, signals pending, break start, break, umask, memory limit */
	QV_HANDLE_THREAD,  /* tid; signals blocked, pending, robust list, word to clear, FS base, VCPU, address of its frame */
	QV_HANDLE_SIGNAL,  /* signal; handler, flags, restorer, mask: those that are not at their default */
	QV_HANDLE_TIMER,   /* 0 = the alarm; cycles left, interval in cycles */
	QV_HANDLE_VCPU,    /* id; budget, period in cycles, replenishments, 1 = I/O; text is its name */
	QV_HANDLE_AREA,    /* 0; start, bytes, flags: lowest first */
	QV_HANDLE_FILE,    /* descriptor; flags, offset, 1 = closed by exec; text is its path, or its kind */
	QV_HANDLE_KINDS,
};

struct qv_handle {
	uint32_t kind; /* enum qv_handle_kind */
	uint32_t number;
	uint64_t value[QV_HANDLES_VALUES];
	char text[QV_HANDLES_TEXT];
};

_Static_assert(sizeof(struct qv_handles_header) == 256 && sizeof(struct qv_handle) == 256, "no padding");

#endif
