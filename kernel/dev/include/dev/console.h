/* SPDX-License-Identifier: MIT */
/* The console: a byte ring in the sandbox's slice of the black box, and the slice's result words. */
#ifndef DEV_CONSOLE_H
#define DEV_CONSOLE_H

#include <abi/types.h>

/* From now on the log goes to a serial port, too, or no longer: readers of both need not show it twice. */
void console_wired(bool on);
/* Store word `index` < 63 of the slice: what the host reads while the sandbox runs. */
void console_set_word(uint32_t index, uint64_t value);

#endif
