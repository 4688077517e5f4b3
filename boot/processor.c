/* SPDX-License-Identifier: MIT */
/* What each core must have (CPUID and feature MSRs), and its interrupt controllers put to rest. */
#include "boot.h"

#include <hw/apic.h>
#include <hw/msr.h>
#include <hw/port.h>
#include <lib/processor.h>
#include <lib/string.h>

#define SPURIOUS_VECTOR 0xffu
#define SVR_ENABLE      0x100u
#define PIC1_DATA 0x21u
#define PIC2_DATA 0xa1u

static struct hw_cpuid leaf(uint32_t number)
{
	if (hw_cpuid(number & 0x80000000u, 0).eax < number)
		return (struct hw_cpuid){ 0 };
	return hw_cpuid(number, 0);
}

/* QEMU without a hardware accelerator: it never reports an invariant TSC, yet has one (D13). */
static bool under_tcg(void)
{
	struct hw_cpuid h;

	if (!(leaf(1).ecx & QV_LEAF1_ECX_HYPERVISOR))
		return false;
	h = hw_cpuid(0x40000000u, 0);
	return memcmp(&h.ebx, "TCGT", 4) == 0 && memcmp(&h.ecx, "CGTC", 4) == 0 && memcmp(&h.edx, "GTCG", 4) == 0;
}

/* SDM 3, 24.7: an open FEATURE_CONTROL is ours to set and lock. */
static uint64_t settle_feature_control(void)
{
	uint64_t control = hw_rdmsr(HW_MSR_FEATURE_CONTROL);

	if (!(control & QV_FEATURE_LOCK)) {
		control |= QV_FEATURE_LOCK | QV_FEATURE_VMX;
		hw_wrmsr(HW_MSR_FEATURE_CONTROL, control);
	}
	return control;
}

static struct qv_processor read_processor(void)
{
	struct qv_processor p = {
		.leaf1_ecx = leaf(1).ecx, .ext1_ecx = leaf(0x80000001u).ecx, .ext1_edx = leaf(0x80000001u).edx,
		.ext7_edx = leaf(0x80000007u).edx, .svm_edx = leaf(0x8000000au).edx, .tcg = under_tcg(),
	};

	if (p.ext1_ecx & QV_EXT1_ECX_SVM)
		p.vm_cr = hw_rdmsr(HW_MSR_VM_CR);
	if (p.leaf1_ecx & QV_LEAF1_ECX_VMX) {
		p.feature_control = settle_feature_control();
		p.vmx_procbased = hw_rdmsr(HW_MSR_VMX_PROCBASED);
		if (p.vmx_procbased & QV_VMX_SECONDARY)
			p.vmx_procbased2 = hw_rdmsr(HW_MSR_VMX_PROCBASED2);
	}
	return p;
}

const char *boot_check_core(struct boot_machine *m, const char **remedy)
{
	struct qv_processor p = read_processor();
	uint32_t vendor;
	const char *lacks = qv_processor_lacks(&p, m->blob.system->flags & QV_SYSTEM_BARE, &vendor, remedy);

	if (lacks)
		return lacks;
	if (m->vendor != QV_VENDOR_NONE && vendor != m->vendor) {
		*remedy = "use a machine with processors of one kind";
		return "its virtualisation differs from that of the first core";
	}
	m->vendor = vendor;
	return NULL;
}

static void read_flags(struct boot_machine *m)
{
	if (m->blob.system->flags & QV_SYSTEM_BARE)
		m->info_flags |= QV_INFO_BARE;
	if (m->vendor == QV_VENDOR_SVM)
		m->info_flags |= QV_INFO_VMMCALL;
	if (leaf(1).ecx & QV_LEAF1_ECX_TSC_DEADLINE)
		m->info_flags |= QV_INFO_TSC_DEADLINE;
	if (under_tcg())
		m->info_flags |= QV_INFO_EMULATED;
	m->huge_pages = leaf(0x80000001u).edx & QV_EXT1_EDX_HUGE;
	m->phys_bits = leaf(0x80000008u).eax & 0xff;
}

void boot_check_machine(struct boot_machine *m)
{
	static const char *const names[] = { "no virtualisation", "AMD-V", "VT-x" };
	uint32_t wanted = m->blob.system->core_count;
	const char *remedy, *lacks = boot_check_core(m, &remedy);

	if (lacks)
		boot_refuse(remedy, "%s", lacks);
	if (m->physical_cores < wanted)
		boot_refuse("give the machine more cores, or lower `cores:` of a sandbox in the system file",
			    "the system needs %u core%s, this machine has %u", wanted, boot_plural(wanted), m->physical_cores);
	m->core_count = wanted;
	read_flags(m);
	boot_log("%s, x2APIC, %s%s\n", names[m->vendor],
		 m->info_flags & QV_INFO_TSC_DEADLINE ? "TSC-deadline timer" : "one-shot timer",
		 m->info_flags & QV_INFO_EMULATED ? ", QEMU TCG: TSC taken as invariant" : "");
}

/* ---- interrupt controllers ---- */

void boot_quiet_interrupts(const struct boot_machine *m)
{
	hw_out8(PIC1_DATA, 0xff);
	hw_out8(PIC2_DATA, 0xff);
	for (uint32_t i = 0; i < m->madt.ioapic_count; i++)
		boot_mask_pins(m->madt.ioapic[i].address);
	boot_enable_apic();
}

static void mask_local_vectors(void)
{
	static const struct {
		uint32_t msr;
		uint32_t from; /* present when the version register's last LVT entry is at least this */
	} vectors[] = {
		{ HW_X2_LVT_TIMER, 0 }, { HW_X2_LVT_LINT0, 0 }, { HW_X2_LVT_LINT1, 0 }, { HW_X2_LVT_ERROR, 3 },
		{ HW_X2_LVT_PMI, 4 }, { HW_X2_LVT_THERMAL, 5 }, { HW_X2_LVT_CMCI, 6 },
	};
	uint32_t last = (uint32_t)hw_rdmsr(HW_X2_VERSION) >> 16 & 0xff;

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		if (last >= vectors[i].from)
			hw_wrmsr(vectors[i].msr, HW_LVT_MASKED);
	}
}

void boot_enable_apic(void)
{
	uint64_t base = hw_rdmsr(HW_MSR_APIC_BASE);

	/* SDM 3, 11.12.5: x2APIC mode is entered from xAPIC mode only. */
	if (!(base & HW_APIC_BASE_ENABLE))
		hw_wrmsr(HW_MSR_APIC_BASE, base |= HW_APIC_BASE_ENABLE);
	if (!(base & HW_APIC_BASE_X2))
		hw_wrmsr(HW_MSR_APIC_BASE, base | HW_APIC_BASE_X2);
	hw_wrmsr(HW_X2_SVR, SVR_ENABLE | SPURIOUS_VECTOR);
	hw_wrmsr(HW_X2_TPR, 0);
	hw_wrmsr(HW_X2_TIMER_INITIAL, 0);
	mask_local_vectors();
}
