/* SPDX-License-Identifier: MIT */
/*
 * Code that the kernel maps into every process: clocks without a system call. Position-independent, without data of its
 * own; the C library finds it by AT_SYSINFO_EHDR (vdso(7) of Linux has names and versions). The TSC is invariant and
 * its offset fixed, so time is one multiplication away from it.
 */
#include <abi/linux_process.h>
#include <abi/vdso.h>
#include <lib/clock.h>

#define CALL_GETTIME 228
#define CALL_GETRES  229
#define PUBLIC __attribute__((visibility("default")))

PUBLIC int __vdso_clock_gettime(int32_t clock, struct lx_timespec *to);
PUBLIC int __vdso_clock_getres(int32_t clock, struct lx_timespec *to);
PUBLIC int __vdso_gettimeofday(struct lx_timeval *to, int32_t zone[2]);
PUBLIC int64_t __vdso_time(int64_t *to);
PUBLIC int __vdso_getcpu(uint32_t *cpu, uint32_t *node, void *unused);

/* Right below the image, whose begin the linker calls __ehdr_start. */
static inline const volatile struct vdso_data *data(void)
{
	const volatile struct vdso_data *at;

	__asm__("lea __ehdr_start - %c1(%%rip), %0" : "=r"(at) : "i"(VDSO_PAGE));
	return at;
}

/* LFENCE: the counter is not read before what the program did earlier. */
static inline uint64_t monotonic(const volatile struct vdso_data *d)
{
	const struct qv_clock c = {.factor = d->factor, .shift = d->shift};
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return qv_clock_ns(&c, ((uint64_t)high << 32 | low) - d->start);
}

static inline uint64_t realtime(const volatile struct vdso_data *d)
{
	return monotonic(d) + (uint64_t)d->wall;
}

static int ask_kernel(int64_t number, int32_t clock, struct lx_timespec *to)
{
	int64_t result = number;

	__asm__ volatile("syscall" : "+a"(result) : "D"((int64_t)clock), "S"(to) : "rcx", "r11", "memory");
	return (int)result;
}

static inline void split(uint64_t ns, struct lx_timespec *to)
{
	to->seconds = (int64_t)(ns / QV_CLOCK_BILLION);
	to->nanoseconds = (int64_t)(ns % QV_CLOCK_BILLION);
}

static inline bool is_wall(int32_t clock)
{
	return clock == LX_CLOCK_REALTIME || clock == LX_CLOCK_REALTIME_COARSE;
}

static inline bool is_steady(int32_t clock)
{
	return clock == LX_CLOCK_MONOTONIC || clock == LX_CLOCK_MONOTONIC_RAW || clock == LX_CLOCK_MONOTONIC_COARSE ||
		clock == LX_CLOCK_BOOTTIME;
}

int __vdso_clock_gettime(int32_t clock, struct lx_timespec *to)
{
	if (__builtin_expect(is_steady(clock), 1))
		split(monotonic(data()), to);
	else if (is_wall(clock))
		split(realtime(data()), to);
	else
		return ask_kernel(CALL_GETTIME, clock, to);
	return 0;
}

int __vdso_clock_getres(int32_t clock, struct lx_timespec *to)
{
	if (!is_steady(clock) && !is_wall(clock))
		return ask_kernel(CALL_GETRES, clock, to);
	if (to)
		split(1, to);
	return 0;
}

int __vdso_gettimeofday(struct lx_timeval *to, int32_t zone[2])
{
	if (to) {
		uint64_t ns = realtime(data());

		to->seconds = (int64_t)(ns / QV_CLOCK_BILLION);
		to->microseconds = (int64_t)(ns % QV_CLOCK_BILLION / 1000);
	}
	if (zone)
		zone[0] = zone[1] = 0;
	return 0;
}

int64_t __vdso_time(int64_t *to)
{
	int64_t seconds = (int64_t)(realtime(data()) / QV_CLOCK_BILLION);

	if (to)
		*to = seconds;
	return seconds;
}

int __vdso_getcpu(uint32_t *cpu, uint32_t *node, void *unused)
{
	(void)unused;
	if (cpu)
		*cpu = data()->cpu;
	if (node)
		*node = 0;
	return 0;
}
