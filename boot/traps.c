/* SPDX-License-Identifier: MIT */
/* Exceptions in boot code end it: registers, then stop. The only interrupt is the one that wakes a sleeping core. */
#include "boot.h"

#include <hw/apic.h>
#include <hw/cpu.h>

struct gate { /* SDM 3, 6.14.1 */
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
#define GATE_INTERRUPT 0x8eu
#define EXCEPTIONS 32u

struct frame { /* as entry.S pushes it */
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

extern const uint8_t boot_trap_stubs[EXCEPTIONS][16];
extern const uint8_t boot_wake_stub[];
void boot_load_idt(const void *pointer);
_Noreturn void boot_trap(const struct frame *f);

static struct gate idt[BOOT_WAKE_VECTOR + 1];

static void set_gate(uint32_t vector, const uint8_t *code)
{
	uint64_t at = (uint64_t)(uintptr_t)code;

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)at,
		.selector = BOOT_CODE,
		.type = GATE_INTERRUPT,
		.offset_middle = (uint16_t)(at >> 16),
		.offset_high = (uint32_t)(at >> 32),
	};
}

void boot_load_traps(void)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} pointer = { sizeof(idt) - 1, (uint64_t)(uintptr_t)idt };

	for (uint32_t i = 0; i < EXCEPTIONS; i++)
		set_gate(i, boot_trap_stubs[i]);
	set_gate(BOOT_WAKE_VECTOR, boot_wake_stub);
	boot_load_idt(&pointer);
}

_Noreturn void boot_trap(const struct frame *f)
{
	boot_log("quest-v: exception %llu in boot code, error %llx, at %016llx\n",
		 (unsigned long long)f->vector, (unsigned long long)f->error, (unsigned long long)f->rip);
	boot_log(" cr0 %016llx cr2 %016llx cr3 %016llx cr4 %016llx\n", (unsigned long long)hw_read_cr0(),
		 (unsigned long long)hw_read_cr2(), (unsigned long long)hw_read_cr3(),
		 (unsigned long long)hw_read_cr4());
	boot_log(" rax %016llx rbx %016llx rcx %016llx rdx %016llx\n", (unsigned long long)f->rax,
		 (unsigned long long)f->rbx, (unsigned long long)f->rcx, (unsigned long long)f->rdx);
	boot_log(" rsi %016llx rdi %016llx rbp %016llx rsp %016llx\n", (unsigned long long)f->rsi,
		 (unsigned long long)f->rdi, (unsigned long long)f->rbp, (unsigned long long)f->rsp);
	boot_log(" r8  %016llx r9  %016llx r10 %016llx r11 %016llx\n", (unsigned long long)f->r8,
		 (unsigned long long)f->r9, (unsigned long long)f->r10, (unsigned long long)f->r11);
	boot_log(" r12 %016llx r13 %016llx r14 %016llx r15 %016llx\n", (unsigned long long)f->r12,
		 (unsigned long long)f->r13, (unsigned long long)f->r14, (unsigned long long)f->r15);
	boot_stop(BOOT_END_REFUSED);
}
