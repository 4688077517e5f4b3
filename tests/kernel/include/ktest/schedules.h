/* SPDX-License-Identifier: MIT */
/*
 * Example schedules of the slides on Quest-V's scheduling, acted out by threads on VCPUs of this core. Each example
 * marks its begin and its end in the trace, so `quest trace --marked=N` shows the N-th one, and leaves the core as it
 * was. The caller's VCPU is the default one, made small for the examples' sake.
 */
#ifndef KTEST_SCHEDULES_H
#define KTEST_SCHEDULES_H

#include <ktest/ktest.h>

/* Make room: half a unit in a hundred is enough for the caller. */
void schedules_begin(void);

/* A periodic task of 8 units in 16 that waits for a burst of I/O in its second period; the bottom half has a quarter of
 * the core, as a sporadic server of 4 in 16 or as an I/O VCPU. A third VCPU takes what is left. Returns in tenths of a
 * unit how long after its release the second job was done; more than 160 is a missed deadline. */
uint64_t schedule_io(bool pibs);

/* 10 in 40 from time 1 on, 20 in 50 with one I/O request, an I/O VCPU with 4 %, for 100 units. Returns what the second
 * one got on budget, in tenths of a unit. */
uint64_t schedule_replenishments(void);

#endif
