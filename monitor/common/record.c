/* SPDX-License-Identifier: MIT */
/* What this core's monitor writes into its black-box page: state, counters, faults, last words. */
#include "mon.h"

#include <hw/cpu.h>
#include <lib/fmt.h>
#include <lib/string.h>

void mon_record_init(void)
{
	memset(mon.page, 0, sizeof(*mon.page));
	mon.page->sandbox = mon.handover->sandbox;
	mon.page->apic_id = mon.handover->apic_id[mon.handover->core];
	mon_set_state(QV_CORE_WAITING);
	mon.page->magic = QV_BB_CORE_MAGIC;
}

void mon_set_state(enum qv_core_state state)
{
	mon.page->state = state;
	mon.outbox->state = state;
}

void mon_refused(void)
{
	mon.page->refused++;
}

uint32_t mon_launches(void)
{
	return mon.handover->outbox[mon.handover->first_core].launches;
}

void mon_record_fault(const struct mon_exit *e, uint32_t reason, uint64_t address)
{
	struct qv_fault *fault = &mon.page->faults[mon.page->fault_count % QV_BB_FAULTS];

	fault->sequence = 0; /* a reader must not take a half-written record for a whole one */
	hw_barrier();
	fault->reason = reason;
	fault->code = e->code;
	fault->info[0] = e->info[0];
	fault->info[1] = e->info[1];
	fault->address = address;
	fault->rip = e->rip;
	fault->tsc = hw_rdtsc();
	fault->launch = mon_launches();
	hw_barrier();
	fault->sequence = ++mon.page->fault_count;
}

void mon_record_silence(uint32_t reason, uint64_t which)
{
	const struct mon_exit none = { .reason = reason };

	mon_record_fault(&none, reason, which);
}

void mon_ready(void)
{
	memcpy(mon.page->exits_at_ready, mon.page->exits, sizeof(mon.page->exits));
	mon.page->ready_tsc = hw_rdtsc();
	mon.page->flags |= QV_CORE_READY;
}

struct panic_text {
	size_t used;
};

static void panic_sink(void *context, const char *bytes, size_t n)
{
	struct panic_text *text = context;

	for (size_t i = 0; i < n && text->used < sizeof(mon.page->panic) - 1; i++)
		mon.page->panic[text->used++] = bytes[i];
}

/* The core halts with interrupts off: its sandbox stays where it is, the others run on. */
_Noreturn void mon_panic(const char *format, ...)
{
	struct panic_text text = { 0 };
	va_list args;

	va_start(args, format);
	qv_vformat(panic_sink, &text, format, args);
	va_end(args);
	mon.page->panic[text.used] = '\0';
	mon_set_state(QV_CORE_DEAD);
	hw_stop();
}

_Noreturn void qv_assert_failed(const char *file, int line, const char *what)
{
	mon_panic("%s:%d: assertion failed: %s", file, line, what);
}
