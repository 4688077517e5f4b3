/* SPDX-License-Identifier: MIT */
/* Time is the TSC (D13): one clock, cycles inside, microseconds at the edges. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <hw/cpu.h>

/* Take the rates from the entry information; once, on core 0. */
void time_init(void);
/* Cycles in `us` microseconds. */
uint64_t time_cycles(uint64_t us);
/* Whole microseconds in `cycles`. */
uint64_t time_us(uint64_t cycles);
#define TIME_APIC_SHIFT 32u
/* LAPIC timer counts (divide-by-1) for a cycle, TIME_APIC_SHIFT bits of fraction. */
extern uint64_t time_apic_per_cycle;

/* LAPIC timer counts in `cycles`, at least 1, at most 2^32 - 1. */
static inline uint32_t time_apic_counts(uint64_t cycles)
{
	unsigned __int128 counts = (unsigned __int128)cycles * time_apic_per_cycle >> TIME_APIC_SHIFT;

	if (__builtin_expect(counts > UINT32_MAX, 0))
		return UINT32_MAX;
	return counts ? (uint32_t)counts : 1;
}
/* Spin for `us`; interrupts may take longer. */
void time_delay(uint64_t us);
/* Wait until *word is not 0, at most `us`. False if it still is 0. */
bool time_wait(const volatile bool *word, uint64_t us);

#endif
