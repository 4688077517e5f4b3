/* SPDX-License-Identifier: MIT */
/* Interrupt and exception entry: one IDT for all cores, a handler per vector, a report for every exception. */
#ifndef BASE_IRQ_H
#define BASE_IRQ_H

#include <abi/limits.h>
#include <base/entry.h>

#define IRQ_TIMER    ((unsigned)TRAP_TIMER)
#define IRQ_IPI      0x41u
#define IRQ_DEVICES  0x50u /* vectors of devices: from here to IRQ_DEVICES_END - 1; QV_UART_VECTOR is the first */
#define IRQ_DEVICES_END 0x60u
#define IRQ_SPURIOUS 0xffu
#define IRQ_LINES 20u /* vectors that may have a handler, and one for all others */

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
/* `handler` serves `vector` >= 32 on every core from now on; `name` is for statistics. A vector has one owner: a second
 * claim panics. */
void irq_claim(uint8_t vector, const char *name, irq_handler *handler);
/* From now on the cycles of the handler of `vector` (claimed) are added to *account and are not the interrupted VCPU's:
 * cpu->irq_charged counts them. The vector arrives on one core only, which alone touches *account. NULL = as before. */
void irq_charge(uint8_t vector, uint64_t *account);

struct irq_usage { /* of one vector on one core, since boot */
	uint64_t count;
	uint64_t cycles; /* in handlers, end of interrupt included, entry and exit code not */
	uint64_t worst;
};
struct irq_line {
	irq_handler *handler;
	const char *name; /* NULL = not in use */
	uint64_t *account; /* NULL = whoever was interrupted is charged */
	uint8_t vector;
	struct irq_usage usage[QUEST_CORES];
};
/* Line `n` < IRQ_LINES; line 0 has the interrupts nobody claimed. Values of other cores are a moment old. */
const struct irq_line *irq_line(uint32_t n);
const struct irq_line *irq_line_of(uint8_t vector);
/* Where they are counted on this core, for a way of a vector that counts them itself; claimed. */
struct irq_usage *irq_usage_of(uint8_t vector);
/* Interrupts on until one has come; off again. True: it is the timer's, which nobody has handled nor acknowledged. */
bool irq_halt(void);
/* Count the interrupts of `vector` on this core from 0 again. */
void irq_forget(uint8_t vector);
/* Accept interrupts on this core: APIC software-enabled, spurious vector set, priority 0. */
void irq_enable_apic(void);

#endif
