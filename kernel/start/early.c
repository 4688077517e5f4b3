/* SPDX-License-Identifier: MIT */
/* The part of boot that all images share. The console is the first thing that works, so every later failure is told. */
#include <base/boot.h>
#include <base/cpu.h>
#include <base/init.h>
#include <base/irq.h>
#include <base/memory.h>
#include <base/panic.h>
#include <base/time.h>
#include <dev/dev.h>
#include <hw/cpu.h>
#include <mm/mm.h>
#include <start/start.h>

#define BOOT_LARGE_LEAF 0x83u /* present, writable, 2 MiB */

extern volatile uint64_t boot_slice_pd[]; /* entry.S: the boot tables' directory at SLICE_BASE */

/* The console works before the kernel has its own tables. */
INIT static void map_slice(uint64_t slice_gpa)
{
	if (slice_gpa)
		boot_slice_pd[0] = slice_gpa | BOOT_LARGE_LEAF;
}

INIT void start_early(uint64_t info_gpa)
{
	if (!boot_info_take(memory_at(info_gpa)))
		hw_stop();
	map_slice(boot_info()->slice_gpa);
	dev_init();
	irq_init();
	cpu_init(0);
	if (boot_info()->core_count > QUEST_CORES)
		panic("this kernel is built for %u core%s, the sandbox has %u; write kernel: quest", QUEST_CORES,
			QUEST_CORES == 1 ? "" : "s", boot_info()->core_count);
	time_init();
	mm_init();
}
