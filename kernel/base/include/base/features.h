/* SPDX-License-Identifier: MIT */
/* What this processor has and the kernel takes: found once by CPUID, then enabled on each core before it is ready. */
#ifndef BASE_FEATURES_H
#define BASE_FEATURES_H

#include <abi/types.h>

struct cpu_features {
	bool smep, smap, fsgsbase;
	bool xsaveopt;
	uint64_t xcr0;        /* x87, SSE and, if there, AVX and AVX-512; fixed from boot on */
	uint32_t xsave_bytes; /* of an area under this XCR0 */
};

/* Look, and patch the SMAP sites. Once, on core 0, while text is writable: before mm_init. */
void features_init(void);
/* Set CR0, CR4, XCR0 of this core. */
void features_enable(void);
extern struct cpu_features features_found; /* written by features_init only */
static inline const struct cpu_features *features(void)
{
	return &features_found;
}

#endif
