/* SPDX-License-Identifier: MIT */
/* Deadlines are absolute, so a late tick does not move the ones after it. */
#include <base/boot.h>
#include <base/cpu.h>
#include <base/irq.h>
#include <base/time.h>
#include <base/timer.h>
#include <hw/apic.h>
#include <hw/msr.h>

static bool has_deadline(void)
{
	return boot_info()->flags & QV_INFO_TSC_DEADLINE;
}

/* Interrupt at TSC `deadline`; one in the past fires at once. */
static void arm(uint64_t deadline)
{
	uint64_t now;

	if (has_deadline()) {
		hw_wrmsr(HW_MSR_TSC_DEADLINE, deadline);
		return;
	}
	now = hw_rdtsc();
	hw_wrmsr(HW_X2_TIMER_INITIAL, time_apic_counts(deadline > now ? deadline - now : 0));
}

static void tick(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();

	(void)frame;
	if (cpu->period == 0)
		return;
	if (hw_rdtsc() >= cpu->deadline) { /* a one-shot of another clock may come a little early */
		cpu->ticks++;
		cpu->deadline += cpu->period;
	}
	arm(cpu->deadline);
}

void timer_claim(void)
{
	irq_claim(IRQ_TIMER, tick);
}

void timer_init(void)
{
	hw_wrmsr(HW_X2_TIMER_DIVIDE, HW_TIMER_DIVIDE_1);
	hw_wrmsr(HW_X2_LVT_TIMER, IRQ_TIMER | (has_deadline() ? HW_LVT_TSC_DEADLINE : 0));
	hw_mfence(); /* the mode change must be seen before a deadline is written: SDM 3, 11.5.4.1 */
}

void timer_start(uint64_t us)
{
	struct cpu *cpu = this_cpu();

	cpu->ticks = 0;
	cpu->period = time_cycles(us);
	cpu->deadline = hw_rdtsc() + cpu->period;
	arm(cpu->deadline);
}

void timer_stop(void)
{
	this_cpu()->period = 0;
	if (has_deadline())
		hw_wrmsr(HW_MSR_TSC_DEADLINE, 0);
	else
		hw_wrmsr(HW_X2_TIMER_INITIAL, 0);
}
