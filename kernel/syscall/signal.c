/* SPDX-License-Identifier: MIT */
/* Calls on signals. */
#include "calls.h"

#define MASK_BYTES 8u

static int64_t sys_rt_sigaction(struct trap_frame *f)
{
	struct lx_sigaction new, old;
	int64_t error;

	if (arg3(f) != MASK_BYTES)
		return -LX_EINVAL;
	if (arg1(f) && user_read(&new, arg1(f), sizeof(new)))
		return -LX_EFAULT;
	error = signal_action((int32_t)arg0(f), arg1(f) ? &new : NULL, &old);
	if (!error && arg2(f))
		error = user_write(arg2(f), &old, sizeof(old));
	return error;
}

static int64_t sys_rt_sigprocmask(struct trap_frame *f)
{
	uint64_t old = task_self()->blocked, set;

	if (arg3(f) != MASK_BYTES)
		return -LX_EINVAL;
	if (arg1(f)) {
		if (user_read(&set, arg1(f), sizeof(set)))
			return -LX_EFAULT;
		if (arg0(f) == LX_SIG_BLOCK)
			signal_set_mask(old | set);
		else if (arg0(f) == LX_SIG_UNBLOCK)
			signal_set_mask(old & ~set);
		else if (arg0(f) == LX_SIG_SETMASK)
			signal_set_mask(set);
		else
			return -LX_EINVAL;
	}
	return arg2(f) ? user_write(arg2(f), &old, sizeof(old)) : 0;
}

static int64_t sys_rt_sigpending(struct trap_frame *f)
{
	const struct task *t = task_self();
	uint64_t set = (t->pending | t->process->pending) & t->blocked;

	return arg1(f) > MASK_BYTES ? -LX_EINVAL : user_write(arg0(f), &set, sizeof(set));
}

static int64_t sys_rt_sigsuspend(struct trap_frame *f)
{
	uint64_t mask;

	if (arg1(f) != MASK_BYTES)
		return -LX_EINVAL;
	if (user_read(&mask, arg0(f), sizeof(mask)))
		return -LX_EFAULT;
	signal_borrow_mask(mask);
	sched_sleep(WAIT_FOREVER, true);
	signal_return_mask();
	return -LX_ERESTARTNOHAND;
}

static int64_t sys_pause(struct trap_frame *f)
{
	(void)f;
	sched_sleep(WAIT_FOREVER, true);
	return -LX_ERESTARTNOHAND;
}

static int64_t sys_rt_sigtimedwait(struct trap_frame *f)
{
	uint64_t set, deadline = WAIT_FOREVER;
	struct lx_siginfo info;
	int64_t result = arg2(f) ? proc_take_timeout(arg2(f), &deadline) : 0;

	if (arg3(f) != MASK_BYTES)
		return -LX_EINVAL;
	if (result || user_read(&set, arg0(f), sizeof(set)))
		return result ? result : -LX_EFAULT;
	result = signal_wait(set & ~SIGNAL_UNBLOCKABLE, &info, deadline);
	if (result > 0 && arg1(f) && user_write(arg1(f), &info, sizeof(info)))
		return -LX_EFAULT;
	return result;
}

static int64_t sys_rt_sigreturn(struct trap_frame *f)
{
	return signal_return(f);
}

static int64_t sys_sigaltstack(struct trap_frame *f)
{
	struct lx_stack new, old;
	int64_t error;

	if (arg0(f) && user_read(&new, arg0(f), sizeof(new)))
		return -LX_EFAULT;
	error = signal_alternate_stack(arg0(f) ? &new : NULL, &old, f->rsp);
	if (!error && arg1(f))
		error = user_write(arg1(f), &old, sizeof(old));
	return error;
}

static struct lx_siginfo from_self(int32_t code)
{
	struct lx_siginfo info = {.code = code};

	info.sender.pid = process_self()->pid;
	return info;
}

static int64_t kill_all(int32_t signal, const struct lx_siginfo *info)
{
	int64_t found = -LX_ESRCH;
	int32_t pid;

	for (struct process *p = process_next(0); p; p = process_next(pid)) {
		pid = p->pid;
		if (p == process_self() || p->state == PROCESS_ZOMBIE)
			continue;
		found = 0;
		if (signal)
			signal_process(p, signal, info);
		sched_preempt_point();
	}
	return found;
}

static int64_t sys_kill(struct trap_frame *f)
{
	struct lx_siginfo info = from_self(LX_SI_USER);
	int32_t pid = (int32_t)arg0(f), signal = (int32_t)arg1(f);
	struct process *p;

	if (signal < 0 || signal > LX_SIGNALS)
		return -LX_EINVAL;
	if (pid == -1)
		return kill_all(signal, &info);
	if (pid <= 0)
		return signal_group(pid ? -pid : process_self()->group, signal, &info);
	p = process_by_pid(pid);
	if (!p)
		return -LX_ESRCH;
	if (signal)
		signal_process(p, signal, &info);
	return 0;
}

/* `pid` 0 = whatever process the task is of (tkill). */
static int64_t kill_task(int32_t pid, int32_t tid, int32_t signal)
{
	struct lx_siginfo info = from_self(LX_SI_TKILL);
	struct task *t = task_by_tid(tid);

	if (signal < 0 || signal > LX_SIGNALS || tid <= 0)
		return -LX_EINVAL;
	if (!t || (pid && t->process->pid != pid))
		return -LX_ESRCH;
	if (signal == LX_SIGKILL)
		signal_process(t->process, signal, &info);
	else if (signal)
		signal_task(t, signal, &info);
	return 0;
}

static int64_t sys_tkill(struct trap_frame *f)
{
	return kill_task(0, (int32_t)arg0(f), (int32_t)arg1(f));
}

static int64_t sys_tgkill(struct trap_frame *f)
{
	return (int32_t)arg0(f) <= 0 ? -LX_EINVAL : kill_task((int32_t)arg0(f), (int32_t)arg1(f), (int32_t)arg2(f));
}

static const struct call signal_calls[] = {
	{13, sys_rt_sigaction}, {14, sys_rt_sigprocmask}, {15, sys_rt_sigreturn}, {34, sys_pause}, {62, sys_kill},
	{127, sys_rt_sigpending}, {128, sys_rt_sigtimedwait}, {130, sys_rt_sigsuspend}, {131, sys_sigaltstack},
	{200, sys_tkill}, {234, sys_tgkill},
};
CALL_GROUP(signal);
