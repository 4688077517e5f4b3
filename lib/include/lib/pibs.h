/* SPDX-License-Identifier: MIT */
/*
 * Priority-inheritance bandwidth-preserving server: what an I/O VCPU may consume. It has a utilisation U = num/den
 * and runs with the period T, and so the priority, of the Main VCPU that it works for. Times in TSC cycles (vtime.h).
 *
 * After Danish, Li and West, "Virtual-CPU Scheduling in the Quest Operating System" (RTAS 2011). One replenishment
 * is the whole state: from `eligible` on, a burst of at most U * T may run; when it ends after u cycles (used up, or
 * blocked), the next one is eligible u / U after this one began. Consumption beyond the budget counts into u and so
 * is charged once.
 *
 * The published rule lets a burst keep the budget of a long period when it inherits a short one, and lets a server
 * that waited long catch up in one go; admitted Main VCPUs then miss their budgets. Corrected here
 * (docs/scheduling.md):
 *   - the rest of a burst is cut to U * T when T drops;
 *   - a burst is anchored at its first dispatch, if that is after it became eligible;
 *   - when T drops, neither eligibility nor the replenishment stays in the past: what was consumed until then is
 *     closed.
 * Then every window of length t sees at most U t + U (1 - U) T from one server (plus one overrun), which is what the
 * admission tests of admit.h assume.
 *
 * Use. Calls for one server never run at the same time.
 *   work for a Main VCPU of period T   qv_pibs_unblock() if it was blocked, else qv_pibs_inherit()
 *   dispatch                           qv_pibs_budget() for the timer; remember the time
 *   every time it stops running        qv_pibs_charge(dispatch time, cycles)
 *   no more work                       qv_pibs_charge(), then qv_pibs_block()
 * A runnable server competes with its period; between equal periods it goes before Main VCPUs. O(1), no allocation.
 */
#ifndef LIB_PIBS_H
#define LIB_PIBS_H

#include <lib/vtime.h>

struct qv_pibs {
	uint64_t eligible; /* while a burst runs: its anchor; else when the next one may begin */
	uint64_t left;     /* of the burst; 0 if none runs */
	uint64_t used;     /* by the burst since its anchor */
	uint64_t limit;    /* U * period, rounded down, at least 1 */
	uint64_t period;   /* T, inherited */
	uint32_t num;      /* U = num / den */
	uint32_t den;
};

/* A server without work. 1 <= num <= den; 1 <= period <= QV_PERIOD_MAX. */
void qv_pibs_init(struct qv_pibs *p, uint32_t num, uint32_t den, uint64_t period, uint64_t now);
/* Another share (limits as for qv_pibs_init). What was consumed under the old one is made up for under the old one, so
 * a change in a burst ends the burst and earns nothing. */
void qv_pibs_change(struct qv_pibs *p, uint32_t num, uint32_t den, uint64_t now);

/* Cycles it may run from `now` on without another decision; 0 if not eligible. */
static inline uint64_t qv_pibs_budget(const struct qv_pibs *p, uint64_t now)
{
	if (p->left > 0)
		return p->left;
	return p->eligible <= now ? p->limit : 0;
}

/* When a server without budget has some again; in the past if it has; after QV_TSC_MAX if never. */
static inline uint64_t qv_pibs_due(const struct qv_pibs *p)
{
	return p->left > 0 ? 0 : p->eligible;
}

/* It was dispatched at `began` (<= QV_TSC_MAX) and ran `cycles` (<= QV_TSC_MAX), even past its budget or, for what
 * must be charged anyway, without one. True if it has no budget now: the caller must look at qv_pibs_due() again. */
bool qv_pibs_charge(struct qv_pibs *p, uint64_t began, uint64_t cycles);

/* It has no more work; all it ran is charged. Ends the burst. */
void qv_pibs_block(struct qv_pibs *p);

/* It gets work at `now` from a Main VCPU with `period` (1 .. QV_PERIOD_MAX), after it had none: it takes that
 * period. */
void qv_pibs_unblock(struct qv_pibs *p, uint64_t period, uint64_t now);

/* It gets more work at `now` while it has work (running, ready or depleted; if running, charge first). It takes a
 * shorter period, never a longer one. True if its period, and so its priority, changed. */
bool qv_pibs_inherit(struct qv_pibs *p, uint64_t period, uint64_t now);

/* Are all values in their ranges? Tests and proofs. */
bool qv_pibs_intact(const struct qv_pibs *p);

#endif
