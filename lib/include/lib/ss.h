/* SPDX-License-Identifier: MIT */
/*
 * Sporadic server: what a Main VCPU may consume. Budget C in every period T, in TSC cycles (vtime.h).
 *
 * After Stanovich, Baker, Wang and Harbour, "Defects of the POSIX Sporadic Server and How to Correct Them" (RTAS
 * 2010), with three choices of our own:
 *   - replenishments merge as soon as they touch (end of one >= start of the next);
 *   - an overrun is charged exactly once, as consumption of the following replenishments. It does not delay them, too;
 *   - a full queue postpones its tail, so that a server never loses budget that is due soon.
 * The rules, and why each keeps the guarantee, are in docs/scheduling.md.
 *
 * State: a queue of replenishments (time, amount), sorted by time, and `used`, what was consumed of the first one
 * and is not posted yet. Invariants, true before and after every call (qv_ss_intact states them):
 *   amounts sum to C;  every amount > 0;  used < amount of the first;
 *   time + amount of one < time of the next;  the last is at most T after the first;  1 <= count <= capacity.
 * So a server has budget now exactly if its first replenishment is due.
 *
 * Use. The caller sees to it that calls for one server do not run at the same time (the core's scheduler, interrupts
 * off).
 *   dispatch           qv_ss_budget() for the timer
 *   every time it stops running, for whatever reason (preemption, timer, block):  qv_ss_charge(time since dispatch)
 *   the VCPU blocks:   qv_ss_charge(), then qv_ss_block()
 *   it wakes up:       qv_ss_unblock(now)
 * Time in the background (no VCPU of the core has budget) is not charged. A preemption splits nothing: it only adds
 * to `used`. No call allocates, fails or loops more than 2 x capacity times. Nothing points into the structure: it
 * may be copied.
 */
#ifndef LIB_SS_H
#define LIB_SS_H

#include <lib/vtime.h>

#ifndef QV_SS_SLOTS
#define QV_SS_SLOTS 32u /* a power of two; a compile-time parameter so that proofs can shrink it */
#endif
#define QV_SS_CAPACITY_MIN 2u
#define QV_SS_CAPACITY_MAX QV_SS_SLOTS

struct qv_refill {
	uint64_t time;   /* due from then on */
	uint64_t amount; /* cycles */
};

struct qv_ss {
	uint64_t used;     /* of the first replenishment, not yet posted */
	uint64_t budget;   /* C */
	uint64_t period;   /* T */
	uint32_t first;    /* slot of the first replenishment */
	uint32_t count;    /* replenishments in the queue */
	uint32_t capacity; /* at most that many */
	bool strict;       /* tests only: merge when overlapping, not when touching, as the published figures do */
	struct qv_refill slot[QV_SS_SLOTS];
};

/* Replenishment `i` of the queue; i < count. 0 is the first. */
static inline const struct qv_refill *qv_ss_refill(const struct qv_ss *s, uint32_t i)
{
	return &s->slot[(s->first + i) % QV_SS_SLOTS];
}

/* A server with its whole budget due from `now` on. 1 <= budget <= period <= QV_PERIOD_MAX;
 * QV_SS_CAPACITY_MIN <= capacity <= QV_SS_CAPACITY_MAX. */
void qv_ss_init(struct qv_ss *s, uint64_t budget, uint64_t period, uint32_t capacity, uint64_t now);

/* New budget, period and queue size (limits as for qv_ss_init). The new budget is due when all that was consumed under
 * the old parameters would have been replenished: no window sees more than the old or the new server allows. O(1). */
void qv_ss_change(struct qv_ss *s, uint64_t budget, uint64_t period, uint32_t capacity, uint64_t now);

/* Cycles it may run from `now` on without another decision; 0 if depleted. O(1). */
static inline uint64_t qv_ss_budget(const struct qv_ss *s, uint64_t now)
{
	const struct qv_refill *first = qv_ss_refill(s, 0);

	return first->time <= now ? first->amount - s->used : 0;
}

/* The same for a server that has budget. O(1). */
static inline uint64_t qv_ss_left(const struct qv_ss *s)
{
	return qv_ss_refill(s, 0)->amount - s->used;
}

/* When a depleted server has budget again; in the past if it has budget now; after QV_TSC_MAX if never. O(1). */
static inline uint64_t qv_ss_due(const struct qv_ss *s)
{
	return qv_ss_refill(s, 0)->time;
}

/* The part of qv_ss_charge that is rarely needed: repost what is used up. */
void qv_ss_post_used(struct qv_ss *s);

/* The VCPU ran `cycles` on its budget (<= QV_TSC_MAX), even past its end. True if the first replenishment is used
 * up: it is posted again one period later, and the caller must look at qv_ss_due() again. O(1) if not, else
 * O(capacity). */
static inline bool qv_ss_charge(struct qv_ss *s, uint64_t cycles)
{
	s->used += cycles;
	if (__builtin_expect(s->used < qv_ss_refill(s, 0)->amount, 1))
		return false;
	qv_ss_post_used(s);
	return true;
}

/* The parts of the next two that are rarely needed. */
void qv_ss_block_rest(struct qv_ss *s, uint64_t now);
void qv_ss_unblock_rest(struct qv_ss *s, uint64_t now);

/* `used` of the first replenishment is posted again, behind the last one, which it does not touch; a full queue puts
 * that one off. */
static inline void qv_ss_post_part(struct qv_ss *s, struct qv_refill *first, struct qv_refill *last, uint64_t used)
{
	uint64_t time = first->time + s->period;

	first->amount -= used;
	s->used = 0;
	if (s->count < s->capacity) {
		s->slot[(s->first + s->count++) % QV_SS_SLOTS] = (struct qv_refill){time, used};
	} else {
		last->time = time - last->amount;
		last->amount += used;
	}
}

/* The VCPU blocks at `now`; all it ran is charged. What was used of a due replenishment is posted one period after
 * that replenishment's time, the rest remains. O(1). */
static inline void qv_ss_block(struct qv_ss *s, uint64_t now)
{
	struct qv_refill *first = &s->slot[s->first % QV_SS_SLOTS];
	struct qv_refill *last = &s->slot[(s->first + s->count - 1) % QV_SS_SLOTS];
	uint64_t used = s->used, time = first->time + s->period;

	if (__builtin_expect(s->strict || first->time > now || used == 0 ||
			last->time + last->amount >= time, 0)) {
		qv_ss_block_rest(s, now);
		return;
	}
	qv_ss_post_part(s, first, last, used);
}

/* It ran `cycles` on its budget since the last charge and blocks: qv_ss_charge and qv_ss_block in one, for a server
 * that has budget left and a queue that merges nothing. False if it is another: nothing was done. O(1). */
static inline bool qv_ss_stop(struct qv_ss *s, uint64_t cycles)
{
	struct qv_refill *first = &s->slot[s->first % QV_SS_SLOTS];
	struct qv_refill *last = &s->slot[(s->first + s->count - 1) % QV_SS_SLOTS];
	uint64_t used = s->used + cycles, time = first->time + s->period;

	if (__builtin_expect(s->strict || used - 1 >= first->amount - 1 || last->time + last->amount >= time, 0))
		return false;
	qv_ss_post_part(s, first, last, used);
	return true;
}

/* The VCPU becomes runnable at `now`. If it has budget: that counts from now on, and replenishments that would touch
 * are merged into it. O(capacity). */
static inline void qv_ss_unblock(struct qv_ss *s, uint64_t now)
{
	struct qv_refill *first = &s->slot[s->first % QV_SS_SLOTS];

	if (__builtin_expect(s->strict || first->time > now || s->used || (s->count > 1 &&
			s->slot[(s->first + 1) % QV_SS_SLOTS].time <= now + first->amount), 0))
		qv_ss_unblock_rest(s, now);
	else
		first->time = now;
}

/* Do the invariants hold? O(capacity): tests and proofs. */
bool qv_ss_intact(const struct qv_ss *s);

#endif
