/* SPDX-License-Identifier: MIT */
/* The AMD-V back end: control block, guest state, and the small services of mon/backend.h. */
#include "svm.h"

#include <abi/blackbox.h>
#include <hw/apic.h>
#include <hw/cpu.h>
#include <hw/msr.h>
#include <lib/string.h>

#define CPUID_SVM 0x8000000au
#define SVM_FEATURE_NESTED_PAGING (1u << 0)
#define SVM_FEATURE_NEXT_RIP      (1u << 3)
#define GUEST_ASID 1u

#define ATTR_CODE16 0x09bu
#define ATTR_DATA16 0x093u
#define ATTR_CODE64 0xa9bu
#define ATTR_DATA   0xc93u
#define ATTR_LDT    0x082u
#define ATTR_TSS    0x08bu
#define SELECTOR_CODE 0x10u
#define SELECTOR_DATA 0x18u

#define CR0_RESET 0x00000010u
#define CR0_START 0x80000033u /* PG NE ET MP PE */
#define CR4_PAE   0x20u
#define DR6_RESET 0xffff0ff0u
#define DR7_RESET 0x400u
#define RFLAGS_RESET 2u

struct svm svm;
volatile uint32_t svm_registers_changed;

/* ---- set-up ---- */

static void set_intercepts(struct svm_vmcb *v)
{
	v->exception_intercepts = 1u << 1 | 1u << 17 | 1u << 18; /* #DB, #AC, #MC */
	v->intercepts1 = SVM_INTERCEPT_NMI | SVM_INTERCEPT_SMI | SVM_INTERCEPT_INIT | SVM_INTERCEPT_INVD |
		SVM_INTERCEPT_INVLPGA | SVM_INTERCEPT_IO | SVM_INTERCEPT_MSR | SVM_INTERCEPT_TASK | SVM_INTERCEPT_SHUTDOWN;
	v->intercepts2 = SVM_INTERCEPT_VMRUN | SVM_INTERCEPT_VMMCALL | SVM_INTERCEPT_VMLOAD | SVM_INTERCEPT_VMSAVE |
		SVM_INTERCEPT_STGI | SVM_INTERCEPT_CLGI | SVM_INTERCEPT_SKINIT | SVM_INTERCEPT_WBINVD |
		SVM_INTERCEPT_MONITOR | SVM_INTERCEPT_MWAIT | SVM_INTERCEPT_XSETBV;
	v->intercepts3 = SVM_INTERCEPT_INVLPGB | SVM_INTERCEPT_TLBSYNC; /* these reach other cores' TLBs */
}

/* Interrupts are not intercepted and not masked (V_INTR_MASKING = 0): they go through the guest's IDT. */
static void set_control(struct svm_vmcb *v, const struct qv_vendor_pages *pages)
{
	memset(v, 0, sizeof(*v));
	set_intercepts(v);
	v->io_bitmap = pages->io_bitmap_hpa;
	v->msr_bitmap = pages->msr_bitmap_hpa;
	v->asid = GUEST_ASID;
	v->nested_enable = 1;
	v->nested_root = pages->nested_root_hpa;
}

const char *mon_backend_init(const struct qv_handover *handover)
{
	const struct qv_vendor_pages *pages = &handover->pages;
	uint32_t features;

	if (handover->vendor != QV_VENDOR_SVM || hw_cpuid(0x80000000, 0).eax < CPUID_SVM)
		return "this core has no AMD-V";
	features = hw_cpuid(CPUID_SVM, 0).edx;
	if ((features & SVM_FEATURE_NESTED_PAGING) == 0)
		return "this core has no nested paging";
	svm.has_next_rip = (features & SVM_FEATURE_NEXT_RIP) != 0;
	svm.vmcb = (struct svm_vmcb *)pages->control_va;
	svm.vmcb_hpa = pages->control_hpa;
	hw_wrmsr(HW_MSR_EFER, hw_rdmsr(HW_MSR_EFER) | HW_EFER_SVME);
	if ((hw_rdmsr(HW_MSR_EFER) & HW_EFER_SVME) == 0)
		return "AMD-V cannot be enabled on this core";
	hw_wrmsr(HW_MSR_VM_HSAVE, pages->host_hpa);
	set_control(svm.vmcb, pages);
	mon_backend_nmi_close();
	return NULL;
}

/* ---- guest state ---- */

static struct svm_segment segment(uint16_t selector, uint16_t attributes, uint32_t limit)
{
	return (struct svm_segment){ .selector = selector, .attributes = attributes, .limit = limit, .base = 0 };
}

static void set_data_segments(struct svm_vmcb *v, struct svm_segment data)
{
	v->ds = data;
	v->es = data;
	v->ss = data;
	v->fs = data;
	v->gs = data;
}

/* What VMLOAD takes from the VMCB and VMRUN does not: the guest's FS, GS, LDTR, TR and system-call MSRs are live in the
 * processor at all times, so this is the one place that loads them. */
static void load_unswitched(void)
{
	__asm__ volatile("vmload %0" : : "a"(svm.vmcb_hpa) : "memory");
}

/* APM 2, table 14-1, as after INIT */
void mon_backend_reset(void)
{
	struct svm_vmcb *v = svm.vmcb;

	memset(&v->es, 0, sizeof(*v) - offsetof(struct svm_vmcb, es));
	set_data_segments(v, segment(0, ATTR_DATA16, 0xffff));
	v->cs = segment(0xf000, ATTR_CODE16, 0xffff);
	v->cs.base = 0xffff0000u;
	v->rip = 0xfff0;
	v->gdtr.limit = 0xffff;
	v->idtr.limit = 0xffff;
	v->ldtr = segment(0, ATTR_LDT, 0xffff);
	v->tr = segment(0, ATTR_TSS, 0xffff);
	v->cr0 = CR0_RESET;
	v->efer = HW_EFER_SVME;
	v->dr6 = DR6_RESET;
	v->dr7 = DR7_RESET;
	v->rflags = RFLAGS_RESET;
	v->pat = HW_PAT_RESET;
	v->interrupt_control = 0;
	v->interrupt_shadow = 0;
	v->inject_event = 0;
	svm.nmi_waits = false;
	v->tlb_control = SVM_TLB_FLUSH_ALL;
	svm_registers_changed = 1;
	load_unswitched();
}

void mon_backend_start(const struct qv_start_state *start)
{
	struct svm_vmcb *v = svm.vmcb;

	set_data_segments(v, segment(SELECTOR_DATA, ATTR_DATA, UINT32_MAX));
	v->cs = segment(SELECTOR_CODE, ATTR_CODE64, UINT32_MAX);
	v->gdtr.base = start->gdt_base;
	v->gdtr.limit = start->gdt_limit;
	v->cr0 = CR0_START;
	v->cr3 = start->cr3;
	v->cr4 = CR4_PAE;
	v->efer = HW_EFER_SVME | HW_EFER_LME | HW_EFER_LMA;
	v->rip = start->rip;
	load_unswitched();
}

void mon_backend_sipi(uint8_t vector)
{
	struct svm_vmcb *v = svm.vmcb;

	v->cs.selector = (uint16_t)(vector << 8);
	v->cs.base = (uint64_t)vector << 12;
	v->rip = 0;
}

_Noreturn void mon_backend_run(void)
{
	svm.vmcb->rax = mon_start_gprs.reg[MON_RAX];
	svm_loop(svm.vmcb_hpa);
}

/* ---- services ---- */

void mon_backend_skip(void)
{
	struct svm_vmcb *v = svm.vmcb;

	v->rip = svm.next_rip;
	v->interrupt_shadow = 0;
}

void mon_backend_skip_bytes(uint8_t length)
{
	svm.next_rip = svm.vmcb->rip + length;
	mon_backend_skip();
}

void mon_backend_inject(uint8_t vector, bool has_error, uint32_t error)
{
	svm.vmcb->inject_event = SVM_EVENT_VALID | SVM_EVENT_EXCEPTION | vector;
	if (has_error)
		svm.vmcb->inject_event |= SVM_EVENT_ERROR | (uint64_t)error << 32;
}

/*
 * An exit by NMI says that the guest could take one; any other exit may come from inside its NMI handler. And an event
 * that waits for delivery goes first, or an interrupt in service would never end. So the NMI may have to wait: an NMI
 * of this core to itself then exits when the guest can take it, at the earliest after the next entry.
 */
void svm_deliver_nmi(void)
{
	struct svm_vmcb *v = svm.vmcb;

	if (v->exit_code == SVM_EXIT_NMI && !(v->inject_event & SVM_EVENT_VALID)) {
		v->inject_event = SVM_EVENT_VALID | SVM_EVENT_NMI | 2u;
		svm.nmi_waits = false;
	} else {
		hw_apic_send(hw_apic_id(), HW_ICR_NMI);
	}
}

void mon_backend_inject_nmi(void)
{
	svm.nmi_waits = true;
	svm_deliver_nmi();
}

/* The NMI that caused the exit is still pending: it goes to the monitor's handler as soon as GIF is set. */
void mon_backend_kick_taken(void)
{
	mon_backend_nmi_open();
	__asm__ volatile("nop");
	mon_backend_nmi_close();
}

void mon_backend_nmi_open(void)
{
	__asm__ volatile("stgi" : : : "memory");
}

void mon_backend_nmi_close(void)
{
	__asm__ volatile("clgi" : : : "memory");
}

/* GIF holds NMIs back until the next entry, which then exits: nothing to remember. */
void mon_backend_host_nmi(void)
{
}

void mon_backend_paging(struct mon_paging *paging)
{
	const struct svm_vmcb *v = svm.vmcb;

	paging->cr0 = v->cr0;
	paging->cr3 = v->cr3;
	paging->cr4 = v->cr4;
	paging->efer = v->efer;
	paging->rflags = v->rflags;
	paging->cpl = v->cpl;
}

uint64_t mon_backend_efer(void)
{
	return svm.vmcb->efer & ~(uint64_t)HW_EFER_SVME;
}

void mon_backend_set_efer(uint64_t value)
{
	svm.vmcb->efer = value | HW_EFER_SVME;
}

uint64_t mon_backend_pat(void)
{
	return svm.vmcb->pat;
}

void mon_backend_set_pat(uint64_t value)
{
	svm.vmcb->pat = value;
}

/* Control registers are not intercepted: the processor itself checks what the guest writes. */
bool mon_backend_write_cr(uint8_t number, uint64_t value)
{
	(void)number, (void)value;
	return false;
}

/* CPUID is not intercepted either; were it to exit, the answer is the processor's own. */
void mon_backend_cpuid(struct mon_gprs *gprs)
{
	struct hw_cpuid r = hw_cpuid((uint32_t)gprs->reg[MON_RAX], (uint32_t)gprs->reg[MON_RCX]);

	gprs->reg[MON_RAX] = r.eax;
	gprs->reg[MON_RBX] = r.ebx;
	gprs->reg[MON_RCX] = r.ecx;
	gprs->reg[MON_RDX] = r.edx;
}
