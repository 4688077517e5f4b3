/* SPDX-License-Identifier: MIT */
/* printf-style formatting without floating point: %c %s %d %i %u %x %p %%, flags 0 and -, width, precision for
 * %s, h l ll z. */
#ifndef LIB_FMT_H
#define LIB_FMT_H

#include <abi/types.h>
#include <stdarg.h>

/* Receives formatted bytes in order; `n` > 0. */
typedef void qv_sink(void *context, const char *bytes, size_t n);

/* Format to a sink. Returns the number of bytes given to it. */
size_t qv_vformat(qv_sink *sink, void *context, const char *format, va_list args);
size_t qv_format(qv_sink *sink, void *context, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* snprintf: always NUL-terminates when size > 0; returns the length the whole text needs. */
size_t qv_snprintf(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
