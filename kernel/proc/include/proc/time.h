/* SPDX-License-Identifier: MIT */
/* Clocks of programs over the TSC: monotonic since the kernel's start, wall-clock time by an offset, CPU time. */
#ifndef PROC_TIME_H
#define PROC_TIME_H

#include <abi/linux.h>

/* Cycles to and from nanoseconds; deadlines saturate at UINT64_MAX (for ever). */
uint64_t proc_ns(uint64_t cycles);
uint64_t proc_cycles(uint64_t ns);
/* TSC `ns` nanoseconds from now, or after a relative time that was checked. */
uint64_t proc_deadline_ns(uint64_t ns);
uint64_t proc_deadline(const struct lx_timespec *relative);
/* Is it a time: 0 <= nanoseconds < 10^9, seconds >= 0? */
bool proc_time_valid(const struct lx_timespec *t);
/* Read a relative time from user address `at` into a deadline: 0, -LX_EFAULT, -LX_EINVAL. A call that is made again
 * keeps the deadline it had (signal_keep_deadline). */
int64_t proc_take_timeout(uint64_t at, uint64_t *deadline);
/* TSC of an absolute time of `clock` (CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME). */
uint64_t proc_absolute(int32_t clock, const struct lx_timespec *t);
struct lx_timespec proc_timespec(uint64_t ns);

/* Nanoseconds since the kernel's start; since 1970. */
int64_t proc_monotonic(void);
int64_t proc_realtime(void);
/* Set wall-clock time: nanoseconds since 1970. */
void proc_set_realtime(int64_t ns);
/* TSC at the kernel's start. Once, on core 0: proc_time_init. */
uint64_t proc_start(void);
void proc_time_init(void);

#endif
