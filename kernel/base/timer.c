/* SPDX-License-Identifier: MIT */
/* Deadlines are absolute, so a late interrupt does not move the ones after it. */
#include <base/boot.h>
#include <base/init.h>
#include <base/time.h>
#include <base/timer.h>
#include <hw/apic.h>
#include <hw/msr.h>

bool timer_has_deadlines;

void timer_claim(irq_handler *handler)
{
	irq_claim(IRQ_TIMER, "timer", handler);
}

INIT void timer_init(void)
{
	timer_has_deadlines = boot_info()->flags & QV_INFO_TSC_DEADLINE;
	hw_wrmsr(HW_X2_TIMER_DIVIDE, HW_TIMER_DIVIDE_1);
	hw_wrmsr(HW_X2_LVT_TIMER, IRQ_TIMER | (timer_has_deadlines ? HW_LVT_TSC_DEADLINE : 0));
	hw_mfence(); /* the mode change must be seen before a deadline is written: SDM 3, 11.5.4.1 */
}

void timer_arm(uint64_t deadline)
{
	timer_arm_now(deadline);
}

void timer_disarm(void)
{
	hw_wrmsr(timer_has_deadlines ? HW_MSR_TSC_DEADLINE : HW_X2_TIMER_INITIAL, 0);
}
