/* SPDX-License-Identifier: MIT */
/* Policies: checks as sched_setattr(2) of Linux, and the VCPU of SCHED_DEADLINE. */
#include "proc.h"

#include <lib/string.h>
#include <proc/policy.h>
#include <proc/time.h>
#include <sched/vcpu.h>

#define RUNTIME_LEAST 1024u /* ns, as Linux */

static int64_t check_deadline(const struct policy *p)
{
	if (p->runtime < RUNTIME_LEAST || p->runtime > p->deadline || p->deadline > p->period || p->period >> 63)
		return -LX_EINVAL;
	return p->priority ? -LX_EINVAL : 0;
}

static int64_t check(const struct policy *p)
{
	if (p->flags & ~POLICY_RESET_ON_FORK)
		return -LX_EINVAL;
	switch (p->kind) {
	case POLICY_NORMAL:
	case POLICY_BATCH:
	case POLICY_IDLE:
		return p->priority ? -LX_EINVAL : 0;
	case POLICY_FIFO:
	case POLICY_RR:
		return p->priority >= 1 && p->priority <= POLICY_PRIORITY_MOST ? 0 : -LX_EINVAL;
	case POLICY_DEADLINE:
		return check_deadline(p);
	default:
		return -LX_EINVAL;
	}
}

/* The VCPU that was made for `t`, unless it was destroyed meanwhile. */
static struct vcpu *own_of(struct task *t)
{
	if (t->policy.own && !vcpu_is(t->policy.own, t->policy.generation))
		t->policy.own = NULL;
	return t->policy.own;
}

/* Back to the core's default VCPU; one that others were bound to meanwhile stays, as any VCPU of a program's making. */
static void give_back(struct task *t)
{
	struct vcpu *own = own_of(t);
	uint32_t generation = t->policy.generation;

	if (!own)
		return;
	t->policy.own = NULL;
	if (t->thread.home == own)
		thread_bind(&t->thread, vcpu_by_id(0)); /* others may run, and destroy it first */
	if (vcpu_is(own, generation))
		(void)vcpu_destroy(own);
}

static int64_t error_of(enum vcpu_error error)
{
	switch (error) {
	case VCPU_OK: return 0;
	case VCPU_NO_ROOM: return -LX_ENOMEM;
	case VCPU_BAD: return -LX_EINVAL;
	default: return -LX_EBUSY;
	}
}

static void parameters_of(const struct policy *p, struct vcpu_parameters *out)
{
	*out = (struct vcpu_parameters){.core = this_cpu()->index, .budget = proc_cycles(p->runtime),
		.period = proc_cycles(p->deadline), .name = "deadline"};
}

/* New values for the VCPU that `tid` has. It may be given back, or `tid` may end, while they are judged. */
static int64_t adjust(int32_t tid, const struct policy *p, const struct vcpu_parameters *parameters)
{
	struct task *t = task_by_tid(tid);
	struct vcpu *own = own_of(t);
	uint32_t generation = t->policy.generation;
	int64_t error = error_of(vcpu_set(own, parameters));

	if (error)
		return error;
	t = task_by_tid(tid);
	if (!t || t->pi_over)
		return -LX_ESRCH;
	if (own_of(t) != own || t->policy.generation != generation)
		return -LX_EBUSY;
	t->policy.now = *p;
	return 0;
}

/* A VCPU for `tid`, which may have ended or got one by somebody else while it was made. */
static int64_t reserve(int32_t tid, const struct policy *p)
{
	struct vcpu_parameters parameters;
	struct task *t = task_by_tid(tid);
	struct vcpu *v;
	int64_t error;

	parameters_of(p, &parameters);
	if (own_of(t))
		return adjust(tid, p, &parameters);
	error = error_of(vcpu_create(&parameters, &v));
	if (error)
		return error;
	t = task_by_tid(tid);
	if (!t || t->pi_over || t->thread.wanted || own_of(t)) {
		(void)vcpu_destroy(v);
		return t && !t->pi_over ? -LX_EBUSY : -LX_ESRCH;
	}
	t->policy.own = v;
	t->policy.generation = vcpu_generation(v);
	t->policy.now = *p;
	thread_bind(&t->thread, v);
	return 0;
}

int64_t policy_set(int32_t tid, const struct policy *policy)
{
	struct policy p = *policy;
	struct task *t = task_by_tid(tid);
	int64_t error;

	if (!t || t->pi_over)
		return -LX_ESRCH;
	if (p.kind == POLICY_DEADLINE && !p.period)
		p.period = p.deadline;
	if (p.kind != POLICY_DEADLINE)
		p.runtime = p.deadline = p.period = 0;
	error = check(&p);
	if (error)
		return error;
	if (t->thread.wanted) /* whom it waits for may be on its VCPU */
		return -LX_EBUSY;
	if (p.kind == POLICY_DEADLINE)
		return reserve(tid, &p);
	t->policy.now = p;
	give_back(t);
	return 0;
}

int64_t policy_may_fork(void)
{
	const struct policy *p = &task_self()->policy.now;

	return p->kind == POLICY_DEADLINE && !(p->flags & POLICY_RESET_ON_FORK) ? -LX_EAGAIN : 0;
}

void policy_of_child(struct task *child)
{
	const struct policy *p = &task_self()->policy.now;

	if (!(p->flags & POLICY_RESET_ON_FORK))
		child->policy.now = *p;
	else if (p->kind != POLICY_FIFO && p->kind != POLICY_RR && p->kind != POLICY_DEADLINE)
		child->policy.now = (struct policy){.kind = p->kind, .nice = p->nice > 0 ? p->nice : 0};
}

struct vcpu *policy_child_vcpu(struct vcpu *home)
{
	return home == own_of(task_self()) ? vcpu_by_id(0) : home;
}

void policy_end(struct task *t)
{
	give_back(t);
}
