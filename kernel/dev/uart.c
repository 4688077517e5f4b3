/* SPDX-License-Identifier: MIT */
/* Serial console on a port of the sandbox's own. Output is written where it is made; input interrupts, where boot code
 * routed the port's interrupt, and is taken by the bottom half. */
#include "parts.h"

#include <base/boot.h>
#include <base/cpu.h>
#include <base/init.h>
#include <base/log.h>
#include <base/time.h>
#include <dev/console.h>
#include <dev/interrupt.h>
#include <dev/uart.h>
#include <hw/uart.h>

static struct hw_uart uart;
static bool present;
static void (*taker)(void);

static void write_uart(const char *text, size_t n)
{
	bool worked = !uart.stuck;

	hw_uart_write(&uart, text, n);
	if (worked && uart.stuck)
		console_wired(false);
	if (!worked && !uart.stuck)
		console_wired(true);
}

INIT void uart_init(void)
{
	uint32_t port = boot_info()->uart_port;

	if (port == 0)
		return;
	present = hw_uart_init(&uart, (uint16_t)port);
	if (!present) {
		log_warn("nothing answers at serial port 0x%x", port);
		return;
	}
	console_wired(true);
	log_add_sink(write_uart);
}

bool uart_present(void)
{
	return present;
}

bool uart_ready(void)
{
	return !present || hw_uart_ready(&uart);
}

bool uart_take(uint8_t *byte)
{
	return present && hw_uart_take(&uart, byte);
}

/* ---- interrupts ---- */

static void mask(struct dev_interrupt *i)
{
	(void)i;
	hw_uart_interrupt_on(&uart, 0);
}

static void unmask(struct dev_interrupt *i)
{
	(void)i;
	hw_uart_interrupt_on(&uart, HW_UART_INPUT);
}

static void serve(struct dev_interrupt *i)
{
	(void)i;
	taker();
}

static struct dev_interrupt input = {.name = "uart", .mask = mask, .serve = serve, .unmask = unmask};

void uart_on_input(void (*take)(void))
{
	taker = take;
}

void uart_ask(void)
{
	dev_interrupt_ask(&input);
}

bool uart_interrupts(void)
{
	return input.io != NULL;
}

bool uart_wants_interrupts(void)
{
	return present && taker && boot_info()->uart_vector;
}

enum vcpu_error uart_start_interrupts(struct vcpu *io, bool charge_interrupted)
{
	input.vector = (uint8_t)boot_info()->uart_vector;
	input.interval = time_cycles(QV_UART_INTERVAL_NS / 1000);
	input.charge_interrupted = charge_interrupted;
	return dev_interrupt_request(&input, io);
}
