/* SPDX-License-Identifier: MIT */
/* The serial port that the system file may give to the sandbox: a second sink of the kernel log, and keys. Core 0. */
#ifndef DEV_UART_H
#define DEV_UART_H

#include <sched/vcpu.h>

/* Is there one? */
bool uart_present(void);
/* Would HW_UART_FIFO bytes be taken at once? True without a port. */
bool uart_ready(void);
/* Take a byte that came in; false if there is none, or no port. Does not wait. Any context of one core. */
bool uart_take(uint8_t *byte);

/* `take` takes all bytes that came in, when some did: in the bottom half of the port's interrupt. Set once. */
void uart_on_input(void (*take)(void));
/* The running thread waits for input: the bottom half works for its VCPU. */
void uart_ask(void);
/* Does the port interrupt? If not, whoever wants input must ask for it by and by. */
bool uart_interrupts(void);

/* Can it: is there a port, somebody who takes its input, and an interrupt that boot code routed here? */
bool uart_wants_interrupts(void);
/* From now on input interrupts this core, core 0, and is served on `io`. Top halves are charged to it, or to whom they
 * interrupt. On an error it does not; vcpu_refusal() says why. Boot, or thread context. */
enum vcpu_error uart_start_interrupts(struct vcpu *io, bool charge_interrupted);

#endif
