/* SPDX-License-Identifier: MIT */
/*
 * The trace of a Quest sandbox: one ring for each of its cores, in its slice of the black box at QV_SLICE_TRACE_OFF.
 * Ring i starts at i x (1 MiB / n), n = the sandbox's cores rounded up to a power of two. One writer, its core; record
 * k (counted from 0 since the start) is record[k % records]; readers drop what was overwritten while they read.
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <abi/blackbox.h>

#define QV_TRACE_MAGIC   0x3145434152545651ull
#define QV_TRACE_VERSION 1u
#define QV_TRACE_BYTES   (QV_LARGE_SIZE - QV_SLICE_TRACE_OFF)

enum qv_trace_kind {
	QV_TRACE_NONE = 0,
	QV_TRACE_DISPATCH = 1,   /* vcpu (or QV_TRACE_IDLE), thread; argument: its budget, 0 = background, 1 = as before */
	QV_TRACE_DEPLETED = 2,   /* vcpu; argument: TSC of its next replenishment */
	QV_TRACE_REPLENISH = 3,  /* vcpu has budget again; argument: TSC at which it was due */
	QV_TRACE_BLOCK = 4,      /* vcpu, thread */
	QV_TRACE_WAKE = 5,       /* vcpu, thread; argument: TSC of what woke it */
	QV_TRACE_INTERRUPT = 6,  /* vcpu that was interrupted; argument: cycles of the top half */
	QV_TRACE_VCPU = 7,       /* vcpu was created or changed; argument: budget << 32 | period, in microseconds */
	QV_TRACE_SYSCALL = 8     /* thread; argument: number */
};

#define QV_TRACE_IDLE UINT16_MAX

struct qv_trace_record {
	uint64_t tsc;
	uint16_t kind; /* enum qv_trace_kind */
	uint16_t vcpu; /* id on this core */
	uint32_t thread; /* number given at its start, unique on its core */
	uint64_t argument;
	uint64_t reserved;
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

#endif
