/* SPDX-License-Identifier: MIT */
/* Self-tests: cheap checks that what the boot set up really holds on this machine. */
#include "selftest.h"
#include "tick.h"

#include <base/cpu.h>
#include <base/init.h>
#include <base/log.h>
#include <base/memory.h>
#include <base/panic.h>
#include <base/probe.h>
#include <base/time.h>
#include <lib/frames.h>
#include <mm/heap.h>
#include <mm/mm.h>
#include <sched/thread.h>

#define TICK_WAIT_US 2000000u

static const uint8_t constant = 0xc3; /* RET */
static uint8_t variable = 0xc3;

INIT static bool null_is_unmapped(void)
{
	return !probe_read(memory_at(0)) && !probe_read((const void *)8) && !probe_write((void *)8);
}

INIT static bool text_is_not_writable(void)
{
	return !probe_write((void *)(uintptr_t)selftest_run) && !probe_write((void *)(uintptr_t)&constant);
}

INIT static bool data_is_not_executable(void)
{
	return probe_write(&variable) && !probe_call(&variable) && !probe_call(&constant);
}

INIT static bool direct_map_is_not_executable(void)
{
	const uint8_t *alias = memory_at((uint64_t)&variable - KERNEL_BASE);

	return probe_read(alias) && !probe_call(alias);
}

INIT static bool stacks_have_holes(void)
{
	uint32_t self = this_cpu()->index;

	for (uint32_t kind = 0; kind < STACK_KINDS; kind++) {
		uint64_t low = memory_stack_top(self, kind) - STACK_SIZE;

		if (!probe_write((void *)low) || probe_read((void *)(low - 1)))
			return false;
	}
	return true;
}

INIT static bool frames_come_and_go(void)
{
	uint64_t before = mm_free_pages(), gpa[QV_FRAME_ORDERS];

	for (uint32_t order = 0; order < QV_FRAME_ORDERS; order++) {
		if (!mm_alloc(order, &gpa[order]) || !probe_write(memory_at(gpa[order])))
			return false;
	}
	for (uint32_t order = 0; order < QV_FRAME_ORDERS; order++)
		mm_free(gpa[order], order);
	return mm_free_pages() == before && mm_frames_intact();
}

INIT static bool objects_come_and_go(void)
{
	static struct mm_cache cache = MM_CACHE(uint64_t[20]);
	uint64_t **object[64], before;

	for (unsigned round = 0; round < 2; round++) {
		before = mm_free_pages();
		for (unsigned i = 0; i < 64; i++) {
			object[i] = mm_cache_alloc(&cache);
			if (!object[i] || *object[i] || (uint64_t)object[i] % 64 != 0)
				return false;
			*object[i] = (uint64_t *)object[i];
		}
		if (cache.count != 64 || !mm_cache_intact(&cache))
			return false;
		for (unsigned i = 0; i < 64; i++)
			mm_cache_free(&cache, object[i * 29 % 64]);
	}
	return mm_free_pages() == before && cache.count == 0 && mm_cache_intact(&cache);
}

INIT static bool thread_stacks_have_holes(void)
{
	uint64_t top = mm_stack_alloc(), low = top - MM_STACK_BYTES;

	if (!top || !probe_write((void *)low) || !probe_write((void *)(top - 1)) || probe_read((void *)(low - 1)))
		return false;
	mm_stack_free(top);
	if (mm_stack_alloc() != top || !probe_write((void *)low))
		return false;
	mm_stack_free(top);
	return true;
}

INIT static bool timer_ticks(void)
{
	uint64_t start = hw_rdtsc(), ticks = tick_count();
	bool ticked;

	do {
		sched_preempt_point();
		ticked = tick_count() >= ticks + 2;
	} while (!ticked && hw_rdtsc() - start < time_cycles(TICK_WAIT_US));
	return ticked;
}

INIT void selftest_run(void)
{
	static const struct {
		const char *name;
		bool (*check)(void);
	} tests[] INIT_CONST = {
		{"page 0 is unmapped", null_is_unmapped},
		{"text and constants are not writable", text_is_not_writable},
		{"data is not executable", data_is_not_executable},
		{"the direct map is not executable", direct_map_is_not_executable},
		{"stacks end in holes", stacks_have_holes},
		{"page frames come and go", frames_come_and_go},
		{"objects come and go", objects_come_and_go},
		{"thread stacks end in holes", thread_stacks_have_holes},
		{"the timer ticks", timer_ticks},
	};
	const unsigned count = sizeof(tests) / sizeof(tests[0]);

	for (unsigned i = 0; i < count; i++) {
		if (!tests[i].check())
			panic("self-test failed: %s", tests[i].name);
		log_debug("self-test: %s", tests[i].name);
	}
	log_info("self-test: %u of %u passed", count, count);
}
