/* SPDX-License-Identifier: MIT */
/*
 * Private to the room: what every switch does, for the usual case: a main VCPU on its budget. All else is in account.c.
 */
#ifndef SCHED_HOT_H
#define SCHED_HOT_H

#include "sched.h"

#include <lib/assert.h>

/* What is too long to be there more than once in a kernel that is built for size (mk/target.mk). */
#ifndef HOT_INLINE
#define HOT_INLINE static inline
#endif

/* The running thread's part: what the core spent since the last switch of threads, interrupts left out. */
static inline void account_thread(struct core *c, uint64_t now)
{
	(void)c;
	thread_self()->consumed += now - cpu_word(CPU_THREAD_SINCE);
	cpu_set_word(CPU_THREAD_SINCE, now);
}

/* The running VCPU, a main one, ran for `cycles` from `start` to `now` on its budget. */
HOT_INLINE void account_main(struct core *c, struct vcpu *v, uint64_t start, uint64_t cycles, uint64_t now)
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
HOT_INLINE void account(struct core *c, uint64_t now)
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
	trace(c, now, t->tag, budget);
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
	trace(c, c->stamp, thread_tag(t, QV_TRACE_BLOCK), state);
	take_out(c, t, c->stamp);
	t->state = state;
}

/* ---- switches ---- */

/* XCR0 limits what is saved and loaded: the kernel knows all of it (base/features.h). */
static inline void save_registers(void *area)
{
	__asm__ volatile("xsaveopt64 (%0)" : : "r"(area), "a"(-1) : "memory");
}

static inline void load_registers(const void *area)
{
	__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(-1) : "memory");
}

/* Ring 3 may have set both. GS is ring 3's for a moment; its base is mostly 0 and written only if it differs. */
static inline void swap_bases(struct thread *from, const struct thread *to)
{
	uint64_t fs, gs;

	__asm__ volatile("rdfsbase %0; wrfsbase %2; swapgs; rdgsbase %1; cmp %3, %1; je 1f; wrgsbase %3; 1: swapgs"
		: "=&r"(fs), "=&r"(gs) : "r"(to->fs_base), "r"(to->gs_base) : "cc", "memory");
	from->fs_base = fs;
	from->gs_base = gs;
}

/* What ring 3 has in registers: saved for the thread that had it, loaded for `to`. */
HOT_INLINE void load_user(struct core *c, struct thread *to)
{
	struct thread *from = c->user;

	if (__builtin_expect(!from || !c->quick, 0)) {
		switch_load_user(c, to);
		return;
	}
	c->user = to;
	save_registers(from->xsave);
	swap_bases(from, to);
	load_registers(to->xsave);
}

/* The register is the truth: kernel/mm leaves a space that goes by itself. */
static inline void load_root(uint64_t root)
{
	if (root != hw_read_cr3())
		hw_write_cr3(root);
}

/* The compiler keeps what it still needs on the stack; a backtrace needs RBP. */
static inline __attribute__((always_inline)) void switch_stacks(struct thread *from, struct thread *to)
{
	__asm__ volatile("push %%rbp\n\tpushq $1f\n\tmov %%rsp, %c[sp](%[from])\n\tmov %c[sp](%[to]), %%rsp\n\tret\n"
		"1: pop %%rbp"
		: [from] "+D"(from), [to] "+S"(to) : [sp] "i"(THREAD_SP)
		: "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
}

/* The running thread, `self`, stops here, `next` goes on where it stopped. */
static inline __attribute__((always_inline)) void switch_to(struct core *c, struct thread *self, struct thread *next)
{
	assert(next->state == THREAD_READY);
	if (__builtin_expect(next->xsave != NULL, 1)) { /* else a kernel thread, which takes what is there */
		load_root(next->root);
		if (next != c->user)
			load_user(c, next);
	}
	cpu_set_word(CPU_THREAD, next);
	cpu_set_stack(c->cpu, next->stack_top);
	switch_stacks(self, next);
}

/* Another thread of the running VCPU comes, whose accounting and timer go on: the timer may then come earlier than
 * needed, never later. */
static inline __attribute__((always_inline)) void switch_inside(struct core *c, struct thread *self,
	struct thread *next, uint64_t now)
{
	struct vcpu *v = c->running;

	account_thread(c, now);
	start_turn(c, next);
	v->ring = next;
	note_dispatch(c, v, next, now, c->mode == RUNS_BACKGROUND ? 0 : 1);
	if (cpu_watched())
		switch_watch(c, next, 0);
	switch_to(c, self, next);
}

/* ---- decisions ---- */

/* The usual case: nothing is due, the timer is set for a moment before the budget of the best VCPU ends, that has one
 * thread, and it is another one. All is accounted up to `now`; the decision began at `start`. False = decide fully. */
static inline __attribute__((always_inline)) bool decide_fast(struct core *c, struct thread *self,
	uint64_t now, uint64_t start)
{
	struct thread *next;
	struct vcpu *v;
	uint64_t budget;

	if (__builtin_expect(now >= c->quiet || !c->ready.words, 0))
		return false;
	v = c->by_rank[qv_ready_first_of(&c->ready)];
	next = v->ring;
	budget = qv_ss_left(&v->ss);
	if (next->ring_next != next || next == self || now + budget < c->armed)
		return false;
	c->usage.decisions++;
	c->mode = RUNS_MAIN;
	c->running = v;
	self->work &= ~THREAD_WORK_RESCHED;
	if (cpu_watched())
		switch_watch(c, next, start);
	note_dispatch(c, v, next, now, budget);
	switch_to(c, self, next);
	return true;
}

#endif
