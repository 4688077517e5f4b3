/* SPDX-License-Identifier: MIT */
/* MSR numbers and bits that more than one room uses (SDM 4, APM 2 appendix A). */
#ifndef HW_MSR_H
#define HW_MSR_H

#define HW_MSR_TSC          0x10u
#define HW_MSR_APIC_BASE    0x1bu
#define HW_APIC_BASE_BSP    (1u << 8)
#define HW_APIC_BASE_X2     (1u << 10)
#define HW_APIC_BASE_ENABLE (1u << 11)
#define HW_MSR_FEATURE_CONTROL 0x3au
#define HW_MSR_TSC_ADJUST   0x3bu
#define HW_MSR_SPEC_CTRL    0x48u
#define HW_MSR_SYSENTER_CS  0x174u
#define HW_MSR_SYSENTER_ESP 0x175u
#define HW_MSR_SYSENTER_EIP 0x176u
#define HW_MSR_PAT          0x277u
#define HW_PAT_RESET        0x0007040600070406ull
#define HW_MSR_MTRR_DEF_TYPE 0x2ffu
#define HW_MSR_VMX_PROCBASED  0x482u /* allowed-1 settings in the high half */
#define HW_MSR_VMX_PROCBASED2 0x48bu
#define HW_MSR_TSC_DEADLINE 0x6e0u
#define HW_MSR_XSS          0xda0u
#define HW_MSR_EFER         0xc0000080u
#define HW_EFER_SCE  (1u << 0)
#define HW_EFER_LME  (1u << 8)
#define HW_EFER_LMA  (1u << 10)
#define HW_EFER_NXE  (1u << 11)
#define HW_EFER_SVME (1u << 12)
#define HW_EFER_FFXSR (1u << 14)
#define HW_MSR_STAR         0xc0000081u
#define HW_MSR_LSTAR        0xc0000082u
#define HW_MSR_CSTAR        0xc0000083u
#define HW_MSR_SFMASK       0xc0000084u
#define HW_MSR_FS_BASE      0xc0000100u
#define HW_MSR_GS_BASE      0xc0000101u
#define HW_MSR_KERNEL_GS    0xc0000102u
#define HW_MSR_TSC_AUX      0xc0000103u
#define HW_MSR_VM_CR        0xc0010114u
#define HW_MSR_VM_HSAVE     0xc0010117u

#endif
