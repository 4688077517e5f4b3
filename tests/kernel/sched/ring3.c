/* SPDX-License-Identifier: MIT */
/* Ring 3 without processes: two threads on a page of code and a page of stack each, calls, yields, faults. */
#include "parts.h"

#include <base/boot.h>
#include <base/irq.h>
#include <base/memory.h>
#include <base/syscall.h>
#include <lib/string.h>
#include <mm/mm.h>

#define CODE_AT  0x400000ull
#define THREADS  2u
#define USER_LEAF 0x7u /* present, writable, ring 3 */
#define ENTRIES 512u

extern const uint8_t ring3_start[], ring3_end[];

static struct {
	uint64_t cycles[THREADS], wrong[THREADS], fault[THREADS];
	volatile uint32_t ended;
	uint32_t unknown;
} seen;

struct ring3_thread {
	struct thread thread; /* first */
	uint32_t number;
	uint64_t root;
};

static uint64_t *table_below(uint64_t *table, uint32_t index)
{
	uint64_t *below = test_memory(4096);

	table[index] = ((uint64_t)below - DIRECT_BASE) | USER_LEAF;
	return below;
}

/* Tables of the kernel with one page below: code at its start, stack at its end. */
static uint64_t make_root(void)
{
	uint64_t *root = test_memory(4096), *pdpt = table_below(root, 0), *pd = table_below(pdpt, 0);
	uint64_t *page = table_below(table_below(pd, CODE_AT >> 21 & 511), CODE_AT >> 12 & 511);

	memcpy(root + ENTRIES / 2, (uint64_t *)memory_at(mm_root()) + ENTRIES / 2, ENTRIES / 2 * sizeof(*root));
	memcpy(page, ring3_start, (size_t)(ring3_end - ring3_start));
	return (uint64_t)root - DIRECT_BASE;
}

static uint32_t self_number(void)
{
	return ((struct ring3_thread *)thread_self())->number;
}

static int64_t call_nothing(struct trap_frame *frame)
{
	(void)frame;
	return 0;
}

static int64_t call_cycles(struct trap_frame *frame)
{
	seen.cycles[self_number() - 1] = frame->rdi;
	return 0;
}

static int64_t call_yield(struct trap_frame *frame)
{
	(void)frame;
	(void)sched_yield(NULL);
	return 0;
}

static int64_t call_end(struct trap_frame *frame)
{
	seen.wrong[self_number() - 1] = frame->rdi;
	return -1;
}

static int64_t call_unknown(struct trap_frame *frame)
{
	(void)frame;
	seen.unknown++;
	return -38;
}

static void keep(struct thread *t)
{
	(void)t;
}

static bool on_fault(struct trap_frame *frame, uint64_t address)
{
	if (!trap_from_user(frame))
		return false;
	seen.fault[self_number() - 1] = address;
	seen.ended++;
	thread_exit(keep);
}

static void enter(void *argument)
{
	struct trap_frame frame = {.rip = CODE_AT, .rsp = CODE_AT + 4096, .rdi = (uint64_t)argument};

	trap_sanitise(&frame);
	trap_leave(&frame);
}

void test_ring3(void)
{
	static syscall_handler *const table[] = {call_nothing, call_cycles, call_yield, call_end};
	struct vcpu *v = test_vcpu("ring3", 0, 20000, 80000);

	for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		syscall_enter(i, table[i], false);
	syscall_install(sizeof(table) / sizeof(table[0]), call_unknown);
	sched_set_fault_hook(on_fault);
	for (uint32_t i = 0; i < THREADS; i++) {
		uint8_t *block = test_memory(16384 + 4096);
		struct ring3_thread *t = (struct ring3_thread *)(block + 8192);

		t->thread.stack_top = (uint64_t)block + 8192;
		t->thread.root = make_root();
		t->thread.xsave = block + 12288;
		t->number = i + 1;
		thread_xsave_init(t->thread.xsave);
		thread_start(&t->thread, v, enter, (void *)(uint64_t)t->number);
	}
	while (seen.ended < THREADS)
		test_sleep(hw_rdtsc() + us(1000));
	test_number("null_call", seen.cycles[0] / 1000);
	/* Where the TSC counts the instructions of all cores together, each takes as many as there are cores. */
	test_point(seen.cycles[0] / 1000 <= (boot_info()->flags & QV_INFO_EMULATED ? 60 : 60 * boot_info()->core_count),
		"a system call that does nothing", "%llu cycles with the loop around it",
		(unsigned long long)(seen.cycles[0] / 1000));
	test_point(!seen.wrong[0] && !seen.wrong[1], "registers of ring 3 survive calls and switches",
		"%llu, %llu rounds left", (unsigned long long)seen.wrong[0], (unsigned long long)seen.wrong[1]);
	test_point(seen.fault[0] == 0x10 && seen.fault[1] == 0x10, "faults of ring 3 come to the hook", "at 0x%llx, 0x%llx",
		(unsigned long long)seen.fault[0], (unsigned long long)seen.fault[1]);
	test_point(vcpu_destroy(v) == VCPU_OK, "their VCPU can go", "%u unknown calls", seen.unknown);
}
