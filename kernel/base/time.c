/* SPDX-License-Identifier: MIT */
/* Clock conversions by fixed-point products: no division after time_init, no overflow in between. */
#include <base/boot.h>
#include <base/init.h>
#include <base/time.h>
#include <lib/assert.h>

#define MILLION 1000000u
#define CYCLES_SHIFT 24u
#define US_SHIFT 44u

typedef unsigned __int128 uint128;

static uint64_t cycles_per_us; /* fixed point, CYCLES_SHIFT bits of fraction */
static uint64_t us_per_cycle;  /* US_SHIFT bits of fraction */
uint64_t time_apic_per_cycle;

INIT void time_init(void)
{
	const struct qv_info *info = boot_info();

	assert(info->tsc_hz >= MILLION && info->tsc_hz < 1ull << 40 && info->apic_timer_hz < 1ull << 32);
	cycles_per_us = (info->tsc_hz << CYCLES_SHIFT) / MILLION;
	us_per_cycle = ((uint64_t)MILLION << US_SHIFT) / info->tsc_hz;
	time_apic_per_cycle = (info->apic_timer_hz << TIME_APIC_SHIFT) / info->tsc_hz;
}

uint64_t time_cycles(uint64_t us)
{
	return (uint64_t)((uint128)us * cycles_per_us >> CYCLES_SHIFT);
}

uint64_t time_us(uint64_t cycles)
{
	return (uint64_t)((uint128)cycles * us_per_cycle >> US_SHIFT);
}

void time_delay(uint64_t us)
{
	uint64_t start = hw_rdtsc();

	while (hw_rdtsc() - start < time_cycles(us))
		hw_pause();
}

bool time_wait(const volatile bool *word, uint64_t us)
{
	uint64_t start = hw_rdtsc();

	while (!__atomic_load_n(word, __ATOMIC_ACQUIRE)) {
		if (hw_rdtsc() - start > time_cycles(us))
			return false;
		hw_pause();
	}
	return true;
}
