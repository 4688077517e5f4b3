/* SPDX-License-Identifier: MIT */
/*
 * MSR accesses and XSETBV that exit. lib/policy says what each MSR may do, lib/sysreg what values are good; the few
 * that need code have a row here. Every value that reaches the processor was checked: its own #GP would be fatal.
 */
#include "mon.h"

#include <hw/apic.h>
#include <hw/msr.h>
#include <lib/icr.h>
#include <lib/policy.h>
#include <lib/sysreg.h>

#define MTRR_ON_WRITE_BACK 0xc06u /* Linux drops PAT and write combining when MTRRs are off */
#define MTRR_BITS 0xcffu

static uint64_t mtrr_default;
static uint64_t efer_writable;
static uint64_t xcr0_supported;
static struct qv_lvt_caps lvt_caps;
static bool eoi_suppression;

/* ---- one pair of functions for each special MSR ---- */

static bool apic_base_read(uint32_t msr, uint64_t *value)
{
	*value = hw_rdmsr(msr);
	return true;
}

/* The APIC neither moves nor leaves x2APIC mode: its page belongs to nobody. */
static bool apic_base_write(uint32_t msr, uint64_t value)
{
	return value == hw_rdmsr(msr);
}

static bool efer_read(uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = mon_backend_efer();
	return true;
}

static bool efer_write(uint32_t msr, uint64_t value)
{
	struct mon_paging state;

	(void)msr;
	mon_backend_paging(&state);
	if (!qv_efer_write(mon_backend_efer(), &value, efer_writable, state.cr0 >> 31 & 1u))
		return false;
	mon_backend_set_efer(value);
	return true;
}

static bool pat_read(uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = mon_backend_pat();
	return true;
}

static bool pat_write(uint32_t msr, uint64_t value)
{
	(void)msr;
	if (!qv_pat_valid(value))
		return false;
	mon_backend_set_pat(value);
	return true;
}

static bool mtrr_read(uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = mtrr_default;
	return true;
}

/* Remembered and without effect: the nested tables decide the memory type. */
static bool mtrr_write(uint32_t msr, uint64_t value)
{
	(void)msr;
	if ((value & ~(uint64_t)MTRR_BITS) != 0)
		return false;
	mtrr_default = value;
	return true;
}

static bool svr_write(uint32_t msr, uint64_t value)
{
	if (!qv_svr_valid(value, eoi_suppression))
		return false;
	hw_wrmsr(msr, value);
	return true;
}

static bool lvt_write(uint32_t msr, uint64_t value)
{
	enum qv_lvt_verdict verdict = qv_lvt_write(msr, &value, &lvt_caps);

	if (verdict == QV_LVT_REFUSE)
		return false;
	if (verdict == QV_LVT_MASK)
		mon_refused();
	hw_wrmsr(msr, value);
	return true;
}

static bool timer_read(uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = hw_apic_timer_current();
	return true;
}

struct special {
	uint32_t first, last;
	bool (*read)(uint32_t msr, uint64_t *value); /* false: #GP */
	bool (*write)(uint32_t msr, uint64_t value);
};

static const struct special specials[] = {
	{ HW_MSR_APIC_BASE, HW_MSR_APIC_BASE, apic_base_read, apic_base_write },
	{ HW_MSR_PAT, HW_MSR_PAT, pat_read, pat_write },
	{ HW_MSR_MTRR_DEF_TYPE, HW_MSR_MTRR_DEF_TYPE, mtrr_read, mtrr_write },
	{ HW_X2_SVR, HW_X2_SVR, NULL, svr_write },
	{ HW_X2_LVT_CMCI, HW_X2_LVT_CMCI, NULL, lvt_write },
	{ HW_X2_LVT_TIMER, HW_X2_LVT_ERROR, NULL, lvt_write },
	{ HW_X2_TIMER_CURRENT, HW_X2_TIMER_CURRENT, timer_read, NULL },
	{ HW_MSR_EFER, HW_MSR_EFER, efer_read, efer_write },
};

static const struct special *find_special(uint32_t msr)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		if (specials[i].first <= msr && msr <= specials[i].last)
			return &specials[i];
	}
	return NULL;
}

/* ---- exits ---- */

static uint64_t operand(const struct mon_gprs *g)
{
	return g->reg[MON_RDX] << 32 | (uint32_t)g->reg[MON_RAX];
}

static bool special_read(uint32_t msr, uint64_t *value)
{
	const struct special *s = find_special(msr);

	return s != NULL && s->read != NULL && s->read(msr, value);
}

static bool special_write(uint32_t msr, uint64_t value)
{
	const struct special *s = find_special(msr);

	return s != NULL && s->write != NULL && s->write(msr, value);
}

enum mon_verdict mon_on_msr_read(struct mon_gprs *g, const struct mon_exit *e)
{
	const struct qv_msr_rule *rule = qv_msr_rule(e->msr.index, mon.handover->vendor);
	uint64_t value = rule->value;

	if (rule->read == QV_MSR_FORBIDDEN)
		return MON_FAULT;
	if (rule->read == QV_MSR_SPECIAL ? !special_read(e->msr.index, &value) : rule->read != QV_MSR_VALUE)
		return MON_GP;
	g->reg[MON_RAX] = (uint32_t)value;
	g->reg[MON_RDX] = value >> 32;
	return MON_SKIP;
}

enum mon_verdict mon_on_msr_write(struct mon_gprs *g, const struct mon_exit *e)
{
	const struct qv_msr_rule *rule = qv_msr_rule(e->msr.index, mon.handover->vendor);

	if (rule->write == QV_MSR_FORBIDDEN)
		return MON_FAULT;
	if (rule->write == QV_MSR_SPECIAL ? !special_write(e->msr.index, operand(g)) : rule->write != QV_MSR_VALUE)
		return MON_GP;
	return MON_SKIP;
}

#define CR4_OSXSAVE (1ull << 18)

/* Most processors check these before the exit, but not all emulators do. */
static bool xsetbv_allowed(const struct mon_paging *state)
{
	return state->cpl == 0 && (state->cr4 & CR4_OSXSAVE) != 0;
}

enum mon_verdict mon_on_xsetbv(struct mon_gprs *g, const struct mon_exit *e)
{
	struct mon_paging state;

	(void)e;
	mon_backend_paging(&state);
	if (!xsetbv_allowed(&state) || (uint32_t)g->reg[MON_RCX] != 0 || !qv_xcr0_valid(operand(g), xcr0_supported))
		return MON_GP;
	hw_xsetbv(0, operand(g));
	return MON_SKIP;
}

/* ---- interrupt command register ---- */

static void own_cores(struct qv_icr_cores *cores)
{
	const struct qv_handover *h = mon.handover;

	cores->count = h->own_cores;
	cores->self = h->core - h->first_core;
	for (uint32_t i = 0; i < h->own_cores; i++)
		cores->apic_id[i] = h->apic_id[h->first_core + i];
}

static bool send_mail(uint32_t core, enum qv_mail mail, uint8_t vector)
{
	if (core != mon.handover->core)
		return mon_mail_send(core, mail, vector);
	mon_mail_latch(mail, vector);
	return true;
}

static bool send_one(uint32_t core, const struct qv_icr_decision *d)
{
	switch (d->action) {
	case QV_ICR_SEND:
		hw_apic_send(mon.handover->apic_id[core], HW_ICR_FIXED | d->vector);
		return true;
	case QV_ICR_NMI:
		return send_mail(core, QV_MAIL_GUEST_NMI, 0);
	case QV_ICR_INIT:
		return send_mail(core, QV_MAIL_INIT, 0);
	case QV_ICR_SIPI:
		return send_mail(core, QV_MAIL_SIPI, d->vector);
	default:
		return true;
	}
}

enum mon_verdict mon_on_icr(struct mon_gprs *g, const struct mon_exit *e)
{
	struct qv_icr_cores cores;
	struct qv_icr_decision decision;

	(void)e;
	own_cores(&cores);
	decision = qv_icr_decide(operand(g), &cores);
	if (decision.action == QV_ICR_REFUSE)
		return MON_FAULT;
	for (uint32_t i = 0; i < cores.count; i++) {
		if ((decision.targets >> i & 1u) != 0 && !send_one(mon.handover->first_core + i, &decision))
			return MON_FAULT; /* a sibling's monitor does not answer: the sandbox cannot go on */
	}
	return MON_SKIP;
}

/* ---- set-up ---- */

static uint64_t writable_efer_bits(void)
{
	struct hw_cpuid extended = hw_cpuid(0x80000001, 0);
	uint64_t bits = HW_EFER_LME;

	if ((extended.edx & 1u << 11) != 0)
		bits |= HW_EFER_SCE;
	if ((extended.edx & 1u << 20) != 0)
		bits |= HW_EFER_NXE;
	if ((extended.edx & 1u << 25) != 0)
		bits |= HW_EFER_FFXSR;
	return bits;
}

void mon_sysreg_init(void)
{
	uint32_t version = (uint32_t)hw_rdmsr(HW_X2_VERSION), features = hw_cpuid(1, 0).ecx;

	efer_writable = writable_efer_bits();
	lvt_caps.last = version >> 16 & 0xffu;
	lvt_caps.tsc_deadline = (features & 1u << 24) != 0;
	eoi_suppression = (version & 1u << 24) != 0;
	if ((features & 1u << 26) != 0) {
		struct hw_cpuid d = hw_cpuid(0xd, 0);

		xcr0_supported = (uint64_t)d.edx << 32 | d.eax;
	}
}

void mon_sysreg_reset(void)
{
	mtrr_default = MTRR_ON_WRITE_BACK;
}
