/* SPDX-License-Identifier: MIT */
/* Runnable threads of a VCPU, in a ring: round robin. The running one stays in it, as the first. */
#include "hot.h"

#include <base/timer.h>
#include <lib/assert.h>

static inline bool better(const struct vcpu *v, const struct vcpu *than)
{
	return v->io || than->io ? vcpu_before(v, than) : v->rank < than->rank;
}

/* `v` has something to run. May it be the best one? */
bool may_preempt(const struct core *c, const struct vcpu *v)
{
	if (c->mode == RUNS_IDLE)
		return true;
	if (v->state != VCPU_READY && v->event >= c->armed)
		return false;
	return c->mode == RUNS_BACKGROUND || better(v, c->running);
}

/* The running thread is no longer alone on its VCPU: its turn ends. */
static __attribute__((noinline)) void limit_turn(struct core *c, uint64_t now)
{
	uint64_t at = now + turn_left(c->running->ring);

	if (at >= c->armed)
		return;
	c->armed = at;
	c->quiet = 0;
	timer_arm(at);
}

void add_ready(struct core *c, struct thread *t, uint64_t now)
{
	struct vcpu *v = t->vcpu;
	bool first;

	if (__builtin_expect(v->state == VCPU_DEPLETED && v != t->home, 0)) /* no guests without budget */
		set_vcpu(t, v = t->home);
	first = !v->ring;
	t->state = THREAD_READY;
	start_turn(c, t);
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

void make_ready(struct core *c, struct thread *t, uint64_t since, uint64_t now)
{
	ready_fast(c, t, since, now);
}

/* The core's time is accounted. The running thread keeps running until the next decision, which finds it in its new
 * place. */
void move_thread(struct core *c, struct thread *t, struct vcpu *to)
{
	if (t->vcpu == to)
		return;
	if (t->state != THREAD_READY) {
		set_vcpu(t, to);
		return;
	}
	take_out(c, t, c->stamp);
	set_vcpu(t, to);
	add_ready(c, t, c->stamp); /* a guest of a VCPU without budget is sent home at once */
	want_decision(c);
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
