/* SPDX-License-Identifier: MIT */
/* Mutexes. The lock inside is held for a few instructions; the wait is in the scheduler. */
#include "hot.h"

#include <hw/cpu.h>
#include <lib/assert.h>
#include <sched/post.h>

#define CHAIN 16u /* holders that wait for holders: further ones inherit nothing */

static bool same_core(const struct thread *t)
{
	return t->home && t->home->core == this_cpu()->index;
}

/* What `t` waits for; NULL: nothing, or its wait is over and it has not run since. */
static struct mutex *wish(const struct thread *t)
{
	return t->wanted && t->waits_on == &t->wanted->waiters ? t->wanted : NULL;
}

static struct thread *waits_for(const struct thread *t)
{
	const struct mutex *m = wish(t);

	return m ? m->owner : NULL;
}

/* The holder runs on the waiter's VCPU if that is better and has budget: without it its own may come first. If it waits
 * itself, so does whoever it waits for. The core's time is accounted. */
static void inherit(struct core *c, struct mutex *m, struct vcpu *v)
{
	for (uint32_t depth = 0; m && m->owner && depth < CHAIN; depth++) {
		struct thread *owner = m->owner;

		if (!same_core(owner) || !vcpu_before(v, owner->vcpu) || vcpu_budget(v, c->stamp) == 0)
			return;
		move_thread(c, owner, v);
		m = wish(owner);
	}
}

/* Its best claim: its home, or the VCPU of who waits for what it still holds. */
static struct vcpu *claim(const struct thread *t)
{
	struct vcpu *best = t->home;

	for (const struct mutex *m = t->held; m; m = m->next_held) {
		for (const struct thread *w = m->waiters.first; w; w = w->wait_next) {
			if (same_core(w) && vcpu_before(w->vcpu, best) && vcpu_budget(w->vcpu, this_core()->stamp) > 0)
				best = w->vcpu;
		}
	}
	return best;
}

static void own(struct mutex *m, struct thread *t)
{
	m->owner = t;
	m->next_held = t->held;
	t->held = m;
}

bool mutex_try(struct mutex *m)
{
	uint64_t flags = lock_take(&m->lock);
	bool free = !m->owner;

	if (free)
		own(m, thread_self());
	lock_release(&m->lock, flags);
	return free;
}

void mutex_take(struct mutex *m)
{
	struct thread *t = thread_self();
	uint64_t flags = lock_take(&m->lock);

	assert(m->owner != t);
	if (!m->owner) {
		own(m, t);
		lock_release(&m->lock, flags);
		return;
	}
	wait_enqueue(&m->waiters, t);
	t->wanted = m;
	account(this_core(), hw_rdtsc()); /* which may send this thread home */
	inherit(this_core(), m, t->vcpu);
	lock_release(&m->lock, flags);
	wait_block();
	assert(m->owner == t);
}

static void take_off(struct mutex *m, struct thread *t)
{
	struct mutex **at = &t->held;

	while (*at != m)
		at = &(*at)->next_held;
	*at = m->next_held;
}

static void hand_over_here(struct sched_post *post)
{
	wait_wake((struct thread *)((uint8_t *)post - offsetof(struct thread, post)));
}

void mutex_release(struct mutex *m)
{
	struct thread *t = thread_self(), *next;
	uint64_t flags = lock_take(&m->lock);

	assert(m->owner == t);
	take_off(m, t);
	m->owner = NULL;
	next = m->waiters.first;
	if (next) {
		wait_dequeue(next);
		next->wanted = NULL;
		own(m, next);
	}
	lock_release(&m->lock, flags);
	if (!next)
		return;
	account(this_core(), hw_rdtsc());
	if (t->vcpu != t->home)
		move_thread(this_core(), t, claim(t));
	if (same_core(next)) {
		move_thread(this_core(), next, claim(next));
		wait_wake(next);
	} else {
		next->post.run = hand_over_here;
		sched_post(next->home->core, &next->post);
	}
}

/* ---- locks of programs: all on this core ---- */

void mutex_give(struct mutex *m, struct thread *t)
{
	assert(!m->owner && same_core(t));
	own(m, t);
}

void mutex_drop(struct mutex *m)
{
	assert(!m->waiters.first);
	if (m->owner)
		take_off(m, m->owner);
	m->owner = NULL;
}

bool mutex_circle(const struct thread *owner, const struct thread *t)
{
	uint32_t depth = 0;

	for (; owner && owner != t && depth < MUTEX_CIRCLE; depth++)
		owner = waits_for(owner);
	return owner;
}

/* Waiters came or went: `t`, and whoever it waits for, have the VCPU that is their due. */
static void settle(struct core *c, struct thread *t)
{
	account(c, hw_rdtsc());
	for (uint32_t depth = 0; t && depth < CHAIN; depth++, t = waits_for(t))
		move_thread(c, t, claim(t));
}

enum wait_result mutex_wait(struct mutex *m, uint64_t deadline)
{
	struct thread *t = thread_self();
	enum wait_result result;

	assert(m->owner && m->owner != t && same_core(m->owner));
	t->wanted = m;
	account(this_core(), hw_rdtsc());
	inherit(this_core(), m, t->vcpu);
	result = sched_wait(&m->waiters, deadline, true);
	if (m->owner == t)
		return WAIT_WOKEN;
	t->wanted = NULL;
	settle(this_core(), m->owner);
	return result;
}

static struct thread *best_waiter(const struct mutex *m)
{
	struct thread *best = m->waiters.first;

	for (struct thread *w = best; w; w = w->wait_next) {
		if (vcpu_before(w->vcpu, best->vcpu))
			best = w;
	}
	return best;
}

struct thread *mutex_pass(struct mutex *m)
{
	struct thread *from = m->owner, *next = best_waiter(m);

	take_off(m, from);
	m->owner = NULL;
	if (next) {
		wait_dequeue(next);
		next->wanted = NULL;
		next->interruptible = false;
		next->wake_result = WAIT_WOKEN;
		own(m, next);
		settle(this_core(), next);
		wait_wake(next);
	}
	settle(this_core(), from);
	return next;
}
