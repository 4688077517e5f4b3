/* SPDX-License-Identifier: MIT */
/*
 * What a system file promises, computed by the same lib/ that the kernel asks at boot. Times in ns. The kernel
 * measures what scheduling costs on its machine; here cautious figures for a PC are taken (struct costs), so that
 * what passes here is refused at boot only on a machine that is slower than that.
 */
#ifndef TOOLS_ANALYSIS_H
#define TOOLS_ANALYSIS_H

#include "config.h"

#include <lib/admit.h>

/* Of one core: those of the file, the default one, that of the serial port. */
#define ANALYSIS_VCPUS (CONFIG_MAX_LIST + 2)

struct analysis_costs {
	uint64_t switch_cost; /* one context switch and its decision */
	uint64_t granularity; /* largest overrun of a budget */
	uint64_t blocking;    /* longest section of the kernel that cannot be preempted */
	uint64_t lock;        /* longest that another core of the sandbox holds a lock */
	uint64_t top_half;    /* of a serial port */
};

struct analysis_vcpu {
	const char *name;
	bool io;
	uint64_t budget, period; /* Main VCPU */
	uint64_t response;       /* worst, of a full budget; <= period */
	uint32_t share;          /* I/O VCPU: thousandths of a per cent */
	int index;               /* in the sandbox's `vcpus`, -1 = the kernel's own */
};

struct analysis_core { /* one core of a Quest sandbox */
	int sandbox;
	uint32_t core;                 /* index in the sandbox */
	struct qv_admit_util util;     /* without overheads */
	struct qv_admit_answer answer; /* the verdict, with overheads */
	int count;
	struct analysis_vcpu vcpu[ANALYSIS_VCPUS]; /* Main VCPUs from the shortest period on, then I/O VCPUs */
};

/* The figures that hold where none are given. */
extern const struct analysis_costs analysis_costs_default;

/* Core `core` of sandbox `sandbox`, a Quest sandbox of a file that was checked for form. */
void analyse_core(const struct config *config, int sandbox, uint32_t core, const struct analysis_costs *costs,
	struct analysis_core *to);

#endif
