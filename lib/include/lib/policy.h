/* SPDX-License-Identifier: MIT */
/*
 * What a sandbox may do with MSRs and ports: one declarative table each, read by boot code (to build bitmaps) and by
 * monitors (to answer what exits). Default: MSRs give #GP, ports read all ones and ignore writes.
 */
#ifndef LIB_POLICY_H
#define LIB_POLICY_H

#include <abi/limits.h>

enum qv_msr_action {
	QV_MSR_GP = 0,    /* inject #GP(0) and count it as refused: the answer of a processor without this MSR */
	QV_MSR_PASS,      /* no exit */
	QV_MSR_VALUE,     /* reads give `value`; writes are ignored */
	QV_MSR_SPECIAL,   /* the monitor has code for it: APIC base, EFER, PAT, ICR, LVT, SVR, MTRR default type */
	QV_MSR_FORBIDDEN  /* would reach outside the sandbox: fault, the sandbox is stopped */
};

struct qv_msr_rule {
	uint32_t first;
	uint32_t last;   /* inclusive */
	uint8_t read;    /* enum qv_msr_action */
	uint8_t write;
	uint16_t vendors; /* 1 << enum qv_vendor; 0 = both */
	uint64_t value;  /* for QV_MSR_VALUE */
};

/* The rule for `msr`, never NULL (a default rule answers what no row names). vendor = enum qv_vendor. */
const struct qv_msr_rule *qv_msr_rule(uint32_t msr, uint32_t vendor);
/* Walk the table: row `i`, or NULL past the end. */
const struct qv_msr_rule *qv_msr_rule_at(size_t i);

enum qv_port_action {
	QV_PORT_ONES = 0,  /* reads give all ones, writes are ignored */
	QV_PORT_ZERO,      /* reads give 0: the PIT, or Linux waits for it 100,004 times */
	QV_PORT_CMOS,      /* 70/71: a small read-only clock image */
	QV_PORT_PCI,       /* CF8-CFF: mediated configuration */
	QV_PORT_ACPI,      /* QV_PORT_SLEEP_CONTROL .. QV_PORT_READY of abi/call.h */
	QV_PORT_FORBIDDEN  /* machine reset and SMI: 0x64 writes, 0x92, 0xB2, 0xCF9: fault on write, ones on read */
};
enum qv_port_action qv_port_action(uint16_t port);
/* Does the port act on the whole machine, or is it the monitor's? Then no sandbox may have it. */
bool qv_port_kept(uint16_t port);

/* Build the bitmaps of one sandbox from the tables above: `allowed` port ranges come from the system file and must
 * not touch a port with an action other than ONES (false then, and the bitmap denies all). */
struct qv_allowed_ports {
	uint16_t first, last;
};
bool qv_policy_ports(uint8_t *map, size_t bytes, const struct qv_allowed_ports *allowed, size_t n);
void qv_policy_msrs(uint8_t *map, uint32_t vendor);

#endif
