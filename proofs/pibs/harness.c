/* SPDX-License-Identifier: MIT */
/*
 * I/O server with any U = num / den, periods up to QV_PERIOD_MAX, times up to QV_TSC_MAX. Multiplications by a fraction
 * are replaced by contracts.
 */
#include "../stubs.h"

#include "../contracts.h"

#include <pibs.c>

static uint64_t any_time(void)
{
	uint64_t now = nondet_u64();

	assume(now <= QV_TSC_MAX);
	return now;
}

static uint64_t any_period(void)
{
	uint64_t period = nondet_u64();

	assume(period >= 1 && period <= QV_PERIOD_MAX);
	return period;
}

static struct qv_pibs any_server(void)
{
	struct qv_pibs p;

	__CPROVER_havoc_object(&p);
	assume(qv_pibs_intact(&p));
	return p;
}

void prove_init(void)
{
	struct qv_pibs p;
	uint32_t num = nondet_u32(), den = nondet_u32();
	uint64_t now = any_time();

	assume(num >= 1 && num <= den);
	qv_pibs_init(&p, num, den, any_period(), now);
	prove(qv_pibs_intact(&p) && qv_pibs_budget(&p, now) == p.limit, "a new server may run one burst");
}

void prove_charge(void)
{
	struct qv_pibs p = any_server(), old = p;
	uint64_t began = any_time(), cycles = any_time();
	uint64_t anchor = old.left > 0 || old.eligible > began ? old.eligible : began;
	uint64_t before = qv_pibs_budget(&old, began);
	bool over = qv_pibs_charge(&p, began, cycles);

	prove(qv_pibs_intact(&p), "intact after any consumption");
	prove(over == (cycles >= before), "true exactly if the budget is used up");
	prove(over || p.left == before - cycles, "the rest of the burst remains");
	prove(over || (p.eligible == anchor && p.used == old.used + cycles), "from the first dispatch on");
	prove(!over || p.eligible == QV_NEVER || p.eligible - anchor >= old.used + cycles, "all of it is charged");
}

void prove_block(void)
{
	struct qv_pibs p = any_server(), old = p;

	qv_pibs_block(&p);
	prove(qv_pibs_intact(&p) && p.left == 0, "the burst is over");
	prove(p.eligible == QV_NEVER || p.eligible - old.eligible >= old.used, "what it used is charged");
}

void prove_unblock(void)
{
	struct qv_pibs p = any_server(), old = p;
	uint64_t period = any_period(), now = any_time();

	assume(p.left == 0);
	qv_pibs_unblock(&p, period, now);
	prove(qv_pibs_intact(&p) && p.period == period, "it has the period of who asks");
	prove(p.eligible >= now && p.eligible >= old.eligible, "not eligible in the past, nor earlier than it was");
}

void prove_inherit(void)
{
	struct qv_pibs p = any_server(), old = p;
	uint64_t period = any_period(), now = any_time();
	bool changed = qv_pibs_inherit(&p, period, now);

	prove(qv_pibs_intact(&p), "intact");
	prove(changed == (period < old.period), "only a shorter period is taken");
	if (!changed)
		return;
	prove(p.left <= p.limit && p.left <= old.left, "the rest of a burst is cut");
	prove(p.eligible >= now, "not eligible in the past");
	prove(p.eligible == QV_NEVER || p.eligible - old.eligible >= old.used, "what it used is charged");
}

void prove_change(void)
{
	struct qv_pibs p = any_server(), old = p;
	uint32_t num = nondet_u32(), den = nondet_u32();
	uint64_t now = any_time();

	assume(num >= 1 && num <= den);
	qv_pibs_change(&p, num, den, now);
	prove(qv_pibs_intact(&p) && p.left == 0 && p.period == old.period, "the burst is over, the period stays");
	prove(p.eligible >= now, "not eligible in the past");
	prove(p.eligible >= QV_NEVER || p.eligible - old.eligible >= old.used, "what it used is charged");
}
