/* SPDX-License-Identifier: MIT */
/*
 * Timer ticks on every core of the sandbox at the same time, with not one exit. Arguments: ticks=N (10000),
 * period-us=N (100), mode=hlt|spin, timer=periodic (TSC-deadline otherwise, where the processor has it).
 */
#include <guest/guest.h>
#include <lib/args.h>
#include <lib/fmt.h>
#include <lib/string.h>

#define CORE_WAIT_US 120000000u

static struct {
	uint32_t ticks;
	uint64_t period_us;
	bool sleep;
	bool periodic;
} options;

static struct {
	uint64_t exits;
	volatile uint64_t done;
} result[QV_MAX_CORES];

static void read_options(void)
{
	char text[16];

	options.ticks = (uint32_t)qv_args_number(guest_info->args, "ticks", 10000);
	options.period_us = qv_args_number(guest_info->args, "period-us", 100);
	options.sleep = !qv_args_text(guest_info->args, "mode", text, sizeof(text)) || strcmp(text, "spin") != 0;
	options.periodic = qv_args_text(guest_info->args, "timer", text, sizeof(text)) && strcmp(text, "periodic") == 0;
}

static void run_core(void)
{
	unsigned core = guest_core();
	uint64_t before;

	guest_timer_init(options.periodic);
	guest_call(QV_CALL_READY, 0);
	before = guest_exits();
	guest_ticks(options.ticks, options.period_us, options.sleep, NULL);
	result[core].exits = guest_exits() - before;
	__atomic_store_n(&result[core].done, 1, __ATOMIC_RELEASE);
}

static void report(unsigned core, bool started)
{
	char name[40];

	qv_snprintf(name, sizeof(name), "core %u takes %u ticks with 0 exits", core, options.ticks);
	if (!started)
		guest_not_ok(name, "the core did not start");
	else if (!guest_wait(&result[core].done, 1, CORE_WAIT_US))
		guest_not_ok(name, "not finished in time");
	else if (result[core].exits)
		guest_not_ok(name, "%llu exits", (unsigned long long)result[core].exits);
	else
		guest_ok(name);
}

void guest_main(void)
{
	bool started[QV_MAX_CORES] = {true};

	read_options();
	guest_plan(guest_info->core_count);
	for (unsigned core = 1; core < guest_info->core_count; core++)
		started[core] = guest_start_core(core, run_core);
	run_core();
	for (unsigned core = 0; core < guest_info->core_count; core++)
		report(core, started[core]);
	guest_say("done");
}
