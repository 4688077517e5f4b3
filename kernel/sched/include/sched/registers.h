/* SPDX-License-Identifier: MIT */
/* The running thread's ring-3 state that lives in registers: what fork copies, signal frames hold and exec resets. */
#ifndef SCHED_REGISTERS_H
#define SCHED_REGISTERS_H

#include <sched/thread.h>

/* Features of thread_xsave_bytes() areas: XCR0. */
uint64_t thread_xsave_features(void);
/* The registers as they are now into `area`, complete and in the standard form; they stay as they are. */
void thread_xsave_save(void *area);
/* Load registers from `area`, whatever is in it: what XRSTOR would refuse is corrected in place first. */
void thread_xsave_load(void *area);

/* FS and GS base of ring 3, which may have set them itself. */
uint64_t thread_fs_base(void);
uint64_t thread_gs_base(void);
void thread_set_bases(uint64_t fs, uint64_t gs);

/* The running thread works in another address space from now on: CR3, never 0. */
void thread_set_root(uint64_t root);
/* Cycles that a thread of this core has run, up to this moment. */
uint64_t thread_consumed(const struct thread *t);

#endif
