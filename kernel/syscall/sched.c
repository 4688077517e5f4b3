/* SPDX-License-Identifier: MIT */
/*
 * Linux' scheduling calls on the VCPU model (docs/programs.md): a thread has the guarantee of its VCPU, nothing else.
 * The old policies are checked and accepted; they change nothing and are not remembered.
 */
#include "calls.h"

#include <base/boot.h>
#include <lib/string.h>
#include <sched/vcpu.h>

#define POLICY_FIFO 1
#define POLICY_RR 2
#define POLICY_DEADLINE 6
#define PRIORITY_MOST 99
#define QUANTUM_NS 1000000u

static struct task *task_or_self(uint64_t tid)
{
	return (int32_t)tid ? task_by_tid((int32_t)tid) : task_self();
}

static int64_t sys_sched_yield(struct trap_frame *f)
{
	(void)f;
	sched_yield();
	return 0;
}

static int64_t sys_sched_setscheduler(struct trap_frame *f)
{
	int32_t policy = (int32_t)arg1(f) & ~0x40000000, priority;
	bool real_time = policy == POLICY_FIFO || policy == POLICY_RR;

	if (!task_or_self(arg0(f)))
		return -LX_ESRCH;
	if (user_read(&priority, arg2(f), sizeof(priority)))
		return -LX_EFAULT;
	if (policy < 0 || policy > POLICY_DEADLINE - 1 || priority < real_time || priority > (real_time ? PRIORITY_MOST : 0))
		return -LX_EINVAL;
	return 0;
}

static int64_t sys_sched_getscheduler(struct trap_frame *f)
{
	return task_or_self(arg0(f)) ? 0 : -LX_ESRCH;
}

static int64_t sys_sched_getparam(struct trap_frame *f)
{
	int32_t priority = 0;

	return task_or_self(arg0(f)) ? user_write(arg1(f), &priority, sizeof(priority)) : -LX_ESRCH;
}

static int64_t sys_sched_setparam(struct trap_frame *f)
{
	int32_t priority;

	if (!task_or_self(arg0(f)))
		return -LX_ESRCH;
	return user_read(&priority, arg1(f), sizeof(priority)) ? -LX_EFAULT : priority ? -LX_EINVAL : 0;
}

static int64_t priority_bound(uint64_t policy, int64_t bound)
{
	if (policy == POLICY_FIFO || policy == POLICY_RR)
		return bound;
	return policy > POLICY_DEADLINE ? -LX_EINVAL : 0;
}

static int64_t sys_sched_get_priority_max(struct trap_frame *f)
{
	return priority_bound(arg0(f), PRIORITY_MOST);
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

static int64_t sys_getpriority(struct trap_frame *f)
{
	(void)f;
	return 20; /* nice 0 */
}

static int64_t sys_setpriority(struct trap_frame *f)
{
	(void)f;
	return 0; /* accepted: nice values have no meaning on VCPUs */
}

static const struct call sched_calls[] = {
	{24, sys_sched_yield}, {140, sys_getpriority}, {141, sys_setpriority}, {142, sys_sched_setparam},
	{143, sys_sched_getparam}, {144, sys_sched_setscheduler}, {145, sys_sched_getscheduler},
	{146, sys_sched_get_priority_max}, {147, sys_sched_get_priority_min}, {148, sys_sched_rr_get_interval},
	{203, sys_sched_setaffinity}, {204, sys_sched_getaffinity},
};
CALL_GROUP(sched);
