/* SPDX-License-Identifier: MIT */
/* The console: a byte ring in the sandbox's slice of the black box, and the slice's result words. */
#ifndef DEV_CONSOLE_H
#define DEV_CONSOLE_H

#include <abi/types.h>

/* Make the ring usable, keeping what a former life left in it, and give it the kernel log. Needs SLICE_BASE
 * mapped. Does nothing if the sandbox has no slice. */
void console_init(void);
/* Store word `index` < 63 of the slice: what the host reads while the sandbox runs. */
void console_set_word(uint32_t index, uint64_t value);

#endif
