/* SPDX-License-Identifier: MIT */
/*
 * Fractions of 64-bit numbers without a 128-bit division, which a kernel has not.
 * a * n / d: saturates at UINT64_MAX; 0 < d < 2^32 and n < 2^32.
 */
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

/* a / d, rounded up: periods that begin in a span. */
static inline uint64_t qv_ratio_count(uint64_t a, uint64_t d)
{
	return a / d + (a % d != 0);
}

#define QV_RATIO_ONE (1ull << 48)

/* a / d in units of 2^-48, rounded up; 4 if it is 4 or more. 0 < d <= 2^48, so a remainder has room for 16 more
 * bits. */
static inline uint64_t qv_ratio_fraction(uint64_t a, uint64_t d)
{
	uint64_t q = a / d, r = a % d;

	if (q >= 4)
		return 4 * QV_RATIO_ONE;
	for (int i = 0; i < 3; i++) {
		q = q << 16 | (r << 16) / d;
		r = (r << 16) % d;
	}
	return q + (r != 0);
}

#endif
