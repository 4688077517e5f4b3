/* SPDX-License-Identifier: MIT */
/*
 * Sporadic server: any queue that fulfils the invariants, of QV_SS_SLOTS slots; any period up to QV_PERIOD_MAX (1.9 h
 * at 5 GHz, so 1 us to 1 h on any processor); any time up to QV_TSC_MAX. TIMES, where given, makes all times and
 * amounts smaller: the claims about what comes when do not depend on the scale. The slot where the queue begins only
 * matters modulo QV_SS_SLOTS; FIRST says where, any if not given.
 */
#include "../stubs.h"

#include <ss.c>

#ifndef TIMES
#define TIMES QV_NEVER
#endif
#ifndef FIRST
#define FIRST nondet_u32()
#endif

static uint64_t any_time(void)
{
	uint64_t now = nondet_u64();

	assume(now <= QV_TSC_MAX && now <= TIMES);
	return now;
}

/* Any queue; `used` is anything. */
static struct qv_ss any_queue(void)
{
	struct qv_ss s;

	s.first = FIRST;
	s.strict = nondet_bool();
	s.capacity = nondet_u32(), s.count = nondet_u32();
	s.budget = nondet_u64(), s.period = nondet_u64(), s.used = nondet_u64();
	assume(s.capacity >= QV_SS_CAPACITY_MIN && s.capacity <= QV_SS_SLOTS && s.budget >= 1 && s.period <= TIMES);
	assume(s.budget <= s.period && s.period <= QV_PERIOD_MAX && s.count <= s.capacity && s.first < QV_SS_SLOTS);
	for (uint32_t i = 0; i < QV_SS_SLOTS; i++) {
		s.slot[i].time = nondet_u64(), s.slot[i].amount = nondet_u64();
		assume(s.slot[i].time <= QV_NEVER && s.slot[i].time <= TIMES && s.slot[i].amount <= QV_PERIOD_MAX);
	}
	assume(queue_intact(&s));
	return s;
}

static struct qv_ss any_server(void)
{
	struct qv_ss s = any_queue();

	assume(qv_ss_intact(&s));
	return s;
}

/* What can be consumed before `x` of a replenishment: it takes its time from `time` on. */
static uint64_t usable_of(struct qv_refill r, uint64_t x)
{
	if (x <= r.time)
		return 0;
	return x - r.time < r.amount ? x - r.time : r.amount;
}

static uint64_t usable(const struct qv_ss *s, uint64_t x)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < QV_SS_SLOTS; i++)
		sum += i < s->count ? usable_of(*qv_ss_refill(s, i), x) : 0;
	return sum;
}

static uint64_t ends(const struct qv_ss *s)
{
	const struct qv_refill *last = qv_ss_refill(s, s->count - 1);

	return last->time + last->amount;
}

void prove_init(void)
{
	struct qv_ss s;
	uint64_t budget = nondet_u64(), period = nondet_u64(), now = any_time();
	uint32_t capacity = nondet_u32();

	assume(budget >= 1 && budget <= period && period <= QV_PERIOD_MAX);
	assume(capacity >= QV_SS_CAPACITY_MIN && capacity <= QV_SS_CAPACITY_MAX);
	qv_ss_init(&s, budget, period, capacity, now);
	prove(qv_ss_intact(&s), "a new server is intact");
	prove(qv_ss_budget(&s, now) == budget, "its budget is due");
}

/* A consumption that does not use the first one up. */
void prove_preempted(void)
{
	struct qv_ss s = any_server(), old = s;
	uint64_t cycles = nondet_u64();

	assume(cycles <= QV_TSC_MAX && old.used + cycles < qv_ss_refill(&s, 0)->amount);
	prove(!qv_ss_charge(&s, cycles), "it is not used up");
	old.used += cycles;
	prove(s.used == old.used && s.count == old.count && s.first == old.first, "nothing else changes");
}

/* The steps of charging the rest: whole periods, then one replenishment after the other. */
void prove_skip(void)
{
	struct qv_ss s = any_queue();
	uint64_t due = qv_ss_due(&s);

	assume(s.used <= QV_TSC_MAX + QV_PERIOD_MAX && s.used / 2 >= s.budget);
	skip_periods(&s);
	prove(queue_intact(&s) && qv_ss_due(&s) >= due, "the queue is intact and not earlier");
	prove(s.used >= s.budget && s.used - s.budget < s.budget, "at least one and less than two budgets are left");
}

void prove_post(void)
{
	struct qv_ss s = any_queue(), old = s;
	struct qv_refill first = *qv_ss_refill(&s, 0);

	assume(s.used >= first.amount);
	post_first(&s);
	prove(queue_intact(&s) && qv_ss_due(&s) >= first.time, "the queue is intact and not earlier");
	prove(s.used == old.used - first.amount, "charged once");
	if (first.time <= QV_TSC_MAX)
		prove(ends(&s) >= first.time + s.period + first.amount, "it comes one period later");
	prove(s.count <= old.count, "no fragment more");
}

void prove_block(void)
{
	struct qv_ss s = any_server(), old = s;
	uint64_t now = any_time();

	qv_ss_block(&s, now);
	prove(qv_ss_intact(&s), "intact after a block");
	prove(qv_ss_due(&s) == qv_ss_due(&old), "the first stays where it is");
	prove(qv_ss_due(&s) > now || s.used == 0, "what was used is posted");
	prove(qv_ss_budget(&s, now) == qv_ss_budget(&old, now), "the rest remains");
	if (qv_ss_due(&s) <= now && old.used > 0)
		prove(ends(&s) >= qv_ss_due(&s) + s.period + old.used, "what was used comes one period later");
}

void prove_unblock(void)
{
	struct qv_ss s = any_server(), old = s;
	uint64_t now = any_time();

	qv_ss_unblock(&s, now);
	prove(qv_ss_intact(&s), "intact after a wake-up");
	prove(qv_ss_due(&old) > now || qv_ss_due(&s) == now, "budget that is due counts from now");
	prove(s.count <= old.count + (old.used > 0), "it fragments no more than an old overrun needs");
}

void prove_change(void)
{
	struct qv_ss s = any_server(), old = s;
	uint64_t now = any_time(), budget = nondet_u64(), period = nondet_u64();

	assume(budget >= 1 && budget <= period && period <= QV_PERIOD_MAX);
	qv_ss_change(&s, budget, period, s.capacity, now);
	prove(qv_ss_intact(&s), "intact with new parameters");
	prove(qv_ss_due(&s) >= now && qv_ss_due(&s) >= qv_ss_refill(&old, old.count - 1)->time, "after all of the old");
}

/* Nothing comes early. What can be consumed by any x is no more than before, less what was used up, plus the same one
 * period later. */
void prove_post_supply(void)
{
	struct qv_ss s = any_queue(), old = s;
	struct qv_refill first = *qv_ss_refill(&s, 0), again = first;
	uint64_t x = nondet_u64();

	assume(s.used >= first.amount && x <= 4 * TIMES);
	again.time += s.period;
	post_first(&s);
	prove(usable(&s, x) + usable_of(first, x) <= usable(&old, x) + usable_of(again, x), "one period later, not earlier");
}

void prove_block_supply(void)
{
	struct qv_ss s = any_server(), old = s;
	uint64_t now = any_time(), x = nondet_u64();
	struct qv_refill spent = {qv_ss_due(&s) + s.period, s.used};

	assume(qv_ss_due(&s) <= now && x <= 4 * TIMES);
	qv_ss_block(&s, now);
	prove(usable(&s, x) <= usable(&old, x) + usable_of(spent, x), "what was used comes one period later");
}

void prove_unblock_supply(void)
{
	struct qv_ss s = any_server(), old = s;
	uint64_t now = any_time(), x = nondet_u64();

	assume(s.used == 0 && x <= 4 * TIMES);
	qv_ss_unblock(&s, now);
	prove(usable(&s, x) <= usable(&old, x), "a wake-up brings nothing forward");
	prove(qv_ss_budget(&s, now) >= qv_ss_budget(&old, now), "and takes nothing away");
}
