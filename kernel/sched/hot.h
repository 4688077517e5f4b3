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
#define SHORT_WAY static inline __attribute__((always_inline)) /* where it is used, whatever its size */
#else
#define SHORT_WAY HOT_INLINE
#endif

/* The running thread's part: what the core spent since the last switch of threads, interrupts left out. */
static inline void account_thread(struct core *c, uint64_t now)
{
	(void)c;
	uint64_t cycles = now;

	__asm__ volatile("sub %%gs:%c1, %0" : "+r"(cycles) : "i"(CPU_THREAD_SINCE) : "cc", "memory");
	thread_self()->consumed += cycles;
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

/* The first thread of `v` is runnable: a main VCPU that has budget. */
static inline void vcpu_make_ready(struct core *c, struct vcpu *v, uint64_t now)
{
	qv_ss_unblock(&v->ss, now);
	v->owed = qv_ss_left(&v->ss);
	v->deadline = now + v->period;
	v->state = VCPU_READY; /* its event stays: that of its timers */
	qv_ready_set(&c->ready, v->rank);
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
	vcpu_make_ready(c, v, now);
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

/* The only thread of the running VCPU, a main one on its budget, blocks at `now`. False if it is not like that, or a
 * replenishment is used up: nothing was done. */
SHORT_WAY bool block_alone(struct core *c, struct thread *t, uint64_t now)
{
	struct vcpu *v = c->running;
	uint64_t cycles = now - c->stamp;

	if (__builtin_expect(c->mode != RUNS_MAIN || cpu_word(CPU_IRQ_CYCLES) != c->irq_stamp || v->ring != t ||
			t->home != v || now > v->deadline, 0))
		return false;
	if (__builtin_expect(v->state != VCPU_READY || !qv_ss_stop(&v->ss, cycles), 0)) /* or depleted a moment ago */
		return false;
	c->stamp = now;
	account_thread(c, now);
	v->stats->consumed += cycles;
	v->owed = 0;
	v->ring = NULL;
	v->state = VCPU_BLOCKED;
	qv_ready_clear(&c->ready, v->rank);
	trace(c, now, thread_tag(t, QV_TRACE_BLOCK), THREAD_BLOCKED);
	t->state = THREAD_BLOCKED;
	return true;
}

/* Before the first instruction of a thread. */
static inline void note_wakeup(struct qv_stats_vcpu *s, struct thread *t, uint64_t now)
{
	if (!t->woken_at)
		return;
	if (now - t->woken_at > s->worst_wakeup)
		s->worst_wakeup = now - t->woken_at;
	t->woken_at = 0;
}

/* Before the first instruction of a VCPU. `budget` goes into the trace. */
static inline void note_dispatch(struct core *c, struct vcpu *v, struct thread *t, uint64_t now, uint64_t budget)
{
	struct qv_stats_vcpu *s = v->stats;

	s->dispatches++;
	note_wakeup(s, t, now);
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

/* make_ready() for the usual case: the thread is at home on a main VCPU with budget and nothing else to run. */
SHORT_WAY void ready_fast(struct core *c, struct thread *t,
	uint64_t since, uint64_t now)
{
	struct vcpu *v = t->vcpu;

	t->woken_at = since;
	trace(c, now, thread_tag(t, QV_TRACE_WAKE), since);
	if (__builtin_expect(v->ring || t->home != v || v->io || qv_ss_due(&v->ss) > now, 0)) {
		add_ready(c, t, now);
		return;
	}
	t->state = THREAD_READY;
	start_turn(c, t);
	t->ring_next = t->ring_previous = t;
	v->ring = t;
	vcpu_make_ready(c, v, now);
	if (c->mode == RUNS_MAIN ? v->rank < c->running->rank : may_preempt(c, v))
		want_decision(c);
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

/* Ring 3 may have set both. GS is ring 3's for a moment. */
static inline void swap_bases(struct thread *from, const struct thread *to)
{
	uint64_t fs, gs;

	__asm__ volatile("rdfsbase %0; wrfsbase %2; swapgs; rdgsbase %1; wrgsbase %3; swapgs"
		: "=&r"(fs), "=&r"(gs) : "r"(to->fs_base), "r"(to->gs_base) : "memory");
	from->fs_base = fs;
	from->gs_base = gs;
}

/* The register is the truth: kernel/mm leaves a space that goes by itself. */
static inline void load_root(uint64_t root)
{
	if (root != hw_read_cr3())
		hw_write_cr3(root);
}

/* The compiler keeps what it still needs on the stack; a backtrace needs RBP. */
SHORT_WAY void switch_stacks(struct thread *from, struct thread *to)
{
	register struct thread *old __asm__("rbx") = from, *new __asm__("r12") = to; /* in what is saved anyway */

	__asm__ volatile("push %%rbp\n\tpushq $1f\n\tmov %%rsp, %c[sp](%[from])\n\tmov %c[sp](%[to]), %%rsp\n\tret\n"
		"1: pop %%rbp"
		: [from] "+r"(old), [to] "+r"(new) : [sp] "i"(THREAD_SP)
		: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r13", "r14", "r15", "cc", "memory");
}

/* What ring 3 has in registers: saved for `self`, loaded for `next`. If they hold those of `self`, that is a thread of
 * ring 3 with its address space loaded, and so is any other that has the same root. A kernel thread has neither, and
 * takes what is there. */
SHORT_WAY void load_thread(struct core *c, struct thread *self, struct thread *next)
{
	if (__builtin_expect(c->user == self, 1)) {
		if (next->root != self->root) {
			if (!next->root)
				return;
			hw_write_cr3(next->root);
		}
		c->user = next;
		save_registers(self->xsave);
		swap_bases(self, next);
		load_registers(next->xsave);
	} else if (next->root) {
		load_root(next->root);
		if (next != c->user)
			switch_load_user(c, next);
	}
}

/* The running thread, `self`, stops here, `next` goes on where it stopped. */
SHORT_WAY void switch_to(struct core *c, struct thread *self, struct thread *next)
{
	uint64_t top = next->stack_top;

	load_thread(c, self, next);
	cpu_set_word(CPU_THREAD, next);
	cpu_set_word(offsetof(struct cpu, tss.rsp[0]), top);
	cpu_set_word(CPU_KERNEL_STACK, top - FRAME_BYTES);
	switch_stacks(self, next);
}

/* Another thread of the running VCPU comes, whose accounting and timer go on: the timer may then come earlier than
 * needed, never later. */
SHORT_WAY void switch_inside(struct core *c, struct thread *self,
	struct thread *next, uint64_t now)
{
	struct vcpu *v = c->running;

	account_thread(c, now);
	start_turn(c, next);
	v->ring = next;
	note_wakeup(v->stats, next, now);
	trace(c, now, next->tag, 1);
	switch_to(c, self, next);
}

/* ---- decisions ---- */

/* The usual case: nothing is due, the timer is set for a moment before the budget of the best VCPU ends, that has one
 * thread, and it is another one. All is accounted up to `now`; the decision began at `start`. False = decide fully. */
SHORT_WAY bool decide_fast(struct core *c, struct thread *self,
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
