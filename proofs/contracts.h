/* SPDX-License-Identifier: MIT */
/* Stands in for lib/ratio.h: each function gives any value that the real one may give. Its promises are those that the
 * code under proof needs; lib/pibs_test.c compares the real ones with 128-bit arithmetic. */
#ifndef LIB_RATIO_H
#define LIB_RATIO_H

#include <abi/types.h>

#define QV_RATIO_ONE (1ull << 48)

static inline uint64_t qv_ratio_down(uint64_t a, uint32_t n, uint32_t d)
{
	uint64_t result = nondet_u64();

	prove(d > 0, "no division by zero");
	assume(n > d || result <= a);
	assume(n < d || result >= a);
	return result;
}

static inline uint64_t qv_ratio_up(uint64_t a, uint32_t n, uint32_t d)
{
	uint64_t result = nondet_u64();

	prove(d > 0, "no division by zero");
	assume(n > d || result <= a);
	assume(n < d || result >= a);
	assume(a > 0 || result == 0);
	return result;
}

static inline uint64_t qv_ratio_count(uint64_t a, uint64_t d)
{
	uint64_t result = nondet_u64();

	prove(d > 0, "no division by zero");
	assume(result <= a && (a == 0 || result > 0));
	return result;
}

static inline uint64_t qv_ratio_fraction(uint64_t a, uint64_t d)
{
	uint64_t result = nondet_u64();

	prove(d > 0 && d <= QV_RATIO_ONE, "a divisor with room for 16 bits");
	assume(result <= 4 * QV_RATIO_ONE && (a > d || result <= QV_RATIO_ONE) && (a == 0 || result > 0));
	return result;
}

#endif
