/* SPDX-License-Identifier: MIT */
/* Instructions and processor state: nested virtualisation, control registers, exceptions that loop, endless sleep. */
#include "attacks.h"

#include <hw/cpu.h>
#include <hw/msr.h>

#define CR0_AM      (1ull << 18)
#define CR4_VMXE    (1ull << 13)
#define CR4_OSXSAVE (1ull << 18)
#define RFLAGS_AC   (1ull << 18)
#define ECX_XSAVE   (1u << 26)
#define STORM 100000u

/* Attempts made of one instruction each. Memory operands point at a scratch page. */
static uint8_t scratch[4096] __attribute__((aligned(4096)));

#define INSTRUCTION(name, text) \
	static uint64_t name(uint64_t unused) \
	{ \
		(void)unused; \
		__asm__ volatile(text : : "a"(scratch), "c"(0ull), "d"(0ull), "b"(scratch) : "memory", "cc"); \
		return 1; \
	}
INSTRUCTION(do_vmrun, ".byte 0x0f, 0x01, 0xd8")
INSTRUCTION(do_vmload, ".byte 0x0f, 0x01, 0xda")
INSTRUCTION(do_vmsave, ".byte 0x0f, 0x01, 0xdb")
INSTRUCTION(do_stgi, ".byte 0x0f, 0x01, 0xdc")
INSTRUCTION(do_clgi, ".byte 0x0f, 0x01, 0xdd")
INSTRUCTION(do_skinit, ".byte 0x0f, 0x01, 0xde")
INSTRUCTION(do_invlpga, ".byte 0x0f, 0x01, 0xdf")
INSTRUCTION(do_vmcall, ".byte 0x0f, 0x01, 0xc1")
INSTRUCTION(do_vmmcall, ".byte 0x0f, 0x01, 0xd9")
INSTRUCTION(do_vmlaunch, ".byte 0x0f, 0x01, 0xc2")
INSTRUCTION(do_vmresume, ".byte 0x0f, 0x01, 0xc3")
INSTRUCTION(do_vmxoff, ".byte 0x0f, 0x01, 0xc4")
INSTRUCTION(do_vmxon, ".byte 0xf3, 0x0f, 0xc7, 0x30")        /* vmxon (%rax) */
INSTRUCTION(do_vmptrld, ".byte 0x0f, 0xc7, 0x30")            /* vmptrld (%rax) */
INSTRUCTION(do_vmclear, ".byte 0x66, 0x0f, 0xc7, 0x30")      /* vmclear (%rax) */
INSTRUCTION(do_vmread, ".byte 0x0f, 0x78, 0xc8")             /* vmread %rcx, %rax */
INSTRUCTION(do_vmwrite, ".byte 0x0f, 0x79, 0xc8")            /* vmwrite %rax, %rcx */
INSTRUCTION(do_invept, ".byte 0x66, 0x0f, 0x38, 0x80, 0x08") /* invept (%rax), %rcx */
INSTRUCTION(do_invvpid, ".byte 0x66, 0x0f, 0x38, 0x81, 0x08")
INSTRUCTION(do_getsec, "xor %%eax, %%eax; .byte 0x0f, 0x37")
INSTRUCTION(do_rsm, ".byte 0x0f, 0xaa")
INSTRUCTION(do_monitor, ".byte 0x0f, 0x01, 0xc8")
INSTRUCTION(do_mwait, "xor %%eax, %%eax; .byte 0x0f, 0x01, 0xc9")
INSTRUCTION(do_invd, "invd")

static uint64_t do_wbinvd(uint64_t unused)
{
	(void)unused;
	__asm__ volatile("wbinvd" : : : "memory");
	return 0;
}

/* ---- control registers ---- */

static uint64_t set_cr0(uint64_t bits)
{
	hw_write_cr0(hw_read_cr0() | bits);
	return 0;
}

static uint64_t clear_cr0(uint64_t bits)
{
	hw_write_cr0(hw_read_cr0() & ~bits);
	return 0;
}

static uint64_t set_cr4(uint64_t bits)
{
	hw_write_cr4(hw_read_cr4() | bits);
	return 1;
}

static uint64_t set_cr3(uint64_t bits)
{
	hw_write_cr3(hw_read_cr3() | bits);
	return 1;
}

static uint64_t write_xcr0(uint64_t value)
{
	hw_xsetbv(0, value);
	return 1;
}

static uint64_t write_xcr1(uint64_t value)
{
	hw_xsetbv(1, value);
	return 1;
}

/* Each bad value must give #GP; a good one must be taken. */
static uint64_t bad_xcr0(uint64_t unused)
{
	static const uint64_t bad[] = {0, 2, 4, 5, 1u << 8 | 1, 1u << 8 | 3, 1ull << 62 | 1, ~0ull};
	uint64_t result;

	(void)unused;
	if (!(hw_cpuid(1, 0).ecx & ECX_XSAVE))
		return ATTACK_SKIPPED;
	hw_write_cr4(hw_read_cr4() | CR4_OSXSAVE);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (guest_try(write_xcr0, bad[i], &result) != GP)
			return 0x100 + i;
	}
	if (guest_try(write_xcr1, 1, &result) != GP)
		return 0x200;
	return guest_try(write_xcr0, 3, &result) == GUEST_NO_FAULT ? 0 : 0x300;
}

/* ---- exceptions ---- */

static volatile uint64_t storm_count;

static void skip_ud2(struct guest_frame *frame)
{
	storm_count++;
	frame->rip += 2;
}

/* Every one is handled in here: not one exit. */
static uint64_t ud_storm(uint64_t unused)
{
	uint64_t before;

	(void)unused;
	storm_count = 0;
	guest_on(UD, skip_ud2);
	before = guest_exits();
	for (unsigned i = 0; i < STORM; i++)
		__asm__ volatile("ud2");
	guest_on(UD, NULL);
	if (guest_exits() != before)
		return guest_exits() - before;
	return storm_count == STORM ? 0 : 0x1000000;
}

static uint64_t triple_fault(uint64_t unused)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = {0, 0};

	(void)unused;
	__asm__ volatile("lidt %0; ud2" : : "m"(none));
	return 1;
}

static void user_call(void)
{
	__asm__ volatile("xor %%eax, %%eax; cmp $0, %0; je 1f; .byte 0x0f, 0x01, 0xd9; jmp 2f\n"
		"1:	.byte 0x0f, 0x01, 0xc1\n"
		"2:	int $0x80" : : "r"((uint32_t)guest_is_amd()) : "rax", "memory");
}

/* Only ring 0 may call the monitor. */
static uint64_t call_from_user(uint64_t unused)
{
	(void)unused;
	guest_user(user_call);
}

static void user_misaligned(void)
{
	__asm__ volatile("pushfq; orl %0, (%%rsp); popfq\n\t"
		"mov 1(%1), %%eax\n\t"
		"int $0x80" : : "i"(RFLAGS_AC), "r"(scratch) : "rax", "memory");
}

static uint64_t go_misaligned(uint64_t unused)
{
	(void)unused;
	guest_user(user_misaligned);
}

/* #AC of a process must reach the sandbox's own kernel, though the monitor sees it first. */
static uint64_t alignment_check(uint64_t unused)
{
	uint64_t result;
	unsigned vector;

	(void)unused;
	hw_write_cr0(hw_read_cr0() | CR0_AM);
	vector = guest_try(go_misaligned, 0, &result);
	hw_write_cr0(hw_read_cr0() & ~CR0_AM);
	if (vector == GUEST_VECTOR_USER)
		return ATTACK_SKIPPED; /* this processor does not check */
	return vector == 17 ? 0 : vector;
}

static volatile uint64_t traps;

static void count_trap(struct guest_frame *frame)
{
	traps++;
	frame->rflags &= ~0x100ull;
}

/* Single step: #DB must reach the sandbox's own handler. */
static uint64_t single_step(uint64_t unused)
{
	(void)unused;
	traps = 0;
	guest_on(1, count_trap);
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" : : : "memory");
	guest_on(1, NULL);
	return traps == 1 ? 0 : 1 + traps;
}

static void count_loop(struct guest_frame *frame)
{
	(void)frame;
	traps++;
}

/* A breakpoint on the very stack words that delivering #DB writes, on a stack that starts over each time: each delivery
 * raises the next one, and no instruction of the handler ever runs. */
static uint64_t debug_loop(uint64_t unused)
{
	uint64_t top = guest_own_stack(1);

	(void)unused;
	traps = 0;
	guest_on(1, count_loop);
	hw_write_dr0(top - 8);
	hw_write_dr7(0x400 | 0x3 | 0x9ull << 16); /* breakpoint 0: writes, 8 bytes */
	__asm__ volatile(".byte 0xf1" : : : "memory");
	hw_write_dr7(0x400);
	return 0;
}

extern uint64_t attack_idt32[18]; /* loop32.S */
extern const uint8_t attack_handler32[];
uint64_t attack_alignment_loop(uint64_t unused);

/* Gate 17: 32-bit interrupt gate, ring 3 may use it, handler in ring 3 code (SDM 3, 6.11). */
static uint64_t alignment_loop(uint64_t unused)
{
	uint64_t handler = (uint64_t)attack_handler32;

	attack_idt32[17] = (handler & 0xffff) | 0x1bull << 16 | 0xee00ull << 32 | (handler >> 16 & 0xffff) << 48;
	return attack_alignment_loop(unused);
}

/* ---- sleep and loops that only another sandbox can end ---- */

static uint64_t halt_for_ever(uint64_t unused)
{
	(void)unused;
	hw_stop();
}

static uint64_t spin_for_ever(uint64_t unused)
{
	(void)unused;
	__asm__ volatile("cli; 1: jmp 1b");
	return 1;
}

/* #UD whose handler returns to the same instruction, with interrupts off: exception after exception. */
static void again(struct guest_frame *frame)
{
	(void)frame;
}

static uint64_t fault_for_ever(uint64_t unused)
{
	(void)unused;
	guest_on(UD, again);
	hw_cli();
	__asm__ volatile("ud2");
	return 1;
}

#define NO_SUCH EVERYWHERE(UD), QV_EXIT_VIRTUALISATION, false
#define VMX_ONLY ANYTHING, UD, QV_EXIT_VIRTUALISATION, false /* QEMU takes them for CMPXCHG8B; harmless without VT-x */
#define LIVE EVERYWHERE(SURVIVES), 0, false
#define HANGS EVERYWHERE(STOPPED), QV_EXIT_KICK, true
/* Each round exits, and the kick may be seen in one of these exits: no exit of its own then. */
#define HANGS_EXITING EVERYWHERE(STOPPED_ANYHOW), 0, true

static const struct attack attacks[] = {
	{"VMRUN", do_vmrun, 0, NO_SUCH}, {"VMLOAD", do_vmload, 0, NO_SUCH}, {"VMSAVE", do_vmsave, 0, NO_SUCH},
	{"STGI", do_stgi, 0, NO_SUCH}, {"CLGI", do_clgi, 0, NO_SUCH}, {"SKINIT", do_skinit, 0, NO_SUCH},
	{"INVLPGA", do_invlpga, 0, NO_SUCH}, {"VMLAUNCH", do_vmlaunch, 0, NO_SUCH},
	{"VMRESUME", do_vmresume, 0, NO_SUCH}, {"VMXOFF", do_vmxoff, 0, NO_SUCH}, {"VMXON", do_vmxon, 0, VMX_ONLY},
	{"VMPTRLD", do_vmptrld, 0, VMX_ONLY}, {"VMCLEAR", do_vmclear, 0, VMX_ONLY}, {"VMREAD", do_vmread, 0, NO_SUCH},
	{"VMWRITE", do_vmwrite, 0, NO_SUCH}, {"INVEPT", do_invept, 0, NO_SUCH}, {"INVVPID", do_invvpid, 0, NO_SUCH},
	{"GETSEC", do_getsec, 0, NO_SUCH}, {"RSM", do_rsm, 0, NO_SUCH},
	{"VMCALL where VMMCALL is the call", do_vmcall, 0, UD, ANYTHING, 0, false},
	{"VMMCALL where VMCALL is the call", do_vmmcall, 0, ANYTHING, UD, 0, false},
	{"MONITOR", do_monitor, 0, NO_SUCH}, {"MWAIT", do_mwait, 0, NO_SUCH},
	{"WBINVD", do_wbinvd, 0, LIVE},
	{"INVD", do_invd, 0, EVERYWHERE(STOPPED), QV_EXIT_CACHE, false},
	{"CR0 reserved bit", set_cr0, 1ull << 40, ANYTHING, GP, 0, false}, /* QEMU drops the upper half */
	{"CR0 cache disable", set_cr0, 3ull << 29, LIVE},
	{"CR0 numeric error off", clear_cr0, 1ull << 5, LIVE},
	{"CR0 protection off while paging", clear_cr0, 1, EVERYWHERE(ANYTHING), 0, false}, /* QEMU does not check */
	{"CR4 reserved bit", set_cr4, 1ull << 63, EVERYWHERE(STOPPED_OR_GP), 0, false},
	{"CR4.VMXE", set_cr4, CR4_VMXE, EVERYWHERE(STOPPED_OR_GP), 0, false},
	{"CR3 reserved bit", set_cr3, 1ull << 60, EVERYWHERE(STOPPED_OR_GP), 0, false},
	{"XSETBV bad values", bad_xcr0, 0, LIVE},
	{"100,000 handled #UD without an exit", ud_storm, 0, LIVE},
	{"triple fault", triple_fault, 0, EVERYWHERE(STOPPED), QV_EXIT_TRIPLE_FAULT, false},
	{"call from ring 3", call_from_user, 0, EVERYWHERE(GP), 0, false},
	{"alignment check in ring 3", alignment_check, 0, LIVE},
	{"single step", single_step, 0, LIVE},
	{"debug-loop", debug_loop, 0, EVERYWHERE(ANYTHING), QV_EXIT_DEBUG, true},
	{"alignment-loop", alignment_loop, 0, HANGS_EXITING},
	{"halt-with-interrupts-off", halt_for_ever, 0, HANGS},
	{"spin-with-interrupts-off", spin_for_ever, 0, HANGS},
	{"fault-for-ever", fault_for_ever, 0, HANGS},
};
const struct attack_list attacks_cpu = {attacks, sizeof(attacks) / sizeof(attacks[0])};
