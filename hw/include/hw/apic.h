/* SPDX-License-Identifier: MIT */
/* The local APIC in x2APIC mode (SDM 3, 11.12). Registers are MSRs; nothing is memory-mapped. */
#ifndef HW_APIC_H
#define HW_APIC_H

#include <hw/cpu.h>

#define HW_X2_ID       0x802u
#define HW_X2_VERSION  0x803u
#define HW_X2_TPR      0x808u
#define HW_X2_EOI      0x80bu
#define HW_X2_LDR      0x80du
#define HW_X2_SVR      0x80fu
#define HW_X2_ISR      0x810u /* 8 registers */
#define HW_X2_IRR      0x820u /* 8 registers */
#define HW_X2_ESR      0x828u
#define HW_X2_LVT_CMCI 0x82fu
#define HW_X2_ICR      0x830u
#define HW_X2_LVT_TIMER   0x832u
#define HW_X2_LVT_THERMAL 0x833u
#define HW_X2_LVT_PMI     0x834u
#define HW_X2_LVT_LINT0   0x835u
#define HW_X2_LVT_LINT1   0x836u
#define HW_X2_LVT_ERROR   0x837u
#define HW_X2_TIMER_INITIAL 0x838u
#define HW_X2_TIMER_CURRENT 0x839u
#define HW_X2_TIMER_DIVIDE  0x83eu
#define HW_X2_SELF_IPI      0x83fu
#define HW_LVT_MASKED       (1u << 16)
#define HW_LVT_PERIODIC     (1u << 17)
#define HW_LVT_TSC_DEADLINE (2u << 17)
#define HW_TIMER_DIVIDE_1   0xbu
#define HW_ICR_FIXED 0x000u
#define HW_ICR_NMI   0x400u
#define HW_ICR_INIT  0x4500u /* INIT, level assert */
#define HW_ICR_SIPI  0x4600u /* + start page */

static inline uint32_t hw_apic_id(void)
{
	return (uint32_t)hw_rdmsr(HW_X2_ID);
}

static inline void hw_apic_eoi(void)
{
	hw_wrmsr(HW_X2_EOI, 0);
}

/* Send to one core, physical destination. `command` is HW_ICR_* with the vector or start page. */
static inline void hw_apic_send(uint32_t apic_id, uint32_t command)
{
	hw_wrmsr(HW_X2_ICR, (uint64_t)apic_id << 32 | command);
}

/* Remaining timer count. The interrupt shadow makes RDMSR the only instruction of its translation block: QEMU with
 * -icount aborts on this register otherwise. */
static inline uint32_t hw_apic_timer_current(void)
{
	uint32_t low, high;

	__asm__ volatile("mov %%ss, %%r8d; mov %%r8d, %%ss; rdmsr"
		: "=a"(low), "=d"(high) : "c"(HW_X2_TIMER_CURRENT) : "r8", "memory");
	return low;
}

#endif
