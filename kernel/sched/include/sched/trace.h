/* SPDX-License-Identifier: MIT */
/* Records that others than the scheduler add to the trace of this core (abi/trace.h). Thread context, interrupts
 * off. */
#ifndef SCHED_TRACE_H
#define SCHED_TRACE_H

#include <abi/trace.h>

/* The running thread says something about itself. */
void sched_trace_mark(enum qv_trace_mark mark, uint32_t number);
/* The running thread asks for this system call. */
void sched_trace_call(uint64_t number);

#endif
