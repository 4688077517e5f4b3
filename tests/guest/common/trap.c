/* SPDX-License-Identifier: MIT */
/* Descriptor tables and dispatch. An exception nobody waits for is a failed test: it is told, and the sandbox ends. */
#include "common.h"

#include <hw/apic.h>
#include <hw/cpu.h>
#include <lib/assert.h>

#define GATE_KERNEL 0x8e00u
#define GATE_USER   0xee00u
#define STUB_BYTES  16u
#define FIRST_INTERRUPT 32u

struct gate {
	uint16_t offset_low, selector, flags, offset_middle;
	uint32_t offset_high, reserved;
};

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3], reserved1, ist[7], reserved2;
	uint16_t reserved3, io_map;
} __attribute__((packed));

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

extern const uint8_t guest_stubs[], guest_try_failed[];
extern uint64_t guest_try_stack;
void guest_trap(struct guest_frame *frame); /* called by stubs.S */

struct guest_fault guest_last_fault;
static struct gate idt[256] __attribute__((aligned(16)));
static guest_handler *handlers[256];
static bool without_eoi[256];
static struct tss tss[QV_MAX_CORES];
static uint64_t gdt[QV_MAX_CORES][8];

void trap_fill_idt(void)
{
	for (unsigned v = 0; v < 256; v++) {
		uint64_t stub = (uint64_t)guest_stubs + v * STUB_BYTES;

		idt[v] = (struct gate){
			.offset_low = (uint16_t)stub, .offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32), .selector = GUEST_CODE_SELECTOR,
			.flags = v == GUEST_VECTOR_USER ? GATE_USER : GATE_KERNEL,
		};
	}
}

static void fill_gdt(unsigned core)
{
	uint64_t base = (uint64_t)&tss[core];

	gdt[core][2] = 0x00209b0000000000; /* 0x10: ring 0 code */
	gdt[core][3] = 0x0000930000000000; /* 0x18: ring 0 data */
	gdt[core][4] = 0x0000f30000000000; /* 0x20: ring 3 data */
	gdt[core][5] = 0x0020fb0000000000; /* 0x28: ring 3 code */
	gdt[core][6] = 0x0000890000000000 | (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
	gdt[core][7] = base >> 32;
	tss[core].rsp[0] = (uint64_t)guest_stacks[core] + GUEST_STACK_BYTES / 2;
	tss[core].io_map = sizeof(struct tss);
}

void trap_load(void)
{
	unsigned core = guest_core();
	struct table_register gdtr = {sizeof(gdt[core]) - 1, (uint64_t)gdt[core]};
	struct table_register idtr = {sizeof(idt) - 1, (uint64_t)idt};

	fill_gdt(core);
	__asm__ volatile("lgdt %0\n\t"
		"pushq %2\n\t"
		"lea 1f(%%rip), %%rax\n\t"
		"pushq %%rax\n\t"
		"lretq\n"
		"1:\n\t"
		"mov %3, %%ds\n\t"
		"mov %3, %%es\n\t"
		"mov %3, %%ss\n\t"
		"ltr %w4\n\t"
		"lidt %1"
		: : "m"(gdtr), "m"(idtr), "i"(GUEST_CODE_SELECTOR), "r"(GUEST_DATA_SELECTOR), "r"(0x30)
		: "rax", "memory");
}

uint64_t guest_own_stack(unsigned vector)
{
	static uint8_t stack[QV_MAX_CORES][4096] __attribute__((aligned(16)));
	unsigned core = guest_core();

	tss[core].ist[0] = (uint64_t)stack[core] + sizeof(stack[core]);
	idt[vector].flags |= 1;
	return tss[core].ist[0];
}

void guest_on(unsigned vector, guest_handler *handler)
{
	handlers[vector] = handler;
	without_eoi[vector] = false;
}

void guest_on_no_eoi(unsigned vector, guest_handler *handler)
{
	handlers[vector] = handler;
	without_eoi[vector] = true;
}

/* Continue behind guest_try, in ring 0, as if it had returned the vector. */
static void fail_attempt(struct guest_frame *frame)
{
	guest_last_fault = (struct guest_fault){frame->vector, frame->error, frame->rip, hw_read_cr2()};
	frame->rip = (uint64_t)guest_try_failed;
	frame->rsp = guest_try_stack;
	frame->rax = frame->vector;
	frame->cs = GUEST_CODE_SELECTOR;
	frame->ss = GUEST_DATA_SELECTOR;
	frame->rflags &= ~0x700ull; /* no trap, interrupt or direction flag until guest_try restores them */
}

void guest_trap(struct guest_frame *frame)
{
	guest_handler *handler = handlers[frame->vector];

	if (frame->vector >= FIRST_INTERRUPT && frame->vector != GUEST_VECTOR_USER && !without_eoi[frame->vector])
		hw_apic_eoi();
	if (handler) {
		handler(frame);
	} else if (frame->vector < FIRST_INTERRUPT || frame->vector == GUEST_VECTOR_USER) {
		if (guest_try_stack && guest_core() == 0) {
			fail_attempt(frame);
			return;
		}
		guest_not_ok("no unexpected exception", "vector %llu error 0x%llx rip 0x%llx address 0x%llx",
			(unsigned long long)frame->vector, (unsigned long long)frame->error,
			(unsigned long long)frame->rip, (unsigned long long)hw_read_cr2());
		guest_call(QV_CALL_STOP, 0);
		guest_sleep();
	}
}

_Noreturn void qv_assert_failed(const char *file, int line, const char *what)
{
	guest_not_ok("no failed assertion", "%s:%d: %s", file, line, what);
	guest_call(QV_CALL_STOP, 0);
	guest_sleep();
}
