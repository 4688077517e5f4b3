/* SPDX-License-Identifier: MIT */
/* The LAPIC timer as an absolute one-shot in TSC cycles, and the periodic tick made of it. After timer_init neither
 * arming nor ticking leaves the sandbox. */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <abi/types.h>

/* Claim the timer vector; once, on core 0. */
void timer_claim(void);
/* Set this core's LVT: TSC-deadline where the processor has it, else one-shot at divide-by-1. */
void timer_init(void);
/* Tick every `us` microseconds on this core, without drift; ticks are counted in this_cpu()->ticks. */
void timer_start(uint64_t us);
/* No more ticks on this core. */
void timer_stop(void);

#endif
