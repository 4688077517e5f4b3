/* SPDX-License-Identifier: MIT */
/* Boot messages: serial port, screen, and the black box as soon as its place is known. */
#include "boot.h"

#include <hw/cpu.h>
#include <hw/port.h>
#include <hw/uart.h>
#include <lib/assert.h>
#include <lib/fmt.h>
#include <lib/ring.h>
#include <lib/string.h>

#define QEMU_EXIT_PORT   0xf4u   /* isa-debug-exit of QEMU: status (2 v + 1) */
#define BOCHS_EXIT_PORT  0x8900u /* "Shutdown" ends Bochs */

static struct {
	struct hw_uart uart;
	struct qv_ring *ring;
	char early[4096]; /* until the ring is there */
	size_t early_used;
} console;

static void remember(const char *bytes, size_t n)
{
	size_t room = sizeof(console.early) - console.early_used;

	if (n > room)
		n = room;
	memcpy(console.early + console.early_used, bytes, n);
	console.early_used += n;
}

static void sink(void *context, const char *bytes, size_t n)
{
	(void)context;
	hw_uart_write(&console.uart, bytes, n);
	hw_uart_drain(&console.uart); /* who gets the port next, or ends the machine, loses nothing */
	boot_screen_write(bytes, n);
	if (console.ring)
		qv_ring_write(console.ring, bytes, n);
	else
		remember(bytes, n);
}

void boot_console_start(void)
{
	(void)hw_uart_init(&console.uart, HW_UART_COM1);
}

void boot_console_to_screen(const struct boot_screen *screen)
{
	boot_screen_start(screen);
	boot_screen_write(console.early, console.early_used);
}

void boot_console_to_ring(struct qv_ring *ring)
{
	qv_ring_write(ring, console.early, console.early_used);
	console.ring = ring;
}

void boot_log(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	qv_vformat(sink, NULL, format, args);
	va_end(args);
}

_Noreturn void boot_refuse(const char *remedy, const char *cause, ...)
{
	va_list args;

	boot_log("error: ");
	va_start(args, cause);
	qv_vformat(sink, NULL, cause, args);
	va_end(args);
	boot_log("\nremedy: %s\nquest-v: refused\n", remedy);
	boot_stop(BOOT_END_REFUSED);
}

_Noreturn void boot_stop(enum boot_end how)
{
	if (boot_option(&boot_machine, "exit-on-refuse")) {
		hw_out32(QEMU_EXIT_PORT, how);
		for (const char *p = "Shutdown"; *p; p++)
			hw_out8(BOCHS_EXIT_PORT, (uint8_t)*p);
	}
	hw_stop();
}

_Noreturn void qv_assert_failed(const char *file, int line, const char *what)
{
	boot_log("quest-v: boot code is broken: %s:%d: %s\n", file, line, what);
	boot_stop(BOOT_END_REFUSED);
}
