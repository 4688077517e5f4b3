/* SPDX-License-Identifier: MIT */
/*
 * The trace of a Quest sandbox: one ring for each of its cores, in its slice of the black box at QV_SLICE_TRACE_OFF.
 * Ring i starts at i x (1 MiB / n), n = the sandbox's cores rounded up to a power of two. One writer, its core; record
 * k (counted from 0) is record[k % records]; readers drop what was overwritten while they read. A new life of the
 * sandbox goes on where the one before it ended: its first record is QV_TRACE_START.
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <abi/blackbox.h>

#define QV_TRACE_MAGIC   0x3145434152545651ull
#define QV_TRACE_VERSION 2u
#define QV_TRACE_BYTES   (QV_LARGE_SIZE - QV_SLICE_TRACE_OFF)

enum qv_trace_kind {
	QV_TRACE_NONE = 0,
	QV_TRACE_DISPATCH = 1,   /* vcpu (or QV_TRACE_IDLE), thread; argument: its budget, 0 = background, 1 = as before */
	QV_TRACE_DEPLETED = 2,   /* vcpu; argument: TSC of its next replenishment */
	QV_TRACE_REPLENISH = 3,  /* vcpu has `budget` again, or goes on with it; argument: TSC at which it was due */
	QV_TRACE_BLOCK = 4,      /* vcpu, thread */
	QV_TRACE_WAKE = 5,       /* vcpu, thread; argument: TSC of what woke it */
	QV_TRACE_INTERRUPT = 6,  /* vcpu that was interrupted; argument: cycles of the top half */
	QV_TRACE_VCPU = 7,       /* vcpu was created or changed; thread: 1 = I/O; argument: budget << 32 | period, in
				  * microseconds; I/O: numerator << 32 | denominator; budget: its name's first 8 letters */
	QV_TRACE_SYSCALL = 8,    /* vcpu, thread; argument: number. Only when switched on */
	QV_TRACE_START = 9,      /* the core's scheduler started: a new life; argument: TSC cycles of a second */
	QV_TRACE_MARK = 10,      /* vcpu, thread; argument: enum qv_trace_mark << 32 | number */
	QV_TRACE_KINDS
};

enum qv_trace_mark { /* what a thread itself says */
	QV_MARK_NUMBER = 0,
	QV_MARK_RELEASE = 1,  /* a job may begin; number: since so many cycles */
	QV_MARK_DEADLINE = 2, /* of a job; number: in so many cycles */
	QV_MARK_DONE = 3,     /* a job is done in time */
	QV_MARK_MISSED = 4,   /* a job is done too late */
	QV_MARK_BEGIN = 5,    /* of what shall be shown; number: cycles of the unit to show it in, 0 = milliseconds */
	QV_MARK_END = 6,      /* of what shall be shown */
	QV_MARKS
};

#define QV_TRACE_IDLE UINT16_MAX

struct qv_trace_record {
	uint64_t tsc;
	uint16_t kind; /* enum qv_trace_kind */
	uint16_t vcpu; /* id on this core */
	uint32_t thread; /* number given at its start, unique on its core */
	uint64_t argument;
	uint64_t budget; /* QV_TRACE_REPLENISH: cycles; QV_TRACE_VCPU: letters; else not written */
};

struct qv_trace {
	uint64_t magic; /* QV_TRACE_MAGIC once usable */
	uint32_t version;
	uint32_t core;    /* index in the sandbox */
	uint64_t records; /* room for so many */
	volatile uint64_t head; /* records written so far */
	uint64_t tsc_hz;
	uint64_t reserved[3];
	struct qv_trace_record record[];
};

_Static_assert(sizeof(struct qv_trace_record) == 32, "trace record layout");
_Static_assert(sizeof(struct qv_trace) == 64, "trace layout");

/* Bytes from one ring to the next, in a sandbox with so many cores (> 0). */
static inline uint64_t qv_trace_stride(uint32_t cores)
{
	uint32_t rounded = 1;

	while (rounded < cores)
		rounded *= 2;
	return QV_TRACE_BYTES / rounded;
}

/* Records that a ring of such a sandbox has room for. */
static inline uint64_t qv_trace_room(uint32_t cores)
{
	return (qv_trace_stride(cores) - sizeof(struct qv_trace)) / sizeof(struct qv_trace_record);
}

#endif
