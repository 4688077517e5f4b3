/* SPDX-License-Identifier: MIT */
/* The ring first: it tells what is wrong with the port. */
#include "parts.h"

#include <dev/dev.h>

void dev_init(void)
{
	console_init();
	uart_init();
}
