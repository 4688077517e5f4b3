/* SPDX-License-Identifier: MIT */
/*
 * Counters of a Quest sandbox, in its slice of the black box at QV_SLICE_STATS_OFF: the kernel counts right there, so
 * they can be read from outside at any time, and after its end. One page for the sandbox; then one table of VCPUs for
 * each core, written by that core. Every counter is one aligned quadword.
 */
#ifndef ABI_STATS_H
#define ABI_STATS_H

#include <abi/blackbox.h>

#define QV_STATS_MAGIC   0x3154415453515651ull
#define QV_STATS_VERSION 1u
#define QV_SLICE_STATS_OFF  0x90000u
#define QV_STATS_TABLES_OFF 0x1000u /* in the statistics */
#define QV_STATS_BYTES      (QV_SLICE_TRACE_OFF - QV_SLICE_STATS_OFF)
#define QV_STATS_UNKNOWN    64u
#define QV_STATS_VCPUS      1024u /* most of one core */

#define QV_STATS_USED (1u << 0) /* the entry is a VCPU that exists */
#define QV_STATS_IO   (1u << 1)

struct qv_stats_vcpu { /* times in TSC cycles, counted since it was created */
	char name[32];
	uint32_t flags; /* QV_STATS_*, written last */
	uint32_t reserved;
	uint64_t budget, period; /* I/O: numerator and denominator of its utilisation */
	uint64_t created;        /* TSC */
	uint64_t consumed;       /* on budget */
	uint64_t background;     /* without budget */
	uint64_t replenishments;
	uint64_t depletions;
	uint64_t dispatches;
	uint64_t worst_wakeup;   /* wake-up to first instruction */
	uint64_t missed;         /* periods in which a runnable VCPU got less than its budget by the end */
	uint64_t interrupts;     /* top halves charged */
};

struct qv_stats_unknown { /* a system call that does not exist */
	uint64_t number;
	uint64_t count; /* 0 = the entry and all behind it are unused */
};

struct qv_stats {
	uint64_t magic; /* QV_STATS_MAGIC once usable */
	uint32_t version;
	uint32_t cores;
	uint64_t tsc_hz;
	uint64_t reserved[5];
	struct qv_stats_unknown unknown[QV_STATS_UNKNOWN]; /* by first use; the last one gathers the rest */
};

_Static_assert(sizeof(struct qv_stats_vcpu) == 128, "statistics entry layout");
_Static_assert(sizeof(struct qv_stats) <= QV_STATS_TABLES_OFF, "the sandbox's statistics are at most a page");
_Static_assert(QV_SLICE_CONSOLE_OFF + sizeof(struct qv_ring) + QV_CONSOLE_BYTES <= QV_SLICE_STATS_OFF,
	"console and statistics do not overlap");

/* VCPUs that the table of one core has room for, by id, in a sandbox with so many cores (> 0). */
static inline uint32_t qv_stats_room(uint32_t cores)
{
	uint32_t room = (uint32_t)((QV_STATS_BYTES - QV_STATS_TABLES_OFF) / cores / sizeof(struct qv_stats_vcpu));

	return room < QV_STATS_VCPUS ? room : QV_STATS_VCPUS;
}

/* Where the entry of VCPU `id` < room of `core` is, from the start of the statistics. */
static inline uint64_t qv_stats_place(uint32_t cores, uint32_t core, uint32_t id)
{
	return QV_STATS_TABLES_OFF + ((uint64_t)core * qv_stats_room(cores) + id) * sizeof(struct qv_stats_vcpu);
}

#endif
