/* SPDX-License-Identifier: MIT */
/*
 * The sporadic server as POSIX has it (IEEE Std 1003.1, SCHED_SPORADIC), with the functions of lib/ss.h: linked into
 * one test image in place of lib/ss.c, to show what the rules of lib/ss.c are for. When the server blocks or is used
 * up, all that it consumed since it was activated is replenished one period after the activation, also what it consumed
 * from a replenishment that came later. `at(s, 0)` is the budget it has; the state beyond struct qv_ss is in the last
 * slot.
 */
#include <hw/cpu.h>
#include <lib/assert.h>
#include <lib/ss.h>

#define EXTRA (QV_SS_SLOTS - 1) /* .time: when it was activated; .amount: consumed since then and not posted */

static struct qv_refill *at(struct qv_ss *s, uint32_t i)
{
	return &s->slot[(s->first + i) % EXTRA];
}

static void pop(struct qv_ss *s)
{
	s->first = (s->first + 1) % EXTRA;
	s->count--;
}

/* In order of time. */
static void insert(struct qv_ss *s, uint64_t time, uint64_t amount)
{
	uint32_t i = s->count++;

	assert(s->count < EXTRA);
	for (; i > 0 && at(s, i - 1)->time > time; i--)
		*at(s, i) = *at(s, i - 1);
	*at(s, i) = (struct qv_refill){time, amount};
}

static void post(struct qv_ss *s)
{
	struct qv_refill *active = &s->slot[EXTRA];

	if (active->amount > 0)
		insert(s, active->time + s->period, active->amount);
	active->amount = 0;
}

/* The first one is used up. If another one has come meanwhile, the server stays active. */
void qv_ss_post_used(struct qv_ss *s)
{
	while (s->used >= at(s, 0)->amount) {
		s->used -= at(s, 0)->amount;
		s->slot[EXTRA].amount += at(s, 0)->amount;
		pop(s);
		if (s->count > 0 && at(s, 0)->time <= hw_rdtsc())
			continue;
		post(s);
		s->slot[EXTRA].time = at(s, 0)->time;
	}
}

void qv_ss_block_rest(struct qv_ss *s, uint64_t now)
{
	if (at(s, 0)->time > now)
		return;
	s->slot[EXTRA].amount += s->used;
	at(s, 0)->amount -= s->used;
	s->used = 0;
	post(s);
}

void qv_ss_unblock_rest(struct qv_ss *s, uint64_t now)
{
	if (at(s, 0)->time > now)
		return;
	while (s->count > 1 && at(s, 1)->time <= now) {
		uint64_t amount = at(s, 0)->amount;

		pop(s);
		at(s, 0)->amount += amount;
	}
	s->slot[EXTRA].time = now;
}

void qv_ss_init(struct qv_ss *s, uint64_t budget, uint64_t period, uint32_t capacity, uint64_t now)
{
	*s = (struct qv_ss){.budget = budget, .period = period, .count = 1, .capacity = capacity,
		.strict = true};
	s->slot[0] = (struct qv_refill){now, budget};
	s->slot[EXTRA].time = now;
}

void qv_ss_change(struct qv_ss *s, uint64_t budget, uint64_t period, uint32_t capacity, uint64_t now)
{
	qv_ss_init(s, budget, period, capacity, now);
}
