/* SPDX-License-Identifier: MIT */
/* The IDT and the way from a vector to its handler. */
#include <base/boot.h>
#include <base/cpu.h>
#include <base/irq.h>
#include <base/panic.h>
#include <hw/apic.h>
#include <hw/port.h>

#define VECTORS 256u
#define FIRST_INTERRUPT 32u
#define GATE_INTERRUPT 0x8e00u /* present, ring 0, 64-bit interrupt gate (SDM 3, 6.14.1) */
#define PIC1_MASK 0x21u
#define PIC2_MASK 0xa1u
#define APIC_SOFTWARE_ENABLE 0x100u

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint16_t flags; /* IST in bits 0-2 */
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

extern const uint64_t trap_stubs[VECTORS]; /* trap.S */
void trap_dispatch(struct trap_frame *frame); /* called by trap.S */

static struct gate idt[VECTORS] __attribute__((aligned(16)));
static irq_handler *handlers[VECTORS];

static uint16_t ist_of(unsigned vector)
{
	switch (vector) {
	case 8: /* double fault */
		return 1;
	case 2: /* NMI */
		return 2;
	case 18: /* machine check */
		return 3;
	default:
		return 0;
	}
}

/* The legacy controllers deliver where exceptions are; nothing behind them is used. Under a monitor they are shut. */
static void mask_pics(void)
{
	hw_out8(PIC1_MASK, 0xff);
	hw_out8(PIC2_MASK, 0xff);
}

void irq_init(void)
{
	if (boot_is_bare())
		mask_pics();
	for (unsigned v = 0; v < VECTORS; v++) {
		uint64_t stub = trap_stubs[v];

		idt[v] = (struct gate){
			.offset_low = (uint16_t)stub,
			.selector = CPU_CODE_SELECTOR,
			.flags = (uint16_t)(GATE_INTERRUPT | ist_of(v)),
			.offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	}
}

void irq_load_table(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idtr = {sizeof(idt) - 1, (uint64_t)idt};

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

void irq_claim(uint8_t vector, irq_handler *handler)
{
	if (vector < FIRST_INTERRUPT || handlers[vector])
		panic("vector %u cannot be claimed", vector);
	__atomic_store_n(&handlers[vector], handler, __ATOMIC_RELEASE);
}

void irq_enable_apic(void)
{
	hw_wrmsr(HW_X2_TPR, 0);
	hw_wrmsr(HW_X2_SVR, APIC_SOFTWARE_ENABLE | IRQ_SPURIOUS);
}

static void dispatch_interrupt(struct trap_frame *frame)
{
	irq_handler *handler = __atomic_load_n(&handlers[frame->vector], __ATOMIC_ACQUIRE);

	if (frame->vector == IRQ_SPURIOUS) /* no EOI: SDM 3, 11.9 */
		return;
	hw_apic_eoi();
	if (handler)
		handler(frame);
}

void trap_dispatch(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();

	if (frame->vector >= FIRST_INTERRUPT) {
		dispatch_interrupt(frame);
	} else if (cpu->resume) {
		frame->rip = cpu->resume;
		cpu->resume = 0;
	} else {
		panic_trap(frame);
	}
}
