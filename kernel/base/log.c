/* SPDX-License-Identifier: MIT */
/* Formatting to sinks that upper rooms register. */
#include <base/lock.h>
#include <base/log.h>
#include <lib/string.h>

#define MAX_SINKS 2u
#define EARLY_BYTES 4096u

static struct {
	struct lock lock;
	enum log_level level;
	size_t sink_count;
	void (*sink[MAX_SINKS])(const char *text, size_t n);
	char early[EARLY_BYTES];
	size_t early_used; /* text beyond the buffer is lost */
} log = {.level = LOG_INFO};

static void emit(void *context, const char *text, size_t n)
{
	(void)context;
	if (log.sink_count == 0) {
		size_t room = EARLY_BYTES - log.early_used;

		if (n > room)
			n = room;
		memcpy(log.early + log.early_used, text, n);
		log.early_used += n;
	}
	for (size_t i = 0; i < log.sink_count; i++)
		log.sink[i](text, n);
}

void log_set_level(enum log_level level)
{
	log.level = level;
}

void log_print(enum log_level level, const char *format, ...)
{
	static const char *const prefix[] = {"error: ", "warning: ", "", "debug: "};
	uint64_t flags;
	va_list args;

	if (level > log.level)
		return;
	flags = lock_take(&log.lock);
	log_raw("%s", prefix[level]);
	va_start(args, format);
	log_vraw(format, args);
	va_end(args);
	log_raw("\n");
	lock_release(&log.lock, flags);
}

void log_write(const char *bytes, size_t n)
{
	uint64_t flags = lock_take(&log.lock);

	if (log.sink_count)
		log.sink[log.sink_count - 1](bytes, n);
	lock_release(&log.lock, flags);
}

void log_add_sink(void (*sink)(const char *text, size_t n))
{
	uint64_t flags = lock_take(&log.lock);

	if (log.sink_count < MAX_SINKS) {
		if (log.sink_count == 0 && log.early_used > 0)
			sink(log.early, log.early_used);
		log.sink[log.sink_count++] = sink;
	}
	lock_release(&log.lock, flags);
}

void log_raw(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_vraw(format, args);
	va_end(args);
}

void log_vraw(const char *format, va_list args)
{
	(void)qv_vformat(emit, NULL, format, args);
}

void log_break_lock(void)
{
	lock_reset(&log.lock);
}
