/* SPDX-License-Identifier: MIT */
/* Last words. Runs in any context, so it takes no lock that its caller may hold. */
#include <base/boot.h>
#include <base/call.h>
#include <base/cpu.h>
#include <base/log.h>
#include <base/memory.h>
#include <base/panic.h>
#include <hw/cpu.h>
#include <lib/assert.h>

#define MAX_FRAMES 24u
#define NOBODY UINT32_MAX
#ifndef QUEST_FRAME_POINTERS /* mk/target.mk: a kernel without them tells where it was, but not how it came there */
#define QUEST_FRAME_POINTERS 1
#endif

extern const char image_text_start[], image_text_end[]; /* linker script */

struct stack_frame {
	const struct stack_frame *next;
	uint64_t return_address;
};

static const char *const exception_names[] = {
	"divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode", "no FPU",
	"double fault", "segment overrun", "invalid TSS", "segment not present", "stack fault", "general protection",
	"page fault", "reserved", "x87 error", "alignment check", "machine check", "SIMD error", "virtualisation",
	"control protection",
};

static bool in_text(uint64_t address)
{
	return address >= (uint64_t)image_text_start && address < (uint64_t)image_text_end;
}

/* Frames are followed only upwards inside one stack slot or the boot stack, so a broken chain ends and cannot fault. */
static void print_backtrace(uint64_t rip, uint64_t rbp)
{
	const struct stack_frame *frame = (const struct stack_frame *)rbp;

	log_raw("backtrace: 0x%llx", (unsigned long long)rip);
	for (unsigned n = 0; QUEST_FRAME_POINTERS && n < MAX_FRAMES; n++) {
		uint64_t here = (uint64_t)frame, next;

		if (here < STACK_BASE || here % 8 != 0 || !in_text(frame->return_address))
			break;
		log_raw(" 0x%llx", (unsigned long long)frame->return_address);
		next = (uint64_t)frame->next;
		if (next <= here || next / STACK_SLOT != here / STACK_SLOT)
			break;
		frame = frame->next;
	}
	log_raw("\n");
}

static void print_registers(const struct trap_frame *f)
{
	const struct {
		const char *name;
		uint64_t value;
	} r[] = {
		{"rax", f->rax}, {"rbx", f->rbx}, {"rcx", f->rcx}, {"rdx", f->rdx}, {"rsi", f->rsi}, {"rdi", f->rdi},
		{"rbp", f->rbp}, {"rsp", f->rsp}, {"r8 ", f->r8}, {"r9 ", f->r9}, {"r10", f->r10}, {"r11", f->r11},
		{"r12", f->r12}, {"r13", f->r13}, {"r14", f->r14}, {"r15", f->r15}, {"cr0", hw_read_cr0()},
		{"cr2", hw_read_cr2()}, {"cr3", hw_read_cr3()}, {"cr4", hw_read_cr4()},
	};

	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++)
		log_raw("%s %016llx%s", r[i].name, (unsigned long long)r[i].value, i % 4 == 3 ? "\n" : "  ");
}

/* A fault of the sandbox, with `place` in its record: stopped or restarted, as its system file says. */
_Noreturn static void end(uint64_t place)
{
	call_monitor(QV_CALL_PANIC, place);
	hw_stop();
}

/* A fault while the last words are printed ends them at once. Another core waits: the first one ends it, too. */
static void begin(uint64_t place)
{
	static uint32_t first = NOBODY;
	uint32_t self = this_cpu()->index, before = NOBODY;

	hw_cli();
	if (!__atomic_compare_exchange_n(&first, &before, self, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		if (before == self)
			end(place);
		hw_stop();
	}
	log_break_lock();
}

_Noreturn void panic(const char *format, ...)
{
	uint64_t place = (uint64_t)__builtin_return_address(0);
	va_list args;

	begin(place);
	log_raw("panic: core %u: ", this_cpu()->index);
	va_start(args, format);
	log_vraw(format, args);
	va_end(args);
	log_raw("\n");
	print_backtrace(place, (uint64_t)__builtin_frame_address(0));
	end(place);
}

_Noreturn void panic_trap(const struct trap_frame *f)
{
	const char *name = f->vector < sizeof(exception_names) / sizeof(exception_names[0]) ?
		exception_names[f->vector] : "exception";

	begin(f->rip);
	log_raw("panic: core %u: %s (vector %llu) error 0x%llx at rip 0x%llx rflags 0x%llx\n", this_cpu()->index, name,
		(unsigned long long)f->vector, (unsigned long long)f->error, (unsigned long long)f->rip,
		(unsigned long long)f->rflags);
	print_registers(f);
	print_backtrace(f->rip, f->rbp);
	end(f->rip);
}

_Noreturn void qv_assert_failed(const char *file, int line, const char *what)
{
	panic("%s:%d: assertion failed: %s", file, line, what);
}
