/* SPDX-License-Identifier: MIT */
/* The LAPIC timer as an absolute one-shot in TSC cycles. After timer_init neither arming nor its interrupt leaves the
 * sandbox. */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <base/irq.h>
#include <base/time.h>
#include <hw/apic.h>
#include <hw/msr.h>

/* `handler` gets the timer's interrupts; once, on core 0. */
void timer_claim(irq_handler *handler);
/* Set this core's LVT: TSC-deadline where the processor has it, else one-shot at divide-by-1. */
void timer_init(void);
/* One interrupt at TSC `deadline`, at once if that has passed; replaces what was armed. It may come a little early,
 * and without TSC-deadline mode also when the counter has run out after 2^32 counts. */
void timer_arm(uint64_t deadline);
/* The same where every instruction counts. */
extern bool timer_has_deadlines; /* TSC-deadline mode; written by timer_init only */
static inline void timer_arm_now(uint64_t deadline)
{
	uint64_t now;

	if (timer_has_deadlines) {
		hw_wrmsr(HW_MSR_TSC_DEADLINE, deadline);
		return;
	}
	now = hw_rdtsc();
	hw_wrmsr(HW_X2_TIMER_INITIAL, time_apic_counts(deadline > now ? deadline - now : 0));
}
/* No interrupt. */
void timer_disarm(void);

#endif
