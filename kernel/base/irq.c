/* SPDX-License-Identifier: MIT */
/* The IDT and the way from a vector to its handler. */
#include <base/boot.h>
#include <base/cpu.h>
#include <base/extable.h>
#include <base/init.h>
#include <base/irq.h>
#include <base/memory.h>
#include <base/panic.h>
#include <base/sections.h>
#include <hw/apic.h>
#include <hw/msr.h>
#include <hw/port.h>
#include <lib/assert.h>

#define VECTORS 256u
#define FIRST_INTERRUPT 32u
#define BREAKPOINT 3u
#define GATE_RING3 0x6000u
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

extern const char trap_first_stub[]; /* trap.S */
extern const uint16_t trap_stubs[VECTORS]; /* trap.S: bytes from trap_first_stub */
void trap_dispatch(struct trap_frame *frame); /* called by trap.S, as are the next three */
void trap_work(struct trap_frame *frame);
_Noreturn void trap_leave_now(struct trap_frame *frame);
void trap_bad_rip(struct trap_frame *frame);
_Noreturn void trap_fatal(struct trap_frame *frame);

_Static_assert(offsetof(struct trap_frame, r11) == FRAME_R11 && offsetof(struct trap_frame, rdi) == FRAME_RDI &&
	offsetof(struct trap_frame, rax) == FRAME_RAX && offsetof(struct trap_frame, rip) == FRAME_RIP &&
	offsetof(struct trap_frame, rsp) == FRAME_RSP && sizeof(struct trap_frame) == FRAME_BYTES, "offsets in entry.h");

static struct gate idt[VECTORS] __attribute__((aligned(16)));
static struct irq_line lines[IRQ_LINES] = {{.name = "unclaimed"}};
static uint8_t line_at[VECTORS]; /* index in lines */
static bool (*fault_hook)(struct trap_frame *frame, uint64_t address);
static void (*work_hook)(struct trap_frame *frame);

INIT static uint16_t ist_of(unsigned vector)
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
INIT static void mask_pics(void)
{
	hw_out8(PIC1_MASK, 0xff);
	hw_out8(PIC2_MASK, 0xff);
}

INIT void irq_init(void)
{
	if (boot_is_bare())
		mask_pics();
	for (unsigned v = 0; v < VECTORS; v++) {
		uint64_t stub = (uint64_t)trap_first_stub + trap_stubs[v];

		idt[v] = (struct gate){
			.offset_low = (uint16_t)stub,
			.selector = CPU_CODE_SELECTOR,
			.flags = (uint16_t)(GATE_INTERRUPT | ist_of(v) | (v == BREAKPOINT ? GATE_RING3 : 0)),
			.offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	}
}

INIT void irq_load_table(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idtr = {sizeof(idt) - 1, (uint64_t)idt};

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

void irq_claim(uint8_t vector, const char *name, irq_handler *handler)
{
	uint8_t n = 1;

	while (n < IRQ_LINES && lines[n].name)
		n++;
	if (vector < FIRST_INTERRUPT || line_at[vector] || n == IRQ_LINES)
		panic("vector %u cannot be claimed", vector);
	lines[n].name = name;
	lines[n].handler = handler;
	lines[n].vector = vector;
	__atomic_store_n(&line_at[vector], n, __ATOMIC_RELEASE);
}

void irq_charge(uint8_t vector, uint64_t *account)
{
	assert(line_at[vector]);
	lines[line_at[vector]].account = account;
}

const struct irq_line *irq_line(uint32_t n)
{
	assert(n < IRQ_LINES);
	return &lines[n];
}

const struct irq_line *irq_line_of(uint8_t vector)
{
	return &lines[line_at[vector]];
}

struct irq_usage *irq_usage_of(uint8_t vector)
{
	assert(line_at[vector]);
	return &lines[line_at[vector]].usage[this_cpu()->index];
}

void irq_forget(uint8_t vector)
{
	lines[line_at[vector]].usage[this_cpu()->index] = (struct irq_usage){0};
}

INIT void irq_enable_apic(void)
{
	hw_wrmsr(HW_X2_TPR, 0);
	hw_wrmsr(HW_X2_SVR, APIC_SOFTWARE_ENABLE | IRQ_SPURIOUS);
}

void trap_set_fault_hook(bool (*hook)(struct trap_frame *frame, uint64_t address))
{
	fault_hook = hook;
}

void trap_set_work_hook(void (*hook)(struct trap_frame *frame))
{
	work_hook = hook;
}

static void count(struct cpu *cpu, struct irq_line *line, uint64_t cycles)
{
	struct irq_usage *u = &line->usage[cpu->index];

	u->count++;
	u->cycles += cycles;
	if (cycles > u->worst)
		u->worst = cycles;
	cpu->irq_count++;
	cpu->irq_cycles += cycles;
	if (line->account) {
		*line->account += cycles;
		cpu->irq_charged += cycles;
	}
}

static void dispatch_interrupt(struct cpu *cpu, struct trap_frame *frame)
{
	struct irq_line *line = &lines[__atomic_load_n(&line_at[frame->vector], __ATOMIC_ACQUIRE)];
	uint64_t start, end;

	if (frame->vector == IRQ_SPURIOUS) /* no EOI: SDM 3, 11.9 */
		return;
	start = hw_rdtsc();
	hw_apic_eoi();
	if (line->handler)
		line->handler(frame);
	end = hw_rdtsc();
	count(cpu, line, end - start);
	cpu->thread_since = cpu->thread_since > start ? end : cpu->thread_since + (end - start);
}

/* May an exception of the kernel be handled or passed over? */
static bool expected(struct trap_frame *frame, uint64_t address)
{
	uint64_t to = extable_find(frame->rip);

	if (!to)
		return false;
	if (frame->vector == TRAP_PAGE_FAULT && address < USER_END && fault_hook && fault_hook(frame, address))
		return true;
	frame->rip = to;
	return true;
}

static void dispatch_exception(struct cpu *cpu, struct trap_frame *frame)
{
	uint64_t address = frame->vector == TRAP_PAGE_FAULT ? hw_read_cr2() : 0;

	if (trap_from_user(frame)) {
		if (!fault_hook || !fault_hook(frame, address))
			panic_trap(frame);
	} else if (cpu->resume) {
		frame->rip = cpu->resume;
		cpu->resume = 0;
	} else if (!expected(frame, address)) {
		panic_trap(frame);
	}
}

void trap_dispatch(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();

	section_begin(SECTION_VECTOR + frame->vector);
	if (frame->vector >= FIRST_INTERRUPT)
		dispatch_interrupt(cpu, frame);
	else
		dispatch_exception(cpu, frame);
	if (trap_from_user(frame) ? !cpu_thread_work(cpu) : frame->vector >= FIRST_INTERRUPT)
		section_end(SECTION_RING3);
}

void trap_work(struct trap_frame *frame)
{
	if (!work_hook)
		panic("ring 3 has work before the scheduler is up");
	section_begin(SECTION_WORK);
	work_hook(frame);
	if (!cpu_thread_work(this_cpu()))
		section_end(SECTION_RING3);
}

_Noreturn void trap_leave(struct trap_frame *frame)
{
	if (!cpu_thread_work(this_cpu()))
		section_end(SECTION_RING3);
	trap_leave_now(frame);
}

/* A frame for ring 3 points outside its addresses: a protection fault of ring 3, as the processor would report it. */
void trap_bad_rip(struct trap_frame *frame)
{
	frame->vector = TRAP_PROTECTION;
	frame->error = 0;
	if (!fault_hook || !fault_hook(frame, 0))
		panic_trap(frame);
}

/* GS may be ring 3's. The stack tells which core this is. */
void trap_fatal(struct trap_frame *frame)
{
	uint64_t core = ((uint64_t)frame - STACK_BASE) / STACK_SLOT / STACK_KINDS;

	hw_wrmsr(HW_MSR_GS_BASE, (uint64_t)&cpus[core]);
	panic_trap(frame);
}
