/* SPDX-License-Identifier: MIT */
/*
 * The idle loop, and the short way out of it: the timer came, one thread has slept until then, its VCPU has budget and
 * nothing else is due. Then who runs is known, and this is all: no registers to be kept, one reading of the clock. All
 * else goes the way of every other interrupt and decision, and comes to the same.
 */
#include "hot.h"

#include <base/sections.h>
#include <base/timer.h>
#include <hw/apic.h>

/* The sleeper that is to be woken at `now` on the short way; NULL = not that way. */
static inline struct sleeper *only_sleeper(const struct core *c, uint64_t now)
{
	uint32_t rank = qv_events_due(&c->events, now);
	const struct vcpu *v;
	struct sleeper *s;

	if (rank == QV_EVENT_NONE || cpu_word(CPU_IRQ_CYCLES) != c->irq_stamp || cpu_watched())
		return NULL;
	if (qv_due_first(c->timers) <= now || qv_heap_top(&c->io_events.heap) != QV_PRIO_NONE)
		return NULL;
	v = c->by_rank[rank];
	if (v->state != VCPU_BLOCKED || v->timers->left || qv_ss_due(&v->ss) > now)
		return NULL;
	s = (struct sleeper *)timer_of(v->timers);
	if (s->timer.fire != wait_time_out || s->thread->state != THREAD_BLOCKED || s->thread->vcpu != v)
		return NULL;
	return s->thread->home == v ? s : NULL;
}

static inline void take_event(struct core *c, struct vcpu *v)
{
	v->timers->distance = 0; /* the only one */
	v->timers = NULL;
	v->event = NEVER;
	qv_events_set(&c->events, v->rank, NEVER);
	c->usage.events++;
}

static inline void wake_sleeper(struct core *c, struct vcpu *v, struct thread *t, uint64_t since, uint64_t now)
{
	if (__builtin_expect(t->waits_on != NULL, 0))
		wait_dequeue(t);
	t->wake_result = WAIT_TIMEOUT;
	t->interruptible = false;
	t->woken_at = since;
	trace(c, now, thread_tag(t, QV_TRACE_WAKE), since);
	t->state = THREAD_READY;
	start_turn(c, t);
	t->ring_next = t->ring_previous = t;
	v->ring = t;
	vcpu_unblock(c, v, now);
}

/* The core has been idle up to `now`. */
static inline void end_idle(struct core *c, uint64_t now)
{
	c->usage.idle += now - c->stamp;
	c->stamp = now;
	cpu_set_word(CPU_THREAD_SINCE, now);
}

/* `v` is the only VCPU that can run, and has one thread. */
static inline void run(struct core *c, struct vcpu *v, struct thread *t, uint64_t now)
{
	uint64_t budget = qv_ss_left(&v->ss), at = earlier(now + budget, qv_due_first(c->timers));

	if (qv_events_first(&c->events) < at)
		at = earlier(at, qv_events_before(&c->events, v->rank));
	c->armed = at;
	timer_arm_now(at);
	c->usage.decisions++;
	c->mode = RUNS_MAIN;
	c->running = v;
	note_dispatch(c, v, t, now, budget);
	switch_to(c, &c->idle, t);
}

/* The timer ended the sleep. */
static __attribute__((noinline)) void idle_timer(struct core *c)
{
	uint64_t now = hw_rdtsc();
	struct sleeper *s;
	struct vcpu *v;

	hw_apic_eoi();
	c->timer_irqs->count++;
	c->cpu->irq_count++;
	if (now > c->armed && now - c->armed > c->usage.worst_delay)
		c->usage.worst_delay = now - c->armed;
	c->armed = c->quiet = 0;
	s = only_sleeper(c, now);
	if (__builtin_expect(!s, 0)) {
		section_begin(SECTION_IDLE);
		want_decision(c);
		return;
	}
	v = s->thread->vcpu;
	end_idle(c, now);
	take_event(c, v);
	wake_sleeper(c, v, s->thread, s->timer.when, now);
	if (__builtin_expect(v->state != VCPU_READY || qv_events_first(&c->events) <= now, 0))
		decide_fully(c, now, now);
	else
		run(c, v, s->thread, now);
}

_Noreturn void sched_run(void)
{
	struct core *c = this_core();

	for (;;) {
		while (c->idle.work & THREAD_WORK_RESCHED)
			decide();
		section_end(SECTION_IDLE);
		if (irq_halt())
			idle_timer(c);
		else
			section_begin(SECTION_IDLE);
	}
}
