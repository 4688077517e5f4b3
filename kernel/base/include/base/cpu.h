/* SPDX-License-Identifier: MIT */
/* Per-core data, reached through GS, and the descriptor tables each core owns. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <abi/limits.h>
#include <base/entry.h>

struct sections; /* base/sections.h */
struct thread; /* of kernel/sched; the entry code knows its first fields (base/entry.h) */
struct core;   /* of kernel/sched */

#define CPU_WATCH_SECTIONS 1u
#define CPU_WATCH_SCHED    2u

struct cpu_tss { /* SDM 3, 8.7 */
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
} __attribute__((packed));

struct cpu {
	struct cpu *self;         /* offset 0: this_cpu reads it */
	volatile uint64_t resume; /* where a probe continues after a fault, 0 = no probe runs */
	struct thread *thread;    /* that runs; NULL before sched_init */
	uint64_t kernel_stack;    /* where SYSCALL makes its frame: below the top of the thread's stack, TSS.RSP0 */
	uint64_t user_sp;         /* scratch of the SYSCALL entry */
	struct core *scheduler;   /* NULL before sched_init */
	uint64_t irq_cycles;      /* spent in interrupt handlers so far */
	uint64_t thread_since;    /* TSC from which on time is the running thread's; interrupt handlers put it off */
	uint64_t watch;           /* what is measured, CPU_WATCH_*: one test for all */
	uint64_t irq_count;
	uint64_t irq_charged;     /* of irq_cycles: not the interrupted VCPU's (irq_charge) */
	uint32_t index;           /* in the sandbox */
	uint32_t apic_id;
	volatile bool up;         /* its boot is over: written once by the core itself */
	struct sections *sections; /* NULL = not measured */
	uint64_t gdt[7];
	struct cpu_tss tss;
};

extern struct cpu cpus[QUEST_CORES];

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	if (QUEST_CORES == 1)
		return &cpus[0];
	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* Does the running thread have something to do on its way to ring 3? */
static inline bool cpu_thread_work(const struct cpu *cpu)
{
	return *(const volatile uint32_t *)((const uint8_t *)cpu->thread + THREAD_WORK) != 0;
}

/* The running core's index in the sandbox; for rooms that are also built for the host. */
uint32_t cpu_index(void);

/* One word of this core's struct cpu, by the offsets of base/entry.h. */
#define cpu_word(offset) ({ uint64_t word_; __asm__ volatile("mov %%gs:%c1, %0" : "=r"(word_) : "i"(offset)); word_; })
#define cpu_set_word(offset, value) \
	__asm__ volatile("mov %0, %%gs:%c1" : : "r"((uint64_t)(value)), "i"(offset) : "memory")

/* Is anything measured on this core? */
static inline bool cpu_watched(void)
{
	bool yes;

	__asm__ volatile("cmpl $0, %%gs:%c1" : "=@ccne"(yes) : "i"(CPU_WATCH));
	return __builtin_expect(yes, 0);
}

/* Kernel stack for the next entry from ring 3. */
static inline void cpu_set_stack(struct cpu *cpu, uint64_t top)
{
	cpu->kernel_stack = top - FRAME_BYTES;
	cpu->tss.rsp[0] = top;
}

/* Load this core's GDT, TSS, GS base, the shared IDT and its features. After that exceptions are reported. Needs no
 * memory but `cpus`; the IST stacks become real with mm_init. */
void cpu_init(uint32_t index);

#endif
