/* SPDX-License-Identifier: MIT */
/*
 * The monitor's own exceptions and interrupts. An NMI is a kick and only leaves a mark. Interrupts are open in one
 * place, where a dead guest's are drained. Anything else is a broken monitor: its black box says so and it stays down.
 */
#include "mon.h"

#include <hw/apic.h>

#define VECTOR_NMI  2u
#define VECTOR_PAGE_FAULT 14u
#define VECTOR_SPURIOUS 0xffu /* the monitor's SVR says so */
#define GATE_INTERRUPT 0x8eu
#define CODE_SELECTOR  8u
#define STUB_BYTES     16u
#define DRAIN_ROUNDS   1024u

struct trap_frame { /* as entry.S pushes it */
	uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

extern const uint8_t mon_stubs[];
extern const uint8_t mon_idle_end[];
void mon_trap(struct trap_frame *frame);

volatile uint32_t mon_nmi_seen;
static bool draining;
static struct gate idt[256];

void mon_trap_init(void)
{
	struct table_register idtr = { .limit = sizeof(idt) - 1, .base = (uint64_t)idt };

	for (size_t i = 0; i < sizeof(idt) / sizeof(idt[0]); i++) {
		uint64_t stub = (uint64_t)mon_stubs + i * STUB_BYTES;

		idt[i] = (struct gate){
			.offset_low = (uint16_t)stub, .offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32), .selector = CODE_SELECTOR, .type = GATE_INTERRUPT
		};
	}
	__asm__ volatile("lidt %0" : : "m"(idtr));
}

static void on_nmi(struct trap_frame *frame)
{
	mon_nmi_seen = 1;
	mon_backend_host_nmi();
	if (frame->rip >= (uint64_t)mon_idle && frame->rip < (uint64_t)mon_idle_end)
		frame->rip = (uint64_t)mon_idle;
}

static bool in_service(uint64_t vector)
{
	return (hw_rdmsr(HW_X2_ISR + (uint32_t)vector / 32) >> vector % 32 & 1) != 0;
}

/* A guest can leave an interrupt pending on any vector, those of exceptions included. While draining, the in-service
 * bit tells an interrupt from an exception: nothing was in service before. A spurious interrupt has no such bit and
 * takes no EOI (SDM 3, 11.9); its vector is no exception's. */
void mon_trap(struct trap_frame *frame)
{
	if (frame->vector == VECTOR_NMI)
		on_nmi(frame);
	else if (draining && in_service(frame->vector))
		hw_apic_eoi();
	else if (!draining || frame->vector != VECTOR_SPURIOUS)
		mon_panic("exception %u error %llx at %llx address %llx", (unsigned)frame->vector,
			(unsigned long long)frame->error, (unsigned long long)frame->rip,
			frame->vector == VECTOR_PAGE_FAULT ? (unsigned long long)hw_read_cr2() : 0);
}

static bool any_bit(uint32_t first_register)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < 8; i++)
		bits |= hw_rdmsr(first_register + i);
	return bits != 0;
}

void mon_interrupts_drain(void)
{
	for (uint32_t round = 0; round < DRAIN_ROUNDS; round++) {
		if (any_bit(HW_X2_ISR)) {
			hw_apic_eoi();
		} else if (any_bit(HW_X2_IRR)) {
			draining = true;
			mon_backend_nmi_open();
			__asm__ volatile("sti; nop; nop; cli" : : : "memory");
			mon_backend_nmi_close();
			draining = false;
		} else {
			return;
		}
	}
	/* Somebody still sends: a sibling that is not parked yet. Draining is repeated before the next launch. */
}
