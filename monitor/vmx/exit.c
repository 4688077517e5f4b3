/* SPDX-License-Identifier: MIT */
/* Exit reasons of VT-x (SDM 3, appendix C and 28.2) to neutral ones. */
#include "vmx.h"
#include <hw/apic.h>

#define UNUSED __attribute__((unused))
#define REASON_INVD 13u
#define REASON_VMCALL 18u
#define REASON_EPT_VIOLATION 48u

static void decode_exception(struct mon_exit *e, UNUSED const struct mon_gprs *gprs)
{
	uint32_t event = (uint32_t)vmcs_read(VMCS_EXIT_EVENT);

	e->exception.vector = (uint8_t)event;
	e->exception.error = event & VMX_EVENT_ERROR ? (uint32_t)vmcs_read(VMCS_EXIT_EVENT_ERROR) : 0;
	e->info[0] = vmcs_read(VMCS_EXIT_QUALIFICATION);
	e->info[1] = event;
	switch (event & (VMX_EVENT_TYPE | 0xffu)) {
	case VMX_EVENT_NMI | 2: e->reason = QV_EXIT_KICK; break;
	case VMX_EVENT_EXCEPTION | 17: e->reason = QV_EXIT_ALIGNMENT; break;
	case VMX_EVENT_EXCEPTION | 18: e->reason = QV_EXIT_MACHINE_CHECK; break;
	default: e->reason = (event & 0xff) == 1 ? QV_EXIT_DEBUG : QV_EXIT_OTHER; break; /* #DB: also INT1, type 5 */
	}
	vmx_reinject();
}

/* The guest can take its NMI now; to the common code this is a kick without mail. */
static void decode_nmi_window(UNUSED struct mon_exit *e, UNUSED const struct mon_gprs *gprs)
{
	vmx_window_open();
}

static void decode_cr(struct mon_exit *e, UNUSED const struct mon_gprs *gprs)
{
	uint64_t what = vmcs_read(VMCS_EXIT_QUALIFICATION);

	e->info[0] = what;
	e->cr.number = what & 15;
	e->cr.reg = what >> 8 & 15;
	if (what >> 4 & 3) /* only MOV to CR touches the owned bits */
		e->reason = QV_EXIT_OTHER;
}

static void decode_io(struct mon_exit *e, UNUSED const struct mon_gprs *gprs)
{
	uint64_t what = vmcs_read(VMCS_EXIT_QUALIFICATION);

	e->info[0] = what;
	e->io.port = (uint16_t)(what >> 16);
	e->io.size = (uint8_t)((what & 7) + 1);
	e->io.in = what >> 3 & 1;
	e->io.string = what >> 4 & 1;
}

static void decode_nested(struct mon_exit *e, UNUSED const struct mon_gprs *gprs)
{
	uint64_t what = e->code == REASON_EPT_VIOLATION ? vmcs_read(VMCS_EXIT_QUALIFICATION) : 0;

	e->info[0] = what;
	e->info[1] = vmcs_read(VMCS_GUEST_PHYSICAL);
	e->nested.gpa = e->info[1];
	e->nested.read = what & 1;
	e->nested.write = what >> 1 & 1;
	e->nested.exec = what >> 2 & 1;
	vmx_reinject();
}

static void decode_other(struct mon_exit *e, UNUSED const struct mon_gprs *gprs)
{
	e->info[0] = vmcs_read(VMCS_EXIT_QUALIFICATION);
}

static void decode_cache(struct mon_exit *e, UNUSED const struct mon_gprs *gprs)
{
	e->cache.discards = e->code == REASON_INVD;
}

static void decode_msr(struct mon_exit *e, const struct mon_gprs *gprs)
{
	e->msr.index = (uint32_t)gprs->reg[MON_RCX];
	if (e->reason == QV_EXIT_MSR_WRITE && e->msr.index == HW_X2_ICR)
		e->reason = QV_EXIT_ICR;
}

/* Reasons without a row are QV_EXIT_UNKNOWN; a row without decoder carries nothing but its reason. */
static const struct {
	uint8_t reason;
	void (*decode)(struct mon_exit *e, const struct mon_gprs *gprs);
} table[] = {
	[0] = { QV_EXIT_OTHER, decode_exception },
	[1] = { QV_EXIT_OTHER, decode_other }, /* external interrupt */
	[2] = { QV_EXIT_TRIPLE_FAULT, NULL },
	[3] = { QV_EXIT_INIT, NULL },
	[4] = { QV_EXIT_OTHER, decode_other }, /* SIPI */
	[5] = { QV_EXIT_SMI, NULL },
	[6] = { QV_EXIT_SMI, NULL },
	[7] = { QV_EXIT_OTHER, decode_other }, /* interrupt window */
	[8] = { QV_EXIT_KICK, decode_nmi_window },
	[9] = { QV_EXIT_TASK_SWITCH, decode_other },
	[10] = { QV_EXIT_CPUID, NULL },
	[11] = { QV_EXIT_VIRTUALISATION, NULL }, /* GETSEC */
	[12] = { QV_EXIT_OTHER, decode_other },  /* HLT */
	[13] = { QV_EXIT_CACHE, decode_cache },
	[14] = { QV_EXIT_OTHER, decode_other },
	[15] = { QV_EXIT_OTHER, decode_other },
	[16] = { QV_EXIT_OTHER, decode_other },
	[17] = { QV_EXIT_OTHER, decode_other },
	[19 ... 27] = { QV_EXIT_VIRTUALISATION, NULL },
	[28] = { QV_EXIT_CR, decode_cr },
	[29] = { QV_EXIT_OTHER, decode_other },
	[30] = { QV_EXIT_IO, decode_io },
	[31] = { QV_EXIT_MSR_READ, decode_msr },
	[32] = { QV_EXIT_MSR_WRITE, decode_msr },
	[33] = { QV_EXIT_BAD_STATE, decode_other },
	[34] = { QV_EXIT_BAD_STATE, decode_other },
	[36] = { QV_EXIT_MWAIT, NULL },
	[37] = { QV_EXIT_OTHER, decode_other },
	[39] = { QV_EXIT_MWAIT, NULL }, /* MONITOR */
	[40] = { QV_EXIT_OTHER, decode_other },
	[41] = { QV_EXIT_MACHINE_CHECK, decode_other },
	[43 ... 47] = { QV_EXIT_OTHER, decode_other },
	[48] = { QV_EXIT_NESTED_FAULT, decode_nested },
	[49] = { QV_EXIT_NESTED_FAULT, decode_nested }, /* misconfiguration */
	[50] = { QV_EXIT_VIRTUALISATION, NULL },        /* INVEPT */
	[51] = { QV_EXIT_OTHER, decode_other },
	[52] = { QV_EXIT_KICK, NULL }, /* armed by mon_backend_host_nmi */
	[53] = { QV_EXIT_VIRTUALISATION, NULL }, /* INVVPID */
	[54] = { QV_EXIT_CACHE, decode_cache },
	[55] = { QV_EXIT_XSETBV, NULL },
	[56 ... 58] = { QV_EXIT_OTHER, decode_other },
	[59] = { QV_EXIT_VIRTUALISATION, NULL }, /* VMFUNC */
	[60] = { QV_EXIT_VIRTUALISATION, NULL }, /* ENCLS */
};

/* Not inlined: its frame would be set up on the fast path. */
__attribute__((noinline)) static void serve(struct mon_gprs *gprs, uint32_t code)
{
	struct mon_exit e;
	uint32_t basic = code & VMX_REASON_BASIC;

	e.code = code;
	e.rip = vmcs_read(VMCS_GUEST_RIP);
	e.reason = QV_EXIT_UNKNOWN;
	e.info[0] = e.info[1] = 0;
	gprs->reg[MON_RSP] = vmcs_read(VMCS_GUEST_RSP);
	if (basic < sizeof table / sizeof table[0]) {
		e.reason = table[basic].reason;
		if (table[basic].decode)
			table[basic].decode(&e, gprs);
	}
	mon_handle_exit(gprs, &e);
}

/* From a call's exit to the next entry, with entry.S, is the monitor's fast path: at most 100 instructions. */
void mon_exit_entry(struct mon_gprs *gprs)
{
	uint32_t code = (uint32_t)vmcs_read(VMCS_EXIT_REASON);

	if (__builtin_expect(code == REASON_VMCALL, 1))
		mon_handle_call(gprs, vmcs_read(VMCS_GUEST_SS_RIGHTS) >> 5 & 3);
	else
		serve(gprs, code);
}

/*
 * VMRESUME or VMLAUNCH did not enter and the guest's registers were saved again. True: the VMCS has to be launched.
 * False: the guest cannot be entered as it is; the common code has dealt with it and it may be tried again.
 */
bool vmx_entry_failed(struct mon_gprs *gprs)
{
	struct mon_exit e = { .reason = QV_EXIT_BAD_STATE };

	e.info[0] = vmcs_read(VMCS_INSTRUCTION_ERROR);
	if (e.info[0] == VMX_ERROR_NOT_LAUNCHED)
		return true;
	e.rip = vmcs_read(VMCS_GUEST_RIP);
	gprs->reg[MON_RSP] = vmcs_read(VMCS_GUEST_RSP);
	mon_handle_exit(gprs, &e);
	return false;
}
