/* SPDX-License-Identifier: MIT */
/* Model-specific registers that reach outside the sandbox, or that only a monitor may change. */
#include "attacks.h"

#include <hw/apic.h>
#include <hw/msr.h>

#define WRITE(msr, value) ((uint64_t)(value) << 32 | (msr))
#define EFER_RESERVED (1u << 9)
#define ICR_LVT_SMI 0x200u
#define ICR_LVT_NMI 0x400u
#define ICR_LVT_INIT 0x500u

/* Argument: value (32 bits) and register. */
static uint64_t write_msr(uint64_t argument)
{
	hw_wrmsr((uint32_t)argument, argument >> 32);
	return 0;
}

static uint64_t read_msr(uint64_t msr)
{
	return hw_rdmsr((uint32_t)msr);
}

/* Set bits in a register that may be read. */
static uint64_t set_bits(uint64_t argument)
{
	uint32_t msr = (uint32_t)argument;

	hw_wrmsr(msr, hw_rdmsr(msr) | argument >> 32);
	return 0;
}

static uint64_t clear_bits(uint64_t argument)
{
	uint32_t msr = (uint32_t)argument;

	hw_wrmsr(msr, hw_rdmsr(msr) & ~(argument >> 32));
	return 0;
}

/* An LVT entry in NMI mode may be written, as stock kernels do, but must not be open afterwards. */
static uint64_t open_nmi(uint64_t msr)
{
	uint64_t value;

	hw_wrmsr((uint32_t)msr, ICR_LVT_NMI);
	value = hw_rdmsr((uint32_t)msr);
	return (value & 0x700) == ICR_LVT_NMI && !(value & HW_LVT_MASKED) ? value | 1 : 0;
}

/* The clock of the chip goes on as it was. */
static uint64_t move_clock(uint64_t msr)
{
	hw_wrmsr((uint32_t)msr, hw_rdmsr((uint32_t)msr) + 0x100000000ull);
	return 0;
}

/* Supervisor states stay off: bit 8 would let XSAVES write trace registers. */
static uint64_t xss_stays_clear(uint64_t bits)
{
	hw_wrmsr(HW_MSR_XSS, bits);
	return hw_rdmsr(HW_MSR_XSS);
}

#define STOP EVERYWHERE(STOPPED), QV_EXIT_MSR_WRITE, false
#define STOP_SVM STOPPED, GP, QV_EXIT_MSR_WRITE, false
#define STOP_VMX GP, STOPPED, QV_EXIT_MSR_WRITE, false
#define GIVE_GP EVERYWHERE(GP), QV_EXIT_MSR_WRITE, false

static const struct attack attacks[] = {
	{"write the TSC", write_msr, WRITE(HW_MSR_TSC, 0), STOP},
	{"move the TSC", move_clock, HW_MSR_TSC, STOP},
	{"write TSC_ADJUST", write_msr, WRITE(HW_MSR_TSC_ADJUST, 1000), STOP},
	{"microcode update, Intel", write_msr, WRITE(0x79, 0x1000), STOP},
	{"microcode update, AMD", write_msr, WRITE(0xc0010020, 0x1000), STOP_SVM},
	{"PERF_CTL", write_msr, WRITE(0x199, 0x800), STOP},
	{"clock modulation", write_msr, WRITE(0x19a, 0x12), STOP},
	{"power limit", write_msr, WRITE(0x610, 0), STOP_VMX},
	{"P-state definition", write_msr, WRITE(0xc0010064, 0), STOP_SVM},
	{"P-state control", write_msr, WRITE(0xc0010062, 1), GIVE_GP},
	{"DEBUGCTL", write_msr, WRITE(0x1d9, 1), GIVE_GP},
	{"variable MTRR", write_msr, WRITE(0x200, 0x6), STOP},
	{"variable MTRR mask", write_msr, WRITE(0x201, 0x800), STOP},
	{"fixed MTRR", write_msr, WRITE(0x250, 0), STOP},
	{"MTRR capabilities", write_msr, WRITE(0xfe, 0), GIVE_GP},
	{"machine-check bank", write_msr, WRITE(0x400, 0), STOP},
	{"processor trace to memory", write_msr, WRITE(0x560, 0x1000), STOP_VMX},
	{"performance event", write_msr, WRITE(0x186, 0x53003c), GIVE_GP},
	{"FEATURE_CONTROL", write_msr, WRITE(HW_MSR_FEATURE_CONTROL, 5), GIVE_GP},
	{"read VMX capabilities", read_msr, 0x480, GIVE_GP},
	{"APIC off", clear_bits, WRITE(HW_MSR_APIC_BASE, HW_APIC_BASE_ENABLE), GIVE_GP},
	{"x2APIC off", clear_bits, WRITE(HW_MSR_APIC_BASE, HW_APIC_BASE_X2 | HW_APIC_BASE_ENABLE), GIVE_GP},
	{"APIC page moved", set_bits, WRITE(HW_MSR_APIC_BASE, 0x100000), GIVE_GP},
	{"EFER.SVME", set_bits, WRITE(HW_MSR_EFER, HW_EFER_SVME), GIVE_GP},
	{"EFER reserved bit", set_bits, WRITE(HW_MSR_EFER, EFER_RESERVED), GIVE_GP},
	{"EFER.LME off while paging", clear_bits, WRITE(HW_MSR_EFER, HW_EFER_LME), GIVE_GP},
	{"PAT reserved type", write_msr, WRITE(HW_MSR_PAT, 0x02020202), GIVE_GP},
	{"VM_HSAVE_PA", write_msr, WRITE(HW_MSR_VM_HSAVE, 0x1000), STOP_SVM},
	{"VM_CR", write_msr, WRITE(HW_MSR_VM_CR, 0), STOP_SVM},
	{"SMM base", write_msr, WRITE(0xc0010111, 0x30000), STOP_SVM},
	{"SMM mask", write_msr, WRITE(0xc0010113, 0), STOP_SVM},
	{"SYSCFG", write_msr, WRITE(0xc0010010, 0), STOP_SVM},
	{"top of memory", write_msr, WRITE(0xc001001a, 0), STOP_SVM},
	{"top of memory above 4 GiB", write_msr, WRITE(0xc001001d, 0), STOP_SVM},
	{"scalable machine-check bank", write_msr, WRITE(0xc0002000, 0), STOP_SVM},
	{"last scalable machine-check bank", write_msr, WRITE(0xc0002fff, 0), STOP_SVM},
	{"MMIO configuration base", write_msr, WRITE(0xc0010058, 0xb0000001), STOP_SVM},
	{"SMI on I/O", write_msr, WRITE(0xc0010050, 0), STOP_SVM},
	{"hypervisor register", read_msr, 0x4b564d00, GIVE_GP},
	{"XSS bit 8", xss_stays_clear, 1u << 8, EVERYWHERE(SURVIVES), 0, false},
	{"XSS all bits", xss_stays_clear, ~0ull, EVERYWHERE(SURVIVES), 0, false},
	{"LVT timer with SMI delivery", write_msr, WRITE(HW_X2_LVT_TIMER, ICR_LVT_SMI | 0x40), EVERYWHERE(STOPPED_OR_GP),
		QV_EXIT_MSR_WRITE, false},
	{"LVT error with SMI delivery", write_msr, WRITE(HW_X2_LVT_ERROR, ICR_LVT_SMI), EVERYWHERE(STOPPED_OR_GP),
		QV_EXIT_MSR_WRITE, false},
	{"LVT with INIT delivery", write_msr, WRITE(HW_X2_LVT_LINT0, ICR_LVT_INIT), EVERYWHERE(STOPPED_OR_GP),
		QV_EXIT_MSR_WRITE, false},
	{"LVT LINT1 with NMI delivery", open_nmi, HW_X2_LVT_LINT1, EVERYWHERE(SURVIVES), 0, false},
	{"LVT performance with NMI delivery", open_nmi, HW_X2_LVT_PMI, EVERYWHERE(SURVIVES), 0, false},
};
const struct attack_list attacks_msr = {attacks, sizeof(attacks) / sizeof(attacks[0])};
