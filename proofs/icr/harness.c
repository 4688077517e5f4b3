/* SPDX-License-Identifier: MIT */
/* IPI filter: every 64-bit value, every sandbox of up to CORES cores with any APIC ids, against the manual. */
#include "../stubs.h"

#include <lib/icr.h>

#ifndef CORES
#define CORES 4u
#endif
_Static_assert(CORES <= QV_MAX_CORES, "a sandbox has no more cores");

static struct qv_icr_cores any_cores(void)
{
	struct qv_icr_cores c;

	c.count = nondet_u32();
	c.self = nondet_u32();
	assume(c.count >= 1 && c.count <= CORES && c.self < c.count);
	for (uint32_t i = 0; i < QV_MAX_CORES; i++)
		c.apic_id[i] = i < CORES ? nondet_u32() : 0;
	/* all-ones is the broadcast; ids are distinct */
	for (uint32_t i = 0; i < CORES; i++) {
		assume(c.apic_id[i] != UINT32_MAX);
		for (uint32_t j = 0; j < i; j++)
			assume(j >= c.count || i >= c.count || c.apic_id[i] != c.apic_id[j]);
	}
	return c;
}

/* Would the hardware deliver to the core with this APIC id? (SDM 3, 11.12.9 and 11.12.10) */
static bool hardware_reaches(uint64_t value, uint32_t id)
{
	uint32_t destination = (uint32_t)(value >> 32);

	if (destination == UINT32_MAX)
		return true;
	if (value & 0x800)
		return destination >> 16 == id >> 4 && (destination >> (id & 15) & 1);
	return destination == id;
}

static bool own(const struct qv_icr_cores *c, uint32_t id)
{
	for (uint32_t i = 0; i < CORES; i++) {
		if (i < c->count && c->apic_id[i] == id)
			return true;
	}
	return false;
}

static void prove_targets(uint64_t value, const struct qv_icr_cores *c, struct qv_icr_decision d)
{
	uint32_t shorthand = (value >> 18) & 3, stranger = nondet_u32(), i = nondet_u32();
	bool broadcast = value >> 32 == UINT32_MAX, target;

	assume(i < c->count && stranger >> 20 == 0 && !own(c, stranger));
	target = d.targets >> i & 1;
	if (shorthand == 0) {
		prove(target == hardware_reaches(value, c->apic_id[i]), "targets are the own cores that are named");
		prove(broadcast || !hardware_reaches(value, stranger), "nobody else is named");
	} else {
		prove(target == (shorthand == 2 || (shorthand == 1) == (i == c->self)), "shorthands mean own cores");
	}
}

void prove_decide(void)
{
	uint64_t value = nondet_u64();
	struct qv_icr_cores c = any_cores();
	struct qv_icr_decision d = qv_icr_decide(value, &c);
	uint32_t mode = (value >> 8) & 7;

	prove(d.targets >> c.count == 0, "only own cores are targets");
	prove((d.targets != 0) == (d.action != QV_ICR_REFUSE && d.action != QV_ICR_IGNORE), "targets when acting");
	prove(d.action != QV_ICR_SEND || (mode == 0 && d.vector >= 16), "interrupts are fixed, with a legal vector");
	prove(d.action != QV_ICR_NMI || mode == 4, "NMI only when asked for");
	prove(d.action != QV_ICR_INIT || mode == 5, "INIT only when asked for");
	prove(d.action != QV_ICR_SIPI || mode == 6, "SIPI only when asked for");
	prove(d.action == QV_ICR_REFUSE || (mode != 1 && mode != 2 && mode != 3 && mode != 7), "no other mode");
	if (d.targets != 0)
		prove_targets(value, &c, d);
}
