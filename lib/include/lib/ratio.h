/* SPDX-License-Identifier: MIT */
/* a * n / d of 64-bit numbers without a 128-bit division, which a kernel has not. Saturates at UINT64_MAX. d > 0, and
 * d, n < 2^32. */
#ifndef LIB_RATIO_H
#define LIB_RATIO_H

#include <abi/types.h>

/* q * n + part, where the exact result is at least q * n. */
static inline uint64_t qv_ratio_sum(uint64_t q, uint32_t n, uint64_t part)
{
	uint64_t product, sum;

	if (__builtin_mul_overflow(q, (uint64_t)n, &product) || __builtin_add_overflow(product, part, &sum))
		return UINT64_MAX;
	return sum;
}

/* Rounded down. a = q d + r: a n / d = q n + r n / d. */
static inline uint64_t qv_ratio_down(uint64_t a, uint32_t n, uint32_t d)
{
	return qv_ratio_sum(a / d, n, a % d * n / d);
}

/* Rounded up. r n + d - 1 < 2^64 since r < d < 2^32 and n < 2^32. */
static inline uint64_t qv_ratio_up(uint64_t a, uint32_t n, uint32_t d)
{
	return qv_ratio_sum(a / d, n, (a % d * n + (d - 1)) / d);
}

#endif
