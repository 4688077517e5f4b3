/* SPDX-License-Identifier: MIT */
/* Linux' scheduling calls on the VCPU model (docs/programs.md, proc/policy.h). */
#include "calls.h"

#include <base/boot.h>
#include <lib/string.h>
#include <proc/policy.h>
#include <sched/vcpu.h>

#define RESET_BIT 0x40000000u /* SCHED_RESET_ON_FORK */
#define ATTRIBUTES_FIRST 48u  /* bytes of struct sched_attr, first version */
#define ATTRIBUTES_MOST 4096u
#define NICE_MOST 20
#define PRIO_PROCESS 0u
#define QUANTUM_NS 1000000u

static struct task *task_or_self(uint64_t tid)
{
	return (int32_t)tid ? task_by_tid((int32_t)tid) : task_self();
}

static int32_t tid_of(uint64_t tid)
{
	return (int32_t)tid ? (int32_t)tid : task_self()->tid;
}

static int64_t sys_sched_setscheduler(struct trap_frame *f)
{
	const struct task *t = task_or_self(arg0(f));
	uint32_t kind = (uint32_t)arg1(f);
	struct policy p = {.kind = kind & ~RESET_BIT, .flags = kind & RESET_BIT ? POLICY_RESET_ON_FORK : 0};

	if (!t)
		return -LX_ESRCH;
	p.nice = t->policy.now.nice;
	if (user_read(&p.priority, arg2(f), sizeof(p.priority)))
		return -LX_EFAULT;
	return policy_set(tid_of(arg0(f)), &p);
}

static int64_t sys_sched_getscheduler(struct trap_frame *f)
{
	const struct task *t = task_or_self(arg0(f));

	if (!t)
		return -LX_ESRCH;
	return t->policy.now.kind | (t->policy.now.flags & POLICY_RESET_ON_FORK ? RESET_BIT : 0);
}

static int64_t sys_sched_getparam(struct trap_frame *f)
{
	const struct task *t = task_or_self(arg0(f));
	int32_t priority;

	if (!t)
		return -LX_ESRCH;
	priority = t->policy.now.priority; /* the task may be gone before the write is over */
	return user_write(arg1(f), &priority, sizeof(priority));
}

static int64_t sys_sched_setparam(struct trap_frame *f)
{
	const struct task *t = task_or_self(arg0(f));
	struct policy p;

	if (!t)
		return -LX_ESRCH;
	p = t->policy.now;
	p.runtime = p.deadline = p.period = 0; /* DEADLINE has more than this call tells */
	if (user_read(&p.priority, arg1(f), sizeof(p.priority)))
		return -LX_EFAULT;
	return policy_set(tid_of(arg0(f)), &p);
}

struct attributes { /* struct sched_attr */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t least, most; /* utilisation clamps: not known here */
};

/* What is behind the part that is known must be zero. */
static int64_t take_attributes(uint64_t from, struct attributes *a)
{
	uint64_t word;

	if (user_read(&a->size, from, sizeof(a->size)))
		return -LX_EFAULT;
	if (a->size == 0)
		a->size = ATTRIBUTES_FIRST;
	if (a->size < ATTRIBUTES_FIRST || a->size > ATTRIBUTES_MOST || a->size % sizeof(word))
		return -LX_E2BIG;
	for (uint64_t at = sizeof(*a); at < a->size; at += sizeof(word)) {
		if (user_read(&word, from + at, sizeof(word)))
			return -LX_EFAULT;
		if (word)
			return -LX_E2BIG;
	}
	return user_read(a, from, a->size < sizeof(*a) ? a->size : sizeof(*a));
}

static int64_t sys_sched_setattr(struct trap_frame *f)
{
	struct attributes a = {0};
	int64_t error;

	if (!arg1(f) || (int32_t)arg0(f) < 0 || arg2(f))
		return -LX_EINVAL;
	error = take_attributes(arg1(f), &a);
	if (error)
		return error;
	if (a.flags & ~(uint64_t)POLICY_RESET_ON_FORK || a.priority > INT32_MAX)
		return -LX_EINVAL;
	a.nice = a.nice < -NICE_MOST ? -NICE_MOST : a.nice >= NICE_MOST ? NICE_MOST - 1 : a.nice;
	return policy_set(tid_of(arg0(f)), &(struct policy){.kind = a.policy, .flags = (uint32_t)a.flags, .nice = a.nice,
		.priority = (int32_t)a.priority, .runtime = a.runtime, .deadline = a.deadline, .period = a.period});
}

static int64_t sys_sched_getattr(struct trap_frame *f)
{
	const struct task *t = task_or_self(arg0(f));
	const struct policy *p;
	struct attributes a;
	uint32_t size = (uint32_t)arg2(f);

	if (!arg1(f) || (int32_t)arg0(f) < 0 || arg3(f) || size < ATTRIBUTES_FIRST || size > ATTRIBUTES_MOST)
		return -LX_EINVAL;
	if (!t)
		return -LX_ESRCH;
	p = &t->policy.now;
	size = size < sizeof(a) ? ATTRIBUTES_FIRST : sizeof(a);
	a = (struct attributes){.size = size, .policy = p->kind, .flags = p->flags, .nice = p->nice,
		.priority = (uint32_t)p->priority, .runtime = p->runtime, .deadline = p->deadline, .period = p->period};
	return user_write(arg1(f), &a, size);
}

static int64_t priority_bound(uint64_t policy, int64_t bound)
{
	if (policy == POLICY_FIFO || policy == POLICY_RR)
		return bound;
	return policy > POLICY_DEADLINE ? -LX_EINVAL : 0;
}

static int64_t sys_sched_get_priority_max(struct trap_frame *f)
{
	return priority_bound(arg0(f), POLICY_PRIORITY_MOST);
}

static int64_t sys_sched_get_priority_min(struct trap_frame *f)
{
	return priority_bound(arg0(f), 1);
}

static int64_t sys_sched_rr_get_interval(struct trap_frame *f)
{
	struct lx_timespec t = proc_timespec(QUANTUM_NS);

	return task_or_self(arg0(f)) ? user_write(arg1(f), &t, sizeof(t)) : -LX_ESRCH;
}

/* A program sees the one core that it runs on. */
static int64_t sys_sched_getaffinity(struct trap_frame *f)
{
	uint64_t mask = 1;

	if (!task_or_self(arg0(f)))
		return -LX_ESRCH;
	if (arg1(f) < sizeof(mask))
		return -LX_EINVAL;
	return user_write(arg2(f), &mask, sizeof(mask)) ? -LX_EFAULT : (int64_t)sizeof(mask);
}

static int64_t sys_sched_setaffinity(struct trap_frame *f)
{
	uint64_t mask = 0;

	if (!task_or_self(arg0(f)))
		return -LX_ESRCH;
	if (user_read(&mask, arg2(f), arg1(f) < sizeof(mask) ? arg1(f) : sizeof(mask)))
		return -LX_EFAULT;
	return (mask & 1) ? 0 : -LX_EINVAL;
}

/* Nice values of single tasks are remembered; those of groups and users are accepted. They have no effect. */
static int64_t sys_getpriority(struct trap_frame *f)
{
	const struct task *t = arg0(f) == PRIO_PROCESS ? task_or_self(arg1(f)) : task_self();

	return t ? NICE_MOST - t->policy.now.nice : -LX_ESRCH;
}

static int64_t sys_setpriority(struct trap_frame *f)
{
	struct task *t = arg0(f) == PRIO_PROCESS ? task_or_self(arg1(f)) : NULL;
	int32_t nice = (int32_t)arg2(f);

	if (arg0(f) != PRIO_PROCESS)
		return 0;
	if (!t)
		return -LX_ESRCH;
	t->policy.now.nice = nice < -NICE_MOST ? -NICE_MOST : nice >= NICE_MOST ? NICE_MOST - 1 : nice;
	return 0;
}

static const struct call sched_calls[] = {
	{24, sched_yield}, {140, sys_getpriority}, {141, sys_setpriority}, {142, sys_sched_setparam},
	{143, sys_sched_getparam}, {144, sys_sched_setscheduler}, {145, sys_sched_getscheduler},
	{146, sys_sched_get_priority_max}, {147, sys_sched_get_priority_min}, {148, sys_sched_rr_get_interval},
	{203, sys_sched_setaffinity}, {204, sys_sched_getaffinity}, {314, sys_sched_setattr}, {315, sys_sched_getattr},
};
CALL_GROUP(sched);
