/* SPDX-License-Identifier: MIT */
/*
 * Private to the room: what every switch does, for the usual case: a main VCPU on its budget. All else is in account.c.
 */
#ifndef SCHED_HOT_H
#define SCHED_HOT_H

#include "sched.h"

/* The running thread's part: what the core spent since the last switch of threads, interrupts left out. */
static inline void account_thread(struct core *c, uint64_t now)
{
	(void)c;
	thread_self()->consumed += now - cpu_word(CPU_THREAD_SINCE);
	cpu_set_word(CPU_THREAD_SINCE, now);
}

/* The running VCPU, a main one, ran for `cycles` from `start` to `now` on its budget. */
static inline void account_main(struct core *c, struct vcpu *v, uint64_t start, uint64_t cycles, uint64_t now)
{
	v->stats->consumed += cycles;
	if (__builtin_expect(now > v->deadline, 0))
		account_late(v, start, cycles);
	else
		v->owed -= cycles < v->owed ? cycles : v->owed;
	if (qv_ss_charge(&v->ss, cycles))
		vcpu_settle(c, v, now);
}

/* Charge what the core did since the last look to whom it belongs. */
static inline void account(struct core *c, uint64_t now)
{
	uint64_t start = c->stamp;

	c->stamp = now;
	if (__builtin_expect(c->mode != RUNS_MAIN || cpu_word(CPU_IRQ_CYCLES) != c->irq_stamp, 0)) {
		account_rest(c, start, now - start);
		return;
	}
	account_thread(c, now);
	account_main(c, c->running, start, now - start, now);
}

/* The first thread of `v` is runnable. */
static inline void vcpu_unblock(struct core *c, struct vcpu *v, uint64_t now)
{
	if (__builtin_expect(v->io, 0)) {
		vcpu_unblock_rest(c, v, now);
		return;
	}
	if (__builtin_expect(qv_ss_due(&v->ss) > now, 0)) {
		vcpu_settle(c, v, now);
		return;
	}
	qv_ss_unblock(&v->ss, now);
	v->owed = qv_ss_left(&v->ss);
	v->deadline = now + v->period;
	v->state = VCPU_READY; /* its event stays: that of its timers */
	qv_ready_set(&c->ready, v->rank);
}

/* Its last thread is not; all it ran is charged. */
static inline void vcpu_block(struct core *c, struct vcpu *v, uint64_t now)
{
	if (__builtin_expect(v->io || v->state != VCPU_READY, 0)) {
		vcpu_block_rest(c, v, now);
		return;
	}
	qv_ss_block(&v->ss, now);
	v->owed = 0;
	v->state = VCPU_BLOCKED;
	qv_ready_clear(&c->ready, v->rank);
}

/* Before its first instruction. `budget` goes into the trace. */
static inline void note_dispatch(struct core *c, struct vcpu *v, struct thread *t, uint64_t now, uint64_t budget)
{
	struct qv_stats_vcpu *s = v->stats;

	s->dispatches++;
	if (t->woken_at) {
		if (now - t->woken_at > s->worst_wakeup)
			s->worst_wakeup = now - t->woken_at;
		t->woken_at = 0;
	}
	trace(c, now, QV_TRACE_DISPATCH, t->tag, budget);
}

static inline uint64_t turn_left(const struct thread *t)
{
	return t->turn_end > t->consumed ? t->turn_end - t->consumed : 0;
}

/* A new turn of a thread, whatever it had left. */
static inline void start_turn(const struct core *c, struct thread *t)
{
	t->turn_end = t->consumed + c->quantum;
}

/* ---- rings of runnable threads: the running one stays in it, as the first ---- */

static inline void ring_add(struct vcpu *v, struct thread *t)
{
	struct thread *first = v->ring;

	if (!first) {
		t->ring_next = t->ring_previous = t;
		v->ring = t;
		return;
	}
	t->ring_next = first;
	t->ring_previous = first->ring_previous;
	first->ring_previous->ring_next = t;
	first->ring_previous = t;
}

static inline void ring_remove(struct thread *t)
{
	struct vcpu *v = t->vcpu;

	if (t->ring_next == t) {
		v->ring = NULL;
		return;
	}
	t->ring_previous->ring_next = t->ring_next;
	t->ring_next->ring_previous = t->ring_previous;
	if (v->ring == t)
		v->ring = t->ring_next;
}

/* A runnable thread goes; the VCPU's time is accounted. */
static inline void take_out(struct core *c, struct thread *t, uint64_t now)
{
	struct vcpu *v = t->vcpu;

	if (t->home != v)
		v->guests--;
	ring_remove(t);
	if (!v->ring)
		vcpu_block(c, v, now);
}

/* The running thread leaves the ring of its VCPU with `state`; the core's time is accounted. */
static inline void leave_ring(struct core *c, struct thread *t, enum thread_state state)
{
	trace(c, c->stamp, QV_TRACE_BLOCK, t->tag, state);
	take_out(c, t, c->stamp);
	t->state = state;
}

#endif
