/* SPDX-License-Identifier: MIT */
#include <base/cpu.h>
#include <base/irq.h>
#include <base/panic.h>
#include <base/time.h>
#include <dev/interrupt.h>
#include <hw/apic.h>
#include <mm/heap.h>

#define VECTORS (IRQ_DEVICES_END - IRQ_DEVICES)
#define TRIES 16u
#define PATIENCE_US 1000000u
#define STEP_US 100u

static struct dev_interrupt *devices[VECTORS]; /* by vector */

/* ---- top half ---- */

static void top_half(struct trap_frame *frame)
{
	struct dev_interrupt *i = devices[frame->vector - IRQ_DEVICES];
	const struct vcpu *asker;

	if (!i)
		return;
	i->mask(i);
	i->last = hw_rdtsc();
	i->pending = true;
	asker = vcpu_by_id(i->asker);
	if (asker)
		vcpu_inherit(i->io, asker);
	(void)sched_wake_one(&i->work);
}

void dev_interrupt_ask(struct dev_interrupt *i)
{
	const struct vcpu *asker = thread_self()->home;

	if (i->io && asker && this_cpu()->index == i->core)
		i->asker = vcpu_id(asker);
}

/* ---- bottom half ---- */

static void reap(struct thread *t)
{
	mm_stack_free(t->stack_top);
}

static void wait_for_interval(struct dev_interrupt *i)
{
	uint64_t again = i->last + i->interval;

	if (hw_rdtsc() >= again)
		return;
	i->delayed++;
	(void)sched_sleep(again, false);
}

static void bottom_half(void *argument)
{
	struct dev_interrupt *i = argument;

	while (i->state != DEV_REFUSED) {
		if (!i->pending) {
			(void)sched_wait(&i->work, WAIT_FOREVER, false);
			continue;
		}
		i->pending = false;
		if (i->state == DEV_MEASURED)
			continue;
		if (i->serve)
			i->serve(i);
		i->served++;
		wait_for_interval(i);
		i->unmask(i);
	}
	thread_exit(reap);
}

/* ---- request ---- */

/* Others run: at boot, as soon as they can; a thread steps aside for that. */
static void give_way(void)
{
	sched_preempt_point();
	if (thread_self()->vcpu)
		(void)sched_sleep(hw_rdtsc() + time_cycles(STEP_US), false);
}

/* An interrupt as the device would make it: the core sends it to itself. */
static uint64_t time_top_half(const struct dev_interrupt *i)
{
	const struct irq_usage *u = &irq_line_of(i->vector)->usage[this_cpu()->index];
	uint64_t before = u->cycles, count = u->count, limit = hw_rdtsc() + time_cycles(PATIENCE_US);

	hw_mfence(); /* a write to the x2APIC does not order stores: SDM 3, 11.12.3 */
	hw_wrmsr(HW_X2_SELF_IPI, i->vector);
	hw_sti();
	while (*(const volatile uint64_t *)&u->count == count && hw_rdtsc() < limit)
		hw_pause();
	hw_cli();
	if (u->count == count)
		panic("vector %u does not arrive", i->vector);
	return u->cycles - before;
}

/* The least of several tries, since only disturbances by the host of an emulator make one longer. Each wakes the bottom
 * half, which has nothing to do. Entry and exit, and what more there is to do when the VCPU is at work for another
 * device, cost less than a decision. */
static uint64_t measure(const struct dev_interrupt *i)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t n = 0; n < TRIES; n++) {
		uint64_t took;

		while (i->thread.state != THREAD_BLOCKED)
			give_way();
		took = time_top_half(i);
		if (took < least)
			least = took;
	}
	return least + vcpu_decision_cost();
}

static bool take_vector(struct dev_interrupt *i)
{
	uint32_t n = i->vector ? i->vector - IRQ_DEVICES : 0;

	while (!i->vector && n < VECTORS && devices[n])
		n++;
	if (n >= VECTORS || devices[n])
		return false;
	i->vector = (uint8_t)(IRQ_DEVICES + n);
	devices[n] = i;
	if (irq_line_of(i->vector)->handler != top_half)
		irq_claim(i->vector, i->name, top_half);
	return true;
}

/* The bottom half ends. */
static void give_back(struct dev_interrupt *i)
{
	devices[i->vector - IRQ_DEVICES] = NULL;
	i->state = DEV_REFUSED;
	(void)sched_wake_one(&i->work);
	while (i->thread.state != THREAD_DEAD)
		give_way();
	i->io = NULL;
}

static void begin(struct dev_interrupt *i)
{
	while (i->thread.state != THREAD_BLOCKED) /* it has seen the last try */
		give_way();
	if (!i->charge_interrupted)
		irq_charge(i->vector, vcpu_top_halves(i->io));
	irq_forget(i->vector);
	i->state = DEV_WORKS;
	i->unmask(i);
}

enum vcpu_error dev_interrupt_request(struct dev_interrupt *i, struct vcpu *io)
{
	uint64_t stack = mm_stack_alloc();
	enum vcpu_error error;

	if (!stack || !take_vector(i)) {
		if (stack)
			mm_stack_free(stack);
		return VCPU_NO_ROOM;
	}
	i->io = io;
	i->core = this_cpu()->index;
	i->state = DEV_MEASURED;
	i->thread = (struct thread){.stack_top = stack, .name = i->name};
	thread_start(&i->thread, io, bottom_half, i);
	i->cost = measure(i);
	error = vcpu_admit_interrupt(this_cpu()->index, i->name, i->cost, i->interval);
	if (error)
		give_back(i);
	else
		begin(i);
	return error;
}

const struct dev_interrupt *dev_interrupt_at(uint32_t n)
{
	for (uint32_t v = 0; v < VECTORS; v++) {
		if (devices[v] && n-- == 0)
			return devices[v];
	}
	return NULL;
}
