/* SPDX-License-Identifier: MIT */
/* Sporadic server: ss.h. Times never exceed QV_NEVER, so no sum of a time and an amount or a period overflows. */
#include <lib/assert.h>
#include <lib/ss.h>

_Static_assert(QV_SS_SLOTS >= 2 && (QV_SS_SLOTS & (QV_SS_SLOTS - 1)) == 0, "slot numbers wrap by a mask");

static struct qv_refill *at(struct qv_ss *s, uint32_t i)
{
	return &s->slot[(s->first + i) % QV_SS_SLOTS];
}

static uint64_t later(uint64_t time, uint64_t period)
{
	return time + period < QV_NEVER ? time + period : QV_NEVER;
}

/* Would a replenishment at `time` follow one that ends at `end` without a gap? Then it cannot be used before `time`
 * even if it is part of the earlier one: whatever comes before it takes until `end`. */
static bool touches(const struct qv_ss *s, uint64_t end, uint64_t time)
{
	return s->strict ? end > time : end >= time;
}

static struct qv_refill pop(struct qv_ss *s)
{
	struct qv_refill r = *at(s, 0);

	s->first = (s->first + 1) % QV_SS_SLOTS;
	s->count--;
	return r;
}

/* Put `r` behind the others. Its time is not before the last one's. With a full queue the last one is put off until it
 * touches `r`: nothing gets earlier, and only what is due last gets later. */
static void post(struct qv_ss *s, struct qv_refill r)
{
	struct qv_refill *last = s->count > 0 ? at(s, s->count - 1) : NULL;

	if (last && touches(s, last->time + last->amount, r.time)) {
		last->amount += r.amount;
	} else if (s->count < s->capacity) {
		*at(s, s->count++) = r;
	} else {
		assert(last);
		last->time = r.time - last->amount;
		last->amount += r.amount;
	}
}

/* An overrun of whole budgets moves the whole queue by as many periods: the same as posting each entry that often.
 * One budget is left to be posted in the usual way. */
static void skip_periods(struct qv_ss *s)
{
	uint64_t room = QV_NEVER - at(s, s->count - 1)->time, shift;

	if (__builtin_mul_overflow(s->used / s->budget - 1, s->period, &shift) || shift > room)
		shift = room;
	s->used = s->used % s->budget + s->budget;
	for (uint32_t i = 0; i < s->count; i++)
		at(s, i)->time += shift;
}

/* The first one is used up. */
static void post_first(struct qv_ss *s)
{
	struct qv_refill r = pop(s);

	s->used -= r.amount;
	r.time = later(r.time, s->period);
	post(s, r);
}

void qv_ss_post_used(struct qv_ss *s)
{
	if (s->used / 2 >= s->budget)
		skip_periods(s);
	while (s->used >= at(s, 0)->amount)
		post_first(s);
}

/* Split what was used off a due replenishment and post it one period after that replenishment's time. A debt against
 * one that is not due stays where it is: it will be posted from there. */
static void split(struct qv_ss *s, uint64_t now)
{
	struct qv_refill *first = at(s, 0);
	struct qv_refill spent = {later(first->time, s->period), s->used};

	if (s->used == 0 || first->time > now)
		return;
	first->amount -= s->used;
	s->used = 0;
	post(s, spent);
}

void qv_ss_block_rest(struct qv_ss *s, uint64_t now)
{
	split(s, now);
}

void qv_ss_unblock_rest(struct qv_ss *s, uint64_t now)
{
	uint64_t amount;

	if (at(s, 0)->time > now)
		return;
	split(s, now); /* an overrun from before it blocked */
	amount = at(s, 0)->amount;
	while (s->count > 1 && touches(s, now + amount, at(s, 1)->time)) {
		pop(s);
		amount += at(s, 0)->amount;
	}
	*at(s, 0) = (struct qv_refill){now, amount};
}

void qv_ss_init(struct qv_ss *s, uint64_t budget, uint64_t period, uint32_t capacity, uint64_t now)
{
	assert(budget >= 1 && budget <= period && period <= QV_PERIOD_MAX);
	assert(capacity >= QV_SS_CAPACITY_MIN && capacity <= QV_SS_CAPACITY_MAX);
	s->used = 0;
	s->budget = budget;
	s->period = period;
	s->first = 0;
	s->count = 1;
	s->capacity = capacity;
	s->strict = false;
	s->slot[0] = (struct qv_refill){now, budget};
}

void qv_ss_change(struct qv_ss *s, uint64_t budget, uint64_t period, uint32_t capacity, uint64_t now)
{
	uint64_t last = s->used > 0 ? later(at(s, 0)->time, s->period) : at(s, s->count - 1)->time;
	bool strict = s->strict;

	qv_ss_init(s, budget, period, capacity, last > now ? last : now);
	s->strict = strict;
}

/* All invariants but the one on `used`, which does not hold between the steps of qv_ss_post_used. */
static bool queue_intact(const struct qv_ss *s)
{
	const struct qv_refill *first = qv_ss_refill(s, 0);
	uint64_t sum = first->amount, end = first->time + first->amount, last = first->time;

	if (s->count < 1 || s->count > s->capacity || s->capacity > QV_SS_SLOTS || s->first >= QV_SS_SLOTS)
		return false;
	if (s->budget > s->period || s->period > QV_PERIOD_MAX || first->amount == 0)
		return false;
	for (uint32_t i = 1; i < s->count; i++) {
		const struct qv_refill *r = qv_ss_refill(s, i);

		if (r->amount == 0 || r->amount > s->budget || touches(s, end, r->time))
			return false;
		end = r->time + r->amount;
		last = r->time;
		sum += r->amount;
	}
	return sum == s->budget && last <= QV_NEVER && last - first->time <= s->period;
}

bool qv_ss_intact(const struct qv_ss *s)
{
	return queue_intact(s) && s->used < qv_ss_refill(s, 0)->amount;
}
