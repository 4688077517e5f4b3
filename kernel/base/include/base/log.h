/* SPDX-License-Identifier: MIT */
/* The kernel log: levels, one sink list, and a buffer for what is said before the first sink exists. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <lib/fmt.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Messages above `level` are dropped. LOG_INFO until set. */
void log_set_level(enum log_level level);
/* One message, a newline is added. Any context but NMI; cores do not mix inside a line. */
void log_print(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Give all text to `sink` from now on, too; the first sink also gets what was said so far. At most 2 sinks. */
void log_add_sink(void (*sink)(const char *text, size_t n));

/* Bytes as they are, from a program: not formatted, no newline added. They go to the sink added last, the serial port
 * if there is one, so that they are seen once. Any context but NMI. */
void log_write(const char *bytes, size_t n);

/* For panic only: no lock, no level, no newline. */
void log_raw(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_vraw(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
void log_break_lock(void);

#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

#endif
