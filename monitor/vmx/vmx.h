/* SPDX-License-Identifier: MIT */
/* What the files of monitor/vmx share. */
#ifndef VMX_VMX_H
#define VMX_VMX_H

#include "vmcs.h"
#include <hw/cpu.h>
#include <hw/msr.h>

#define VMX_CR0_PE (1ull << 0)
#define VMX_CR0_MP (1ull << 1)
#define VMX_CR0_ET (1ull << 4)
#define VMX_CR0_NE (1ull << 5)
#define VMX_CR0_WP (1ull << 16)
#define VMX_CR0_NW (1ull << 29)
#define VMX_CR0_CD (1ull << 30)
#define VMX_CR0_PG (1ull << 31)
#define VMX_CR4_PAE     (1ull << 5)
#define VMX_CR4_MCE     (1ull << 6)
#define VMX_CR4_OSFXSR  (1ull << 9)
#define VMX_CR4_LA57    (1ull << 12)
#define VMX_CR4_VMXE    (1ull << 13)
#define VMX_CR4_PCIDE   (1ull << 17)
#define VMX_CR4_OSXSAVE (1ull << 18)
#define VMX_CR4_PKE     (1ull << 22)
#define VMX_CR4_CET     (1ull << 23)

/*
 * Bits the guest does not own. VMX needs NE and VMXE to be 1. CD and NW would outlive an exit and slow the monitor
 * and the sibling thread down. Without MCE a machine check shuts the processor down instead of exiting.
 * A write that changes one of them exits; the guest reads back what it wrote from the shadow.
 */
#define VMX_CR0_OWNED (VMX_CR0_NE | VMX_CR0_NW | VMX_CR0_CD)
#define VMX_CR4_OWNED (VMX_CR4_VMXE | VMX_CR4_MCE)

struct vmx_capabilities { /* control words of this processor with nothing optional switched on later */
	uint32_t pin, primary, secondary, exit, entry;
	uint64_t basic;
	uint64_t ept_vpid;
};
extern struct vmx_capabilities vmx_caps;
extern bool vmx_ready; /* a VMCS is current */

/* caps.c: read the capability MSRs and choose the control words. NULL, or what the processor lacks. */
const char *vmx_choose_controls(void);
/* host.c: host-state area from the state of this moment. */
void vmx_set_host_state(void);
/* tlb.c: forget everything cached from this core's nested tables and the guest's own. */
void vmx_flush_all(void);
void vmx_flush_guest(void);
/* event.c: give back an event whose delivery an exit has interrupted. */
void vmx_reinject(void);
/* event.c: the NMI window is open: deliver the NMI that waits for it. */
void vmx_window_open(void);

/* entry.S: where exits arrive. */
void vmx_exit(void);
/* exit.c, called from entry.S. */
void mon_exit_entry(struct mon_gprs *gprs);
bool vmx_entry_failed(struct mon_gprs *gprs);

#endif
