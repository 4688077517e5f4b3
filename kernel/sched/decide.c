/* SPDX-License-Identifier: MIT */
/*
 * The decision: account, let happen what is due and concerns the best VCPUs, take the best one with budget, else the
 * best one without (background), else idle; set the timer for the next thing that may change this, and switch.
 *
 * The timer may come earlier than needed, never later: it is not set again for a later time as long as what is set is
 * not near, so two VCPUs that wake each other do not set it at all. Such an interrupt is counted (usage.early).
 *
 * Events of VCPUs that are not better than the one that will run wait: they cannot change the decision, and neither
 * they nor their number can take time from it. So a decision handles one or two events, however many VCPUs there are.
 * Of many timers that are due at once a decision lets a few fire; the timer is then set for a time that is over, and so
 * the next decision, in which better VCPUs come first, goes on with the rest.
 */
#include "hot.h"

#include <base/sections.h>
#include <base/timer.h>

/* The better of a main VCPU and of the top of a heap. */
static __attribute__((noinline)) struct vcpu *better_io(const struct core *c, struct vcpu *m, const struct io_heap *io)
{
	struct vcpu *top = c->io[qv_heap_top(&io->heap)];

	return !m || vcpu_before(top, m) ? top : m;
}

/* The best of a set of ranks and of a heap. */
static inline struct vcpu *best(const struct core *c, const struct qv_ready *set, const struct io_heap *io)
{
	struct vcpu *m = set->words ? c->by_rank[qv_ready_first(set)] : NULL;

	if (__builtin_expect(qv_heap_top(&io->heap) == QV_PRIO_NONE, 1))
		return m;
	return better_io(c, m, io);
}

static inline struct vcpu *best_ready(const struct core *c)
{
	return best(c, &c->ready, &c->io_ready);
}

/* Does what happens to main VCPU `e` concern the decision for `v`? */
static inline bool concerns(const struct vcpu *e, const struct vcpu *v)
{
	if (!v)
		return true;
	return __builtin_expect(v->io, 0) ? vcpu_before(e, v) : e->rank <= v->rank;
}

/* The VCPU with the best event that has come and may change the decision for `v`. */
static inline struct vcpu *next_event(const struct core *c, const struct vcpu *v, uint64_t now)
{
	uint32_t rank = qv_events_due(&c->events, now);

	if (rank != QV_EVENT_NONE && concerns(c->by_rank[rank], v))
		return c->by_rank[rank];
	if (qv_heap_key(&c->io_events.heap) <= now)
		return c->io[qv_heap_top(&c->io_events.heap)];
	return NULL;
}

/* Timers of `v` (NULL: of the core) fire, and what was due to it is replenished. */
static void let_happen(struct core *c, struct vcpu *v, uint64_t now)
{
	fire_timers(c, v ? &v->timers : &c->timers, now);
	if (!v)
		return;
	if (v->state == VCPU_DEPLETED)
		vcpu_settle(c, v, now);
	vcpu_set_event(c, v);
}

static __attribute__((noinline)) void happen(struct core *c, struct vcpu *v, uint64_t now)
{
	uint64_t start;

	c->usage.events++;
	if (!c->measuring) {
		let_happen(c, v, now);
		return;
	}
	start = hw_rdtsc();
	let_happen(c, v, now);
	c->usage.event_cycles += hw_rdtsc() - start;
}

/* The same after event `e` and a few more. */
static __attribute__((noinline)) struct vcpu *choose_after(struct core *c, struct vcpu *e, uint64_t now)
{
	struct vcpu *v = NULL;

	for (uint32_t events = 1; e && events < MOST_EVENTS; events++) {
		happen(c, e, now);
		v = best_ready(c);
		e = next_event(c, v, now);
	}
	return v;
}

/* The best VCPU with budget, after all that is due and concerns it. Before the time that the timer is set for, only
 * what concerns lower VCPUs can be due, and not even that before the first event of all. */
static inline struct vcpu *choose(struct core *c, uint64_t now)
{
	struct vcpu *v = best_ready(c), *e;

	if (c->armed > now && qv_events_first(&c->events) > now)
		return v;
	if (qv_due_first(c->timers) <= now) {
		happen(c, NULL, now);
		v = best_ready(c);
	}
	e = next_event(c, v, now);
	if (!e)
		return v;
	happen(c, e, now);
	v = best_ready(c);
	e = next_event(c, v, now);
	return __builtin_expect(!e, 1) ? v : choose_after(c, e, now);
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

/* When the decision for `v` may change; its own budget or turn ends at `at`. */
static inline uint64_t next_change(const struct core *c, const struct vcpu *v, uint64_t at)
{
	at = earlier(at, earlier(qv_due_first(c->timers), qv_heap_key(&c->io_events.heap)));

	if (c->mode >= RUNS_BACKGROUND)
		return earlier(at, qv_events_first(&c->events));
	if (!v->io)
		at = earlier(at, v->event);
	if (qv_events_first(&c->events) >= at)
		return at;
	return earlier(at, qv_events_before(&c->events, better_ranks(c, v)));
}

/* Until when decide_fast() may do without looking. What makes it earlier sets it to 0: vcpu_set_event, timers of the
 * core, I/O VCPUs. */
static inline uint64_t quiet_until(const struct core *c)
{
	if (c->armed <= c->slack || qv_events_first(&c->events) < c->armed || qv_due_first(c->timers) < c->armed)
		return 0;
	if (qv_heap_top(&c->io_ready.heap) != QV_PRIO_NONE || qv_heap_top(&c->io_events.heap) != QV_PRIO_NONE)
		return 0;
	return c->armed - c->slack;
}

/* An idle core is woken for nothing but what is due. */
static inline void set_timer_exactly(struct core *c, const struct vcpu *v, uint64_t now, uint64_t at)
{
	at = next_change(c, v, at);
	if (at != c->armed && !(v && c->armed <= at && c->armed > now && c->armed - now >= c->slack)) {
		c->armed = at;
		if (at == NEVER)
			timer_disarm();
		else
			timer_arm_now(at);
	}
	c->quiet = quiet_until(c);
}

/* The next thread of the VCPU, if this one has had its turn. */
static struct thread *turn(struct core *c, struct vcpu *v)
{
	struct thread *t = v->ring;

	if (__builtin_expect(t->consumed < t->turn_end, 1))
		return t;
	start_turn(c, t);
	v->ring = t->ring_next;
	return v->ring;
}

static void count(struct core *c, uint64_t took)
{
	c->usage.measured++;
	c->usage.decision_cycles += took;
	if (took > c->usage.decision_worst)
		c->usage.decision_worst = took;
}

/* On the stack of `next`: how long the switch to it took. */
void switch_watched(uint64_t now)
{
	struct core *c = this_core();
	struct sched_switches *s = &c->usage.switches[c->switch_other];
	uint64_t took = now - c->switch_start;

	s->count++;
	s->cycles += took;
	if (took > s->worst)
		s->worst = took;
}

/* Something is measured, and the decision that began at `start` (0: it was none) is for `next`. */
void switch_watch(struct core *c, struct thread *next, uint64_t start)
{
	if (start)
		section_end(SECTION_DECISION);
	if (start)
		section_begin(SECTION_DECISION);
	if (!c->measuring)
		return;
	if (start)
		count(c, hw_rdtsc() - start);
	c->switch_other = next->root && next->root != hw_read_cr3();
	switch_divert(next, switch_measured);
	c->switch_start = hw_rdtsc();
}

static void dispatch(struct core *c, uint64_t now, struct vcpu *v, struct thread *next, uint64_t budget)
{
	struct thread *self = thread_self();

	self->work &= ~THREAD_WORK_RESCHED;
	if (next == self && v == c->running) {
		next->woken_at = 0;
		return;
	}
	c->running = v;
	if (v)
		note_dispatch(c, v, next, now, budget);
	else
		trace(c, now, trace_tag(QV_TRACE_IDLE, 0) | QV_TRACE_DISPATCH, 0);
	if (next == self)
		return;
	if (__builtin_expect(self->state == THREAD_DEAD, 0))
		switch_divert(next, switch_after_death);
	assert(next->state == THREAD_READY);
	switch_to(c, self, next);
}

/* The whole decision; it began at `start`. */
__attribute__((noinline)) void decide_fully(struct core *c, uint64_t now, uint64_t start)
{
	uint64_t events = c->usage.event_cycles, budget = 0, at = NEVER;
	struct thread *next = &c->idle;
	struct vcpu *v;

	if (cpu_watched()) {
		section_end(SECTION_DECISION); /* what is due comes now */
		section_begin(SECTION_DECISION);
	}
	c->usage.decisions++;
	v = choose(c, now);
	if (v) {
		c->mode = v->io ? RUNS_IO : RUNS_MAIN;
		budget = v->io ? qv_pibs_budget(&v->pibs, now) : qv_ss_left(&v->ss);
		at = now + budget;
	} else {
		v = best(c, &c->depleted, &c->io_depleted);
		c->mode = v ? RUNS_BACKGROUND : RUNS_IDLE;
	}
	if (v) {
		next = turn(c, v);
		if (next->ring_next != next)
			at = earlier(at, now + turn_left(next));
	}
	set_timer_exactly(c, v, now, at);
	if (c->measuring)
		count(c, hw_rdtsc() - start - (c->usage.event_cycles - events));
	dispatch(c, now, v, next, budget);
}

void decide_accounted(struct core *c, uint64_t now)
{
	decide_fully(c, now, c->measuring ? hw_rdtsc() : 0);
}

SHORT_WAY void decide_now(void)
{
	struct core *c = this_core();
	uint64_t now = hw_rdtsc();

	account(c, now);
	if (!decide_fast(c, thread_self(), now, now))
		decide_fully(c, now, now);
}

void decide(void)
{
	decide_now();
}

/* After a system call that changed nothing of its frame. */
void decide_on_way_out(void)
{
	decide_now();
	if (cpu_watched() && !thread_self()->work)
		section_end(SECTION_RING3);
}

/* Is there nothing that a decision could change? */
static bool early(const struct core *c, uint64_t now)
{
	const struct vcpu *v = c->running;

	if (c->mode != RUNS_MAIN || v->ring->ring_next != v->ring || qv_due_first(c->timers) <= now)
		return false;
	return now - c->stamp < qv_ss_left(&v->ss) && !next_event(c, v, now);
}

void timer_interrupt(struct trap_frame *frame)
{
	struct core *c = this_core();
	uint64_t now = hw_rdtsc();

	(void)frame;
	if (now > c->armed && now - c->armed > c->usage.worst_delay)
		c->usage.worst_delay = now - c->armed;
	c->usage.early += early(c, now);
	c->armed = c->quiet = 0;
	want_decision(c);
}

/* STI takes effect after the instruction that follows it. */
static inline void let_interrupts_in(void)
{
	__asm__ volatile("sti; nop; cli" : : : "memory");
}

static __attribute__((noinline)) void measured_point(uint64_t place)
{
	section_end(place);
	let_interrupts_in();
	section_begin(place);
}

void sched_preempt_point(void)
{
	if (__builtin_expect(this_cpu()->sections != NULL, 0))
		measured_point((uint64_t)__builtin_return_address(0));
	else
		let_interrupts_in();
	if (thread_self()->work & THREAD_WORK_RESCHED)
		decide();
}

int64_t sched_yield(struct trap_frame *frame)
{
	struct core *c = this_core();
	struct thread *t = thread_self(), *next = t->ring_next;

	(void)frame;
	if (__builtin_expect(t->work & THREAD_WORK_RESCHED, 0)) {
		t->turn_end = 0;
		decide();
	} else if (next != t) {
		switch_inside(c, t, next, hw_rdtsc());
	}
	return 0;
}
