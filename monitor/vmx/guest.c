/* SPDX-License-Identifier: MIT */
/* Guest-state area (SDM 3, 25.4) and the registers that VT-x leaves in the processor. */
#include "vmx.h"

#define RFLAGS_FIXED 2u
#define RFLAGS_TF    (1u << 8)
#define DR7_RESET    0x400u
#define RIGHTS_CODE16   0x9bu
#define RIGHTS_DATA     0x93u
#define RIGHTS_LDT      0x82u
#define RIGHTS_TSS_BUSY 0x8bu
#define RIGHTS_CODE64   0xa09bu
#define RIGHTS_DATA32   0xc093u
#define START_CS 0x10u
#define START_DS 0x18u

static void set_segment(unsigned int i, uint16_t selector, uint64_t base, uint32_t limit, uint32_t rights)
{
	vmcs_write(vmcs_segment(VMCS_GUEST_ES, i), selector);
	vmcs_write(vmcs_segment(VMCS_GUEST_ES_BASE, i), base);
	vmcs_write(vmcs_segment(VMCS_GUEST_ES_LIMIT, i), limit);
	vmcs_write(vmcs_segment(VMCS_GUEST_ES_RIGHTS, i), rights);
}

/* Values after INIT: SDM 3, table 10-1. */
static void reset_segments(void)
{
	for (unsigned int i = VMX_ES; i <= VMX_GS; i++)
		set_segment(i, 0, 0, 0xffff, RIGHTS_DATA);
	set_segment(VMX_CS, 0xf000, 0xffff0000, 0xffff, RIGHTS_CODE16);
	set_segment(VMX_LDTR, 0, 0, 0xffff, RIGHTS_LDT);
	set_segment(VMX_TR, 0, 0, 0xffff, RIGHTS_TSS_BUSY);
	vmcs_write(VMCS_GUEST_GDTR_BASE, 0);
	vmcs_write(VMCS_GUEST_GDTR_LIMIT, 0xffff);
	vmcs_write(VMCS_GUEST_IDTR_BASE, 0);
	vmcs_write(VMCS_GUEST_IDTR_LIMIT, 0xffff);
}

/* Set CR0 and what the guest reads back of it. */
static void set_cr0(uint64_t value)
{
	vmcs_write(VMCS_CR0_SHADOW, value);
	vmcs_write(VMCS_GUEST_CR0, (value | VMX_CR0_NE | VMX_CR0_ET) & ~(VMX_CR0_CD | VMX_CR0_NW));
}

static void set_cr4(uint64_t value)
{
	vmcs_write(VMCS_CR4_SHADOW, value);
	vmcs_write(VMCS_GUEST_CR4, value | VMX_CR4_OWNED);
}

static void reset_vmcs(void)
{
	static const enum vmcs_field zero[] = {
		VMCS_ENTRY_EVENT, VMCS_GUEST_DEBUGCTL, VMCS_GUEST_EFER, VMCS_GUEST_INTERRUPTIBILITY, VMCS_GUEST_ACTIVITY,
		VMCS_GUEST_SYSENTER_CS, VMCS_GUEST_SYSENTER_ESP, VMCS_GUEST_SYSENTER_EIP, VMCS_GUEST_CR3, VMCS_GUEST_RSP,
		VMCS_GUEST_PENDING_DEBUG,
	};

	for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++)
		vmcs_write(zero[i], 0);
	vmcs_write(VMCS_PRIMARY_CONTROLS, vmx_caps.primary);
	vmcs_write(VMCS_ENTRY_CONTROLS, vmx_caps.entry);
	vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	vmcs_write(VMCS_GUEST_RIP, 0xfff0);
	vmcs_write(VMCS_GUEST_DR7, DR7_RESET);
	vmcs_write(VMCS_GUEST_PAT, HW_PAT_RESET);
	/* INIT keeps CD and NW, which firmware has cleared. */
	set_cr0(VMX_CR0_ET);
	set_cr4(0);
	reset_segments();
}

/* MSRs that SYSCALL and SWAPGS use: no field of the VMCS switches them. */
static void reset_msrs(void)
{
	static const uint32_t zero[] = { HW_MSR_STAR, HW_MSR_LSTAR, HW_MSR_CSTAR, HW_MSR_SFMASK, HW_MSR_KERNEL_GS };

	for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++)
		hw_wrmsr(zero[i], 0);
}

void mon_backend_reset(void)
{
	reset_vmcs();
	reset_msrs();
	vmx_flush_all();
}

void mon_backend_start(const struct qv_start_state *start)
{
	set_cr0(VMX_CR0_PE | VMX_CR0_MP | VMX_CR0_ET | VMX_CR0_NE | VMX_CR0_PG);
	set_cr4(VMX_CR4_PAE);
	vmcs_write(VMCS_GUEST_CR3, start->cr3);
	vmcs_write(VMCS_GUEST_EFER, HW_EFER_LME | HW_EFER_LMA);
	vmcs_write(VMCS_ENTRY_CONTROLS, vmx_caps.entry | VMX_ENTRY_LONG_MODE);
	vmcs_write(VMCS_GUEST_GDTR_BASE, start->gdt_base);
	vmcs_write(VMCS_GUEST_GDTR_LIMIT, start->gdt_limit);
	for (unsigned int i = VMX_ES; i <= VMX_GS; i++)
		set_segment(i, START_DS, 0, 0xffffffff, RIGHTS_DATA32);
	set_segment(VMX_CS, START_CS, 0, 0xffffffff, RIGHTS_CODE64);
	vmcs_write(VMCS_GUEST_RIP, start->rip);
}

void mon_backend_sipi(uint8_t vector)
{
	set_segment(VMX_CS, (uint16_t)(vector << 8), (uint64_t)vector << 12, 0xffff, RIGHTS_CODE16);
	vmcs_write(VMCS_GUEST_RIP, 0);
}

static void advance(uint64_t length)
{
	uint64_t blocked = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

	vmcs_write(VMCS_GUEST_RIP, vmcs_read(VMCS_GUEST_RIP) + length);
	if (blocked & (VMX_BLOCKED_BY_STI | VMX_BLOCKED_BY_MOV_SS))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, blocked & ~(uint64_t)(VMX_BLOCKED_BY_STI | VMX_BLOCKED_BY_MOV_SS));
	if (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF)
		vmcs_write(VMCS_GUEST_PENDING_DEBUG, vmcs_read(VMCS_GUEST_PENDING_DEBUG) | VMX_PENDING_STEP);
}

void mon_backend_skip(void)
{
	advance(vmcs_read(VMCS_EXIT_LENGTH));
}

void mon_backend_skip_bytes(uint8_t length)
{
	advance(length);
}

void mon_backend_paging(struct mon_paging *paging)
{
	paging->cr0 = vmcs_read(VMCS_GUEST_CR0);
	paging->cr3 = vmcs_read(VMCS_GUEST_CR3);
	paging->cr4 = vmcs_read(VMCS_GUEST_CR4);
	paging->efer = vmcs_read(VMCS_GUEST_EFER);
	paging->rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	paging->cpl = vmcs_read(VMCS_GUEST_SS_RIGHTS) >> 5 & 3;
}

uint64_t mon_backend_efer(void)
{
	return vmcs_read(VMCS_GUEST_EFER);
}

void mon_backend_set_efer(uint64_t value)
{
	vmcs_write(VMCS_GUEST_EFER, (value & ~(uint64_t)HW_EFER_LMA) | (mon_backend_efer() & HW_EFER_LMA));
	vmx_flush_guest();
}

uint64_t mon_backend_pat(void)
{
	return vmcs_read(VMCS_GUEST_PAT);
}

void mon_backend_set_pat(uint64_t value)
{
	vmcs_write(VMCS_GUEST_PAT, value);
	vmx_flush_guest();
}
