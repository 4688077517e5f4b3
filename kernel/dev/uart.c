/* SPDX-License-Identifier: MIT */
/* Serial console on a port of the sandbox's own. */
#include "parts.h"

#include <base/boot.h>
#include <base/log.h>
#include <dev/uart.h>
#include <hw/uart.h>

static struct hw_uart uart;
static bool present;

static void write_uart(const char *text, size_t n)
{
	hw_uart_write(&uart, text, n);
}

void uart_init(void)
{
	uint32_t port = boot_info()->uart_port;

	if (port == 0)
		return;
	present = hw_uart_init(&uart, (uint16_t)port);
	if (present)
		log_add_sink(write_uart);
	else
		log_warn("nothing answers at serial port 0x%x", port);
}

bool uart_present(void)
{
	return present;
}

bool uart_take(uint8_t *byte)
{
	return present && hw_uart_take(&uart, byte);
}
