/* SPDX-License-Identifier: MIT */
/* Rates of the TSC and of the local APIC timer, measured against the ACPI PM timer or the PIT. */
#include "boot.h"

#include <hw/apic.h>
#include <hw/port.h>

#define PM_TIMER_HZ 3579545u
#define PIT_HZ      1193182u
#define PIT_COUNTER 0x42u
#define PIT_CONTROL 0x43u
#define PIT_GATE    0x61u
#define MAX_READS   2000000u /* of a device register in one wait: more than a second on real hardware */
#define EDGES       4u
#define READINGS    3u

#define EMULATED_US 1000u  /* length of a measurement: device registers are slow to read under an emulator */
#define REAL_US     10000u

struct clock {
	const char *name;
	uint32_t hz;
	uint32_t mask;
	uint16_t port;
	uint32_t (*read)(uint16_t port); /* counts up */
};

struct sample {
	uint64_t tsc;
	uint64_t width; /* TSC cycles between the reads around the edge: how sure `tsc` is */
	uint32_t count;
};

static uint32_t read_pm_timer(uint16_t port)
{
	return hw_in32(port);
}

static uint32_t read_pit(uint16_t port)
{
	uint8_t low;

	hw_out8(PIT_CONTROL, 0x80); /* latch counter 2 */
	low = hw_in8(port);
	return 0u - (uint32_t)(low | hw_in8(port) << 8);
}

/* Counter 2, mode 0, from 65535 down in 54 ms; speaker off, gate on. */
static void start_pit(void)
{
	hw_out8(PIT_GATE, (uint8_t)((hw_in8(PIT_GATE) & ~3u) | 1u));
	hw_out8(PIT_CONTROL, 0xb0);
	hw_out8(PIT_COUNTER, 0xff);
	hw_out8(PIT_COUNTER, 0xff);
}

/* TSC at the next tick of the clock; false when it does not tick. */
static bool catch_edge(const struct clock *clock, struct sample *s)
{
	uint32_t first = clock->read(clock->port) & clock->mask;

	for (uint32_t i = 0; i < MAX_READS; i++) {
		uint64_t before = hw_rdtsc();
		uint32_t now = clock->read(clock->port) & clock->mask;

		if (now != first) {
			uint64_t after = hw_rdtsc();

			*s = (struct sample){ before + (after - before) / 2, after - before, now };
			return true;
		}
	}
	return false;
}

/* The surest of a few edges: an emulator's host may be busy elsewhere during one. */
static bool take_sample(const struct clock *clock, struct sample *best)
{
	struct sample s;

	if (!catch_edge(clock, best))
		return false;
	for (uint32_t i = 1; i < EDGES; i++) {
		if (!catch_edge(clock, &s))
			return false;
		if (s.width < best->width)
			*best = s;
	}
	return true;
}

static bool wait_ticks(const struct clock *clock, uint32_t from, uint32_t ticks)
{
	for (uint32_t i = 0; i < MAX_READS; i++) {
		if (((clock->read(clock->port) - from) & clock->mask) >= ticks)
			return true;
	}
	return false;
}

/* TSC rate in Hz, 0 when the clock does not work. */
static uint64_t measure_tsc(const struct clock *clock, uint64_t us)
{
	struct sample a, b;
	uint32_t ticks;

	if (!take_sample(clock, &a) || !wait_ticks(clock, a.count, (uint32_t)(clock->hz * us / 1000000)) ||
	    !take_sample(clock, &b))
		return 0;
	ticks = (b.count - a.count) & clock->mask;
	return (b.tsc - a.tsc) * clock->hz / ticks;
}

static bool near(uint64_t a, uint64_t b, uint64_t parts_per_million)
{
	uint64_t difference = a > b ? a - b : b - a;

	return difference <= b / 1000000 * parts_per_million;
}

/* QEMU's clocks run at a whole number of MHz. */
static uint64_t snap(const struct boot_machine *m, uint64_t measured)
{
	uint64_t round = (measured + 500000) / 1000000 * 1000000;

	return m->info_flags & QV_INFO_EMULATED && near(measured, round, 200) ? round : measured;
}

/* CPUID 15h gives the exact rate where it tells the truth (SDM 2); emulators repeat the numbers of the real chip, so
 * the measurement decides. */
static uint64_t refine(const struct boot_machine *m, uint64_t measured)
{
	if (hw_cpuid(0, 0).eax >= 0x15) {
		struct hw_cpuid r = hw_cpuid(0x15, 0);
		uint64_t told = r.eax ? (uint64_t)r.ecx * r.ebx / r.eax : 0;

		if (told && near(measured, told, 1000))
			return told;
	}
	return snap(m, measured);
}

static uint64_t window_us(const struct boot_machine *m)
{
	return m->info_flags & QV_INFO_EMULATED ? EMULATED_US : REAL_US;
}

void boot_delay_us(const struct boot_machine *m, uint64_t us)
{
	uint64_t start = hw_rdtsc(), cycles = m->tsc_hz * us / 1000000;

	while (hw_rdtsc() - start < cycles)
		hw_pause();
}

/* One reading of the local APIC timer at divide-by-1, masked, over a span of the TSC. *width says how sure it is. */
static uint64_t count_apic_timer(const struct boot_machine *m, uint64_t *width)
{
	uint64_t t[4];
	uint32_t left;

	t[0] = hw_rdtsc();
	hw_wrmsr(HW_X2_TIMER_INITIAL, UINT32_MAX);
	t[1] = hw_rdtsc();
	boot_delay_us(m, window_us(m));
	t[2] = hw_rdtsc();
	left = hw_apic_timer_current();
	t[3] = hw_rdtsc();
	*width = t[1] - t[0] + t[3] - t[2];
	return (uint64_t)(UINT32_MAX - left) * m->tsc_hz / ((t[2] + t[3]) / 2 - (t[0] + t[1]) / 2);
}

static uint64_t measure_apic_timer(const struct boot_machine *m)
{
	uint64_t rate = 0, best = UINT64_MAX;

	hw_wrmsr(HW_X2_TIMER_DIVIDE, HW_TIMER_DIVIDE_1);
	for (uint32_t i = 0; i < READINGS; i++) {
		uint64_t width, r = count_apic_timer(m, &width);

		if (width < best) {
			best = width;
			rate = r;
		}
	}
	hw_wrmsr(HW_X2_TIMER_INITIAL, 0);
	return rate;
}

void boot_measure_time(struct boot_machine *m)
{
	struct clock clock = { "PM timer", PM_TIMER_HZ, m->fadt.pm_timer_32bit ? UINT32_MAX : 0xffffff,
			       m->fadt.pm_timer_port, read_pm_timer };

	if (clock.port)
		m->tsc_hz = measure_tsc(&clock, window_us(m));
	if (!m->tsc_hz) {
		clock = (struct clock){ "PIT", PIT_HZ, 0xffff, PIT_COUNTER, read_pit };
		start_pit();
		m->tsc_hz = measure_tsc(&clock, window_us(m));
	}
	if (m->tsc_hz < 1000000)
		boot_refuse("turn the ACPI PM timer on in the firmware set-up",
			    "neither the ACPI PM timer nor the PIT counts");
	m->tsc_hz = refine(m, m->tsc_hz);
	m->apic_timer_hz = measure_apic_timer(m);
	if (m->apic_timer_hz < 1000)
		boot_refuse("this processor cannot be used", "the local APIC timer does not count");
	m->apic_timer_hz = snap(m, m->apic_timer_hz);
	boot_log("TSC %llu kHz, APIC timer %llu kHz (by %s)\n", (unsigned long long)(m->tsc_hz / 1000),
		 (unsigned long long)(m->apic_timer_hz / 1000), clock.name);
}
