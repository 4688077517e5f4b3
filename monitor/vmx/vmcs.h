/* SPDX-License-Identifier: MIT */
/*
 * The VMCS: field encodings (SDM 3, appendix B), control bits (25.6 to 25.8), exit reasons (appendix C), and access.
 * Private to monitor/vmx. One VMCS is current for the whole life of a monitor, so no function names it.
 */
#ifndef VMX_VMCS_H
#define VMX_VMCS_H

#include <mon/backend.h>

enum vmcs_field {
	VMCS_VPID = 0x0000,

	VMCS_GUEST_ES = 0x0800, /* selectors: ES CS SS DS FS GS LDTR TR, 2 apart */
	VMCS_HOST_ES = 0x0c00,  /* ES CS SS DS FS GS TR, 2 apart */
	VMCS_HOST_CS = 0x0c02,
	VMCS_HOST_SS = 0x0c04,
	VMCS_HOST_DS = 0x0c06,
	VMCS_HOST_FS = 0x0c08,
	VMCS_HOST_GS = 0x0c0a,
	VMCS_HOST_TR = 0x0c0c,

	VMCS_IO_BITMAP_A = 0x2000,
	VMCS_IO_BITMAP_B = 0x2002,
	VMCS_MSR_BITMAP = 0x2004,
	VMCS_EPT_POINTER = 0x201a,
	VMCS_XSS_BITMAP = 0x202c,
	VMCS_ENCLS_BITMAP = 0x202e,
	VMCS_GUEST_PHYSICAL = 0x2400,
	VMCS_LINK_POINTER = 0x2800,
	VMCS_GUEST_DEBUGCTL = 0x2802,
	VMCS_GUEST_PAT = 0x2804,
	VMCS_GUEST_EFER = 0x2806,
	VMCS_HOST_PAT = 0x2c00,
	VMCS_HOST_EFER = 0x2c02,

	VMCS_PIN_CONTROLS = 0x4000,
	VMCS_PRIMARY_CONTROLS = 0x4002,
	VMCS_EXCEPTION_BITMAP = 0x4004,
	VMCS_PAGE_FAULT_MASK = 0x4006,
	VMCS_PAGE_FAULT_MATCH = 0x4008,
	VMCS_CR3_TARGET_COUNT = 0x400a,
	VMCS_EXIT_CONTROLS = 0x400c,
	VMCS_EXIT_MSR_STORE_COUNT = 0x400e,
	VMCS_EXIT_MSR_LOAD_COUNT = 0x4010,
	VMCS_ENTRY_CONTROLS = 0x4012,
	VMCS_ENTRY_MSR_LOAD_COUNT = 0x4014,
	VMCS_ENTRY_EVENT = 0x4016,
	VMCS_ENTRY_EVENT_ERROR = 0x4018,
	VMCS_ENTRY_EVENT_LENGTH = 0x401a,
	VMCS_SECONDARY_CONTROLS = 0x401e,
	VMCS_INSTRUCTION_ERROR = 0x4400,
	VMCS_EXIT_REASON = 0x4402,
	VMCS_EXIT_EVENT = 0x4404,
	VMCS_EXIT_EVENT_ERROR = 0x4406,
	VMCS_VECTORING_EVENT = 0x4408,
	VMCS_VECTORING_ERROR = 0x440a,
	VMCS_EXIT_LENGTH = 0x440c,

	VMCS_GUEST_ES_LIMIT = 0x4800, /* limits: as the selectors, then GDTR, IDTR */
	VMCS_GUEST_GDTR_LIMIT = 0x4810,
	VMCS_GUEST_IDTR_LIMIT = 0x4812,
	VMCS_GUEST_ES_RIGHTS = 0x4814,
	VMCS_GUEST_CS_RIGHTS = 0x4816,
	VMCS_GUEST_SS_RIGHTS = 0x4818,
	VMCS_GUEST_INTERRUPTIBILITY = 0x4824,
	VMCS_GUEST_ACTIVITY = 0x4826,
	VMCS_GUEST_SYSENTER_CS = 0x482a,
	VMCS_PREEMPTION_TIMER = 0x482e,
	VMCS_HOST_SYSENTER_CS = 0x4c00,

	VMCS_CR0_MASK = 0x6000,
	VMCS_CR4_MASK = 0x6002,
	VMCS_CR0_SHADOW = 0x6004,
	VMCS_CR4_SHADOW = 0x6006,
	VMCS_EXIT_QUALIFICATION = 0x6400,
	VMCS_GUEST_CR0 = 0x6800,
	VMCS_GUEST_CR3 = 0x6802,
	VMCS_GUEST_CR4 = 0x6804,
	VMCS_GUEST_ES_BASE = 0x6806, /* bases: as the selectors, then GDTR, IDTR */
	VMCS_GUEST_GDTR_BASE = 0x6816,
	VMCS_GUEST_IDTR_BASE = 0x6818,
	VMCS_GUEST_DR7 = 0x681a,
	VMCS_GUEST_RSP = 0x681c,
	VMCS_GUEST_RIP = 0x681e,
	VMCS_GUEST_RFLAGS = 0x6820,
	VMCS_GUEST_PENDING_DEBUG = 0x6822,
	VMCS_GUEST_SYSENTER_ESP = 0x6824,
	VMCS_GUEST_SYSENTER_EIP = 0x6826,
	VMCS_HOST_CR0 = 0x6c00,
	VMCS_HOST_CR3 = 0x6c02,
	VMCS_HOST_CR4 = 0x6c04,
	VMCS_HOST_FS_BASE = 0x6c06,
	VMCS_HOST_GS_BASE = 0x6c08,
	VMCS_HOST_TR_BASE = 0x6c0a,
	VMCS_HOST_GDTR_BASE = 0x6c0c,
	VMCS_HOST_IDTR_BASE = 0x6c0e,
	VMCS_HOST_SYSENTER_ESP = 0x6c10,
	VMCS_HOST_SYSENTER_EIP = 0x6c12,
	VMCS_HOST_RSP = 0x6c14,
	VMCS_HOST_RIP = 0x6c16
};

/* Segment registers in VMCS order. */
enum { VMX_ES, VMX_CS, VMX_SS, VMX_DS, VMX_FS, VMX_GS, VMX_LDTR, VMX_TR, VMX_SEGMENTS };
#define VMX_RIGHTS_UNUSABLE 0x10000u
#define VMX_RIGHTS_L        0x2000u

/* Pin-based controls. */
#define VMX_PIN_NMI_EXITING      (1u << 3)
#define VMX_PIN_VIRTUAL_NMI      (1u << 5)
#define VMX_PIN_PREEMPTION_TIMER (1u << 6)

/* Primary processor-based controls. */
#define VMX_CPU_NMI_WINDOW  (1u << 22)
#define VMX_CPU_IO_BITMAPS  (1u << 25)
#define VMX_CPU_MSR_BITMAPS (1u << 28)
#define VMX_CPU_MONITOR     (1u << 29)
#define VMX_CPU_MWAIT       (1u << 10)
#define VMX_CPU_SECONDARY   (1u << 31)

/* Secondary processor-based controls. */
#define VMX_CPU2_EPT          (1u << 1)
#define VMX_CPU2_RDTSCP       (1u << 3)
#define VMX_CPU2_VPID         (1u << 5)
#define VMX_CPU2_WBINVD       (1u << 6)
#define VMX_CPU2_UNRESTRICTED (1u << 7)
#define VMX_CPU2_INVPCID      (1u << 12)
#define VMX_CPU2_ENCLS        (1u << 15)
#define VMX_CPU2_XSAVES       (1u << 20)

#define VMX_EXIT_SAVE_DEBUG (1u << 2)
#define VMX_EXIT_HOST_64    (1u << 9)
#define VMX_EXIT_SAVE_PAT   (1u << 18)
#define VMX_EXIT_LOAD_PAT   (1u << 19)
#define VMX_EXIT_SAVE_EFER  (1u << 20)
#define VMX_EXIT_LOAD_EFER  (1u << 21)

#define VMX_ENTRY_LOAD_DEBUG (1u << 2)
#define VMX_ENTRY_LONG_MODE  (1u << 9)
#define VMX_ENTRY_LOAD_PAT   (1u << 14)
#define VMX_ENTRY_LOAD_EFER  (1u << 15)

/* Event fields: vector in bits 0-7, type in 8-10. */
#define VMX_EVENT_NMI       (2u << 8)
#define VMX_EVENT_EXCEPTION (3u << 8)
#define VMX_EVENT_INT1      (5u << 8) /* privileged software exception */
#define VMX_EVENT_TYPE      (7u << 8)
#define VMX_EVENT_ERROR     (1u << 11)
#define VMX_EVENT_VALID     (1u << 31)

#define VMX_BLOCKED_BY_STI    (1u << 0)
#define VMX_BLOCKED_BY_MOV_SS (1u << 1)
#define VMX_BLOCKED_BY_NMI    (1u << 3)
#define VMX_PENDING_STEP      (1u << 14)

#define VMX_REASON_BASIC       0xffffu
#define VMX_REASON_FAILED      (1u << 31) /* VM entry failed after the host state was loaded */
#define VMX_ERROR_NOT_LAUNCHED 5u         /* VM-instruction error: VMRESUME with non-launched VMCS */

/* Read and write a field of the current VMCS. A field that does not exist would be a defect of this room: the
 * instruction then fails without effect. */
static inline uint64_t vmcs_read(enum vmcs_field field)
{
	uint64_t value;

	__asm__ volatile("vmread %1, %0" : "=r"(value) : "r"((uint64_t)field) : "cc");
	return value;
}

static inline void vmcs_write(enum vmcs_field field, uint64_t value)
{
	__asm__ volatile("vmwrite %1, %0" : : "r"((uint64_t)field), "rm"(value) : "cc");
}

/* Field of segment `i` (VMX_ES..): `first` is the ES field of its group. */
static inline enum vmcs_field vmcs_segment(enum vmcs_field first, unsigned int i)
{
	return (enum vmcs_field)((unsigned int)first + 2 * i);
}

#endif
