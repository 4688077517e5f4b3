/* SPDX-License-Identifier: MIT */
/* Host tests only: what stands in for memory, threads and the console. */
#ifndef TESTS_FS_STAND_IN_H
#define TESTS_FS_STAND_IN_H

#include <abi/types.h>

/* User addresses are host addresses; this one and the page behind it are not mapped. */
#define BAD_ADDRESS 0x20000ull

/* Called where a thread would sleep: plays the other threads. Returns the enum wait_result. NULL: sleeping fails. */
extern int (*stand_in_asleep)(void);
/* Called at every preemption point; NULL = nothing. */
extern void (*stand_in_preempted)(void);
/* After this many more allocations, all fail; UINT64_MAX = never. */
extern uint64_t stand_in_allocations;
/* Objects and frames in use. */
extern uint64_t stand_in_objects, stand_in_frames;
/* What was written to the log and the console, NUL-terminated. */
extern char stand_in_screen[1 << 16];
extern size_t stand_in_shown;
/* Keys that the serial port has; NULL = there is no port. */
extern const char *stand_in_keys;
/* The timers set last; the clock is the host's TSC. */
struct sched_timer;
extern struct sched_timer *stand_in_timer;

#endif
