/* SPDX-License-Identifier: MIT */
/* CPUID always exits on VT-x: the processor's own answer, less the features whose registers a sandbox does not get. */
#include "vmx.h"

enum { EAX, EBX, ECX, EDX };
#define LEAF1_ECX_OSXSAVE (1u << 27)
#define LEAF7_ECX_OSPKE   (1u << 4)

static const struct {
	uint32_t leaf;
	uint32_t subleaf;
	uint32_t reg;
	uint32_t hidden;
} rules[] = {
	/* DS area, MONITOR, VMX, SMX, SpeedStep, thermal, silicon debug, PDCM; OSXSAVE is the guest's own */
	{ 1, 0, ECX, 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8 | 1u << 11 | 1u << 15 },
	{ 1, 0, EDX, 1u << 21 | 1u << 22 | 1u << 29 | 1u << 31 },
	/* MONITOR/MWAIT parameters */
	{ 5, 0, EAX, ~0u }, { 5, 0, EBX, ~0u }, { 5, 0, ECX, ~0u }, { 5, 0, EDX, ~0u },
	/* power management but for an APIC timer that never stops */
	{ 6, 0, EAX, ~(1u << 2) }, { 6, 0, EBX, ~0u }, { 6, 0, ECX, ~0u }, { 6, 0, EDX, ~0u },
	/* SGX, processor trace */
	{ 7, 0, EBX, 1u << 2 | 1u << 25 },
	/* WAITPKG, CET, key locker, ENQCMD, SGX_LC, PKS */
	{ 7, 0, ECX, 1u << 5 | 1u << 7 | 1u << 23 | 1u << 29 | 1u << 30 | 1u << 31 },
	/* user interrupts, PCONFIG, architectural LBR, CET, AMX */
	{ 7, 0, EDX, 1u << 5 | 1u << 18 | 1u << 19 | 1u << 20 | 1u << 22 | 1u << 24 | 1u << 25 },
	/* performance counters */
	{ 0xa, 0, EAX, ~0u }, { 0xa, 0, EBX, ~0u }, { 0xa, 0, ECX, ~0u }, { 0xa, 0, EDX, ~0u },
};

/* Instructions that need a control this processor does not have raise #UD in the guest. */
static const struct {
	uint32_t control;
	uint32_t leaf;
	uint32_t subleaf;
	uint32_t reg;
	uint32_t hidden;
} optional[] = {
	{ VMX_CPU2_RDTSCP, 0x80000001, 0, EDX, 1u << 27 },
	{ VMX_CPU2_INVPCID, 7, 0, EBX, 1u << 10 },
	{ VMX_CPU2_XSAVES, 0xd, 1, EAX, 1u << 3 },
};

static bool subleafed(uint32_t leaf)
{
	return leaf == 7 || leaf == 0xd;
}

/* Bits that show the guest's CR4, not the monitor's. */
static void show_cr4(uint32_t leaf, uint32_t subleaf, uint32_t answer[4])
{
	uint64_t cr4 = vmcs_read(VMCS_GUEST_CR4);

	if (leaf == 1)
		answer[ECX] = (answer[ECX] & ~LEAF1_ECX_OSXSAVE) | (cr4 & VMX_CR4_OSXSAVE ? LEAF1_ECX_OSXSAVE : 0);
	if (leaf == 7 && subleaf == 0)
		answer[ECX] = (answer[ECX] & ~LEAF7_ECX_OSPKE) | (cr4 & VMX_CR4_PKE ? LEAF7_ECX_OSPKE : 0);
}

static void hide(uint32_t leaf, uint32_t subleaf, uint32_t answer[4])
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		if (rules[i].leaf == leaf && rules[i].subleaf == subleaf)
			answer[rules[i].reg] &= ~rules[i].hidden;
	}
	for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
		if (optional[i].leaf == leaf && optional[i].subleaf == subleaf && !(vmx_caps.secondary & optional[i].control))
			answer[optional[i].reg] &= ~optional[i].hidden;
	}
}

void mon_backend_cpuid(struct mon_gprs *gprs)
{
	uint32_t leaf = (uint32_t)gprs->reg[MON_RAX];
	uint32_t subleaf = (uint32_t)gprs->reg[MON_RCX];
	struct hw_cpuid native = hw_cpuid(leaf, subleaf);
	uint32_t answer[4] = { native.eax, native.ebx, native.ecx, native.edx };

	if (!subleafed(leaf))
		subleaf = 0;
	hide(leaf, subleaf, answer);
	show_cr4(leaf, subleaf, answer);
	gprs->reg[MON_RAX] = answer[EAX];
	gprs->reg[MON_RBX] = answer[EBX];
	gprs->reg[MON_RCX] = answer[ECX];
	gprs->reg[MON_RDX] = answer[EDX];
}
