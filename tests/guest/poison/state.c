/* SPDX-License-Identifier: MIT */
/* Registers as tables: number, value to leave behind, value after reset. */
#include "state.h"

#include <hw/apic.h>
#include <hw/cpu.h>
#include <hw/msr.h>
#include <lib/string.h>

#define POISON 0x00005a5a5a5a5a5aull /* canonical */
#define CR0_BITS ((1ull << 18) | (1ull << 16) | (1ull << 3)) /* AM, WP, TS */
#define CR4_PAE 0x20u
#define CR4_OSFXSR  (1ull << 9)
#define CR4_OSXSAVE (1ull << 18)
#define CR4_PGE (1ull << 7)
#define CR4_TSD (1ull << 2)
#define ECX_XSAVE (1u << 26)
#define ECX_AVX   (1u << 28)
#define EDX_IBRS  (1u << 26)
#define EBX_AMD_IBRS (1u << 14)
#define XCR0_AVX 7u
#define PAT_OTHER 0x0606060606060606ull
#define SPEC_CTRL_IBRS 1u
#define CR0_START_MASK ((1ull << 3) | (1ull << 18)) /* TS and AM must be clear */

uint64_t state_offender[QV_MAX_CORES];

static const struct {
	const char *name;
	uint32_t msr;
	uint64_t poison;
	uint64_t reset;
} system_registers[] = {
	{"STAR", HW_MSR_STAR, POISON, 0}, {"LSTAR", HW_MSR_LSTAR, POISON, 0}, {"CSTAR", HW_MSR_CSTAR, POISON, 0},
	{"SFMASK", HW_MSR_SFMASK, 0x5a5a5a, 0}, {"FS base", HW_MSR_FS_BASE, POISON, 0},
	{"GS base", HW_MSR_GS_BASE, POISON, 0}, {"kernel GS base", HW_MSR_KERNEL_GS, POISON, 0},
	{"SYSENTER CS", HW_MSR_SYSENTER_CS, 0x5a58, 0}, {"SYSENTER ESP", HW_MSR_SYSENTER_ESP, POISON, 0},
	{"SYSENTER EIP", HW_MSR_SYSENTER_EIP, POISON, 0}, {"TSC_AUX", HW_MSR_TSC_AUX, 0x5a5a5a5a, 0},
	{"PAT", HW_MSR_PAT, PAT_OTHER, HW_PAT_RESET}, {"SPEC_CTRL", HW_MSR_SPEC_CTRL, SPEC_CTRL_IBRS, 0},
};
#define SYSTEM_REGISTERS (sizeof(system_registers) / sizeof(system_registers[0]))

static const char *offends(const char *name, uint64_t value)
{
	state_offender[guest_core()] = value;
	return name;
}

bool state_has_avx(void)
{
	return (hw_cpuid(1, 0).ecx & (ECX_XSAVE | ECX_AVX)) == (ECX_XSAVE | ECX_AVX);
}

/* Each vendor has its own bit for SPEC_CTRL, zero on the other's processors; the other registers are always there. */
static bool present(uint32_t msr)
{
	if (msr != HW_MSR_SPEC_CTRL)
		return true;
	if (hw_cpuid(0, 0).eax >= 7 && (hw_cpuid(7, 0).edx & EDX_IBRS) != 0)
		return true;
	return hw_cpuid(0x80000000, 0).eax >= 0x80000008 && (hw_cpuid(0x80000008, 0).ebx & EBX_AMD_IBRS) != 0;
}

/* ---- fill ---- */

static void poison_vectors(void)
{
	static const uint64_t words[4] __attribute__((aligned(32))) = {POISON, POISON, POISON, POISON};
	static const uint32_t control = 0x3f80; /* MXCSR: rounding changed */

	__asm__ volatile("clts");
	hw_write_cr4(hw_read_cr4() | CR4_OSFXSR);
	__asm__ volatile("fninit; fldpi; fldl2e; fld1; fldln2; fldpi; fldl2e; fld1; fldln2; ldmxcsr %0" : : "m"(control));
	__asm__ volatile("movdqa %0, %%xmm0\n\t"
		"movdqa %%xmm0, %%xmm1; movdqa %%xmm0, %%xmm2; movdqa %%xmm0, %%xmm3; movdqa %%xmm0, %%xmm4\n\t"
		"movdqa %%xmm0, %%xmm5; movdqa %%xmm0, %%xmm6; movdqa %%xmm0, %%xmm7; movdqa %%xmm0, %%xmm8\n\t"
		"movdqa %%xmm0, %%xmm9; movdqa %%xmm0, %%xmm10; movdqa %%xmm0, %%xmm11; movdqa %%xmm0, %%xmm12\n\t"
		"movdqa %%xmm0, %%xmm13; movdqa %%xmm0, %%xmm14; movdqa %%xmm0, %%xmm15" : : "m"(words));
	if (!state_has_avx())
		return;
	hw_write_cr4(hw_read_cr4() | CR4_OSXSAVE);
	hw_xsetbv(0, XCR0_AVX);
	__asm__ volatile("vmovdqa %0, %%ymm0\n\t"
		"vmovdqa %%ymm0, %%ymm1; vmovdqa %%ymm0, %%ymm7; vmovdqa %%ymm0, %%ymm8; vmovdqa %%ymm0, %%ymm15"
		: : "m"(words));
}

void state_poison(void)
{
	poison_vectors();
	hw_write_dr0(POISON);
	hw_write_dr1(POISON + 8);
	hw_write_dr2(POISON + 16);
	hw_write_dr3(POISON + 24);
	hw_write_dr6(0xffff0fff);
	hw_write_dr7(0x400 | 0x55); /* four instruction breakpoints */
	hw_write_cr2(POISON);
	hw_write_cr4(hw_read_cr4() | CR4_PGE | CR4_TSD);
	for (size_t i = 0; i < SYSTEM_REGISTERS; i++) {
		if (present(system_registers[i].msr))
			hw_wrmsr(system_registers[i].msr, system_registers[i].poison);
	}
	hw_wrmsr(HW_MSR_EFER, hw_rdmsr(HW_MSR_EFER) | HW_EFER_SCE | HW_EFER_NXE);
	hw_write_cr0(hw_read_cr0() | CR0_BITS);
}

void state_poison_apic(uint8_t vector)
{
	guest_enable_apic();
	hw_wrmsr(HW_X2_LVT_ERROR, 0xe1);
	hw_wrmsr(HW_X2_LVT_PMI, 0xe2);
	hw_wrmsr(HW_X2_TIMER_DIVIDE, HW_TIMER_DIVIDE_1);
	hw_wrmsr(HW_X2_LVT_TIMER, 0x93 | HW_LVT_PERIODIC);
	hw_wrmsr(HW_X2_TIMER_INITIAL, 100000);
	hw_wrmsr(HW_X2_SELF_IPI, vector);
	hw_wrmsr(HW_X2_TPR, 0xa0);
}

void state_hold_poison(void)
{
	__asm__ volatile("mov %0, %%rax; mov %%rax, %%rbx; mov %%rax, %%rdx; mov %%rax, %%rsi; mov %%rax, %%rdi\n\t"
		"mov %%rax, %%r8; mov %%rax, %%r9; mov %%rax, %%r10; mov %%rax, %%r11; mov %%rax, %%r12\n\t"
		"mov %%rax, %%r13; mov %%rax, %%r14; mov %%rax, %%r15; mov $100000, %%ecx\n"
		"1:	dec %%ecx; jnz 1b" : : "i"(POISON)
		: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc");
}

/* ---- look ---- */

const char *state_check_general(void)
{
	static const char *const names[] = {
		"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
	};

	for (unsigned i = 0; i < 16; i++) {
		bool address = strcmp(names[i], "RDI") == 0; /* of the entry information */

		if (!address && guest_start_registers[i] != 0)
			return offends(names[i], guest_start_registers[i]);
	}
	/* Bits 2, 4, 6, 7 and 11 are what the first instructions computed. */
	if ((guest_start_registers[16] & ~0x8d7ull) != 0)
		return offends("RFLAGS", guest_start_registers[16]);
	return NULL;
}

const char *state_check_debug(void)
{
	const uint64_t address[4] = {hw_read_dr0(), hw_read_dr1(), hw_read_dr2(), hw_read_dr3()};
	static const char *const names[4] = {"DR0", "DR1", "DR2", "DR3"};

	for (unsigned i = 0; i < 4; i++) {
		if (address[i] != 0)
			return offends(names[i], address[i]);
	}
	if (hw_read_dr6() != 0xffff0ff0)
		return offends("DR6", hw_read_dr6());
	return hw_read_dr7() == 0x400 ? NULL : offends("DR7", hw_read_dr7());
}

const char *state_check_control(bool entered)
{
	uint64_t efer = hw_rdmsr(HW_MSR_EFER) & ~(uint64_t)HW_EFER_NXE;

	if (hw_read_cr2() != 0)
		return offends("CR2", hw_read_cr2());
	if ((hw_read_cr0() & CR0_START_MASK) != 0)
		return offends("CR0", hw_read_cr0());
	if (hw_read_cr4() != CR4_PAE)
		return offends("CR4", hw_read_cr4());
	if (efer != (HW_EFER_LME | HW_EFER_LMA))
		return offends("EFER", efer);
	if (!entered && (hw_rdmsr(HW_MSR_EFER) & HW_EFER_NXE))
		return offends("EFER", hw_rdmsr(HW_MSR_EFER));
	return NULL;
}

const char *state_check_system(void)
{
	for (size_t i = 0; i < SYSTEM_REGISTERS; i++) {
		uint64_t value = present(system_registers[i].msr) ? hw_rdmsr(system_registers[i].msr) :
			system_registers[i].reset;

		if (value != system_registers[i].reset)
			return offends(system_registers[i].name, value);
	}
	return NULL;
}

static const char *check_lvt(void)
{
	static const struct {
		const char *name;
		uint32_t msr;
	} entries[] = {
		{"LVT timer", HW_X2_LVT_TIMER}, {"LVT performance", HW_X2_LVT_PMI}, {"LVT LINT0", HW_X2_LVT_LINT0},
		{"LVT LINT1", HW_X2_LVT_LINT1}, {"LVT error", HW_X2_LVT_ERROR},
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		uint64_t value = hw_rdmsr(entries[i].msr);

		if (value != HW_LVT_MASKED)
			return offends(entries[i].name, value);
	}
	return NULL;
}

static const char *check_bits(const char *name, uint32_t first)
{
	for (uint32_t i = 0; i < 8; i++) {
		if (hw_rdmsr(first + i) != 0)
			return offends(name, hw_rdmsr(first + i));
	}
	return NULL;
}

const char *state_check_apic(void)
{
	const char *bad = check_lvt();

	if (!bad)
		bad = check_bits("APIC in-service", HW_X2_ISR);
	if (!bad)
		bad = check_bits("APIC pending", HW_X2_IRR);
	if (!bad && hw_rdmsr(HW_X2_TPR) != 0)
		bad = offends("APIC priority", hw_rdmsr(HW_X2_TPR));
	if (!bad && (hw_rdmsr(HW_X2_SVR) & 0x1ff) != 0xff)
		bad = offends("APIC spurious vector", hw_rdmsr(HW_X2_SVR));
	if (!bad && hw_rdmsr(HW_X2_TIMER_INITIAL) != 0)
		bad = offends("APIC timer", hw_rdmsr(HW_X2_TIMER_INITIAL));
	if (!bad && hw_rdmsr(HW_X2_TIMER_DIVIDE) != 0)
		bad = offends("APIC timer divide", hw_rdmsr(HW_X2_TIMER_DIVIDE));
	return bad;
}

/* FXSAVE area (SDM 1, 10.5.1): control words, then 8 x87 registers from 32 and 16 SSE registers from 160. */
const char *state_check_fpu(void)
{
	static uint8_t areas[QV_MAX_CORES][512] __attribute__((aligned(16)));
	uint8_t *area = areas[guest_core()];
	uint32_t mxcsr;
	uint16_t control;

	__asm__ volatile("clts");
	hw_write_cr4(hw_read_cr4() | CR4_OSFXSR);
	__asm__ volatile("fxsave64 %0" : "=m"(*(uint8_t (*)[512])area));
	memcpy(&control, area, sizeof(control));
	memcpy(&mxcsr, area + 24, sizeof(mxcsr));
	if (control != 0x37f && control != 0x40)
		return offends("x87 control word", control);
	if (mxcsr != 0x1f80)
		return offends("MXCSR", mxcsr);
	if (area[4] != 0)
		return offends("x87 tag word", area[4]);
	for (unsigned i = 32; i < 160; i++) {
		if (area[i] != 0)
			return offends("x87 register", area[i]);
	}
	for (unsigned i = 160; i < 416; i++) {
		if (area[i] != 0)
			return offends("XMM register", area[i]);
	}
	return NULL;
}

/* Upper halves of YMM: component 2 of XSAVE, at 576 in the standard format (SDM 1, 13.4). What XSAVE leaves
 * out is in its initial state, and the area starts out zero. */
const char *state_check_avx(void)
{
	static uint8_t areas[QV_MAX_CORES][1024] __attribute__((aligned(64)));
	uint8_t *area = areas[guest_core()];
	uint32_t low, high;

	if (!state_has_avx())
		return NULL;
	hw_write_cr4(hw_read_cr4() | CR4_OSXSAVE);
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	if (low != 1 || high != 0)
		return offends("XCR0", low);
	hw_xsetbv(0, XCR0_AVX);
	__asm__ volatile("xsave64 %0" : "=m"(*(uint8_t (*)[1024])area) : "a"(4), "d"(0));
	for (unsigned i = 576; i < 576 + 256; i++) {
		if (area[i] != 0)
			return offends("YMM register", area[i]);
	}
	return NULL;
}
