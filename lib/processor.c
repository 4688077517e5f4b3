/* SPDX-License-Identifier: MIT */
#include <lib/processor.h>

#include <lib/assert.h>

#include <abi/blackbox.h>

#define MAX_THREADS 256u

static const char *lacks_basics(const struct qv_processor *p, const char **remedy)
{
	*remedy = "use a processor with the missing feature, or turn it on in the firmware set-up";
	if (!(p->ext1_edx & QV_EXT1_EDX_NX))
		return "this processor has no NX (no-execute pages)";
	if (!(p->leaf1_ecx & QV_LEAF1_ECX_X2APIC))
		return "this processor has no x2APIC";
	if (!(p->ext7_edx & QV_EXT7_EDX_INVARIANT) && !p->tcg)
		return "this processor has no invariant TSC";
	return NULL;
}

/* APM 2, 15.4 */
static const char *lacks_svm(const struct qv_processor *p, const char **remedy)
{
	if (p->vm_cr & QV_VM_CR_SVMDIS) {
		*remedy = "turn SVM (AMD-V) on in the firmware set-up";
		return "AMD-V is locked by firmware";
	}
	if (!(p->svm_edx & QV_SVM_EDX_NPT)) {
		*remedy = "use a processor with nested paging (RVI)";
		return "AMD-V has no nested paging";
	}
	return NULL;
}

/* SDM 3, 24.7 and A.3 */
static const char *lacks_vmx(const struct qv_processor *p, const char **remedy)
{
	uint64_t allowed = p->vmx_procbased & QV_VMX_SECONDARY ? p->vmx_procbased2 : 0;

	if (p->feature_control & QV_FEATURE_LOCK && !(p->feature_control & QV_FEATURE_VMX)) {
		*remedy = "turn virtualisation (VT-x) on in the firmware set-up";
		return "VT-x is locked by firmware";
	}
	*remedy = "use a processor with EPT, VPID and unrestricted guest (Intel Core of 2010 or later)";
	if (!(allowed & QV_VMX2_EPT))
		return "VT-x has no nested paging (EPT)";
	if (!(allowed & QV_VMX2_VPID) || !(allowed & QV_VMX2_UNRESTRICTED))
		return "VT-x has no VPID or no unrestricted guest";
	return NULL;
}

const char *qv_processor_lacks(const struct qv_processor *p, bool bare, uint32_t *vendor, const char **remedy)
{
	const char *lacks = lacks_basics(p, remedy);

	*vendor = QV_VENDOR_NONE;
	if (lacks || bare)
		return lacks;
	if (p->ext1_ecx & QV_EXT1_ECX_SVM) {
		*vendor = QV_VENDOR_SVM;
		return lacks_svm(p, remedy);
	}
	if (p->leaf1_ecx & QV_LEAF1_ECX_VMX) {
		*vendor = QV_VENDOR_VMX;
		return lacks_vmx(p, remedy);
	}
	*remedy = "use a processor with virtualisation, turn it on in the firmware set-up, or run one sandbox bare";
	return "this processor has no AMD-V and no VT-x";
}

/* Is there a thread of the same core among the first `n`? */
static bool has_sibling(const uint32_t *apic_id, uint32_t n, uint32_t id, uint32_t thread_bits)
{
	for (uint32_t i = 0; i < n; i++) {
		if (apic_id[i] >> thread_bits == id >> thread_bits)
			return true;
	}
	return false;
}

uint32_t qv_order_cores(uint32_t *apic_id, uint32_t n, uint32_t thread_bits)
{
	uint32_t siblings[MAX_THREADS], cores = 0, behind = 0;

	assert(n <= MAX_THREADS && thread_bits < 32);
	for (uint32_t i = 0; i < n; i++) {
		if (has_sibling(apic_id, cores, apic_id[i], thread_bits))
			siblings[behind++] = apic_id[i];
		else
			apic_id[cores++] = apic_id[i];
	}
	for (uint32_t i = 0; i < behind; i++)
		apic_id[cores + i] = siblings[i];
	return cores;
}
