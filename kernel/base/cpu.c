/* SPDX-License-Identifier: MIT */
/* Descriptor tables of one core. */
#include <base/boot.h>
#include <base/cpu.h>
#include <base/features.h>
#include <base/init.h>
#include <base/irq.h>
#include <base/memory.h>
#include <base/syscall.h>
#include <hw/cpu.h>
#include <hw/msr.h>

#define GDT_CODE 0x00209b0000000000ull /* ring 0, 64-bit code, present, accessed */
#define GDT_DATA 0x0000930000000000ull /* ring 0, data, present, accessed */
#define GDT_USER_DATA 0x0000f30000000000ull /* the same for ring 3 */
#define GDT_USER_CODE 0x0020fb0000000000ull
#define GDT_TSS  0x0000890000000000ull /* available 64-bit TSS, present */

_Static_assert(offsetof(struct cpu, resume) == CPU_RESUME && offsetof(struct cpu, thread) == CPU_THREAD &&
	offsetof(struct cpu, kernel_stack) == CPU_KERNEL_STACK && offsetof(struct cpu, user_sp) == CPU_USER_SP &&
	offsetof(struct cpu, scheduler) == CPU_SCHEDULER && offsetof(struct cpu, irq_cycles) == CPU_IRQ_CYCLES &&
	offsetof(struct cpu, thread_since) == CPU_THREAD_SINCE &&
	offsetof(struct cpu, watch) == CPU_WATCH, "offsets in entry.h");

struct cpu cpus[QUEST_CORES];

uint32_t cpu_index(void)
{
	return QUEST_CORES == 1 ? 0 : this_cpu()->index;
}

/* A TSS descriptor is two entries; the base is spread over both (SDM 3, 8.2.3). */
INIT static void set_tss_descriptor(struct cpu *cpu)
{
	uint64_t base = (uint64_t)&cpu->tss;
	uint64_t limit = sizeof(cpu->tss) - 1;

	cpu->gdt[CPU_TSS_SELECTOR / 8] = GDT_TSS | limit | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
	cpu->gdt[CPU_TSS_SELECTOR / 8 + 1] = base >> 32;
}

INIT static void load_gdt(struct cpu *cpu)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr = {sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt};

	__asm__ volatile("lgdt %0\n\t"
		"pushq %1\n\t"
		"lea 1f(%%rip), %%rax\n\t"
		"pushq %%rax\n\t"
		"lretq\n"
		"1:\n\t"
		"mov %2, %%ds\n\t"
		"mov %2, %%es\n\t"
		"mov %2, %%ss\n\t"
		"mov %3, %%fs\n\t"
		"mov %3, %%gs\n\t"
		"ltr %4"
		: : "m"(gdtr), "i"(CPU_CODE_SELECTOR), "r"(CPU_DATA_SELECTOR), "r"(0), "r"((uint16_t)CPU_TSS_SELECTOR)
		: "rax", "memory");
}

INIT void cpu_init(uint32_t index)
{
	struct cpu *cpu = &cpus[index];

	cpu->self = cpu;
	cpu->index = index;
	cpu->apic_id = boot_info()->apic_id[index];
	cpu->gdt[1] = GDT_CODE;
	cpu->gdt[2] = GDT_DATA;
	cpu->gdt[3] = GDT_USER_DATA;
	cpu->gdt[4] = GDT_USER_CODE;
	cpu_set_stack(cpu, memory_stack_top(index, STACK_MAIN));
	cpu->tss.ist[0] = memory_stack_top(index, STACK_FAULT);
	cpu->tss.ist[1] = memory_stack_top(index, STACK_NMI);
	cpu->tss.ist[2] = memory_stack_top(index, STACK_CHECK);
	cpu->tss.io_map = sizeof(cpu->tss);
	set_tss_descriptor(cpu);
	load_gdt(cpu);
	hw_wrmsr(HW_MSR_GS_BASE, (uint64_t)cpu);
	hw_wrmsr(HW_MSR_KERNEL_GS, 0);
	irq_load_table();
	if (index == 0)
		features_init();
	features_enable();
	syscall_init();
}
