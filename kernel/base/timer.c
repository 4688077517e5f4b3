/* SPDX-License-Identifier: MIT */
/* Deadlines are absolute, so a late interrupt does not move the ones after it. */
#include <base/boot.h>
#include <base/time.h>
#include <base/timer.h>
#include <hw/apic.h>
#include <hw/msr.h>

static bool deadline_mode;

void timer_claim(irq_handler *handler)
{
	irq_claim(IRQ_TIMER, "timer", handler);
}

void timer_init(void)
{
	deadline_mode = boot_info()->flags & QV_INFO_TSC_DEADLINE;
	hw_wrmsr(HW_X2_TIMER_DIVIDE, HW_TIMER_DIVIDE_1);
	hw_wrmsr(HW_X2_LVT_TIMER, IRQ_TIMER | (deadline_mode ? HW_LVT_TSC_DEADLINE : 0));
	hw_mfence(); /* the mode change must be seen before a deadline is written: SDM 3, 11.5.4.1 */
}

void timer_arm(uint64_t deadline)
{
	uint64_t now;

	if (deadline_mode) {
		hw_wrmsr(HW_MSR_TSC_DEADLINE, deadline);
		return;
	}
	now = hw_rdtsc();
	hw_wrmsr(HW_X2_TIMER_INITIAL, time_apic_counts(deadline > now ? deadline - now : 0));
}

void timer_disarm(void)
{
	hw_wrmsr(deadline_mode ? HW_MSR_TSC_DEADLINE : HW_X2_TIMER_INITIAL, 0);
}
