/* SPDX-License-Identifier: MIT */
/* Interrupt and exception entry: one IDT for all cores, a handler per vector, a report for every exception. */
#ifndef BASE_IRQ_H
#define BASE_IRQ_H

#include <abi/types.h>
#include <base/entry.h>

#define IRQ_TIMER    0x40u
#define IRQ_IPI      0x41u
#define IRQ_SPURIOUS 0xffu

struct trap_frame { /* what the entry code pushes; layout known to trap.S */
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector;
	uint64_t error; /* 0 where the processor gives none; the number of a system call */
	uint64_t rip, cs, rflags, rsp, ss;
};

#define TRAP_RFLAGS_USER  0x240dd5ull /* what ring 3 may choose: CF PF AF ZF SF TF DF OF, AC, ID */
#define TRAP_RFLAGS_FIXED 0x202ull    /* interrupts on */

static inline bool trap_from_user(const struct trap_frame *frame)
{
	return (frame->cs & 3) != 0;
}

/* Whoever fills a frame for ring 3 from data that ring 3 wrote calls this: selectors and flags become harmless. An
 * instruction pointer outside ring 3's addresses is found on the way out: a protection fault of ring 3. */
static inline void trap_sanitise(struct trap_frame *frame)
{
	frame->cs = CPU_USER_CODE_SELECTOR;
	frame->ss = CPU_USER_DATA_SELECTOR;
	frame->rflags = (frame->rflags & TRAP_RFLAGS_USER) | TRAP_RFLAGS_FIXED;
}

/* Go to ring 3 with all registers from `frame`, which lies on the running thread's kernel stack. */
_Noreturn void trap_leave(struct trap_frame *frame);

/* Exceptions of ring 3, and page faults of the kernel at ring-3 addresses where extable.h expects them, go to `hook`
 * with the faulting address (0 if not a page fault); true = handled. trap_from_user() tells which. It may block. Set
 * once. */
void trap_set_fault_hook(bool (*hook)(struct trap_frame *frame, uint64_t address));
/* `hook` is called before ring 3 is entered as long as the running thread's `work` is not 0. Set once, by
 * kernel/sched. */
void trap_set_work_hook(void (*hook)(struct trap_frame *frame));

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
