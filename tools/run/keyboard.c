/* SPDX-License-Identifier: MIT */
/* The user's keyboard and the machine's COM1. Ctrl-A X ends the run, Ctrl-A Ctrl-A types one Ctrl-A. */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CTRL_A 1

void keyboard_begin(struct run *r)
{
	struct termios t;

	r->keyboard = true;
	if (!isatty(0) || tcgetattr(0, &r->saved) != 0)
		return;
	(void)fprintf(stderr, "quest: Ctrl-A X ends the run%s\n", r->options.seconds > 0 ? " before its time" : "");
	t = r->saved;
	cfmakeraw(&t);
	r->raw = tcsetattr(0, TCSANOW, &t) == 0;
}

void keyboard_end(struct run *r)
{
	if (r->raw)
		(void)tcsetattr(0, TCSANOW, &r->saved);
	r->raw = false;
}

static void type(struct run *r, const char *bytes, size_t n)
{
	if (r->machine.console >= 0 && n)
		(void)!write(r->machine.console, bytes, n);
}

static size_t without_commands(struct run *r, char *bytes, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool command = r->escape;

		r->escape = !command && bytes[i] == CTRL_A;
		if (command && (bytes[i] == 'x' || bytes[i] == 'X'))
			r->quit = true;
		else if (!r->escape)
			bytes[kept++] = bytes[i];
	}
	return kept;
}

void keyboard_take(struct run *r)
{
	size_t space = sizeof r->held - r->held_length;
	char bytes[256];
	ssize_t n = read(0, bytes, r->raw || space > sizeof bytes ? sizeof bytes : space);

	if (n <= 0) {
		r->keyboard = n < 0 && (errno == EINTR || errno == EAGAIN);
		return;
	}
	if (r->raw) {
		type(r, bytes, without_commands(r, bytes, (size_t)n));
		return;
	}
	memcpy(r->held + r->held_length, bytes, (size_t)n);
	r->held_length += (size_t)n;
}

/* Piped input would be lost while the guest boots; it waits for the ready report. */
void keyboard_release_held(struct run *r)
{
	size_t n = r->held_length < 16 ? r->held_length : 16; /* the FIFO of a 16550: more would be lost on Bochs */

	if (!n || r->watch.uart_owner < 0 || !snapshot_ready(r->shared, (uint32_t)r->watch.uart_owner))
		return;
	type(r, r->held, n);
	r->held_length -= n;
	memmove(r->held, r->held + n, r->held_length);
}

static void console_take(struct run *r)
{
	char bytes[4096];
	ssize_t n = read(r->machine.console, bytes, sizeof bytes);

	if (n > 0 && r->watch.uart_owner >= 0 && watch_console_source(&r->watch) != r->watch.boot_source)
		r->shared->console_bytes[r->watch.uart_owner] += (uint64_t)n;
	if (n > 0)
		lines_add(&r->lines, watch_console_source(&r->watch), bytes, (size_t)n);
}

void run_pump(void *context, int fd, int timeout_ms, bool *readable)
{
	struct run *r = context;
	bool room = r->raw || r->held_length < sizeof r->held;
	struct pollfd p[3] = {
		{.fd = fd, .events = POLLIN},
		{.fd = r->machine.console, .events = POLLIN},
		{.fd = r->keyboard && room ? 0 : -1, .events = POLLIN},
	};

	*readable = false;
	if (poll(p, 3, timeout_ms) <= 0) {
		lines_idle(&r->lines);
		return;
	}
	if (p[1].revents)
		console_take(r);
	if (p[2].revents)
		keyboard_take(r);
	*readable = p[0].revents != 0;
}
