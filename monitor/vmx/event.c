/* SPDX-License-Identifier: MIT */
/* Events into the guest, and NMIs of the host. */
#include "vmx.h"

#define VECTOR_DB 1u
#define VECTOR_NMI 2u
#define DR6_FROM_QUALIFICATION 0x600full /* BS, BD, B3-B0 in the same places (SDM 3, table 28-1) */
#define EVENT_KEPT (VMX_EVENT_VALID | VMX_EVENT_ERROR | VMX_EVENT_TYPE | 0xffu)

/* The intercepted #DB goes to the guest as it came: INT1 ends after its instruction and leaves DR6 alone; the others
 * have not touched DR6 yet. */
static uint32_t debug_event(void)
{
	if ((vmcs_read(VMCS_EXIT_EVENT) & VMX_EVENT_TYPE) == VMX_EVENT_INT1) {
		vmcs_write(VMCS_ENTRY_EVENT_LENGTH, vmcs_read(VMCS_EXIT_LENGTH));
		return VMX_EVENT_VALID | VMX_EVENT_INT1 | VECTOR_DB;
	}
	hw_write_dr6(hw_read_dr6() | (vmcs_read(VMCS_EXIT_QUALIFICATION) & DR6_FROM_QUALIFICATION));
	return VMX_EVENT_VALID | VMX_EVENT_EXCEPTION | VECTOR_DB;
}

void mon_backend_inject(uint8_t vector, bool has_error, uint32_t error)
{
	uint32_t event = vector == VECTOR_DB ? debug_event() : VMX_EVENT_VALID | VMX_EVENT_EXCEPTION | vector;

	/* Real mode has no error codes, and the entry would be refused with one. */
	if (has_error && vmcs_read(VMCS_GUEST_CR0) & VMX_CR0_PE) {
		event |= VMX_EVENT_ERROR;
		vmcs_write(VMCS_ENTRY_EVENT_ERROR, error);
	}
	vmcs_write(VMCS_ENTRY_EVENT, event);
}

/* The guest may be inside its own NMI handler or hold another event: wait for the window in every case. */
void mon_backend_inject_nmi(void)
{
	vmcs_write(VMCS_PRIMARY_CONTROLS, vmx_caps.primary | VMX_CPU_NMI_WINDOW);
}

void vmx_window_open(void)
{
	vmcs_write(VMCS_PRIMARY_CONTROLS, vmx_caps.primary);
	vmcs_write(VMCS_ENTRY_EVENT, VMX_EVENT_VALID | VMX_EVENT_NMI | VECTOR_NMI);
}

void vmx_reinject(void)
{
	uint32_t event = (uint32_t)vmcs_read(VMCS_VECTORING_EVENT);
	uint64_t blocked = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

	if (!(event & VMX_EVENT_VALID))
		return;
	/* An NMI that was not delivered yet blocks nothing; the entry would be refused. */
	if ((event & VMX_EVENT_TYPE) == VMX_EVENT_NMI)
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, blocked & ~(uint64_t)VMX_BLOCKED_BY_NMI);
	if (event & VMX_EVENT_ERROR)
		vmcs_write(VMCS_ENTRY_EVENT_ERROR, vmcs_read(VMCS_VECTORING_ERROR));
	vmcs_write(VMCS_ENTRY_EVENT_LENGTH, vmcs_read(VMCS_EXIT_LENGTH));
	vmcs_write(VMCS_ENTRY_EVENT, event & EVENT_KEPT);
}

/*
 * An NMI that arrives while the monitor runs comes through the IDT, perhaps after the last look at the mail. It arms
 * the preemption timer with 0, so that the next entry exits before the guest's first instruction.
 */
void mon_backend_host_nmi(void)
{
	if (!vmx_ready)
		return;
	vmcs_write(VMCS_PREEMPTION_TIMER, 0);
	vmcs_write(VMCS_PIN_CONTROLS, vmx_caps.pin | VMX_PIN_PREEMPTION_TIMER);
}

static void disarm(void)
{
	vmcs_write(VMCS_PIN_CONTROLS, vmx_caps.pin);
}

/* An exit by NMI leaves NMIs blocked on this core until an IRET (SDM 3, 28.3.4): return to the next instruction. */
static void unblock_nmis(void)
{
	uint64_t scratch;

	__asm__ volatile(
		"mov %%ss, %k0; push %0; lea 8(%%rsp), %0; push %0; pushf; mov %%cs, %k0; push %0\n\t"
		"lea 1f(%%rip), %0; push %0; iretq\n"
		"1:" : "=&r"(scratch) : : "cc", "memory");
}

void mon_backend_kick_taken(void)
{
	disarm();
	unblock_nmis();
}

/* NMIs are open whenever the monitor runs. */
void mon_backend_nmi_open(void)
{
}

/* The caller reads its mail after this, so an NMI from before needs no exit of its own. */
void mon_backend_nmi_close(void)
{
	disarm();
}
