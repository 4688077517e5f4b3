/* SPDX-License-Identifier: MIT */
/* The factor by long division in base 2: no division of 128 bits is needed. */
#include <lib/assert.h>
#include <lib/clock.h>

#define ENOUGH (1ull << 62)

void qv_clock_init(struct qv_clock *clock, uint64_t hz)
{
	uint64_t factor, rest;
	uint32_t shift = 0;

	assert(hz >= 1 && hz < ENOUGH);
	factor = QV_CLOCK_BILLION / hz;
	rest = QV_CLOCK_BILLION % hz;
	for (; factor < ENOUGH; shift++) {
		factor *= 2;
		rest *= 2;
		if (rest >= hz) {
			rest -= hz;
			factor++;
		}
	}
	*clock = (struct qv_clock){.factor = factor + (rest != 0), .shift = shift};
}
