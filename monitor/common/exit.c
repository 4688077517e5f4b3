/* SPDX-License-Identifier: MIT */
/*
 * The exit table: one row per reason. A row without a handler, and any reason the table does not know, is a fault of
 * the guest. Handlers decide; what they decided is carried out in one place.
 */
#include "mon.h"

#include <abi/call.h>
#include <hw/apic.h>

#define VECTOR_DB 1u
#define VECTOR_UD 6u
#define VECTOR_GP 13u
#define VECTOR_AC 17u

static enum mon_verdict on_cpuid(struct mon_gprs *g, const struct mon_exit *e)
{
	(void)e;
	mon_backend_cpuid(g);
	return MON_SKIP;
}

static enum mon_verdict on_kick(struct mon_gprs *g, const struct mon_exit *e)
{
	(void)g, (void)e;
	mon_backend_kick_taken();
	mon_nmi_seen = 1; /* settling reads the mail; a kick without mail was the guest's own NMI: counted, no more */
	return MON_RESUME;
}

/* SMI goes to the firmware once it is let through; INIT is nobody's to send. Both are only counted. */
static enum mon_verdict on_platform(struct mon_gprs *g, const struct mon_exit *e)
{
	(void)g, (void)e;
	mon_backend_kick_taken();
	return MON_RESUME;
}

/* Intercepted so that an endless delivery loop exits once a round. The delivery that follows outranks an NMI, so a kick
 * is let in here, or such a loop would hold it off for ever. */
static enum mon_verdict on_alignment(struct mon_gprs *g, const struct mon_exit *e)
{
	(void)g, (void)e;
	mon_backend_kick_taken();
	mon_backend_inject(VECTOR_AC, true, 0);
	return MON_RESUME;
}

static enum mon_verdict on_debug(struct mon_gprs *g, const struct mon_exit *e)
{
	(void)g, (void)e;
	mon_backend_kick_taken();
	mon_backend_inject(VECTOR_DB, false, 0);
	return MON_RESUME;
}

/* WBINVD would stall the shared caches and changes nothing a guest can see; INVD would lose others' data. */
static enum mon_verdict on_cache(struct mon_gprs *g, const struct mon_exit *e)
{
	(void)g;
	return e->cache.discards ? MON_FAULT : MON_SKIP;
}

static enum mon_verdict on_undefined(struct mon_gprs *g, const struct mon_exit *e)
{
	(void)g, (void)e;
	return MON_UD;
}

static enum mon_verdict on_cr(struct mon_gprs *g, const struct mon_exit *e)
{
	return mon_backend_write_cr(e->cr.number, g->reg[e->cr.reg]) ? MON_SKIP : MON_GP;
}

typedef enum mon_verdict handler(struct mon_gprs *g, const struct mon_exit *e);

static handler *const table[QV_EXIT_COUNT] = { /* not named: MON_FAULT */
	[QV_EXIT_CPUID] = on_cpuid,
	[QV_EXIT_IO] = mon_on_io,
	[QV_EXIT_MSR_READ] = mon_on_msr_read,
	[QV_EXIT_MSR_WRITE] = mon_on_msr_write,
	[QV_EXIT_ICR] = mon_on_icr,
	[QV_EXIT_NESTED_FAULT] = mon_on_nested,
	[QV_EXIT_KICK] = on_kick,
	[QV_EXIT_SMI] = on_platform,
	[QV_EXIT_INIT] = on_platform,
	[QV_EXIT_ALIGNMENT] = on_alignment,
	[QV_EXIT_DEBUG] = on_debug,
	[QV_EXIT_XSETBV] = mon_on_xsetbv,
	[QV_EXIT_CACHE] = on_cache,
	[QV_EXIT_MWAIT] = on_undefined,
	[QV_EXIT_VIRTUALISATION] = on_undefined,
	[QV_EXIT_CR] = on_cr,
};

/* What the guest reached for, for the record. */
static uint64_t fault_address(const struct mon_gprs *g, const struct mon_exit *e, uint32_t reason)
{
	switch (reason) {
	case QV_EXIT_NESTED_FAULT:
		return e->nested.gpa;
	case QV_EXIT_IO:
		return e->io.port;
	case QV_EXIT_MSR_READ:
	case QV_EXIT_MSR_WRITE:
		return e->msr.index;
	case QV_EXIT_ICR:
		return g->reg[MON_RDX] << 32 | (uint32_t)g->reg[MON_RAX];
	default:
		return 0;
	}
}

static void refuse(uint8_t vector, bool has_error)
{
	mon_refused();
	mon_backend_inject(vector, has_error, 0);
}

static void carry_out(enum mon_verdict verdict, const struct mon_gprs *g, const struct mon_exit *e, uint32_t reason)
{
	switch (verdict) {
	case MON_SKIP:
		mon_backend_skip();
		return;
	case MON_RESUME:
		return;
	case MON_GP:
		refuse(VECTOR_GP, true);
		return;
	case MON_UD:
		refuse(VECTOR_UD, false);
		return;
	case MON_FAULT:
		break;
	}
	mon_record_fault(e, reason, fault_address(g, e, reason));
	mon_life_end(QV_MAIL_FAULT);
}

/* Back ends need not know which MSR is the interrupt command register. */
static uint32_t reason_of(const struct mon_exit *e)
{
	if (e->reason == QV_EXIT_MSR_WRITE && e->msr.index == HW_X2_ICR)
		return QV_EXIT_ICR;
	return e->reason < QV_EXIT_COUNT ? e->reason : QV_EXIT_UNKNOWN;
}

static uint64_t exit_tsc;

static void begin(struct mon_gprs *gprs, uint32_t reason)
{
	exit_tsc = hw_rdtsc();
	mon.gprs = gprs;
	mon.page->exits[reason]++;
}

static void account(void)
{
	uint64_t cycles = hw_rdtsc() - exit_tsc;

	mon.page->stolen_cycles += cycles;
	if (cycles > mon.page->worst_cycles)
		mon.page->worst_cycles = cycles;
}

/* The time of a restart, or of waiting for one, is not stolen: the guest did not run. */
static void end(void)
{
	bool settled = (mon_nmi_seen | mon.latched) == 0 && mon.running;

	if (settled || !mon_life_settle())
		account();
}

void mon_handle_exit(struct mon_gprs *gprs, const struct mon_exit *e)
{
	uint32_t reason = reason_of(e);

	begin(gprs, reason);
	carry_out(table[reason] != NULL ? table[reason](gprs, e) : MON_FAULT, gprs, e, reason);
	end();
}

static int64_t call(const struct mon_gprs *g)
{
	uint64_t number = g->reg[MON_RAX];

	return number < QV_CALL_COUNT ? mon_calls[number](g->reg[MON_RDI]) : QV_ENOSYS;
}

void mon_handle_call(struct mon_gprs *gprs, uint8_t cpl)
{
	begin(gprs, QV_EXIT_CALL);
	if (cpl == 0) {
		gprs->reg[MON_RAX] = (uint64_t)call(gprs);
		mon_backend_skip();
	} else {
		refuse(VECTOR_GP, true);
	}
	end();
}
