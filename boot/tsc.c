/* SPDX-License-Identifier: MIT */
/* The TSCs of every pair of cores, compared before anything relies on one clock for the whole machine (lib/tsc.h). */
#include "boot.h"

#include <hw/apic.h>
#include <lib/tsc.h>

#define ROUNDS   16u      /* of one pair at most; as a rule the first that is not interrupted decides */
#define ROUND_US 2000000u /* how long a core may take to answer */
#define SKEW_US  1u       /* largest difference between two cores that is accepted */
#define NAP_US   200u
#define NAPS     ((ROUNDS + 2) * ROUND_US / NAP_US)
#define NO_MORE  UINT32_MAX

struct exchange { /* between the core that asks and the one that answers; core 0 reads the result */
	volatile uint32_t asked;
	volatile uint32_t answered;
	volatile uint64_t tsc;
	uint64_t patience; /* cycles to wait for the other side */
	int64_t limit;
	struct qv_tsc_bounds bounds;
	bool silent; /* the other core did not answer */
};

/* False when the other core has not put `round` there in time. */
static bool await(const struct exchange *x, const volatile uint32_t *where, uint32_t round)
{
	uint64_t start = hw_rdtsc();
	uint32_t seen;

	while ((seen = __atomic_load_n(where, __ATOMIC_ACQUIRE)) != round) {
		if (seen == NO_MORE || hw_rdtsc() - start > x->patience)
			return false;
		hw_pause();
	}
	return true;
}

static void answer(void *arg)
{
	struct exchange *x = arg;

	for (uint32_t round = 1; round <= ROUNDS && await(x, &x->asked, round); round++) {
		x->tsc = hw_rdtsc();
		__atomic_store_n(&x->answered, round, __ATOMIC_RELEASE);
	}
}

static void ask(void *arg)
{
	struct exchange *x = arg;

	for (uint32_t round = 1; round <= ROUNDS && qv_tsc_judge(&x->bounds, x->limit) != QV_TSC_AGREE; round++) {
		uint64_t before = hw_rdtsc();

		__atomic_store_n(&x->asked, round, __ATOMIC_RELEASE);
		if (!await(x, &x->answered, round)) {
			x->silent = true;
			break;
		}
		qv_tsc_note(&x->bounds, before, x->tsc, hw_rdtsc());
	}
	__atomic_store_n(&x->asked, NO_MORE, __ATOMIC_RELEASE);
}

/* Sleep for a while: a core that spins would be one too many where two others are to answer each other at once (an
 * emulator on a small host). One timer interrupt ends it, so nothing is left pending. */
static void nap(const struct boot_machine *m)
{
	hw_wrmsr(HW_X2_LVT_TIMER, BOOT_WAKE_VECTOR);
	hw_wrmsr(HW_X2_TIMER_INITIAL, m->apic_timer_hz / 1000000 * NAP_US + 1);
	do {
		hw_sti_hlt();
		hw_cli();
	} while (hw_apic_timer_current());
	hw_wrmsr(HW_X2_LVT_TIMER, HW_LVT_MASKED);
}

static void wait_parked(const struct boot_machine *m, uint32_t core)
{
	for (uint32_t i = 0; i < boot_patience(m, NAPS) && !boot_wait_core(m, core, 1); i++)
		nap(m);
	if (!boot_wait_core(m, core, 1))
		boot_refuse("update the firmware of this machine", "core %u stopped answering", core);
}

static void compare_pair(const struct boot_machine *m, uint32_t a, uint32_t b)
{
	static struct exchange x;
	int64_t off;

	x = (struct exchange){ .patience = m->tsc_hz / 1000000 * boot_patience(m, ROUND_US), .bounds = qv_tsc_begin(),
			       .limit = (int64_t)(m->tsc_hz / 1000000 * boot_patience(m, SKEW_US)) };
	boot_on_core(b, answer, &x);
	if (a == 0)
		ask(&x);
	else
		boot_on_core(a, ask, &x);
	if (a)
		wait_parked(m, a);
	wait_parked(m, b);
	off = qv_tsc_skew(&x.bounds);
	if (x.silent)
		boot_refuse("update the firmware of this machine", "core %u does not answer core %u", b, a);
	if (qv_tsc_judge(&x.bounds, x.limit) == QV_TSC_DIFFER)
		boot_refuse("update the firmware of this machine: it must not write to the time-stamp counters",
			    "the TSCs of cores %u and %u differ by at least %lld cycles", a, b,
			    (long long)(off < 0 ? -off : off));
}

void boot_compare_tscs(const struct boot_machine *m)
{
	for (uint32_t a = 0; a < m->core_count; a++)
		for (uint32_t b = a + 1; b < m->core_count; b++)
			compare_pair(m, a, b);
}
