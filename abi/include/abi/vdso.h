/* SPDX-License-Identifier: MIT */
/* What a Quest kernel shows to the code that it maps into programs (kernel/vdso): one page, read-only for them, right
 * below that code. Every word is read and written in one piece; nothing else changes after boot. */
#ifndef ABI_VDSO_H
#define ABI_VDSO_H

#include <abi/types.h>

#define VDSO_PAGE 4096

struct vdso_data {
	uint64_t start;  /* TSC when CLOCK_MONOTONIC was 0 */
	uint64_t factor; /* lib/clock.h: cycles to nanoseconds */
	uint32_t shift;
	uint32_t cpu;    /* as getcpu tells it */
	int64_t wall;    /* CLOCK_REALTIME - CLOCK_MONOTONIC, ns; changes when the clock is set */
};

#endif
