/* SPDX-License-Identifier: MIT */
/* SYSCALL registers, and where its entry code finds the handlers. */
#include <base/cpu.h>
#include <base/init.h>
#include <base/panic.h>
#include <base/sections.h>
#include <base/syscall.h>
#include <hw/cpu.h>
#include <hw/msr.h>
#include <lib/assert.h>

#define STAR_KERNEL_SHIFT 32u
#define STAR_USER_SHIFT   48u
#define RFLAGS_CLEARED 0x47700ull /* AC, NT, DF, IF, TF, IOPL off in the kernel */

extern char syscall_entry[]; /* entry.S */
extern char syscall_entry_32[];
syscall_handler syscall_whole; /* entry.S */

syscall_handler *syscall_table[SYSCALL_NUMBERS]; /* read by entry.S, as are the next four */
syscall_handler *syscall_whole_table[SYSCALL_NUMBERS];
uint64_t syscall_count;
syscall_handler *syscall_unknown;
void (*syscall_decide)(void);

static int64_t nobody(struct trap_frame *frame)
{
	panic("system call %lld before any was installed", (long long)frame->error);
}

void syscall_enter(uint64_t number, syscall_handler *handler, bool whole)
{
	assert(number < SYSCALL_NUMBERS);
	syscall_whole_table[number] = handler;
	syscall_table[number] = whole ? syscall_whole : handler;
}

void syscall_install(uint64_t count, syscall_handler *unknown)
{
	assert(count <= SYSCALL_NUMBERS);
	syscall_unknown = unknown;
	syscall_count = count;
}

/* All calls come here as unknown ones while they are measured. */
static struct {
	syscall_handler *unknown;
	uint64_t count;
} behind;

static int64_t measured(struct trap_frame *frame)
{
	uint64_t number = frame->error;
	int64_t result;

	section_begin(number);
	result = number < behind.count ? syscall_table[number](frame) : behind.unknown(frame);
	if (!cpu_thread_work(this_cpu())) /* else it goes on in trap_work */
		section_end(SECTION_RING3 | number << SECTION_CALL_SHIFT);
	return result;
}

void syscall_measure(bool on)
{
	if (on && syscall_unknown != measured) {
		behind.unknown = syscall_unknown;
		behind.count = syscall_count;
		syscall_install(0, measured);
	} else if (!on && syscall_unknown == measured) {
		syscall_unknown = behind.unknown;
		syscall_count = behind.count;
	}
}

void syscall_set_decision(void (*decide)(void))
{
	syscall_decide = decide;
}

INIT void syscall_init(void)
{
	if (!syscall_unknown)
		syscall_unknown = nobody;
	hw_wrmsr(HW_MSR_STAR, (uint64_t)CPU_CODE_SELECTOR << STAR_KERNEL_SHIFT |
		(uint64_t)CPU_DATA_SELECTOR << STAR_USER_SHIFT);
	hw_wrmsr(HW_MSR_LSTAR, (uint64_t)syscall_entry);
	hw_wrmsr(HW_MSR_CSTAR, (uint64_t)syscall_entry_32);
	hw_wrmsr(HW_MSR_SFMASK, RFLAGS_CLEARED);
	hw_wrmsr(HW_MSR_EFER, hw_rdmsr(HW_MSR_EFER) | HW_EFER_SCE);
}
