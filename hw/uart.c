/* SPDX-License-Identifier: MIT */
#include <hw/port.h>
#include <hw/uart.h>

enum { DATA = 0, INTERRUPTS = 1, DIVISOR_HIGH = 1, CAUSE = 2, FIFO = 2, LINE = 3, MODEM = 4, STATUS = 5, SCRATCH = 7 };

#define LINE_8N1      0x03u
#define LINE_DIVISOR  0x80u
#define STATUS_READY  0x01u
#define STATUS_EMPTY  0x20u
#define STATUS_DRAINED 0x40u /* the last bit is on the wire, too */
#define MODEM_ON      0x0bu /* DTR, RTS, OUT2 */
#define CAUSE_NONE    0x01u
#define FIFO_ON       0x07u /* enable, clear both */
#define POLLS         100000u /* about 100 ms on a real port: a byte takes 87 us */

static void out(const struct hw_uart *uart, uint16_t reg, uint8_t value)
{
	hw_out8((uint16_t)(uart->port + reg), value);
}

static uint8_t in(const struct hw_uart *uart, uint16_t reg)
{
	return hw_in8((uint16_t)(uart->port + reg));
}

bool hw_uart_init(struct hw_uart *uart, uint16_t port)
{
	uart->port = port;
	uart->stuck = false;
	uart->room = 0;
	out(uart, SCRATCH, 0x5a);
	if (in(uart, SCRATCH) != 0x5a) {
		uart->stuck = true;
		return false;
	}
	out(uart, INTERRUPTS, 0);
	out(uart, LINE, LINE_DIVISOR);
	out(uart, DATA, 1);
	out(uart, DIVISOR_HIGH, 0);
	out(uart, LINE, LINE_8N1);
	out(uart, FIFO, FIFO_ON);
	out(uart, MODEM, MODEM_ON);
	return true;
}

bool hw_uart_ready(const struct hw_uart *uart)
{
	return in(uart, STATUS) & STATUS_EMPTY;
}

/* A port that was stuck gets one look: it may go on. */
static bool wait_until_empty(struct hw_uart *uart)
{
	for (uint32_t i = uart->stuck ? POLLS - 1 : 0; i < POLLS; i++) {
		if (hw_uart_ready(uart)) {
			uart->stuck = false;
			return true;
		}
	}
	uart->stuck = true;
	return false;
}

/* An empty transmitter takes as much as its FIFO holds. */
static bool put(struct hw_uart *uart, uint8_t byte)
{
	if (uart->room == 0) {
		if (!wait_until_empty(uart))
			return false;
		uart->room = HW_UART_FIFO;
	}
	out(uart, DATA, byte);
	uart->room--;
	return true;
}

void hw_uart_write(struct hw_uart *uart, const char *bytes, size_t n)
{
	bool good = true;

	uart->room = hw_uart_ready(uart) ? HW_UART_FIFO : 0;
	for (size_t i = 0; i < n && good; i++)
		good = (bytes[i] != '\n' || put(uart, '\r')) && put(uart, (uint8_t)bytes[i]);
}

void hw_uart_drain(struct hw_uart *uart)
{
	for (uint32_t i = 0; !uart->stuck && i < HW_UART_FIFO * POLLS; i++) {
		if (in(uart, STATUS) & STATUS_DRAINED)
			return;
	}
}

bool hw_uart_take(struct hw_uart *uart, uint8_t *byte)
{
	if (!(in(uart, STATUS) & STATUS_READY))
		return false;
	*byte = in(uart, DATA);
	return true;
}

void hw_uart_interrupt_on(struct hw_uart *uart, uint8_t causes)
{
	out(uart, INTERRUPTS, causes);
}

bool hw_uart_interrupts(struct hw_uart *uart)
{
	return !(in(uart, CAUSE) & CAUSE_NONE);
}
