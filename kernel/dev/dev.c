/* SPDX-License-Identifier: MIT */
/* The ring first: it tells what is wrong with the port. */
#include "parts.h"

#include <base/init.h>
#include <dev/dev.h>

INIT void dev_init(void)
{
	console_init();
	uart_init();
}
