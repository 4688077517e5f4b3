/* SPDX-License-Identifier: MIT */
/* The boot of a test image: as kernel/main, up to memory and console. */
#include <base/call.h>
#include <base/cpu.h>
#include <base/log.h>
#include <base/memory.h>
#include <hw/cpu.h>
#include <ktest/test.h>
#include <mm/mm.h>
#include <start/start.h>

static unsigned points;

void test_point(bool good, const char *name)
{
	points++;
	log_info("%s %s", good ? "ok" : "not ok", name);
}

void test_note(const char *format, ...)
{
	va_list args;

	log_raw("# ");
	va_start(args, format);
	log_vraw(format, args);
	va_end(args);
	log_raw("\n");
}

static void run(void)
{
	call_monitor(QV_CALL_READY, 0);
	test_main();
	log_info("1..%u", points);
	log_info("tests done");
	hw_stop();
}

_Noreturn void kernel_main(uint64_t info_gpa)
{
	start_early(info_gpa);
	start_on_stack(memory_stack_top(0, STACK_MAIN), run);
}
