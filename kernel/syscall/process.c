/* SPDX-License-Identifier: MIT */
/* Calls on processes and threads. */
#include "calls.h"

#include <lib/string.h>
#include <proc/futex.h>
#include <sched/registers.h>

#define CLONE3_LEAST 64u /* bytes of struct clone_args, first version */
#define RUSAGE_CHILDREN (-1)
#define ROBUST_HEAD_BYTES 24u
#define P_ALL 0u
#define P_PID 1u
#define P_PGID 2u
#define PR_SET_NAME 15u
#define PR_GET_NAME 16u

static int64_t sys_getpid(struct trap_frame *f)
{
	(void)f;
	return process_self()->pid;
}

static int64_t sys_gettid(struct trap_frame *f)
{
	(void)f;
	return task_self()->tid;
}

static int64_t sys_getppid(struct trap_frame *f)
{
	(void)f;
	return process_parent(process_self());
}

static int64_t sys_zero(struct trap_frame *f) /* user and group numbers: everybody is root */
{
	(void)f;
	return 0;
}

static int64_t sys_set_id(struct trap_frame *f)
{
	return (uint32_t)arg0(f) == 0 || (uint32_t)arg0(f) == UINT32_MAX ? 0 : -LX_EPERM;
}

static int64_t sys_fork(struct trap_frame *f)
{
	return process_clone(f, &(struct clone_request){.flags = LX_SIGCHLD});
}

static int64_t sys_vfork(struct trap_frame *f)
{
	return process_clone(f, &(struct clone_request){.flags = LX_SIGCHLD | LX_CLONE_VM | LX_CLONE_VFORK});
}

static int64_t sys_clone(struct trap_frame *f)
{
	return process_clone(f, &(struct clone_request){.flags = (uint32_t)arg0(f), .stack = arg1(f),
		.parent_tid = arg2(f), .child_tid = arg3(f), .tls = arg4(f)});
}

static int64_t sys_clone3(struct trap_frame *f)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_bytes, tls;
	} a;

	if (arg1(f) < CLONE3_LEAST)
		return -LX_EINVAL;
	if (user_read(&a, arg0(f), sizeof(a)))
		return -LX_EFAULT;
	if ((a.flags & LX_CLONE_SIGNAL_MASK) || a.exit_signal > LX_SIGNALS || (a.stack == 0) != (a.stack_bytes == 0))
		return -LX_EINVAL;
	return process_clone(f, &(struct clone_request){.flags = a.flags | a.exit_signal,
		.stack = a.stack + a.stack_bytes, .parent_tid = a.parent_tid, .child_tid = a.child_tid, .tls = a.tls});
}

static int64_t sys_execve(struct trap_frame *f)
{
	struct path_at at = {.context = process_self()->paths, .fd = LX_AT_FDCWD};
	struct path_text text;
	int64_t result = path_take(&text, arg0(f));

	if (result)
		return result;
	result = process_exec(f, &at, text.text, arg1(f), arg2(f));
	path_drop(&text);
	return result;
}

static int64_t sys_exit(struct trap_frame *f)
{
	task_end((uint32_t)(arg0(f) & 0xff) << 8);
}

static int64_t sys_exit_group(struct trap_frame *f)
{
	process_end((uint32_t)(arg0(f) & 0xff) << 8);
}

/* struct rusage: times and zeros. All time is counted as the program's own. */
static int64_t write_usage(uint64_t to, uint64_t cycles)
{
	struct lx_timespec t = proc_timespec(proc_ns(cycles));
	int64_t usage[18] = {t.seconds, t.nanoseconds / 1000};

	return user_write(to, usage, sizeof(usage));
}

static int64_t sys_wait4(struct trap_frame *f)
{
	uint32_t flags = (uint32_t)arg2(f);
	struct wait_report report;
	int64_t pid;

	if (flags & ~(LX_WNOHANG | LX_WUNTRACED | LX_WCONTINUED | 0xe0000000u))
		return -LX_EINVAL;
	pid = process_wait((int32_t)arg0(f), flags | LX_WEXITED, &report);
	if (pid <= 0)
		return pid;
	if (arg1(f) && user_write(arg1(f), &report.status, sizeof(report.status)))
		return -LX_EFAULT;
	if (arg3(f) && write_usage(arg3(f), report.consumed))
		return -LX_EFAULT;
	return pid;
}

static void fill_info(struct lx_siginfo *info, const struct wait_report *r)
{
	info->signal = LX_SIGCHLD;
	info->sender.pid = r->pid;
	if ((r->status & 0x7f) == 0) {
		info->code = LX_CLD_EXITED;
		info->sender.status = (int32_t)(r->status >> 8);
	} else if (r->status == 0xffff) {
		info->code = LX_CLD_CONTINUED;
		info->sender.status = LX_SIGCONT;
	} else if ((r->status & 0xff) == 0x7f) {
		info->code = LX_CLD_STOPPED;
		info->sender.status = (int32_t)(r->status >> 8);
	} else {
		info->code = LX_CLD_KILLED;
		info->sender.status = (int32_t)(r->status & 0x7f);
	}
}

static int64_t sys_waitid(struct trap_frame *f)
{
	int32_t pid = arg0(f) == P_ALL ? -1 : arg0(f) == P_PID ? (int32_t)arg1(f) : -(int32_t)arg1(f);
	uint32_t flags = (uint32_t)arg3(f);
	struct lx_siginfo info = {0};
	struct wait_report report;
	int64_t found;

	if (arg0(f) > P_PGID || (arg0(f) == P_PID && pid <= 0) || !(flags & (LX_WEXITED | LX_WUNTRACED | LX_WCONTINUED)))
		return -LX_EINVAL;
	found = process_wait(pid, flags, &report);
	if (found < 0)
		return found;
	if (found)
		fill_info(&info, &report);
	if (arg2(f) && user_write(arg2(f), &info, sizeof(info)))
		return -LX_EFAULT;
	return arg4(f) && found ? write_usage(arg4(f), report.consumed) : 0;
}

static int64_t sys_getrusage(struct trap_frame *f)
{
	const struct process *p = process_self();

	return write_usage(arg1(f), (int32_t)arg0(f) == RUSAGE_CHILDREN ? p->child_consumed : process_consumed(p->pid));
}

static int64_t sys_set_tid_address(struct trap_frame *f)
{
	task_self()->clear_tid = arg0(f);
	return task_self()->tid;
}

static int64_t sys_set_robust_list(struct trap_frame *f)
{
	if (arg1(f) != ROBUST_HEAD_BYTES)
		return -LX_EINVAL;
	task_self()->robust = arg0(f);
	return 0;
}

static int64_t sys_get_robust_list(struct trap_frame *f)
{
	const struct task *t = (int32_t)arg0(f) ? task_by_tid((int32_t)arg0(f)) : task_self();
	uint64_t bytes = ROBUST_HEAD_BYTES, robust = t ? t->robust : 0; /* the task may be gone after a copy */

	if (!t)
		return -LX_ESRCH;
	if (user_write(arg1(f), &robust, sizeof(robust)))
		return -LX_EFAULT;
	return user_write(arg2(f), &bytes, sizeof(bytes));
}

static int64_t sys_setpgid(struct trap_frame *f)
{
	return process_set_group((int32_t)arg0(f), (int32_t)arg1(f));
}

static int64_t sys_getpgrp(struct trap_frame *f)
{
	(void)f;
	return process_self()->group;
}

static struct process *process_or_self(uint64_t pid)
{
	return (int32_t)pid ? process_by_pid((int32_t)pid) : process_self();
}

static int64_t sys_getpgid(struct trap_frame *f)
{
	const struct process *p = process_or_self(arg0(f));

	return p ? p->group : -LX_ESRCH;
}

static int64_t sys_getsid(struct trap_frame *f)
{
	const struct process *p = process_or_self(arg0(f));

	return p ? p->session : -LX_ESRCH;
}

static int64_t sys_setsid(struct trap_frame *f)
{
	(void)f;
	return process_set_session();
}

static int64_t sys_arch_prctl(struct trap_frame *f)
{
	uint64_t value = arg1(f);

	switch (arg0(f)) {
	case LX_ARCH_SET_FS:
	case LX_ARCH_SET_GS:
		if (value >= SPACE_USER_END)
			return -LX_EPERM;
		thread_set_bases(arg0(f) == LX_ARCH_SET_FS ? value : thread_fs_base(),
			arg0(f) == LX_ARCH_SET_GS ? value : thread_gs_base());
		return 0;
	case LX_ARCH_GET_FS:
		value = thread_fs_base();
		break;
	case LX_ARCH_GET_GS:
		value = thread_gs_base();
		break;
	default:
		return -LX_EINVAL;
	}
	return user_write(arg1(f), &value, sizeof(value));
}

static int64_t sys_prctl(struct trap_frame *f)
{
	struct process *p = process_self();
	char name[PROC_NAME] = {0};

	switch (arg0(f)) {
	case PR_SET_NAME:
		if (user_text(name, arg1(f), sizeof(name)) == -LX_EFAULT)
			return -LX_EFAULT;
		name[PROC_NAME - 1] = '\0';
		memcpy(p->name, name, PROC_NAME);
		return 0;
	case PR_GET_NAME:
		return user_write(arg1(f), p->name, PROC_NAME);
	default:
		return -LX_EINVAL;
	}
}

/* ---- futex ---- */

/* Which clock the fifth word of a command means: absolute ones, or -1 for a relative time. */
static int32_t futex_clock(uint32_t command, uint64_t flags)
{
	int32_t chosen = (flags & LX_FUTEX_REALTIME) ? LX_CLOCK_REALTIME : LX_CLOCK_MONOTONIC;

	switch (command) {
	case LX_FUTEX_WAIT: return -1;
	case LX_FUTEX_LOCK_PI: return LX_CLOCK_REALTIME;
	default: return chosen;
	}
}

static int64_t futex_timeout(const struct trap_frame *f, uint32_t command, uint64_t *deadline)
{
	int32_t clock = futex_clock(command, arg1(f));
	struct lx_timespec t;

	if (signal_kept_deadline(deadline))
		return 0;
	*deadline = WAIT_FOREVER;
	if (!arg3(f))
		return 0;
	if (user_read(&t, arg3(f), sizeof(t)))
		return -LX_EFAULT;
	if (!proc_time_valid(&t))
		return -LX_EINVAL;
	*deadline = clock < 0 ? proc_deadline(&t) : proc_absolute(clock, &t);
	return 0;
}

static int64_t futex_waiting(const struct trap_frame *f, uint32_t command)
{
	uint64_t deadline;
	int64_t error = futex_timeout(f, command, &deadline);

	if (error)
		return error;
	return futex_wait(arg0(f), (uint32_t)arg2(f), command == LX_FUTEX_WAIT ? UINT32_MAX : (uint32_t)arg5(f), deadline);
}

static int64_t futex_locking(const struct trap_frame *f, uint32_t command)
{
	uint64_t deadline;
	int64_t error = futex_timeout(f, command, &deadline);

	return error ? error : futex_lock_pi(arg0(f), deadline, false);
}

/* A condition variable of a PI lock: who is woken waits for the lock before it returns, so all are woken at once. */
static int64_t futex_wait_requeue(const struct trap_frame *f)
{
	uint64_t deadline;
	int64_t error = futex_timeout(f, LX_FUTEX_WAIT_REQUEUE_PI, &deadline);

	if (error || arg0(f) == arg4(f))
		return error ? error : -LX_EINVAL;
	error = futex_wait(arg0(f), (uint32_t)arg2(f), UINT32_MAX, deadline);
	if (error)
		return error;
	error = futex_lock_pi(arg4(f), deadline, false);
	return error == -LX_ERESTARTNOINTR ? -LX_EAGAIN : error; /* it cannot wait for the wake-up again */
}

static int64_t futex_wake_requeue(const struct trap_frame *f)
{
	uint32_t more = (uint32_t)arg3(f) < INT32_MAX ? (uint32_t)arg3(f) : INT32_MAX;

	if ((uint32_t)arg2(f) != 1 || arg0(f) == arg4(f))
		return -LX_EINVAL;
	return futex_requeue(arg0(f), 1 + more, 0, arg4(f), true, (uint32_t)arg5(f));
}

/* Commands of PI locks; those of other futexes are sys_futex's. */
static int64_t futex_pi(const struct trap_frame *f, uint32_t command)
{
	switch (command) {
	case LX_FUTEX_LOCK_PI:
	case LX_FUTEX_LOCK_PI2:
		return futex_locking(f, command);
	case LX_FUTEX_TRYLOCK_PI:
		return futex_lock_pi(arg0(f), 0, true);
	case LX_FUTEX_UNLOCK_PI:
		return futex_unlock_pi(arg0(f));
	case LX_FUTEX_WAIT_REQUEUE_PI:
		return futex_wait_requeue(f);
	case LX_FUTEX_CMP_REQUEUE_PI:
		return futex_wake_requeue(f);
	default:
		return -LX_ENOSYS;
	}
}

static __attribute__((noinline)) int64_t futex_other(struct trap_frame *f, uint32_t command, uint32_t count)
{
	switch (command) {
	case LX_FUTEX_WAIT:
	case LX_FUTEX_WAIT_BITSET:
		return futex_waiting(f, command);
	case LX_FUTEX_WAKE_BITSET:
		return futex_wake(arg0(f), count, (uint32_t)arg5(f));
	case LX_FUTEX_REQUEUE:
	case LX_FUTEX_CMP_REQUEUE:
		return futex_requeue(arg0(f), count, (uint32_t)arg3(f), arg4(f), command == LX_FUTEX_CMP_REQUEUE,
			(uint32_t)arg5(f));
	case LX_FUTEX_WAKE_OP:
		return futex_wake_op(arg0(f), count, arg4(f), (uint32_t)arg3(f), (uint32_t)arg5(f));
	default:
		return futex_pi(f, command);
	}
}

static int64_t sys_futex(struct trap_frame *f)
{
	uint32_t command = (uint32_t)arg1(f) & LX_FUTEX_COMMAND, count = (uint32_t)arg2(f);

	if (command == LX_FUTEX_WAKE)
		return futex_wake(arg0(f), count, UINT32_MAX);
	if (command == LX_FUTEX_WAIT && !arg3(f))
		return futex_wait(arg0(f), count, UINT32_MAX, WAIT_FOREVER);
	return futex_other(f, command, count);
}

static const struct call process_calls[] = {
	{39, sys_getpid}, {CALL_WHOLE | 56, sys_clone}, {CALL_WHOLE | 57, sys_fork}, {CALL_WHOLE | 58, sys_vfork},
	{59, sys_execve}, {60, sys_exit}, {61, sys_wait4}, {98, sys_getrusage}, {102, sys_zero}, {104, sys_zero},
	{105, sys_set_id}, {106, sys_set_id}, {107, sys_zero}, {108, sys_zero}, {109, sys_setpgid},
	{110, sys_getppid}, {111, sys_getpgrp}, {112, sys_setsid}, {113, sys_set_id}, {114, sys_set_id},
	{115, sys_zero}, {117, sys_set_id}, {119, sys_set_id}, {121, sys_getpgid}, {124, sys_getsid},
	{157, sys_prctl}, {158, sys_arch_prctl}, {186, sys_gettid}, {202, sys_futex}, {218, sys_set_tid_address},
	{231, sys_exit_group}, {247, sys_waitid}, {273, sys_set_robust_list}, {274, sys_get_robust_list},
	{CALL_WHOLE | 435, sys_clone3},
};
CALL_GROUP(process);
