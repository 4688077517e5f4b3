/* SPDX-License-Identifier: MIT */
/*
 * The decision: account, let happen what is due and concerns the best VCPUs, take the best one with budget, else the
 * best one without (background), else idle; set the timer for the next thing that may change this, and switch.
 *
 * Events of VCPUs that are not better than the one that will run wait: they cannot change the decision, and neither
 * they nor their number can take time from it. So a decision handles one or two events, however many VCPUs there are.
 */
#include "sched.h"

#include <base/sections.h>
#include <base/timer.h>
#include <hw/cpu.h>
#include <lib/assert.h>

/* The better of a rank and of the top of a heap. */
static struct vcpu *better(const struct core *c, uint32_t rank, const struct io_heap *io)
{
	uint32_t top = qv_heap_top(&io->heap);
	struct vcpu *m = rank == QV_PRIO_NONE ? NULL : c->by_rank[rank];

	if (__builtin_expect(top == QV_PRIO_NONE, 1))
		return m;
	return !m || vcpu_before(c->io[top], m) ? c->io[top] : m;
}

static struct vcpu *best_ready(const struct core *c)
{
	return better(c, qv_ready_first(&c->ready), &c->io_ready);
}

/* The VCPU with the best event that has come and may change the decision for `v`. */
static struct vcpu *next_event(const struct core *c, const struct vcpu *v, uint64_t now)
{
	uint32_t rank = qv_events_due(&c->events, now);

	if (rank != QV_EVENT_NONE && (!v || vcpu_before(c->by_rank[rank], v) || c->by_rank[rank] == v))
		return c->by_rank[rank];
	if (qv_heap_key(&c->io_events.heap) <= now)
		return c->io[qv_heap_top(&c->io_events.heap)];
	return NULL;
}

/* Timers of `v` (NULL: of the core) fire, and what was due to it is replenished. */
static void happen(struct core *c, struct vcpu *v, uint64_t now)
{
	uint64_t start = hw_rdtsc();

	if (!v) {
		fire_timers(c, &c->timers, now);
	} else {
		fire_timers(c, &v->timers, now);
		if (v->state == VCPU_DEPLETED)
			vcpu_settle(c, v, now);
		vcpu_set_event(c, v);
	}
	c->usage.events++;
	c->usage.event_cycles += hw_rdtsc() - start;
}

static struct vcpu *choose(struct core *c, uint64_t now)
{
	struct vcpu *v, *e;

	if (qv_due_first(c->timers) <= now)
		happen(c, NULL, now);
	while (v = best_ready(c), (e = next_event(c, v, now)) != NULL)
		happen(c, e, now);
	return v;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Ranks below this one are better than `v`. */
static uint32_t better_ranks(const struct core *c, const struct vcpu *v)
{
	uint32_t low = 0, high = c->order.count;

	if (!v->io)
		return v->rank;
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (vcpu_before(c->by_rank[middle], v))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* When the decision for `v` may change; its own budget ends at `at`. */
static uint64_t next_change(const struct core *c, const struct vcpu *v, uint64_t at)
{
	at = earlier(at, earlier(qv_due_first(c->timers), qv_heap_key(&c->io_events.heap)));

	if (!v || c->background)
		return earlier(at, qv_events_first(&c->events));
	if (!v->io)
		at = earlier(at, v->event);
	if (qv_events_first(&c->events) >= at)
		return at;
	return earlier(at, qv_events_before(&c->events, better_ranks(c, v)));
}

static void set_timer(struct core *c, const struct vcpu *v, uint64_t now, uint64_t budget)
{
	uint64_t at = budget ? now + budget : NEVER;

	if (v && v->ring->ring_next != v->ring)
		at = earlier(at, now + v->ring->quantum);
	at = next_change(c, v, at);
	if (at == c->armed)
		return;
	c->armed = at;
	if (at == NEVER)
		timer_disarm();
	else
		timer_arm(at);
}

/* The next thread of the VCPU, if this one has had its turn. */
static struct thread *turn(struct core *c, struct vcpu *v)
{
	struct thread *t = v->ring;

	if (t->quantum == 0) {
		t->quantum = c->quantum;
		v->ring = t->ring_next;
	}
	return v->ring;
}

static void note_dispatch(struct core *c, struct vcpu *v, struct thread *t, uint64_t now, uint64_t budget)
{
	if (!v) {
		trace(c, now, QV_TRACE_DISPATCH, QV_TRACE_IDLE, 0, 0);
		return;
	}
	v->stats->dispatches++;
	if (t->woken_at && now - t->woken_at > v->stats->worst_wakeup)
		v->stats->worst_wakeup = now - t->woken_at;
	t->woken_at = 0;
	trace(c, now, QV_TRACE_DISPATCH, v->id, t->number, budget);
}

static void count_decision(struct core *c, uint64_t took)
{
	c->usage.decisions++;
	c->usage.decision_cycles += took;
	if (took > c->usage.decision_worst)
		c->usage.decision_worst = took;
}

void decide_at(struct core *c, uint64_t now)
{
	uint64_t start = hw_rdtsc(), events = c->usage.event_cycles, budget = 0;
	struct vcpu *v;
	struct thread *next;

	section_end(SECTION_DECISION); /* what is due comes now */
	section_begin(SECTION_DECISION);
	account(c, now);
	v = choose(c, now);
	if (v)
		budget = vcpu_budget(v, now);
	c->background = !v;
	if (!v)
		v = better(c, qv_ready_first(&c->depleted), &c->io_depleted);
	next = v ? turn(c, v) : &c->idle;
	set_timer(c, v, now, budget);
	c->cpu->thread->work &= ~THREAD_WORK_RESCHED;
	next->work &= ~THREAD_WORK_RESCHED;
	count_decision(c, hw_rdtsc() - start - (c->usage.event_cycles - events));
	if (next == c->cpu->thread)
		next->state = THREAD_RUNNING; /* it may have blocked and been woken within this decision */
	if (next == c->cpu->thread && v == c->running) {
		next->woken_at = 0;
		return;
	}
	c->running = v;
	note_dispatch(c, v, next, now, budget);
	if (next != c->cpu->thread)
		switch_to(c, next);
}

void decide(void)
{
	decide_at(this_core(), hw_rdtsc());
}

void timer_interrupt(struct trap_frame *frame)
{
	struct core *c = this_core();
	uint64_t now = hw_rdtsc();

	(void)frame;
	if (now > c->armed && now - c->armed > c->usage.worst_delay)
		c->usage.worst_delay = now - c->armed;
	c->armed = NEVER;
	want_decision(c);
}

void sched_preempt_point(void)
{
	uint64_t place = (uint64_t)__builtin_return_address(0);

	section_end(place);
	hw_sti();
	__asm__ volatile("nop" : : : "memory"); /* STI takes effect after the instruction that follows it */
	hw_cli();
	section_begin(place);
	if (thread_self()->work & THREAD_WORK_RESCHED)
		decide();
}

void limit_turn(struct core *c, uint64_t now)
{
	uint64_t at = now + c->running->ring->quantum;

	if (at >= c->armed)
		return;
	c->armed = at;
	timer_arm(at);
}

void switch_inside(struct core *c, struct thread *next, uint64_t now)
{
	account_thread(c, now);
	next->quantum = c->quantum;
	c->running->ring = next;
	note_dispatch(c, c->running, next, now, c->background ? 0 : 1);
	switch_to(c, next);
}

void sched_yield(void)
{
	struct core *c = this_core();
	struct thread *t = thread_self(), *next = t->ring_next;

	assert(t->vcpu && t->state == THREAD_RUNNING);
	if (t->work & THREAD_WORK_RESCHED) {
		t->quantum = 0;
		decide();
		return;
	}
	if (next != t)
		switch_inside(c, next, hw_rdtsc());
}
