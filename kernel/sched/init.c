/* SPDX-License-Identifier: MIT */
/* Start of the scheduler, the idle loop, and the hooks of the ways into ring 3. */
#include "hot.h"

#include <lib/string.h>

#include <base/boot.h>
#include <base/features.h>
#include <base/init.h>
#include <base/layout.h>
#include <base/memory.h>
#include <base/panic.h>
#include <base/sections.h>
#include <base/syscall.h>
#include <base/stats.h>
#include <base/time.h>
#include <base/timer.h>
#include <hw/cpu.h>

#define QUANTUM_US 1000u
#define SLACK_US 50u /* an early interrupt and its decision take about 1 % of that */

struct core *cores[QUEST_CORES];

static sched_memory *giver;
static void (*return_hook)(struct trap_frame *frame);

void *take_memory(size_t bytes)
{
	return giver(bytes);
}

void sched_set_return_hook(void (*hook)(struct trap_frame *frame))
{
	return_hook = hook;
}

void sched_set_fault_hook(bool (*hook)(struct trap_frame *frame, uint64_t address))
{
	trap_set_fault_hook(hook);
}

/* The way to ring 3 is the long one from here, so a changed frame needs nothing more. */
static void before_ring3(struct trap_frame *frame)
{
	struct thread *t = thread_self();

	if (t->work & THREAD_WORK_RESCHED)
		decide();
	if (t->work & THREAD_WORK_SIGNAL) {
		if (!return_hook)
			panic("a thread has a signal but nobody delivers it");
		return_hook(frame);
	}
	t->work &= ~THREAD_WORK_FRAME;
}

INIT void sched_setup(sched_memory *memory)
{
	giver = memory;
	stats_init();
	trap_set_work_hook(before_ring3);
	syscall_set_decision(decide_on_way_out);
	timer_claim(timer_interrupt);
	irq_claim(IRQ_IPI, "messages of other cores", inbox_interrupt);
}

INIT static void heap_init(struct io_heap *h)
{
	qv_heap_init(&h->heap, h->node, h->place, VCPU_MAX_IO);
}

INIT static void become_idle(struct core *c)
{
	struct thread *t = &c->idle;

	t->state = THREAD_READY;
	t->stack_top = memory_stack_top(c->cpu->index, STACK_MAIN);
	t->name = "idle";
	c->cpu->thread = t;
}

INIT void sched_init(void)
{
	uint32_t index = this_cpu()->index;
	struct core *c = take_memory(sizeof(*c));

	if (!c)
		panic("out of memory: no room for the scheduler of core %u", index);
	c->cpu = this_cpu();
	c->armed = NEVER;
	c->quick = features()->xsaveopt && features()->fsgsbase;
	c->quantum = time_cycles(QUANTUM_US);
	c->slack = time_cycles(SLACK_US);
	c->kernel_root = hw_read_cr3();
	qv_order_init(&c->order, c->id_at, c->rank_of, c->period_of, QV_PRIO_MAX);
	qv_events_init(&c->events, c->event_time, QV_PRIO_MAX);
	heap_init(&c->io_ready);
	heap_init(&c->io_depleted);
	heap_init(&c->io_events);
	c->timer_irqs = irq_usage_of(IRQ_TIMER);
	trace_init(c);
	become_idle(c);
	c->mode = RUNS_IDLE;
	c->stamp = c->cpu->thread_since = hw_rdtsc();
	c->irq_stamp = c->cpu->irq_cycles;
	c->cpu->scheduler = c;
	__atomic_store_n(&cores[index], c, __ATOMIC_RELEASE);
	costs_measure(c);
	vcpu_make_default(c);
}

void sched_forget_worst(void)
{
	this_core()->usage.worst_delay = 0;
	this_core()->usage.decision_worst = 0;
}

void sched_measure(bool on)
{
	struct cpu *cpu = this_cpu();

	this_core()->measuring = on;
	if (on)
		memset(this_core()->usage.switches, 0, sizeof(this_core()->usage.switches));
	cpu->watch = (cpu->watch & ~(uint64_t)CPU_WATCH_SCHED) | (on ? CPU_WATCH_SCHED : 0);
}

void sched_core_usage(struct sched_core_usage *usage)
{
	struct core *c = this_core();

	account(c, hw_rdtsc());
	*usage = c->usage;
	usage->interrupts = c->cpu->irq_cycles;
	usage->interrupt_count = c->cpu->irq_count;
}
