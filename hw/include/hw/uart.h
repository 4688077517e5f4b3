/* SPDX-License-Identifier: MIT */
/* 16550 UART (National PC16550D). All loops are bounded: an absent or stuck UART costs time once, no hang. */
#ifndef HW_UART_H
#define HW_UART_H

#include <abi/types.h>

#define HW_UART_COM1 0x3f8u

struct hw_uart {
	uint16_t port;
	bool stuck;    /* did not take a byte in time: what is written is lost until it does */
	uint32_t room; /* bytes that can be sent without a look */
};

/* 115200 baud, 8N1, FIFO on, interrupts off. False if nothing answers at `port` (scratch register test). */
bool hw_uart_init(struct hw_uart *uart, uint16_t port);
#define HW_UART_FIFO 16u
/* Would HW_UART_FIFO bytes be taken at once? */
bool hw_uart_ready(const struct hw_uart *uart);
/* Send bytes; '\n' becomes CR LF. */
void hw_uart_write(struct hw_uart *uart, const char *bytes, size_t n);
/* Wait until all of it is on the wire: before the port goes to another owner, or the machine off. Bounded. */
void hw_uart_drain(struct hw_uart *uart);
#define HW_UART_INPUT 1u /* causes of interrupts */
#define HW_UART_OUTPUT 2u /* the transmitter is empty */
/* Interrupt for these causes from now on, 0 = for none. What is pending interrupts at once. */
void hw_uart_interrupt_on(struct hw_uart *uart, uint8_t causes);
/* Has it an interrupt pending? Asking acknowledges an empty transmitter. */
bool hw_uart_interrupts(struct hw_uart *uart);
/* Take a byte that came in; false if there is none. Does not wait. */
bool hw_uart_take(struct hw_uart *uart, uint8_t *byte);

#endif
