/* SPDX-License-Identifier: MIT */
/* Calls on clocks and timers. */
#include "calls.h"

#include <fs/poll.h>
#include <hw/cpu.h>
#include <sched/registers.h>

#define MICRO 1000000
#define TICKS_PER_SECOND 100u
#define ALARM_LEAST_NS 100000u /* between two of an interval timer: their cost falls on whoever runs */

static bool clock_ns(int32_t clock, uint64_t *ns)
{
	switch (clock) {
	case LX_CLOCK_REALTIME:
	case LX_CLOCK_REALTIME_COARSE:
		*ns = (uint64_t)proc_realtime();
		return true;
	case LX_CLOCK_MONOTONIC:
	case LX_CLOCK_MONOTONIC_RAW:
	case LX_CLOCK_MONOTONIC_COARSE:
	case LX_CLOCK_BOOTTIME:
		*ns = (uint64_t)proc_monotonic();
		return true;
	case LX_CLOCK_PROCESS_CPUTIME_ID:
		*ns = proc_ns(process_consumed(process_self()->pid));
		return true;
	case LX_CLOCK_THREAD_CPUTIME_ID:
		*ns = proc_ns(thread_consumed(thread_self()));
		return true;
	default:
		return false;
	}
}

static int64_t write_time(uint64_t to, uint64_t ns)
{
	struct lx_timespec t = proc_timespec(ns);

	return user_write(to, &t, sizeof(t));
}

static int64_t sys_clock_gettime(struct trap_frame *f)
{
	uint64_t ns;

	return clock_ns((int32_t)arg0(f), &ns) ? write_time(arg1(f), ns) : -LX_EINVAL;
}

static int64_t sys_clock_getres(struct trap_frame *f)
{
	uint64_t ns;

	if (!clock_ns((int32_t)arg0(f), &ns))
		return -LX_EINVAL;
	return arg1(f) ? write_time(arg1(f), 1) : 0;
}

static int64_t sys_clock_settime(struct trap_frame *f)
{
	struct lx_timespec t;

	if (arg0(f) != LX_CLOCK_REALTIME || user_read(&t, arg1(f), sizeof(t)))
		return arg0(f) != LX_CLOCK_REALTIME ? -LX_EINVAL : -LX_EFAULT;
	if (!proc_time_valid(&t) || t.seconds > INT64_MAX / 2000000000)
		return -LX_EINVAL;
	proc_set_realtime(t.seconds * 1000000000 + t.nanoseconds);
	return 0;
}

static int64_t sys_gettimeofday(struct trap_frame *f)
{
	int64_t ns = proc_realtime();
	struct lx_timeval tv = {.seconds = ns / 1000000000, .microseconds = ns % 1000000000 / 1000};
	int32_t zone[2] = {0, 0};

	if (arg0(f) && user_write(arg0(f), &tv, sizeof(tv)))
		return -LX_EFAULT;
	return arg1(f) ? user_write(arg1(f), zone, sizeof(zone)) : 0;
}

static int64_t sys_time(struct trap_frame *f)
{
	int64_t seconds = proc_realtime() / 1000000000;

	return arg0(f) && user_write(arg0(f), &seconds, sizeof(seconds)) ? -LX_EFAULT : seconds;
}

static int64_t sys_times(struct trap_frame *f)
{
	const struct process *p = process_self();
	uint64_t tick_ns = 1000000000u / TICKS_PER_SECOND;
	int64_t tms[4] = {(int64_t)(proc_ns(process_consumed(p->pid)) / tick_ns), 0,
		(int64_t)(proc_ns(p->child_consumed) / tick_ns), 0};

	if (arg0(f) && user_write(arg0(f), tms, sizeof(tms)))
		return -LX_EFAULT;
	return proc_monotonic() / (int64_t)tick_ns;
}

/* ---- sleeping ---- */

/* A sleep that is interrupted always leaves the kernel, even if the signal is gone by then: only the hook on the way to
 * ring 3 stops a stopped process and forgets the interruption. */
static int64_t sleep_relative(uint64_t deadline, uint64_t rest)
{
	uint64_t now;

	if (sched_sleep(deadline, true) == WAIT_TIMEOUT)
		return 0;
	now = hw_rdtsc();
	if (rest && write_time(rest, deadline > now ? proc_ns(deadline - now) : 0))
		return -LX_EFAULT;
	return signal_keep_deadline(deadline);
}

static int64_t sys_nanosleep(struct trap_frame *f)
{
	uint64_t deadline;
	int64_t error = proc_take_timeout(arg0(f), &deadline);

	return error ? error : sleep_relative(deadline, arg1(f));
}

static int64_t sys_clock_nanosleep(struct trap_frame *f)
{
	int32_t clock = (int32_t)arg0(f);
	struct lx_timespec t;
	uint64_t deadline;

	if (signal_kept_deadline(&deadline))
		return sleep_relative(deadline, arg3(f));
	if (clock != LX_CLOCK_MONOTONIC && clock != LX_CLOCK_REALTIME && clock != LX_CLOCK_BOOTTIME)
		return clock >= 0 && clock <= LX_CLOCK_BOOTTIME ? -LX_EOPNOTSUPP : -LX_EINVAL;
	if (user_read(&t, arg2(f), sizeof(t)))
		return -LX_EFAULT;
	if (!proc_time_valid(&t))
		return -LX_EINVAL;
	if (!(arg1(f) & LX_TIMER_ABSTIME))
		return sleep_relative(proc_deadline(&t), arg3(f));
	return sched_sleep(proc_absolute(clock, &t), true) == WAIT_TIMEOUT ? 0 : -LX_ERESTARTNOHAND;
}

/* ---- the process' alarm ---- */

/* One signal for all intervals that are over: what was late is not made up for in one go. */
static void ring(struct sched_timer *timer)
{
	struct process *p = (struct process *)((char *)timer - offsetof(struct process, alarm));
	uint64_t now = hw_rdtsc(), late = now > timer->when ? now - timer->when : 0;

	signal_process(p, LX_SIGALRM, NULL);
	if (p->alarm_interval)
		sched_timer_set(timer, timer->when + (late / p->alarm_interval + 1) * p->alarm_interval);
}

static uint64_t alarm_left(const struct process *p)
{
	uint64_t now = hw_rdtsc();

	return qv_due_has(&p->alarm.due) && p->alarm.when > now ? p->alarm.when - now : 0;
}

static void set_alarm(struct process *p, uint64_t first_ns, uint64_t interval_ns)
{
	sched_timer_cancel(&p->alarm);
	p->alarm.fire = ring;
	p->alarm_interval = interval_ns ? proc_cycles(interval_ns > ALARM_LEAST_NS ? interval_ns : ALARM_LEAST_NS) : 0;
	if (first_ns)
		sched_timer_set(&p->alarm, proc_deadline_ns(first_ns));
}

static int64_t sys_alarm(struct trap_frame *f)
{
	uint64_t left = proc_ns(alarm_left(process_self()));

	set_alarm(process_self(), (uint64_t)(uint32_t)arg0(f) * 1000000000u, 0);
	return (int64_t)((left + 999999999u) / 1000000000u);
}

static int64_t write_alarm(uint64_t to)
{
	const struct process *p = process_self();
	struct lx_timespec interval = proc_timespec(proc_ns(p->alarm_interval)), left = proc_timespec(proc_ns(alarm_left(p)));
	int64_t value[4] = {interval.seconds, interval.nanoseconds / 1000, left.seconds, left.nanoseconds / 1000};

	return user_write(to, value, sizeof(value));
}

static int64_t sys_getitimer(struct trap_frame *f)
{
	return arg0(f) ? -LX_EINVAL : write_alarm(arg1(f)); /* ITIMER_REAL alone */
}

static bool micro_time(const int64_t value[2], uint64_t *ns)
{
	if (value[0] < 0 || value[0] > INT64_MAX / 2000000000 || value[1] < 0 || value[1] >= MICRO)
		return false;
	*ns = (uint64_t)value[0] * 1000000000u + (uint64_t)value[1] * 1000u;
	return true;
}

static int64_t sys_setitimer(struct trap_frame *f)
{
	int64_t value[4] = {0, 0, 0, 0};
	uint64_t interval, first;

	if (arg0(f))
		return -LX_EINVAL;
	if (arg1(f) && user_read(value, arg1(f), sizeof(value)))
		return -LX_EFAULT;
	if (!micro_time(value, &interval) || !micro_time(value + 2, &first))
		return -LX_EINVAL;
	if (arg2(f) && write_alarm(arg2(f)))
		return -LX_EFAULT;
	set_alarm(process_self(), first, interval);
	return 0;
}

/* ---- timer descriptors ---- */

static int64_t sys_timerfd_create(struct trap_frame *f)
{
	uint32_t flags = (uint32_t)arg1(f);
	int32_t clock = (int32_t)arg0(f);
	struct file *file;
	int64_t error;

	if ((clock != LX_CLOCK_MONOTONIC && clock != LX_CLOCK_REALTIME && clock != LX_CLOCK_BOOTTIME) ||
		(flags & ~(LX_O_CLOEXEC | LX_O_NONBLOCK)))
		return -LX_EINVAL;
	error = timerfd_create(clock, flags & LX_O_NONBLOCK, &file);
	return error ? error : fd_install(process_self()->files, file, 0, flags & LX_O_CLOEXEC);
}

static int64_t write_timerfd(struct file *file, uint64_t to)
{
	struct lx_itimerspec value = {0};
	uint64_t when, interval, now = hw_rdtsc();
	int64_t error = timerfd_get(file, &when, &interval);

	if (error)
		return error;
	value.interval = proc_timespec(proc_ns(interval));
	if (when)
		value.value = proc_timespec(proc_ns(when > now ? when - now : 1));
	return user_write(to, &value, sizeof(value));
}

static int64_t set_timerfd(struct file *file, const struct trap_frame *f)
{
	struct lx_itimerspec value;
	uint64_t when;
	int64_t error = 0;

	if (timerfd_clock(file) < 0)
		return -LX_EINVAL;
	if (user_read(&value, arg2(f), sizeof(value)))
		return -LX_EFAULT;
	if (!proc_time_valid(&value.value) || !proc_time_valid(&value.interval))
		return -LX_EINVAL;
	if (arg3(f))
		error = write_timerfd(file, arg3(f));
	if (error)
		return error;
	when = (arg1(f) & LX_TFD_TIMER_ABSTIME) ? proc_absolute(timerfd_clock(file), &value.value) :
		proc_deadline(&value.value);
	if (value.value.seconds == 0 && value.value.nanoseconds == 0)
		when = 0;
	return timerfd_set(file, when, proc_cycles((uint64_t)value.interval.seconds * 1000000000u +
		(uint64_t)value.interval.nanoseconds));
}

static int64_t sys_timerfd_settime(struct trap_frame *f)
{
	struct file *file = fd_file(process_self()->files, (uint32_t)arg0(f));
	int64_t result = file ? set_timerfd(file, f) : -LX_EBADF;

	if (file)
		file_put(file);
	return result;
}

static int64_t sys_timerfd_gettime(struct trap_frame *f)
{
	struct file *file = fd_file(process_self()->files, (uint32_t)arg0(f));
	int64_t result = file ? write_timerfd(file, arg1(f)) : -LX_EBADF;

	if (file)
		file_put(file);
	return result;
}

static const struct call time_calls[] = {
	{35, sys_nanosleep}, {36, sys_getitimer}, {37, sys_alarm}, {38, sys_setitimer}, {96, sys_gettimeofday},
	{100, sys_times}, {201, sys_time}, {227, sys_clock_settime}, {228, sys_clock_gettime}, {229, sys_clock_getres},
	{230, sys_clock_nanosleep}, {283, sys_timerfd_create}, {286, sys_timerfd_settime}, {287, sys_timerfd_gettime},
};
CALL_GROUP(time);
