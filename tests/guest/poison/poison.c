/* SPDX-License-Identifier: MIT */
/*
 * A restarted sandbox finds no trace of its former life. Life 1 fills every register and all memory that it can reach,
 * on each of its cores, and asks for a restart; life 2 looks at all of it before anything else. A restart in the middle
 * of an interrupt that was not acknowledged, with another one pending, is part of it.
 */
#include "state.h"

#include <hw/apic.h>
#include <hw/cpu.h>
#include <lib/fmt.h>

#define WAIT_US 20000000u
#define VECTOR_IN_SERVICE 0x91u
#define VECTOR_PENDING    0x92u
#define PATTERN 0x5a5a5a5a5a5a5a5aull

extern uint8_t image_start[], image_end[]; /* linker script */

static volatile uint64_t other_done;
static const char *found[QV_MAX_CORES][STATE_KINDS];

static uint64_t memory_end(void)
{
	const struct qv_info_range *last = &guest_info->range[guest_info->range_count - 1];

	return last->gpa + last->size;
}

/* All memory but page 0, the start pages and the image, a quadword each `step` bytes. */
static uint64_t walk_memory(uint64_t step, uint64_t (*visit)(volatile uint64_t *word))
{
	for (uint64_t at = QV_PAGE_SIZE; at < memory_end(); at += step) {
		if (at >= guest_info->start_gpa && at < guest_info->start_gpa + guest_info->start_size)
			continue;
		if ((at >= (uint64_t)image_start && at < (uint64_t)image_end) || at == guest_info->trampoline_gpa)
			continue;
		if (visit((volatile uint64_t *)at))
			return at;
	}
	return 0;
}

static uint64_t spoil(volatile uint64_t *word)
{
	*word = PATTERN;
	return 0;
}

static uint64_t look(volatile uint64_t *word)
{
	return *word != 0;
}

/* ---- life 1 ---- */

/* A test that cannot fail proves nothing: every check must see the poison now. */
static bool poison_took(void)
{
	static const struct {
		const char *name;
		const char *(*check)(void);
	} checks[] = {
		{"debug registers", state_check_debug}, {"system registers", state_check_system},
		{"local APIC", state_check_apic}, {"x87 and SSE registers", state_check_fpu},
		{"AVX registers", state_check_avx},
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (!checks[i].check() && !(checks[i].check == state_check_avx && !state_has_avx())) {
			guest_not_ok("the poison takes", "%s stay clean", checks[i].name);
			return false;
		}
	}
	return state_check_control(true) != NULL && walk_memory(8, look) != 0;
}

static void on_interrupt(struct guest_frame *frame)
{
	(void)frame;
	state_poison_apic(VECTOR_PENDING);
	if (poison_took())
		guest_ok("the poison takes");
	state_poison();
	guest_call(QV_CALL_RESTART, guest_info->sandbox);
	guest_not_ok("restart of the own sandbox", "refused");
}

static void poison_other(void)
{
	state_poison();
	state_poison_apic(VECTOR_PENDING);
	__atomic_store_n(&other_done, 1, __ATOMIC_RELEASE);
	for (;;)
		state_hold_poison();
}

static void first_life(void)
{
	/* General registers of other cores are what the start page made of them. */
	guest_plan(guest_info->core_count * (STATE_KINDS - 1) + 4);
	for (unsigned core = 1; core < guest_info->core_count; core++) {
		other_done = 0;
		if (!guest_start_core(core, poison_other) || !guest_wait(&other_done, 1, WAIT_US))
			guest_not_ok("core starts in life 1", "core %u does not", core);
	}
	guest_call(QV_CALL_READY, 0);
	(void)walk_memory(8, spoil);
	state_poison();
	guest_enable_apic();
	guest_on_no_eoi(VECTOR_IN_SERVICE, on_interrupt);
	hw_wrmsr(HW_X2_SELF_IPI, VECTOR_IN_SERVICE);
	hw_sti();
	guest_delay(1000000);
	hw_cli();
	guest_not_ok("interrupt to self", "did not arrive");
}

/* ---- life 2 ---- */

static void check_core(bool first)
{
	const char **result = found[guest_core()];

	result[STATE_GENERAL] = first ? state_check_general() : NULL;
	result[STATE_DEBUG] = state_check_debug();
	result[STATE_CONTROL] = state_check_control(first);
	result[STATE_SYSTEM] = state_check_system();
	result[STATE_APIC] = state_check_apic();
	result[STATE_FPU] = state_check_fpu();
	result[STATE_AVX] = state_check_avx();
}

static void check_other(void)
{
	check_core(false);
	__atomic_store_n(&other_done, 1, __ATOMIC_RELEASE);
}

static void report_core(unsigned core)
{
	static const char *const kinds[STATE_KINDS] = {
		"general registers", "debug registers", "control registers", "system registers", "local APIC",
		"x87 and SSE registers", "AVX registers",
	};
	char name[64];

	for (unsigned kind = core ? STATE_GENERAL + 1 : 0; kind < STATE_KINDS; kind++) {
		qv_snprintf(name, sizeof(name), "core %u: %s are clean", core, kinds[kind]);
		if (found[core][kind])
			guest_not_ok(name, "%s holds 0x%llx", found[core][kind], (unsigned long long)state_offender[core]);
		else
			guest_ok(name);
	}
}

static void second_life(void)
{
	uint64_t dirty;

	check_core(true);
	dirty = walk_memory(8, look);
	report_core(0);
	if (dirty)
		guest_not_ok("memory is clean", "0x%llx at 0x%llx", (unsigned long long)*(volatile uint64_t *)dirty,
			(unsigned long long)dirty);
	else
		guest_ok("memory is clean");
	for (unsigned core = 1; core < guest_info->core_count; core++) {
		other_done = 0;
		if (guest_start_core(core, check_other) && guest_wait(&other_done, 1, WAIT_US))
			report_core(core);
		else
			guest_not_ok("core starts in life 2", "core %u does not", core);
	}
	guest_call(QV_CALL_READY, 0);
	if (guest_call(QV_CALL_LAUNCHES, 0) == 2)
		guest_ok("this is the second life");
	else
		guest_not_ok("this is the second life", "it is not");
	guest_say("done");
}

void guest_main(void)
{
	if (guest_call(QV_CALL_LAUNCHES, 0) == 1)
		first_life();
	else
		second_life();
}
