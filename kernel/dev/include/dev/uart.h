/* SPDX-License-Identifier: MIT */
/* The serial port that the system file may give to the sandbox: a second sink of the kernel log. */
#ifndef DEV_UART_H
#define DEV_UART_H

#include <abi/types.h>

/* Is there one? */
bool uart_present(void);
/* Take a byte that came in; false if there is none, or no port. Does not wait. Any context of one core. */
bool uart_take(uint8_t *byte);

#endif
