/* SPDX-License-Identifier: MIT */
/* Translation of exits: what the VMCB says, in the neutral words of mon/backend.h. No policy here. */
#include "svm.h"

#include <hw/cpu.h>

/* Instructions have a fixed length here where the processor does not report it (NRIPS). A guest that puts redundant
 * prefixes before one goes on inside it: its own affair. */
struct translation {
	uint8_t reason; /* enum qv_exit; 0 = unknown */
	uint8_t length; /* bytes of the instruction, 0 = not an instruction */
};

#define VMMCALL_LENGTH 3u
#define FIRST_CODE SVM_EXIT_EXCEPTION
#define ROW(code)  [(code) - FIRST_CODE]

static const struct translation table[] = {
	ROW(SVM_EXIT_EXCEPTION + 1) = { QV_EXIT_DEBUG, 0 },
	ROW(SVM_EXIT_EXCEPTION + 17) = { QV_EXIT_ALIGNMENT, 0 },
	ROW(SVM_EXIT_EXCEPTION + 18) = { QV_EXIT_MACHINE_CHECK, 0 },
	ROW(SVM_EXIT_NMI) = { QV_EXIT_KICK, 0 },
	ROW(SVM_EXIT_SMI) = { QV_EXIT_SMI, 0 },
	ROW(SVM_EXIT_INIT) = { QV_EXIT_INIT, 0 },
	ROW(SVM_EXIT_CPUID) = { QV_EXIT_CPUID, 2 },
	ROW(SVM_EXIT_INVD) = { QV_EXIT_CACHE, 2 },
	ROW(SVM_EXIT_INVLPGA) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_IO) = { QV_EXIT_IO, 0 },
	ROW(SVM_EXIT_MSR) = { QV_EXIT_MSR_READ, 2 },
	ROW(SVM_EXIT_TASK) = { QV_EXIT_TASK_SWITCH, 0 },
	ROW(SVM_EXIT_SHUTDOWN) = { QV_EXIT_TRIPLE_FAULT, 0 },
	ROW(SVM_EXIT_VMRUN) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_VMLOAD) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_VMSAVE) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_STGI) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_CLGI) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_SKINIT) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_WBINVD) = { QV_EXIT_CACHE, 2 },
	ROW(SVM_EXIT_MONITOR) = { QV_EXIT_MWAIT, 3 },
	ROW(SVM_EXIT_MWAIT) = { QV_EXIT_MWAIT, 3 },
	ROW(SVM_EXIT_MWAIT_ARMED) = { QV_EXIT_MWAIT, 3 },
	ROW(SVM_EXIT_XSETBV) = { QV_EXIT_XSETBV, 3 },
	ROW(SVM_EXIT_INVLPGB) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_INVLPGB_ILLEGAL) = { QV_EXIT_VIRTUALISATION, 3 },
	ROW(SVM_EXIT_TLBSYNC) = { QV_EXIT_VIRTUALISATION, 3 },
};

/* APM 2, 15.10.2 */
static void translate_io(struct mon_exit *e, const struct svm_vmcb *v)
{
	uint64_t info = v->exit_info[0];

	e->io.port = (uint16_t)(info >> 16);
	e->io.size = (uint8_t)(info >> 4 & 7u);
	e->io.in = (info & 1u) != 0;
	e->io.string = (info >> 2 & 1u) != 0;
	svm.next_rip = v->exit_info[1];
}

/* APM 2, 15.25.6 */
static void translate_nested(struct mon_exit *e, const struct svm_vmcb *v)
{
	e->reason = QV_EXIT_NESTED_FAULT;
	e->nested.gpa = v->exit_info[1];
	e->nested.write = (v->exit_info[0] & SVM_NESTED_WRITE) != 0;
	e->nested.exec = (v->exit_info[0] & SVM_NESTED_FETCH) != 0;
	e->nested.read = !e->nested.write && !e->nested.exec;
}

static void translate_details(struct mon_exit *e, const struct svm_vmcb *v)
{
	switch ((uint32_t)v->exit_code) {
	case SVM_EXIT_IO:
		translate_io(e, v);
		break;
	case SVM_EXIT_MSR:
		e->msr.index = (uint32_t)mon_start_gprs.reg[MON_RCX];
		if (v->exit_info[0] != 0)
			e->reason = QV_EXIT_MSR_WRITE;
		break;
	case SVM_EXIT_INVD:
	case SVM_EXIT_WBINVD:
		e->cache.discards = v->exit_code == SVM_EXIT_INVD;
		break;
	case SVM_EXIT_NESTED_FAULT:
		translate_nested(e, v);
		break;
	default:
		break;
	}
}

/* The code is 64 bits wide on processors and 32 in QEMU: all ones in the low half means that VMRUN found the guest's
 * state invalid. QEMU says so for reserved bits in CR3 and CR4 where a processor gives #GP. */
#define CODE_INVALID UINT32_MAX

static void translate(struct mon_exit *e, const struct svm_vmcb *v)
{
	uint32_t code = (uint32_t)v->exit_code;
	struct translation row = { QV_EXIT_UNKNOWN, 0 };

	if (code - FIRST_CODE < sizeof(table) / sizeof(table[0]))
		row = table[code - FIRST_CODE];
	e->reason = code == CODE_INVALID ? QV_EXIT_BAD_STATE : row.reason;
	e->code = code;
	e->info[0] = v->exit_info[0];
	e->info[1] = v->exit_info[1];
	e->rip = v->rip;
	svm.next_rip = svm.has_next_rip ? v->next_rip : v->rip + row.length;
	translate_details(e, v);
}

static __attribute__((noinline)) void serve(struct svm_vmcb *v)
{
	struct mon_exit e;

	svm_registers_changed = 1;
	translate(&e, v);
	mon_handle_exit(&mon_start_gprs, &e);
	if (svm.nmi_waits)
		svm_deliver_nmi();
}

/* An event whose delivery was cut short is delivered again. QEMU leaves others in both fields, without the bit. */
static void set_event(struct svm_vmcb *v)
{
	if (__builtin_expect((v->exit_event & SVM_EVENT_VALID) != 0, 0))
		v->inject_event = v->exit_event;
	else
		v->inject_event = 0;
}

/* From the #VMEXIT to the VMRUN of a call is the monitor's fast path: at most 100 instructions with run.S. */
void svm_exit(void)
{
	struct svm_vmcb *v = svm.vmcb;

	v->tlb_control = 0;
	set_event(v);
	mon_start_gprs.reg[MON_RAX] = v->rax;
	if (v->exit_code == SVM_EXIT_VMMCALL) {
		svm.next_rip = v->rip + VMMCALL_LENGTH;
		mon_handle_call(&mon_start_gprs, v->cpl);
	} else {
		serve(v);
	}
	v->rax = mon_start_gprs.reg[MON_RAX];
}
