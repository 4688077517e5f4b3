/* SPDX-License-Identifier: MIT */
/* Host-state area (SDM 3, 25.5): what the processor holds when an exit arrives. */
#include "vmx.h"

#define TSS_BYTES 104u
/* Exits load TR from the VMCS and never read its descriptor, but the selector must not be 0. */
#define TR_SELECTOR 0x38u

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

/* Never used by the processor: there is no stack switch in the monitor. */
static uint8_t tss[TSS_BYTES] __attribute__((aligned(128)));

static uint16_t selector_cs(void)
{
	uint16_t selector;

	__asm__ volatile("mov %%cs, %0" : "=rm"(selector));
	return selector;
}

static uint16_t selector_ss(void)
{
	uint16_t selector;

	__asm__ volatile("mov %%ss, %0" : "=rm"(selector));
	return selector;
}

static void set_tables(void)
{
	struct table_register gdt, idt;

	__asm__ volatile("sgdt %0" : "=m"(gdt));
	__asm__ volatile("sidt %0" : "=m"(idt));
	vmcs_write(VMCS_HOST_GDTR_BASE, gdt.base);
	vmcs_write(VMCS_HOST_IDTR_BASE, idt.base);
	vmcs_write(VMCS_HOST_TR_BASE, (uintptr_t)tss);
	vmcs_write(VMCS_HOST_TR, TR_SELECTOR);
	vmcs_write(VMCS_HOST_CS, selector_cs());
	vmcs_write(VMCS_HOST_SS, selector_ss());
}

void vmx_set_host_state(void)
{
	static const enum vmcs_field zero[] = {
		VMCS_HOST_ES, VMCS_HOST_DS, VMCS_HOST_FS, VMCS_HOST_GS, VMCS_HOST_FS_BASE, VMCS_HOST_GS_BASE,
		VMCS_HOST_SYSENTER_CS, VMCS_HOST_SYSENTER_ESP, VMCS_HOST_SYSENTER_EIP,
	};

	for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++)
		vmcs_write(zero[i], 0);
	set_tables();
	vmcs_write(VMCS_HOST_CR0, hw_read_cr0());
	vmcs_write(VMCS_HOST_CR3, hw_read_cr3());
	vmcs_write(VMCS_HOST_CR4, hw_read_cr4());
	vmcs_write(VMCS_HOST_EFER, hw_rdmsr(HW_MSR_EFER));
	vmcs_write(VMCS_HOST_PAT, hw_rdmsr(HW_MSR_PAT));
	vmcs_write(VMCS_HOST_RIP, (uintptr_t)vmx_exit);
}
