/* SPDX-License-Identifier: MIT */
/* What a core must have to run the system: decided from values that the caller read, so each refusal can be tested. */
#ifndef LIB_PROCESSOR_H
#define LIB_PROCESSOR_H

#include <abi/types.h>

/* CPUID registers and MSRs of one core; what the processor does not have is 0. */
struct qv_processor {
	uint32_t leaf1_ecx;
	uint32_t ext1_ecx, ext1_edx; /* leaf 80000001h */
	uint32_t ext7_edx;           /* leaf 80000007h */
	uint32_t svm_edx;            /* leaf 8000000Ah */
	uint64_t vm_cr;              /* AMD-V only */
	uint64_t feature_control;    /* VT-x only, as do the next two: IA32_FEATURE_CONTROL */
	uint64_t vmx_procbased;      /* IA32_VMX_PROCBASED_CTLS */
	uint64_t vmx_procbased2;     /* IA32_VMX_PROCBASED_CTLS2, 0 without secondary controls */
	bool tcg;                    /* QEMU's emulator: it has an invariant TSC without saying so */
};

#define QV_LEAF1_ECX_VMX          (1u << 5)
#define QV_LEAF1_ECX_X2APIC       (1u << 21)
#define QV_LEAF1_ECX_TSC_DEADLINE (1u << 24)
#define QV_LEAF1_ECX_HYPERVISOR   (1u << 31)
#define QV_EXT1_ECX_SVM           (1u << 2)
#define QV_EXT1_EDX_NX            (1u << 20)
#define QV_EXT1_EDX_HUGE          (1u << 26)
#define QV_EXT7_EDX_INVARIANT     (1u << 8)
#define QV_SVM_EDX_NPT            (1u << 0)
#define QV_VM_CR_SVMDIS           (1u << 4)
#define QV_FEATURE_LOCK           (1u << 0)
#define QV_FEATURE_VMX            (1u << 2) /* VMXON outside SMX */
#define QV_VMX_SECONDARY          (1ull << 63) /* allowed-1 settings lie in the high half */
#define QV_VMX2_EPT               (1ull << 33)
#define QV_VMX2_VPID              (1ull << 37)
#define QV_VMX2_UNRESTRICTED      (1ull << 39)

/* NULL, or what the processor lacks, with *remedy set: static texts. *vendor (enum qv_vendor) is the extension to use;
 * NONE when bare, where none is needed. */
const char *qv_processor_lacks(const struct qv_processor *p, bool bare, uint32_t *vendor, const char **remedy);

/* Put one hardware thread of each physical core first, in the given order, and the other threads behind. Threads of one
 * core have APIC ids that agree above the low `thread_bits` bits. Returns the number of physical cores. n <= 256. */
uint32_t qv_order_cores(uint32_t *apic_id, uint32_t n, uint32_t thread_bits);

#endif
