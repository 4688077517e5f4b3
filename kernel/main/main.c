/* SPDX-License-Identifier: MIT */
/*
 * Boot order of Quest, on one screen. Arguments (key=value words of the system file):
 *   tick-us=N  period of the heartbeat, 1000; 0 = none after the self-test
 *   ticks=N    stop ticking after N ticks of each core and say so; 0 = tick for ever
 *   trace=syscalls  record every system call of its programs (programs.c)
 *   charge-interrupted  top halves of devices are charged to whom they interrupt, not to the device's I/O VCPU
 *   debug      log at debug level;  quiet  only warnings and errors
 */
#include "devices.h"
#include "programs.h"
#include "selftest.h"
#include "tick.h"
#include "vcpus.h"

#include <base/boot.h>
#include <base/call.h>
#include <base/cpu.h>
#include <base/init.h>
#include <base/irq.h>
#include <base/log.h>
#include <base/memory.h>
#include <base/timer.h>
#include <lib/args.h>
#include <lib/frames.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <sched/post.h>
#include <sched/vcpu.h>
#include <start/start.h>

#define DEFAULT_TICK_US 1000u
#define MIN_TICK_US 10u
#define MAX_TICK_US 1000000u

static struct {
	uint64_t tick_us;
	uint64_t ticks;
} options;

INIT static void read_options(const char *args)
{
	options.tick_us = qv_args_number(args, "tick-us", DEFAULT_TICK_US);
	options.ticks = qv_args_number(args, "ticks", 0);
	if (qv_args_has(args, "debug"))
		log_set_level(LOG_DEBUG);
	if (qv_args_has(args, "quiet"))
		log_set_level(LOG_WARN);
	if (options.tick_us && (options.tick_us < MIN_TICK_US || options.tick_us > MAX_TICK_US)) {
		log_warn("tick-us=%llu is outside %u..%u; using %u", (unsigned long long)options.tick_us, MIN_TICK_US,
			MAX_TICK_US, DEFAULT_TICK_US);
		options.tick_us = DEFAULT_TICK_US;
	}
}

INIT static void greet(const struct qv_info *info)
{
	log_info("Quest %s: %u core%s, %llu MiB, TSC %llu MHz, %s", info->name, info->core_count,
		info->core_count == 1 ? "" : "s", (unsigned long long)(mm_total_pages() >> 8),
		(unsigned long long)(info->tsc_hz / 1000000u), boot_is_bare() ? "bare" : "partitioned");
}

/* Pages of the frame allocator, for good. */
static void *take_pages(size_t bytes)
{
	uint32_t order = qv_frames_order((bytes + QV_PAGE_SIZE - 1) / QV_PAGE_SIZE);
	uint64_t gpa;

	if (!mm_alloc(order, &gpa))
		return NULL;
	return memset(memory_at(gpa), 0, QV_PAGE_SIZE << order);
}

/* Each core's monitor takes its own exit counts as baseline, so each core reports. */
static void report_ready(void)
{
	int64_t error = call_monitor(QV_CALL_READY, 0);

	if (error && !boot_is_bare())
		log_warn("ready report refused: %lld", (long long)error);
}

/* The part of boot that every core does. */
INIT static void core_up(void)
{
	irq_enable_apic();
	timer_init();
	sched_init();
	tick_start(options.tick_us ? options.tick_us : DEFAULT_TICK_US, options.ticks);
	log_info("core %u up", this_cpu()->index);
}

/* The self-test needs one. */
INIT static void stop_unwanted_tick(void)
{
	if (options.tick_us == 0)
		tick_stop();
}

static uint32_t in_boot; /* cores that may still know the pages of the boot's code */

/* No core runs it any more; the last one to forget where it was gives it to the others as memory. */
static void leave_boot(void)
{
	mm_forget_boot();
	if (__atomic_sub_fetch(&in_boot, 1, __ATOMIC_ACQ_REL) == 0)
		mm_release_boot();
}

static void report(struct sched_post *post)
{
	(void)post;
	leave_boot();
	report_ready();
}

/* The others are ready when all that boot wants of them has been asked: an answer is an interrupt, and an exit. */
static void report_others(void)
{
	static struct sched_post post[QUEST_CORES];

	for (uint32_t core = 1; core < boot_info()->core_count; core++) {
		post[core].run = report;
		sched_post(core, &post[core]);
	}
}

/* Not INIT, as first_core is: when `up` is seen, this core has left what is given up. */
INIT_ONE static void other_core(void)
{
	core_up();
	stop_unwanted_tick();
	this_cpu()->up = true;
	sched_run();
}

/* Runs outside of what it gives up. The pages are free memory before `ready`, or when the last core heard of it. */
__attribute__((noinline)) _Noreturn static void end_boot(void)
{
	in_boot = boot_info()->core_count;
	mm_unmap_boot();
	leave_boot();
	log_info("ready");
	report_others();
	report_ready();
	programs_start(); /* last: a terminal is theirs from now on */
	sched_run();
}

INIT static void first_core(void)
{
	core_up();
	selftest_run();
	stop_unwanted_tick();
	smp_start(other_core);
	vcpus_create();
	programs_prepare();
	devices_start();
	end_boot();
}

INIT _Noreturn void kernel_main(uint64_t info_gpa)
{
	start_early(info_gpa);
	read_options(boot_info()->args);
	greet(boot_info());
	sched_setup(take_pages);
	start_on_stack(memory_stack_top(0, STACK_MAIN), first_core);
}
