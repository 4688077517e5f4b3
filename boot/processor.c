/* SPDX-License-Identifier: MIT */
/* What each core must have (CPUID and feature MSRs), and its interrupt controllers put to rest. */
#include "boot.h"

#include <hw/apic.h>
#include <hw/msr.h>
#include <hw/port.h>
#include <lib/string.h>

#define LEAF1_ECX_VMX          (1u << 5)
#define LEAF1_ECX_X2APIC       (1u << 21)
#define LEAF1_ECX_TSC_DEADLINE (1u << 24)
#define LEAF1_ECX_HYPERVISOR   (1u << 31)
#define EXT1_ECX_SVM           (1u << 2)
#define EXT1_EDX_NX            (1u << 20)
#define EXT1_EDX_HUGE          (1u << 26)
#define EXT7_EDX_INVARIANT     (1u << 8)
#define SVM_EDX_NPT            (1u << 0)
#define PROCBASED_SECONDARY    (1u << 31)
#define PROCBASED2_EPT          (1u << 1)
#define PROCBASED2_VPID         (1u << 5)
#define PROCBASED2_UNRESTRICTED (1u << 7)
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

	if (!(leaf(1).ecx & LEAF1_ECX_HYPERVISOR))
		return false;
	h = hw_cpuid(0x40000000u, 0);
	return memcmp(&h.ebx, "TCGT", 4) == 0 && memcmp(&h.ecx, "CGTC", 4) == 0 && memcmp(&h.edx, "GTCG", 4) == 0;
}

static const char *check_svm(const char **remedy)
{
	uint64_t control = hw_rdmsr(HW_MSR_VM_CR);

	if (control & HW_VM_CR_SVMDIS) {
		*remedy = "turn SVM (AMD-V) on in the firmware set-up";
		return "AMD-V is locked by firmware";
	}
	if (!(leaf(0x8000000au).edx & SVM_EDX_NPT)) {
		*remedy = "use a processor with nested paging (RVI)";
		return "AMD-V has no nested paging";
	}
	return NULL;
}

/* SDM 3, 24.7: an open FEATURE_CONTROL is ours to set and lock. */
static bool unlock_vmx(void)
{
	uint64_t control = hw_rdmsr(HW_MSR_FEATURE_CONTROL);

	if (!(control & HW_FEATURE_LOCK)) {
		control |= HW_FEATURE_LOCK | HW_FEATURE_VMX;
		hw_wrmsr(HW_MSR_FEATURE_CONTROL, control);
	}
	return control & HW_FEATURE_VMX;
}

static const char *check_vmx(const char **remedy)
{
	uint32_t allowed, wanted = PROCBASED2_EPT | PROCBASED2_VPID | PROCBASED2_UNRESTRICTED;

	if (!unlock_vmx()) {
		*remedy = "turn virtualisation (VT-x) on in the firmware set-up";
		return "VT-x is locked by firmware";
	}
	if (!(hw_rdmsr(HW_MSR_VMX_PROCBASED) >> 32 & PROCBASED_SECONDARY))
		allowed = 0;
	else
		allowed = (uint32_t)(hw_rdmsr(HW_MSR_VMX_PROCBASED2) >> 32);
	if ((allowed & wanted) != wanted) {
		*remedy = "use a processor with EPT, VPID and unrestricted guest (Intel Core of 2010 or later)";
		return allowed & PROCBASED2_EPT ? "VT-x has no VPID or no unrestricted guest"
						: "VT-x has no nested paging (EPT)";
	}
	return NULL;
}

static const char *check_virtualisation(uint32_t *vendor, const char **remedy)
{
	if (leaf(0x80000001u).ecx & EXT1_ECX_SVM) {
		*vendor = QV_VENDOR_SVM;
		return check_svm(remedy);
	}
	if (leaf(1).ecx & LEAF1_ECX_VMX) {
		*vendor = QV_VENDOR_VMX;
		return check_vmx(remedy);
	}
	*remedy = "use a processor with virtualisation, turn it on in the firmware set-up, or run one sandbox bare";
	return "this processor has no AMD-V and no VT-x";
}

static const char *check_basics(const char **remedy)
{
	*remedy = "use a processor with the missing feature, or turn it on in the firmware set-up";
	if (!(leaf(0x80000001u).edx & EXT1_EDX_NX))
		return "this processor has no NX (no-execute pages)";
	if (!(leaf(1).ecx & LEAF1_ECX_X2APIC))
		return "this processor has no x2APIC";
	if (!(leaf(0x80000007u).edx & EXT7_EDX_INVARIANT) && !under_tcg())
		return "this processor has no invariant TSC";
	return NULL;
}

const char *boot_check_core(struct boot_machine *m, const char **remedy)
{
	uint32_t vendor = QV_VENDOR_NONE;
	const char *lacks = check_basics(remedy);

	if (!lacks && !(m->blob.system->flags & QV_SYSTEM_BARE))
		lacks = check_virtualisation(&vendor, remedy);
	if (!lacks && vendor != m->vendor && m->vendor != QV_VENDOR_NONE) {
		*remedy = "use a machine with processors of one kind";
		lacks = "its virtualisation differs from that of the first core";
	}
	if (!lacks && m->vendor == QV_VENDOR_NONE)
		m->vendor = vendor;
	return lacks;
}

static void read_flags(struct boot_machine *m)
{
	if (m->blob.system->flags & QV_SYSTEM_BARE)
		m->info_flags |= QV_INFO_BARE;
	if (m->vendor == QV_VENDOR_SVM)
		m->info_flags |= QV_INFO_VMMCALL;
	if (leaf(1).ecx & LEAF1_ECX_TSC_DEADLINE)
		m->info_flags |= QV_INFO_TSC_DEADLINE;
	if (under_tcg())
		m->info_flags |= QV_INFO_EMULATED;
	m->huge_pages = leaf(0x80000001u).edx & EXT1_EDX_HUGE;
	m->phys_bits = leaf(0x80000008u).eax & 0xff;
}

void boot_check_machine(struct boot_machine *m)
{
	static const char *const names[] = { "no virtualisation", "AMD-V", "VT-x" };
	uint32_t wanted = m->blob.system->core_count;
	const char *remedy, *lacks = boot_check_core(m, &remedy);

	if (lacks)
		boot_refuse(remedy, "%s", lacks);
	if (m->madt.cpu_count < wanted)
		boot_refuse("give the machine more cores, or lower `cores:` of a sandbox in the system file",
			    "the system needs %u cores, this machine has %u", wanted, m->madt.cpu_count);
	m->core_count = wanted;
	read_flags(m);
	boot_log("%s, x2APIC, %s%s\n", names[m->vendor],
		 m->info_flags & QV_INFO_TSC_DEADLINE ? "TSC-deadline timer" : "one-shot timer",
		 m->info_flags & QV_INFO_EMULATED ? ", QEMU TCG: TSC taken as invariant" : "");
}

/* ---- interrupt controllers ---- */

static void mask_ioapic(uint64_t address)
{
	volatile uint32_t *index = (volatile uint32_t *)(uintptr_t)address;
	volatile uint32_t *data = (volatile uint32_t *)(uintptr_t)(address + 0x10);
	uint32_t last;

	*index = 1; /* version: last pin in bits 16-23 */
	last = *data >> 16 & 0xff;
	for (uint32_t pin = 0; pin <= last && pin < 240; pin++) {
		*index = 0x10 + 2 * pin;
		*data = HW_LVT_MASKED;
	}
}

void boot_quiet_interrupts(const struct boot_machine *m)
{
	hw_out8(PIC1_DATA, 0xff);
	hw_out8(PIC2_DATA, 0xff);
	for (uint32_t i = 0; i < m->madt.ioapic_count; i++)
		mask_ioapic(m->madt.ioapic[i].address);
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
