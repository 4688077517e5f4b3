/* SPDX-License-Identifier: MIT */
/*
 * Cycles to nanoseconds by one multiplication: the factor 10^9 / hz as a fixed-point number of 62 or 63 bits, rounded
 * up. So the result is never below the true one, is above it by less than 5 ns in 500 years, and never goes back. The
 * kernel and the code that it maps into programs share this, so that both give the same time.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <abi/types.h>

#define QV_CLOCK_BILLION 1000000000ull

struct qv_clock {
	uint64_t factor;
	uint32_t shift; /* bits of fraction, below 128 */
	uint32_t pad;
};

/* A counter of `hz` >= 1 cycles per second, below 2^62. */
void qv_clock_init(struct qv_clock *clock, uint64_t hz);

/* Nanoseconds of `cycles`, rounded as above; modulo 2^64. */
static inline uint64_t qv_clock_ns(const struct qv_clock *clock, uint64_t cycles)
{
	return (uint64_t)((unsigned __int128)cycles * clock->factor >> clock->shift);
}

#endif
