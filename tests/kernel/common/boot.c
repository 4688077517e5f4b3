/* SPDX-License-Identifier: MIT */
/* The boot of a test image: as kernel/main, up to memory and console. */
#include <base/boot.h>
#include <base/call.h>
#include <base/cpu.h>
#include <base/irq.h>
#include <base/log.h>
#include <base/memory.h>
#include <base/time.h>
#include <dev/console.h>
#include <dev/uart.h>
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
	if (!boot_info_take(memory_at(info_gpa)))
		hw_stop();
	start_map_slice(boot_info()->slice_gpa);
	console_init();
	uart_init();
	irq_init();
	cpu_init(0);
	time_init();
	mm_init();
	start_on_stack(memory_stack_top(0, STACK_MAIN), run);
}
