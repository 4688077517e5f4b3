/* SPDX-License-Identifier: MIT */
/*
 * Writes to CR0 and CR4 that change a bit of VMX_CR0_OWNED or VMX_CR4_OWNED: the whole write is carried out here, with
 * the checks the processor would have made (SDM 3, 2.5 and SDM 2, MOV to control registers). Legacy PAE paging switched
 * on in such a write is refused: its four directory pointers would have to be read from the guest.
 */
#include "vmx.h"

#define MSR_CR4_FIXED1 0x489u

static bool long_mode(void)
{
	return vmcs_read(VMCS_GUEST_EFER) & HW_EFER_LMA;
}

static bool code_64(void)
{
	return long_mode() && vmcs_read(VMCS_GUEST_CS_RIGHTS) & VMX_RIGHTS_L;
}

static bool legacy_pae(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
	return cr0 & VMX_CR0_PG && cr4 & VMX_CR4_PAE && !(efer & HW_EFER_LME);
}

static bool cr0_valid(uint64_t cr0)
{
	uint64_t cr4 = vmcs_read(VMCS_GUEST_CR4), efer = vmcs_read(VMCS_GUEST_EFER);
	bool was_paging = vmcs_read(VMCS_GUEST_CR0) & VMX_CR0_PG, paging = cr0 & VMX_CR0_PG;

	if (cr0 >> 32 || (paging && !(cr0 & VMX_CR0_PE)) || (cr0 & VMX_CR0_NW && !(cr0 & VMX_CR0_CD)))
		return false;
	if (!(cr0 & VMX_CR0_WP) && cr4 & VMX_CR4_CET)
		return false;
	if (was_paging && !paging && (code_64() || cr4 & VMX_CR4_PCIDE))
		return false;
	if (!was_paging && paging && efer & HW_EFER_LME)
		return cr4 & VMX_CR4_PAE && !(vmcs_read(VMCS_GUEST_CS_RIGHTS) & VMX_RIGHTS_L);
	return was_paging || !legacy_pae(cr0, cr4, efer);
}

/* EFER.LMA and the entry control follow CR0.PG while LME is set. */
static void follow_paging(bool paging)
{
	uint64_t efer = vmcs_read(VMCS_GUEST_EFER) & ~(uint64_t)HW_EFER_LMA;
	uint64_t entry = vmcs_read(VMCS_ENTRY_CONTROLS) & ~(uint64_t)VMX_ENTRY_LONG_MODE;

	if (paging && efer & HW_EFER_LME) {
		efer |= HW_EFER_LMA;
		entry |= VMX_ENTRY_LONG_MODE;
	}
	vmcs_write(VMCS_GUEST_EFER, efer);
	vmcs_write(VMCS_ENTRY_CONTROLS, entry);
}

static bool write_cr0(uint64_t value)
{
	if (!cr0_valid(value))
		return false;
	vmcs_write(VMCS_CR0_SHADOW, value);
	vmcs_write(VMCS_GUEST_CR0, (value | VMX_CR0_NE | VMX_CR0_ET) & ~(VMX_CR0_CD | VMX_CR0_NW));
	follow_paging(value & VMX_CR0_PG);
	return true;
}

static bool cr4_valid(uint64_t cr4)
{
	uint64_t cr0 = vmcs_read(VMCS_GUEST_CR0), old = vmcs_read(VMCS_GUEST_CR4);

	if (cr4 & (~hw_rdmsr(MSR_CR4_FIXED1) | VMX_CR4_VMXE))
		return false;
	if (long_mode() && (!(cr4 & VMX_CR4_PAE) || (cr4 ^ old) & VMX_CR4_LA57))
		return false;
	if (cr4 & VMX_CR4_PCIDE && (!long_mode() || (!(old & VMX_CR4_PCIDE) && vmcs_read(VMCS_GUEST_CR3) & 0xfff)))
		return false;
	if (cr4 & VMX_CR4_CET && !(cr0 & VMX_CR0_WP))
		return false;
	return old & VMX_CR4_PAE || !legacy_pae(cr0, cr4, vmcs_read(VMCS_GUEST_EFER));
}

static bool write_cr4(uint64_t value)
{
	if (!cr4_valid(value))
		return false;
	vmcs_write(VMCS_CR4_SHADOW, value);
	vmcs_write(VMCS_GUEST_CR4, value | VMX_CR4_OWNED);
	return true;
}

bool mon_backend_write_cr(uint8_t number, uint64_t value)
{
	bool done;

	if (!code_64())
		value = (uint32_t)value;
	done = number == 0 ? write_cr0(value) : number == 4 && write_cr4(value);
	if (done)
		vmx_flush_guest();
	return done;
}
