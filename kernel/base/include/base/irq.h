/* SPDX-License-Identifier: MIT */
/* Interrupt and exception entry: one IDT for all cores, a handler per vector, a report for every exception. */
#ifndef BASE_IRQ_H
#define BASE_IRQ_H

#include <abi/types.h>

#define IRQ_TIMER    0x40u
#define IRQ_IPI      0x41u
#define IRQ_SPURIOUS 0xffu

struct trap_frame { /* what the entry code pushes; layout known to trap.S */
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector;
	uint64_t error; /* 0 where the processor gives none */
	uint64_t rip, cs, rflags, rsp, ss;
};

/* Runs with interrupts off, after the end of interrupt was signalled. */
typedef void irq_handler(struct trap_frame *frame);

/* Fill the shared IDT; once, on core 0. */
void irq_init(void);
/* Point this core at it. */
void irq_load_table(void);
/* `handler` serves `vector` >= 32 on every core from now on. A vector has one owner: a second claim panics. */
void irq_claim(uint8_t vector, irq_handler *handler);
/* Accept interrupts on this core: APIC software-enabled, spurious vector set, priority 0. */
void irq_enable_apic(void);

#endif
