/* SPDX-License-Identifier: MIT */
/* Wait queues, sleep, and timers. */
#include "hot.h"

#include <lib/assert.h>

#define WAKE_STEP 4u /* threads of a queue that are woken in one piece */

/* ---- timers ---- */

/* None of them fires while another one does: `fire` never blocks. */
void fire_timers(struct core *c, struct qv_due **timers, uint64_t now)
{
	struct qv_due *due;

	for (uint32_t left = MOST_TIMERS; (due = *timers) != NULL && due->when <= now && left > 0; left--) {
		struct sched_timer *timer = timer_of(due);

		qv_due_remove(timers, due);
		c->firing = timer;
		c->fired_at = timer->when;
		timer->fire(timer);
		c->firing = NULL;
	}
}

static void set(struct core *c, struct sched_timer *timer, struct vcpu *v, uint64_t when)
{
	sched_timer_cancel(timer);
	timer->when = when;
	timer->vcpu = v;
	qv_due_insert(v ? &v->timers : &c->timers, &timer->due, when);
	if (v)
		vcpu_set_event(c, v);
	if (when >= c->armed)
		return;
	c->quiet = 0;
	want_decision(c);
}

void sched_timer_set(struct sched_timer *timer, uint64_t when)
{
	struct core *c = this_core();

	set(c, timer, c->firing ? timer->vcpu : thread_self()->vcpu, when);
}

void sched_timer_set_for(struct vcpu *v, struct sched_timer *timer, uint64_t when)
{
	set(this_core(), timer, v, when);
}

void sched_timer_cancel(struct sched_timer *timer)
{
	struct core *c = this_core();

	if (!qv_due_has(&timer->due))
		return;
	qv_due_remove(timer->vcpu ? &timer->vcpu->timers : &c->timers, &timer->due);
	if (timer->vcpu)
		vcpu_set_event(c, timer->vcpu);
}

/* All timers of a VCPU that goes belong to another from now on. */
void timer_move(struct core *c, struct vcpu *from, struct vcpu *to)
{
	while (from->timers) {
		struct sched_timer *timer = timer_of(from->timers);

		qv_due_remove(&from->timers, from->timers);
		set(c, timer, to, timer->when);
	}
	vcpu_set_event(c, from);
}

/* ---- queues ---- */

void wait_enqueue(struct wait_queue *q, struct thread *t)
{
	t->waits_on = q;
	t->wait_next = NULL;
	t->wait_previous = q->last;
	if (q->last)
		q->last->wait_next = t;
	else
		q->first = t;
	q->last = t;
}

void wait_dequeue(struct thread *t)
{
	struct wait_queue *q = t->waits_on;

	if (!q)
		return;
	if (q->until == t)
		q->until = t->wait_previous;
	if (t->wait_previous)
		t->wait_previous->wait_next = t->wait_next;
	else
		q->first = t->wait_next;
	if (t->wait_next)
		t->wait_next->wait_previous = t->wait_previous;
	else
		q->last = t->wait_previous;
	t->waits_on = NULL;
	t->wait_next = t->wait_previous = NULL;
}

static __attribute__((noinline)) void block_slowly(struct core *c, struct thread *t, uint64_t now)
{
	account(c, now);
	leave_ring(c, t, THREAD_BLOCKED);
	decide_accounted(c, now);
}

/* Another thread of the VCPU goes on in its place. */
SHORT_WAY void block_beside(struct core *c, struct thread *t, struct thread *next,
	uint64_t now)
{
	trace(c, now, thread_tag(t, QV_TRACE_BLOCK), THREAD_BLOCKED);
	next->ring_previous = t->ring_previous; /* `t` was the first */
	t->ring_previous->ring_next = next;
	t->state = THREAD_BLOCKED;
	switch_inside(c, t, next, now);
}

SHORT_WAY void block(struct thread *t)
{
	struct core *c = this_core();
	struct thread *next = t->ring_next;
	uint64_t now = hw_rdtsc(), start = 0;

	if (next != t) {
		if (!(t->work & THREAD_WORK_RESCHED) && t->home == t->vcpu && c->running->ring == t)
			block_beside(c, t, next, now);
		else
			block_slowly(c, t, now);
		return;
	}
	if (__builtin_expect(!block_alone(c, t, now), 0)) {
		block_slowly(c, t, now);
		return;
	}
	if (cpu_watched())
		start = hw_rdtsc();
	if (!decide_fast(c, t, now, start))
		decide_fully(c, now, start);
}

void wait_block(void)
{
	block(thread_self());
}

void wait_wake(struct thread *t)
{
	struct core *c = this_core();
	uint64_t now = wake_time(c);

	assert(t->state == THREAD_BLOCKED);
	make_ready(c, t, now, now);
}

SHORT_WAY void wake_at(struct core *c, struct thread *t, enum wait_result result,
	uint64_t since, uint64_t now)
{
	if (t->waits_on)
		wait_dequeue(t);
	t->wake_result = result;
	t->interruptible = false;
	ready_fast(c, t, since, now);
}

/* It is blocked. */
SHORT_WAY void wake(struct thread *t, enum wait_result result)
{
	struct core *c = this_core();
	uint64_t now = wake_time(c);

	/* What wakes a thread now happened then: the timer whose time had come, not the decision that saw it. */
	wake_at(c, t, result, __builtin_expect(c->firing != NULL, 0) ? c->fired_at : now, now);
}

void wait_time_out(struct sched_timer *timer)
{
	struct sleeper *s = (struct sleeper *)timer;

	if (s->thread->state == THREAD_BLOCKED) /* else it was woken already and has not run since */
		wake_at(this_core(), s->thread, WAIT_TIMEOUT, timer->when, wake_time(this_core()));
}

static __attribute__((noinline)) void block_until(struct thread *t, uint64_t deadline)
{
	struct sleeper s = {.timer.fire = wait_time_out, .thread = t};

	sched_timer_set(&s.timer, deadline);
	wait_block();
	if (qv_due_has(&s.timer.due))
		sched_timer_cancel(&s.timer);
}

/* The first of those that are being woken. */
static __attribute__((noinline)) void wake_some(struct wait_queue *q)
{
	for (uint32_t n = 0; q->until && n < WAKE_STEP; n++)
		wake(q->first, WAIT_WOKEN);
}

enum wait_result sched_wait(struct wait_queue *q, uint64_t deadline, bool interruptible)
{
	struct thread *t = thread_self();

	assert(t->vcpu);
	if (interruptible && t->work & THREAD_WORK_SIGNAL)
		return WAIT_INTERRUPTED;
	if (q)
		wait_enqueue(q, t);
	t->interruptible = interruptible;
	if (__builtin_expect(deadline == WAIT_FOREVER, 1))
		block(t);
	else
		block_until(t, deadline);
	if (q && __builtin_expect(q->until != NULL, 0))
		wake_some(q);
	return (enum wait_result)((struct thread *)cpu_word(CPU_THREAD))->wake_result; /* `t` again, not kept */
}

enum wait_result sched_sleep(uint64_t deadline, bool interruptible)
{
	return sched_wait(NULL, deadline, interruptible);
}

void sched_wake_thread(struct thread *t)
{
	if (t->state == THREAD_BLOCKED) /* else its time was over, and it has not run since */
		wake(t, WAIT_WOKEN);
}

bool sched_wake_one(struct wait_queue *q)
{
	if (!q->first)
		return false;
	assert(q->first->state == THREAD_BLOCKED);
	wake(q->first, WAIT_WOKEN);
	return true;
}

void sched_wake_all(struct wait_queue *q)
{
	q->until = q->last;
	wake_some(q);
}

void sched_interrupt(struct thread *t)
{
	if (t->state == THREAD_BLOCKED && t->interruptible)
		wake(t, WAIT_INTERRUPTED);
}
