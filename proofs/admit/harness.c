/* SPDX-License-Identifier: MIT */
/*
 * The check of parameters, with any of MAINS Main VCPUs, one I/O VCPU and one interrupt. Divisions are replaced by
 * contracts.
 */
#include "../stubs.h"
#include "../contracts.h"

#include <admit.c>

#ifndef MAINS
#define MAINS 2u
#endif

static struct qv_admit_main mains[MAINS];
static struct qv_admit_io ios[1];
static struct qv_admit_irq irqs[1];

static struct qv_admit_core any_core(void)
{
	struct qv_admit_core core = {.main = mains, .io = ios, .irq = irqs};

	__CPROVER_havoc_object(mains);
	__CPROVER_havoc_object(ios);
	__CPROVER_havoc_object(irqs);
	core.mains = nondet_u32();
	core.ios = nondet_u32();
	core.irqs = nondet_u32();
	core.switch_cost = nondet_u64();
	core.granularity = nondet_u64();
	core.blocking = nondet_u64();
	assume(core.mains <= MAINS && core.ios <= 1 && core.irqs <= 1);
	return core;
}

void prove_check(void)
{
	struct qv_admit_core core = any_core();
	struct qv_admit_answer answer;
	uint32_t i = nondet_u32();
	bool ok = qv_admit_check(&core, &answer);

	assume(i < core.mains);
	prove(ok == (answer.verdict == QV_ADMITTED), "the answer says so");
	if (!ok)
		return;
	prove(mains[i].budget >= 1 && mains[i].budget <= mains[i].period && mains[i].period <= QV_PERIOD_MAX, "ranges");
	if (i > 0 && mains[i - 1].period == mains[i].period)
		prove(mains[i - 1].id < mains[i].id, "equal periods by id");
	prove(i == 0 || mains[i - 1].period <= mains[i].period, "periods in order");
	prove(core.ios == 0 || (ios[0].num >= 1 && ios[0].num < ios[0].den), "I/O VCPUs have less than the core");
	prove(core.irqs == 0 || (irqs[0].interval >= 1 && irqs[0].cost <= irqs[0].interval), "interrupts leave time");
}
