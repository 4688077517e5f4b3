/* SPDX-License-Identifier: MIT */
/* Start of the sandbox's other cores (SDM 3, 9.4.4), one after the other, through the start page. */
#include <base/boot.h>
#include <base/cpu.h>
#include <base/init.h>
#include <base/log.h>
#include <base/memory.h>
#include <base/panic.h>
#include <base/time.h>
#include <hw/apic.h>
#include <hw/msr.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <start/start.h>

#define INIT_WAIT_US  10000u
#define SIPI_WAIT_US  20000u
#define START_WAIT_US 2000000u

struct start_parameters {
	uint64_t cr3;
	uint64_t stack;
	uint64_t entry;
};

extern const char trampoline_start[], trampoline_end[], trampoline_parameters[]; /* trampoline.S */

static struct {
	uint32_t index; /* of the core being started */
	void (*run)(void);
} starting;

/* After a real INIT the APIC may have fallen back to xAPIC mode; the kernel needs x2APIC. */
INIT static void enable_x2apic(void)
{
	uint64_t base = hw_rdmsr(HW_MSR_APIC_BASE);

	if (!(base & HW_APIC_BASE_X2)) {
		hw_wrmsr(HW_MSR_APIC_BASE, base | HW_APIC_BASE_ENABLE);
		hw_wrmsr(HW_MSR_APIC_BASE, base | HW_APIC_BASE_ENABLE | HW_APIC_BASE_X2);
	}
}

static void core_entry(void)
{
	hw_write_cr3(mm_root());
	enable_x2apic();
	cpu_init(starting.index);
	starting.run();
}

INIT static void start_core(uint32_t index, uint64_t page, struct start_parameters *parameters)
{
	struct cpu *cpu = &cpus[index];
	uint32_t apic_id = boot_info()->apic_id[index];
	uint32_t sipi = HW_ICR_SIPI | (uint32_t)(page / QV_PAGE_SIZE);

	starting.index = index;
	parameters->stack = memory_stack_top(index, STACK_MAIN);
	hw_mfence(); /* a write to the x2APIC does not order stores: SDM 3, 11.12.3 */
	hw_apic_send(apic_id, HW_ICR_INIT);
	time_delay(INIT_WAIT_US);
	hw_apic_send(apic_id, sipi);
	if (time_wait(&cpu->up, SIPI_WAIT_US))
		return;
	hw_apic_send(apic_id, sipi);
	if (!time_wait(&cpu->up, START_WAIT_US))
		panic("core %u (APIC id %u) did not start", index, apic_id);
}

INIT void smp_start(void (*run)(void))
{
	const struct qv_info *info = boot_info();
	uint64_t page = info->trampoline_gpa;
	struct start_parameters *parameters;
	char *code = memory_at(page);

	if (QUEST_CORES == 1 || info->core_count == 1)
		return;
	if (page == 0 || page % QV_PAGE_SIZE != 0 || page >= 1u << 20)
		panic("start page 0x%llx for the other cores is not a page below 1 MiB", (unsigned long long)page);
	memcpy(code, trampoline_start, (size_t)(trampoline_end - trampoline_start));
	parameters = (struct start_parameters *)(code + (trampoline_parameters - trampoline_start));
	parameters->cr3 = mm_start_root(page);
	parameters->entry = (uint64_t)core_entry;
	if (parameters->cr3 >= 1ull << 32)
		panic("the start tables lie above 4 GiB");
	starting.run = run;
	for (uint32_t i = 1; i < info->core_count; i++)
		start_core(i, page, parameters);
}
