/* SPDX-License-Identifier: MIT */
/* Into VMX operation (SDM 3, 24.7) and the parts of the VMCS that never change. */
#include "vmx.h"

#define MSR_CR0_FIXED0 0x486u
#define MSR_CR0_FIXED1 0x487u
#define MSR_CR4_FIXED0 0x488u
#define MSR_CR4_FIXED1 0x489u
#define FEATURE_LOCKED (1u << 0)
#define FEATURE_VMXON  (1u << 2)
#define REVISION_MASK  0x7fffffffu
#define EPT_POINTER_BITS (6u | 3u << 3) /* write-back tables, four levels */
#define CPUID1_ECX_XSAVE (1u << 26)
/* #AC and #DB can be made to recur during their own delivery for ever, holding off NMIs; #MC is not the guest's. */
#define INTERCEPTED_EXCEPTIONS (1u << 1 | 1u << 17 | 1u << 18)

bool vmx_ready;

/* VMXON, VMCLEAR, VMPTRLD take a pointer to a physical address; true if the instruction succeeded. */
#define VMX_REGION_INSTRUCTION(name) \
	static bool name(uint64_t hpa) \
	{ \
		bool good; \
		__asm__ volatile(#name " %1; seta %0" : "=qm"(good) : "m"(hpa) : "cc", "memory"); \
		return good; \
	}
VMX_REGION_INSTRUCTION(vmxon)
VMX_REGION_INSTRUCTION(vmclear)
VMX_REGION_INSTRUCTION(vmptrld)
#undef VMX_REGION_INSTRUCTION

/* Bits that VMX operation fixes, and what the monitor needs to reset the guest's vector registers. */
static void set_control_registers(void)
{
	uint64_t cr4 = hw_read_cr4() | VMX_CR4_VMXE | VMX_CR4_MCE | VMX_CR4_OSFXSR;

	if (hw_cpuid(1, 0).ecx & CPUID1_ECX_XSAVE)
		cr4 |= VMX_CR4_OSXSAVE;
	hw_write_cr0((hw_read_cr0() | hw_rdmsr(MSR_CR0_FIXED0)) & hw_rdmsr(MSR_CR0_FIXED1));
	hw_write_cr4((cr4 | hw_rdmsr(MSR_CR4_FIXED0)) & hw_rdmsr(MSR_CR4_FIXED1));
}

static const char *enable(const struct qv_vendor_pages *pages)
{
	uint32_t revision = (uint32_t)vmx_caps.basic & REVISION_MASK;
	uint64_t feature = hw_rdmsr(HW_MSR_FEATURE_CONTROL);

	if ((feature & (FEATURE_LOCKED | FEATURE_VMXON)) != (FEATURE_LOCKED | FEATURE_VMXON))
		return "VT-x is switched off by the firmware";
	*(uint32_t *)pages->host_va = revision;
	*(uint32_t *)pages->control_va = revision;
	set_control_registers();
	if (!vmxon(pages->host_hpa))
		return "VMXON failed";
	if (!vmclear(pages->control_hpa) || !vmptrld(pages->control_hpa))
		return "VMCS refused by the processor";
	vmx_ready = true;
	return NULL;
}

static void set_controls(const struct qv_vendor_pages *pages)
{
	static const enum vmcs_field zero[] = {
		VMCS_PAGE_FAULT_MASK, VMCS_PAGE_FAULT_MATCH, VMCS_CR3_TARGET_COUNT, VMCS_EXIT_MSR_STORE_COUNT,
		VMCS_EXIT_MSR_LOAD_COUNT, VMCS_ENTRY_MSR_LOAD_COUNT,
	};

	for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++)
		vmcs_write(zero[i], 0);
	vmcs_write(VMCS_PIN_CONTROLS, vmx_caps.pin);
	vmcs_write(VMCS_SECONDARY_CONTROLS, vmx_caps.secondary);
	vmcs_write(VMCS_EXIT_CONTROLS, vmx_caps.exit);
	vmcs_write(VMCS_EXCEPTION_BITMAP, INTERCEPTED_EXCEPTIONS);
	vmcs_write(VMCS_VPID, 1);
	vmcs_write(VMCS_LINK_POINTER, ~0ull);
	vmcs_write(VMCS_CR0_MASK, VMX_CR0_OWNED);
	vmcs_write(VMCS_CR4_MASK, VMX_CR4_OWNED);
	vmcs_write(VMCS_IO_BITMAP_A, pages->io_bitmap_hpa);
	vmcs_write(VMCS_IO_BITMAP_B, pages->io_bitmap_hpa + QV_PAGE_SIZE);
	vmcs_write(VMCS_MSR_BITMAP, pages->msr_bitmap_hpa);
	vmcs_write(VMCS_EPT_POINTER, pages->nested_root_hpa | EPT_POINTER_BITS);
	if (vmx_caps.secondary & VMX_CPU2_XSAVES)
		vmcs_write(VMCS_XSS_BITMAP, ~0ull); /* no supervisor state: XSS is 0 */
	if (vmx_caps.secondary & VMX_CPU2_ENCLS)
		vmcs_write(VMCS_ENCLS_BITMAP, ~0ull);
}

const char *mon_backend_init(const struct qv_handover *handover)
{
	const char *failure = vmx_choose_controls();

	if (!failure)
		failure = enable(&handover->pages);
	if (failure)
		return failure;
	set_controls(&handover->pages);
	vmx_set_host_state();
	vmx_flush_all();
	return NULL;
}
