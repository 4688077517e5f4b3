/* SPDX-License-Identifier: MIT */
/* The letters of the boot screen. */
#ifndef BOOT_FONT_H
#define BOOT_FONT_H

#include <abi/types.h>

#define BOOT_GLYPH_ROWS 8u

/* BOOT_GLYPH_ROWS lines of `c`, or of a question mark. */
const uint8_t *boot_glyph(uint8_t c);

#endif
