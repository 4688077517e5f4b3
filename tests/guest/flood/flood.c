/* SPDX-License-Identifier: MIT */
/*
 * A sandbox of three cores restarts itself again and again while its cores flood each other: core 1 with interrupts,
 * core 2 with interrupts and start-up messages for core 1, some of which come when core 1 is parked and core 2 is not.
 * Each life must begin with nothing pending, and no core may start before it is told to. Arguments: lives=N
 * (20), gap-us=N (0; between two messages of a core).
 *
 * Result words: 0 = lives that began with an interrupt pending or in service, 1 = cores that ran with no order to.
 */
#include <guest/guest.h>
#include <hw/apic.h>
#include <hw/cpu.h>
#include <lib/args.h>

#define CORES 3u
#define WAIT_US 20000000u
#define ICR_TO_OTHERS (3u << 18)
#define STAGGER_US 7u

enum { STALE, EARLY };

static volatile uint64_t arrived[QV_MAX_CORES];
static uint64_t gap_us;
static volatile uint64_t told; /* cores that core 0 has begun to start in this life */

static void on_ipi(struct guest_frame *frame)
{
	(void)frame;
	arrived[guest_core()]++;
}

static bool anything_pending(void)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < 8; i++)
		bits |= hw_rdmsr(HW_X2_ISR + i) | hw_rdmsr(HW_X2_IRR + i);
	return bits != 0;
}

static void flood(void)
{
	uint32_t sipi = HW_ICR_SIPI | (uint32_t)(guest_info->trampoline_gpa >> 12);
	unsigned self = guest_core();

	if (told < self)
		++*guest_word(EARLY);
	guest_enable_apic();
	hw_sti();
	for (;;) {
		guest_send(0, ICR_TO_OTHERS | GUEST_VECTOR_IPI);
		if (self == 2)
			guest_send(guest_info->apic_id[1], sipi);
		guest_delay(gap_us);
	}
}

static bool start_flood(void)
{
	for (unsigned core = 1; core < CORES; core++) {
		told = core;
		if (!guest_start_core(core, flood))
			return false;
	}
	return guest_wait(&arrived[1], 20, WAIT_US) && guest_wait(&arrived[2], 20, WAIT_US);
}

static void one_life(uint64_t life)
{
	hw_sti();
	if (!start_flood()) {
		hw_cli();
		guest_not_ok("the cores start and interrupt each other", "not in life %llu", (unsigned long long)life);
		return;
	}
	guest_delay(life * STAGGER_US);
	guest_call(QV_CALL_RESTART, guest_info->sandbox);
	guest_not_ok("restart of the own sandbox", "refused in life %llu", (unsigned long long)life);
}

static void report(unsigned word, const char *name)
{
	if (*guest_word(word) == 0)
		guest_ok(name);
	else
		guest_not_ok(name, "%llu times", (unsigned long long)*guest_word(word));
}

void guest_main(void)
{
	uint64_t life = (uint64_t)guest_call(QV_CALL_LAUNCHES, 0);
	uint64_t lives = qv_args_number(guest_info->args, "lives", 20);

	gap_us = qv_args_number(guest_info->args, "gap-us", 0);
	if (life == 1) {
		guest_plan(2);
		*guest_word(STALE) = *guest_word(EARLY) = 0;
	}
	if (anything_pending())
		++*guest_word(STALE);
	guest_call(QV_CALL_READY, 0);
	guest_on(GUEST_VECTOR_IPI, on_ipi);
	guest_enable_apic();
	if (life < lives) {
		one_life(life);
		return;
	}
	report(STALE, "no life begins with an interrupt of the former one");
	report(EARLY, "no core runs before it is started");
	guest_say("done");
}
