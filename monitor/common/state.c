/* SPDX-License-Identifier: MIT */
/*
 * Architectural reset of what a guest leaves in the processor. The back end resets what its control structure switches;
 * the rest is never switched, since one core runs one guest, and is reset here.
 */
#include "mon.h"

#include <hw/apic.h>
#include <hw/msr.h>

#define FCW_RESET   0x037fu
#define MXCSR_RESET 0x1f80u

struct fpu_image { /* XSAVE area with XSTATE_BV = 0: XRSTOR then sets every component to its reset state */
	uint16_t fcw;
	uint8_t pad0[22];
	uint32_t mxcsr;
	uint8_t rest[576 - 28];
} __attribute__((aligned(64)));

static const struct fpu_image fpu_reset = { .fcw = FCW_RESET, .mxcsr = MXCSR_RESET };

static struct {
	uint64_t xcr0; /* components this processor has; 0 = no XSAVE */
	bool xss, tsc_aux, spec_ctrl, tsc_deadline;
	uint32_t last_lvt;
} cpu;

/* Each vendor has its own bits, zero on the other's processors. */
static bool has_spec_ctrl(void)
{
	const uint32_t leaf7 = 1u << 26 | 1u << 27 | 1u << 31; /* IBRS, STIBP, SSBD */
	const uint32_t extended = 1u << 14 | 1u << 15 | 1u << 24;

	if (hw_cpuid(0, 0).eax >= 7 && (hw_cpuid(7, 0).edx & leaf7) != 0)
		return true;
	return hw_cpuid(0x80000000, 0).eax >= 0x80000008 && (hw_cpuid(0x80000008, 0).ebx & extended) != 0;
}

void mon_state_init(void)
{
	uint32_t features = hw_cpuid(1, 0).ecx;

	if ((features & 1u << 26) != 0) {
		struct hw_cpuid d = hw_cpuid(0xd, 0);

		cpu.xcr0 = (uint64_t)d.edx << 32 | d.eax;
		cpu.xss = (hw_cpuid(0xd, 1).eax & 1u << 3) != 0;
	}
	cpu.tsc_deadline = (features & 1u << 24) != 0;
	cpu.tsc_aux = (hw_cpuid(0x80000001, 0).edx & 1u << 27) != 0;
	cpu.spec_ctrl = has_spec_ctrl();
	cpu.last_lvt = (uint32_t)hw_rdmsr(HW_X2_VERSION) >> 16 & 0xffu;
}

static void reset_fpu(void)
{
	if (cpu.xcr0 == 0) {
		__asm__ volatile("fxrstor64 %0" : : "m"(fpu_reset));
		return;
	}
	hw_xsetbv(0, cpu.xcr0);
	__asm__ volatile("xrstor64 %0" : : "m"(fpu_reset), "a"(UINT32_MAX), "d"(UINT32_MAX));
	hw_xsetbv(0, 1);
}

static void reset_debug(void)
{
	hw_write_dr0(0);
	hw_write_dr1(0);
	hw_write_dr2(0);
	hw_write_dr3(0);
	hw_write_dr6(0xffff0ff0u);
	hw_write_dr7(0x400);
}

static void mask_lvts(void)
{
	static const struct {
		uint32_t msr, index;
	} lvt[] = {
		{ HW_X2_LVT_TIMER, 0 }, { HW_X2_LVT_LINT0, 1 }, { HW_X2_LVT_LINT1, 2 }, { HW_X2_LVT_ERROR, 3 },
		{ HW_X2_LVT_PMI, 4 }, { HW_X2_LVT_THERMAL, 5 }, { HW_X2_LVT_CMCI, 6 },
	};

	for (size_t i = 0; i < sizeof(lvt) / sizeof(lvt[0]); i++) {
		if (lvt[i].index <= cpu.last_lvt)
			hw_wrmsr(lvt[i].msr, HW_LVT_MASKED);
	}
}

/* Sources first, then what they have left pending, then the registers; software-disabled at last, as after INIT. */
static void reset_apic(void)
{
	mask_lvts();
	hw_wrmsr(HW_X2_TIMER_INITIAL, 0);
	if (cpu.tsc_deadline)
		hw_wrmsr(HW_MSR_TSC_DEADLINE, 0);
	hw_wrmsr(HW_X2_TIMER_DIVIDE, 0);
	hw_wrmsr(HW_X2_SVR, 0x1ff);
	hw_wrmsr(HW_X2_TPR, 0);
	mon_interrupts_drain();
	hw_wrmsr(HW_X2_ESR, 0);
	hw_wrmsr(HW_X2_ESR, 0); /* the first write latches pending errors, the second clears them */
	hw_wrmsr(HW_X2_SVR, 0xff);
}

void mon_state_reset(void)
{
	reset_apic();
	reset_fpu();
	reset_debug();
	hw_write_cr2(0);
	if (cpu.xss)
		hw_wrmsr(HW_MSR_XSS, 0);
	if (cpu.tsc_aux)
		hw_wrmsr(HW_MSR_TSC_AUX, 0);
	if (cpu.spec_ctrl)
		hw_wrmsr(HW_MSR_SPEC_CTRL, 0);
	mon_backend_reset();
}
