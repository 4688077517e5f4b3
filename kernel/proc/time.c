/* SPDX-License-Identifier: MIT */
/* Nanoseconds are what kernel/vdso tells, too: by the same product over the same page. Cycles are rounded up, by exact
 * division. */
#include <abi/linux_process.h>
#include <base/boot.h>
#include <base/init.h>
#include <hw/cpu.h>
#include <lib/clock.h>
#include <mm/space.h>
#include <proc/signal.h>
#include <proc/time.h>
#include <proc/vdso.h>

#define BILLION 1000000000ull
static uint64_t hz;
static struct qv_clock scale;

INIT void proc_time_init(void)
{
	hz = boot_info()->tsc_hz;
	qv_clock_init(&scale, hz);
	*vdso_data() = (struct vdso_data){.start = hw_rdtsc(), .factor = scale.factor, .shift = scale.shift};
}

uint64_t proc_start(void)
{
	return vdso_data()->start;
}

uint64_t proc_ns(uint64_t cycles)
{
	return qv_clock_ns(&scale, cycles);
}

/* Rounded up: what waits so long never wakes early. */
uint64_t proc_cycles(uint64_t ns)
{
	uint64_t seconds = ns / BILLION, rest = (ns % BILLION * hz + BILLION - 1) / BILLION;

	return seconds > UINT64_MAX / hz - 1 ? UINT64_MAX : seconds * hz + rest;
}

static uint64_t after(uint64_t when, uint64_t cycles)
{
	return cycles > UINT64_MAX - when ? UINT64_MAX : when + cycles;
}

uint64_t proc_deadline_ns(uint64_t ns)
{
	return after(hw_rdtsc(), proc_cycles(ns));
}

static uint64_t total_ns(const struct lx_timespec *t)
{
	if ((uint64_t)t->seconds > UINT64_MAX / BILLION - 1)
		return UINT64_MAX;
	return (uint64_t)t->seconds * BILLION + (uint64_t)t->nanoseconds;
}

uint64_t proc_deadline(const struct lx_timespec *relative)
{
	return proc_deadline_ns(total_ns(relative));
}

bool proc_time_valid(const struct lx_timespec *t)
{
	return t->seconds >= 0 && t->nanoseconds >= 0 && t->nanoseconds < (int64_t)BILLION;
}

int64_t proc_take_timeout(uint64_t at, uint64_t *deadline)
{
	struct lx_timespec t;

	if (signal_kept_deadline(deadline))
		return 0;
	if (user_read(&t, at, sizeof(t)))
		return -LX_EFAULT;
	if (!proc_time_valid(&t))
		return -LX_EINVAL;
	*deadline = proc_deadline(&t);
	return 0;
}

uint64_t proc_absolute(int32_t clock, const struct lx_timespec *t)
{
	uint64_t ns = total_ns(t);
	int64_t wall = vdso_data()->wall;
	bool by_wall = clock == LX_CLOCK_REALTIME || clock == LX_CLOCK_REALTIME_COARSE;

	if (by_wall && wall > 0)
		ns = ns > (uint64_t)wall ? ns - (uint64_t)wall : 0;
	return after(proc_start(), proc_cycles(ns));
}

struct lx_timespec proc_timespec(uint64_t ns)
{
	return (struct lx_timespec){.seconds = (int64_t)(ns / BILLION), .nanoseconds = (int64_t)(ns % BILLION)};
}

int64_t proc_monotonic(void)
{
	return (int64_t)proc_ns(hw_rdtsc() - proc_start());
}

int64_t proc_realtime(void)
{
	return proc_monotonic() + vdso_data()->wall;
}

void proc_set_realtime(int64_t ns)
{
	vdso_data()->wall = ns - proc_monotonic();
}
