/* SPDX-License-Identifier: MIT */
/* Runnable threads of a VCPU, in a ring: round robin. The running one stays in it, as the first. */
#include "sched.h"

#include <hw/cpu.h>
#include <lib/assert.h>

void ring_add(struct vcpu *v, struct thread *t)
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

void ring_remove(struct thread *t)
{
	struct vcpu *v = t->vcpu;

	if (t->ring_next == t) {
		v->ring = NULL;
	} else {
		t->ring_previous->ring_next = t->ring_next;
		t->ring_next->ring_previous = t->ring_previous;
		if (v->ring == t)
			v->ring = t->ring_next;
	}
	t->ring_next = t->ring_previous = NULL;
}

static bool may_preempt(const struct core *c, const struct vcpu *v)
{
	const struct vcpu *running = c->running;

	if (!running)
		return true;
	if (v->state == VCPU_READY)
		return c->background || vcpu_before(v, running);
	return v->event < c->armed && (c->background || vcpu_before(v, running));
}

static void add_ready(struct core *c, struct thread *t, uint64_t now)
{
	struct vcpu *v = t->vcpu->state == VCPU_DEPLETED ? t->home : t->vcpu; /* no guests without budget */
	bool first = !v->ring;

	t->vcpu = v;
	t->state = THREAD_READY;
	t->quantum = c->quantum;
	if (t->home != v)
		v->guests++;
	ring_add(v, t);
	if (first)
		vcpu_unblock(c, v, now);
	if (v == c->running && !first)
		limit_turn(c, now);
	else if (may_preempt(c, v))
		want_decision(c);
}

void make_ready(struct core *c, struct thread *t, uint64_t since)
{
	uint64_t now = c->firing ? c->stamp : hw_rdtsc(); /* one time for all in a decision */

	t->woken_at = since;
	trace(c, now, QV_TRACE_WAKE, t->vcpu->id, t->number, since);
	add_ready(c, t, now);
}

/* A runnable thread goes; the VCPU's time is accounted. */
static void take_out(struct core *c, struct thread *t, uint64_t now)
{
	struct vcpu *v = t->vcpu;

	if (t->home != v)
		v->guests--;
	ring_remove(t);
	if (!v->ring)
		vcpu_block(c, v, now);
}

void leave_ring(struct core *c, enum thread_state state)
{
	struct thread *t = c->cpu->thread;

	trace(c, c->stamp, QV_TRACE_BLOCK, t->vcpu->id, t->number, state);
	take_out(c, t, c->stamp);
	t->state = state;
}

/* The core's time is accounted. The running thread keeps running until the next decision, which finds it in its new
 * place. */
void move_thread(struct core *c, struct thread *t, struct vcpu *to)
{
	bool runs = t->state == THREAD_RUNNING;

	if (t->vcpu == to)
		return;
	if (t->state != THREAD_READY && !runs) {
		t->vcpu = to;
		return;
	}
	take_out(c, t, c->stamp);
	t->vcpu = to;
	add_ready(c, t, c->stamp); /* a guest of a VCPU without budget is sent home at once */
	want_decision(c);
	if (runs)
		t->state = THREAD_RUNNING;
}

/* Its own budget serves a thread that is here for a waiter's sake, when this one's is used up. */
void send_guests_home(struct core *c, struct vcpu *v)
{
	struct thread *t = v->ring;

	while (v->guests > 0) {
		struct thread *next = t->ring_next;

		if (t->home != v)
			move_thread(c, t, t->home);
		t = next;
	}
}
