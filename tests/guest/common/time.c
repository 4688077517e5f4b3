/* SPDX-License-Identifier: MIT */
/* The timer of a guest: the tick handler does the same few instructions each time, whatever happened before. */
#include "common.h"

#include <hw/apic.h>
#include <hw/cpu.h>
#include <hw/msr.h>

#define MILLION 1000000u

static struct timer {
	volatile uint64_t taken;
	volatile uint64_t *stamps; /* where the next TSC goes */
	uint64_t step;             /* 1: a slot for each; 0: all in the same */
	uint64_t deadline;
	uint64_t period;
	bool periodic;
} timers[QV_MAX_CORES];
static uint64_t unused_stamp[QV_MAX_CORES];

uint64_t guest_cycles(uint64_t us)
{
	return us * guest_info->tsc_hz / MILLION;
}

void guest_delay(uint64_t us)
{
	uint64_t start = hw_rdtsc();

	while (hw_rdtsc() - start < guest_cycles(us))
		hw_pause();
}

bool guest_wait(const volatile uint64_t *word, uint64_t value, uint64_t us)
{
	uint64_t start = hw_rdtsc();

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value) {
		if (hw_rdtsc() - start > guest_cycles(us))
			return false;
		hw_pause();
	}
	return true;
}

static void on_periodic(struct guest_frame *frame)
{
	struct timer *t = &timers[guest_core()];

	(void)frame;
	*t->stamps = hw_rdtsc();
	t->stamps += t->step;
	t->taken++;
}

static void on_deadline(struct guest_frame *frame)
{
	struct timer *t = &timers[guest_core()];

	t->deadline += t->period;
	hw_wrmsr(HW_MSR_TSC_DEADLINE, t->deadline);
	on_periodic(frame);
}

void guest_enable_apic(void)
{
	hw_wrmsr(HW_X2_TPR, 0);
	hw_wrmsr(HW_X2_SVR, 0x1ff);
}

void guest_timer_init(bool periodic)
{
	struct timer *t = &timers[guest_core()];

	t->periodic = periodic || !(guest_info->flags & QV_INFO_TSC_DEADLINE);
	guest_on(GUEST_VECTOR_TIMER, t->periodic ? on_periodic : on_deadline);
	guest_enable_apic();
	hw_wrmsr(HW_X2_TIMER_DIVIDE, HW_TIMER_DIVIDE_1);
	hw_wrmsr(HW_X2_LVT_TIMER, GUEST_VECTOR_TIMER | (t->periodic ? HW_LVT_PERIODIC : HW_LVT_TSC_DEADLINE));
	hw_mfence();
}

static void arm(struct timer *t, uint64_t us)
{
	t->period = guest_cycles(us);
	t->deadline = hw_rdtsc() + t->period;
	if (t->periodic)
		hw_wrmsr(HW_X2_TIMER_INITIAL, us * guest_info->apic_timer_hz / MILLION);
	else
		hw_wrmsr(HW_MSR_TSC_DEADLINE, t->deadline);
}

static void disarm(const struct timer *t)
{
	if (t->periodic)
		hw_wrmsr(HW_X2_TIMER_INITIAL, 0);
	else
		hw_wrmsr(HW_MSR_TSC_DEADLINE, 0);
}

void guest_ticks(uint32_t count, uint64_t us, bool sleep, volatile uint64_t *stamps)
{
	struct timer *t = &timers[guest_core()];

	t->taken = 0;
	t->stamps = stamps ? stamps : &unused_stamp[guest_core()];
	t->step = stamps != NULL;
	arm(t, us);
	while (t->taken < count) {
		if (sleep) {
			hw_sti_hlt();
			hw_cli();
		} else {
			hw_sti();
			while (t->taken < count)
				hw_pause();
			hw_cli();
		}
	}
	disarm(t);
}
