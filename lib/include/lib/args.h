/* SPDX-License-Identifier: MIT */
/* Argument strings: words separated by spaces, each `key` or `key=value`. The first word with a key counts. */
#ifndef LIB_ARGS_H
#define LIB_ARGS_H

#include <abi/types.h>

/* Is there a word `key` or `key=...`? */
bool qv_args_has(const char *args, const char *key);
/* Copy the value of `key=value` to `to`, NUL-terminated and cut to `size` > 0 bytes. False, and `to` is empty, if there
 * is no such word; true with an empty value for `key=`. */
bool qv_args_text(const char *args, const char *key, char *to, size_t size);
/* Value of `key=value` as a number, decimal or 0x hexadecimal; `otherwise` if absent, malformed or above 2^64 - 1. */
uint64_t qv_args_number(const char *args, const char *key, uint64_t otherwise);

#endif
