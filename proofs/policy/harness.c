/* SPDX-License-Identifier: MIT */
/*
 * The policy tables, whole and in real size. The bitmap itself is replaced by what `bitmap` proves of it: one call
 * opens exactly what it names. A probe, any MSR and any port, watches what becomes open.
 */
#include "../stubs.h"

#include "policy.c" /* the file under proof: its tables are static */

#ifndef RANGES
#define RANGES 2u /* port ranges of the system file */
#endif
#define PORT_BYTES 8192u
#define ROWS       (sizeof(rules) / sizeof(rules[0]))

static struct {
	uint32_t msr;
	uint16_t port;
	bool read, write, port_open; /* does the access go through? */
} probe;

void qv_bitmap_deny_all(uint8_t *map, size_t bytes)
{
	(void)map, (void)bytes;
	probe.read = probe.write = probe.port_open = false;
}

static bool opened(uint32_t msr, bool read, bool write)
{
	probe.read |= read && msr == probe.msr;
	probe.write |= write && msr == probe.msr;
	return true;
}

bool qv_svm_msr_allow(uint8_t map[QV_SVM_MSRPM_BYTES], uint32_t msr, bool read, bool write)
{
	(void)map;
	return opened(msr, read, write);
}

bool qv_vmx_msr_allow(uint8_t map[QV_VMX_MSRBM_BYTES], uint32_t msr, bool read, bool write)
{
	(void)map;
	return opened(msr, read, write);
}

void qv_io_allow(uint8_t *map, size_t bytes, uint16_t first, uint16_t last)
{
	(void)map, (void)bytes;
	prove(first <= last, "a range that is opened is a range");
	probe.port_open |= first <= probe.port && probe.port <= last;
}

static uint32_t any_vendor(void)
{
	uint32_t vendor = nondet_u32();

	assume(vendor == QV_VENDOR_SVM || vendor == QV_VENDOR_VMX);
	return vendor;
}

/* Writes that reach beyond the core or into the monitor's state. From the manuals, not from the table: APM 2,
 * appendix A; SDM 4, chapter 2. */
static bool reaches_outside(uint32_t msr)
{
	static const struct {
		uint32_t first, last;
	} outside[] = {
		{ 0x10, 0x10 },             /* TSC */
		{ 0x1b, 0x1b },             /* APIC base: mode and place of the interrupt controller */
		{ 0x3a, 0x3b },             /* feature control, TSC_ADJUST */
		{ 0x79, 0x79 },             /* microcode */
		{ 0x199, 0x19a },           /* clock and voltage */
		{ 0x1d9, 0x1d9 },           /* DEBUGCTL: freezes and traces into memory */
		{ 0x200, 0x27f },           /* memory types: a page could be cached in two ways */
		{ 0x2ff, 0x2ff },
		{ 0x400, 0x491 },           /* machine checks, capabilities of VMX */
		{ 0x560, 0x572 },           /* trace to physical addresses */
		{ 0x830, 0x830 },           /* ICR: interrupts to any core */
		{ 0x82f, 0x82f },           /* LVTs: NMI and SMI */
		{ 0x832, 0x837 },
		{ 0xda0, 0xda0 },           /* XSS */
		{ 0xc0000080, 0xc0000080 }, /* EFER */
		{ 0xc0010000, 0xc0011fff }, /* SYSCFG, IORRs, TOP_MEM, SMM, VM_CR, HSAVE and all others of the chip */
	};

	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		if (outside[i].first <= msr && msr <= outside[i].last)
			return true;
	}
	return false;
}

/* The table says one thing about each MSR, and something legal. */
void prove_table(void)
{
	uint32_t i = nondet_u32(), j = nondet_u32(), msr = nondet_u32(), vendor = any_vendor();
	const struct qv_msr_rule *a, *b;

	assume(i < ROWS && j < i);
	a = qv_msr_rule_at(i);
	b = qv_msr_rule_at(j);
	prove(qv_msr_rule_at(ROWS + nondet_u32()) == NULL, "the table ends");
	prove(a->first <= a->last && (a->vendors & ~(SVM | VMX)) == 0, "a row has a range and known vendors");
	prove(a->read <= QV_MSR_SPECIAL && a->write <= QV_MSR_FORBIDDEN, "a row has known actions; no read stops a sandbox");
	prove(a->value == 0 || a->read == QV_MSR_VALUE, "only a value that is read is given");
	if (applies(a, vendor) && applies(b, vendor))
		prove(a->last < b->first || b->last < a->first, "no two rows of one vendor overlap");
	assume(a->first <= msr && msr <= a->last && applies(a, vendor));
	prove(qv_msr_rule(msr, vendor) == a, "the row of an MSR is found");
}

/* An answer for every MSR; what is in no row is refused; writes that reach outside never go through unseen. */
void prove_total(void)
{
	uint32_t msr = nondet_u32(), vendor = any_vendor();
	const struct qv_msr_rule *rule = qv_msr_rule(msr, vendor);

	prove(rule != NULL && rule->first <= msr && msr <= rule->last, "the answer is about this MSR");
	prove(applies(rule, vendor), "and about this vendor");
	prove(rule != &default_rule || (rule->read == QV_MSR_GP && rule->write == QV_MSR_GP), "the default refuses");
	if (reaches_outside(msr))
		prove(rule->write != QV_MSR_PASS, "a write that reaches outside always exits");
	if (0x480 <= msr && msr <= 0x491)
		prove(rule->read == QV_MSR_GP && rule->write == QV_MSR_GP, "there is no nested virtualisation");
}

/* The bitmap opens exactly what the table passes; so what is refused is refused whatever is written: it always exits,
 * and the rule does not depend on values. */
void prove_msrs(void)
{
	uint32_t vendor = any_vendor();
	const struct qv_msr_rule *rule;

	probe.msr = nondet_u32();
	probe.read = nondet_bool(), probe.write = nondet_bool();
	rule = qv_msr_rule(probe.msr, vendor);
	qv_policy_msrs(NULL, vendor);
	prove(probe.read == (rule->read == QV_MSR_PASS), "exactly the reads that pass are open");
	prove(probe.write == (rule->write == QV_MSR_PASS), "exactly the writes that pass are open");
}

/* Any ranges in the system file: a port of the machine is never opened, and nothing that was not given. */
void prove_ports(void)
{
	struct qv_allowed_ports allowed[RANGES];
	uint32_t n = nondet_u32();
	bool given = false, good;

	assume(n <= RANGES);
	probe.port = nondet_u16();
	probe.port_open = nondet_bool();
	good = qv_policy_ports(NULL, PORT_BYTES, allowed, n);
	for (uint32_t i = 0; i < RANGES; i++)
		given |= i < n && allowed[i].first <= probe.port && probe.port <= allowed[i].last;
	prove(probe.port_open == (good && given), "exactly the given ports are open, none if a range is bad");
	prove(!probe.port_open || !qv_port_kept(probe.port), "no port of the machine is open");
	prove(qv_port_action(probe.port) == QV_PORT_ONES || qv_port_kept(probe.port), "a port with an action is kept");
	prove(qv_port_action(probe.port) <= QV_PORT_FORBIDDEN, "every port has an action");
	if (probe.port == 0x64 || probe.port == 0x92 || probe.port == 0xb2 || probe.port == 0xcf9)
		prove(qv_port_action(probe.port) == QV_PORT_FORBIDDEN, "reset and SMI are out of reach");
}
