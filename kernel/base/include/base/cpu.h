/* SPDX-License-Identifier: MIT */
/* Per-core data, reached through GS, and the descriptor tables each core owns. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <abi/limits.h>

#define CPU_CODE_SELECTOR 0x08
#define CPU_DATA_SELECTOR 0x10
#define CPU_TSS_SELECTOR  0x18

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
	volatile uint64_t resume; /* offset 8: where a probe continues after a fault, 0 = no probe runs */
	uint32_t index;           /* in the sandbox */
	uint32_t apic_id;
	volatile uint64_t ticks;  /* timer ticks since timer_start */
	volatile bool up;         /* its boot is over: written once by the core itself */
	uint64_t period;          /* of the tick, TSC cycles */
	uint64_t deadline;        /* of the next tick, TSC */
	uint64_t gdt[5];
	struct cpu_tss tss;
};

extern struct cpu cpus[QV_MAX_CORES];

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* Load this core's GDT, TSS, GS base and the shared IDT. After that exceptions are reported. Needs no memory but
 * `cpus`; the IST stacks become real with mm_init. */
void cpu_init(uint32_t index);

#endif
