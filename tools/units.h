/* SPDX-License-Identifier: MIT */
/* Numbers with units as a system file writes them. */
#ifndef TOOLS_UNITS_H
#define TOOLS_UNITS_H

#include <stdbool.h>
#include <stdint.h>

/* Each returns NULL and sets *value, or says what is wrong as static text. A space before the unit is optional. */
const char *units_size(const char *text, uint64_t *bytes);             /* "64 MiB": KiB, MiB, GiB */
const char *units_time(const char *text, uint64_t *nanoseconds);       /* "5 ms": us, ms, s */
const char *units_percent(const char *text, uint64_t *thousandths);    /* "10%", "12.5%": of one per cent: 12500 */
const char *units_number(const char *text, uint64_t *value);           /* decimal, or hexadecimal with 0x; no unit */
/* "64 MiB", "4 KiB", "17 bytes": exact, the largest unit that divides. `to` has 32 bytes. */
const char *units_print_size(char to[32], uint64_t bytes);

#endif
