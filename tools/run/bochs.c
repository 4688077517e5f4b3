/* SPDX-License-Identifier: MIT */
/*
 * Bochs, driven through its internal debugger on a pair of pipes. The machine runs in slices: `s all N` lets every
 * processor execute one instruction a tick for N ticks and comes back to the prompt, where memory is read with `xp`.
 * Slices leave no trace: two runs are the same to the tick wherever they are cut. (`c` would run five instructions of a
 * processor at a time, and its time breakpoint, `sb`, never fires with more than one processor.)
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BOCHS_IPS 10000000.0 /* instructions, and ticks, of one machine second: as in the profile */
#define SLICE_TICKS 1000000ull
#define PROMPT_SECONDS 20

struct bochs {
	int to, from;          /* pipes */
	int slave;             /* our hold on the terminal behind COM1 */
	char *text;            /* what the debugger said since the last command */
	size_t length, space;
	unsigned long long ticks;
	char log[512];
	char profile[512];
};

/* Never one: `s all` ends Bochs then, and `s` would wait for a sleeping guest for ever. Boot code leaves the second one
 * alone. */
static uint32_t processors(const struct machine *m)
{
	return m->plan.cores > 1 ? m->plan.cores : 2;
}

static bool substitute(struct machine *m, FILE *in, FILE *out, const char *terminal)
{
	char line[512];

	while (fgets(line, sizeof line, in)) {
		char *at = strchr(line, '@'), *end = at ? strchr(at + 1, '@') : NULL;

		if (!at || !end) {
			(void)fputs(line, out);
			continue;
		}
		*at = *end = '\0';
		(void)fputs(line, out);
		if (strcmp(at + 1, "ISO") == 0)
			(void)fputs(m->plan.iso, out);
		else if (strcmp(at + 1, "CORES") == 0)
			(void)fprintf(out, "%u", processors(m));
		else if (strcmp(at + 1, "MEMORY") == 0)
			(void)fprintf(out, "guest=%llu, host=%llu", (unsigned long long)(machine_memory(&m->plan) >> 20),
				      (unsigned long long)(machine_memory(&m->plan) >> 20));
		else if (strcmp(at + 1, "COM1") == 0)
			(void)fputs(terminal, out);
		else if (strcmp(at + 1, "LOG") == 0)
			(void)fputs(m->bochs->log, out);
		else
			return false;
		(void)fputs(end + 1, out);
	}
	return true;
}

static bool write_profile(struct machine *m, const char *terminal)
{
	FILE *in = fopen(m->plan.profile, "r"), *out = fopen(m->bochs->profile, "w");
	bool good = in && out && m->plan.iso && substitute(m, in, out, terminal);

	if (in)
		(void)fclose(in);
	if (out)
		good = fclose(out) == 0 && good;
	if (!good)
		(void)snprintf(m->why, sizeof m->why, "cannot make %s from %s", m->bochs->profile, m->plan.profile);
	return good;
}

/* A terminal pair for COM1; returns the name of Bochs' end. */
static const char *open_console(struct machine *m)
{
	struct termios t;
	const char *name;

	m->console = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (m->console < 0 || grantpt(m->console) != 0 || unlockpt(m->console) != 0)
		return NULL;
	name = ptsname(m->console);
	m->bochs->slave = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (m->bochs->slave < 0 || tcgetattr(m->bochs->slave, &t) != 0)
		return NULL;
	cfmakeraw(&t);
	(void)tcsetattr(m->bochs->slave, TCSANOW, &t);
	(void)fcntl(m->console, F_SETFL, O_NONBLOCK);
	return name;
}

static void hear(struct machine *m)
{
	struct bochs *b = m->bochs;
	ssize_t n;

	if (b->space - b->length < 4096) {
		char *more = realloc(b->text, b->space + 65536);

		if (!more)
			return;
		b->text = more;
		b->space += 65536;
	}
	n = read(b->from, b->text + b->length, b->space - b->length - 1);
	if (n > 0)
		b->length += (size_t)n;
	b->text[b->length] = '\0';
	if (n == 0 && !machine_reaped(m, b->log, true))
		m->ended = true;
}

/* The debugger waits for a command when its output ends with `<bochs:N> `. */
static bool prompted(const struct bochs *b)
{
	size_t n = b->length;

	return n >= 3 && b->text[n - 1] == ' ' && b->text[n - 2] == '>' && strstr(b->text + (n > 20 ? n - 20 : 0), "<bochs:");
}

static bool wait_prompt(struct machine *m)
{
	struct timespec begin, now;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!m->ended && !prompted(m->bochs)) {
		bool readable = false;

		m->pump(m->pump_context, m->bochs->from, 20, &readable);
		if (readable)
			hear(m);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - begin.tv_sec > PROMPT_SECONDS) {
			(void)snprintf(m->why, sizeof m->why, "Bochs' debugger does not answer; its log is %s", m->bochs->log);
			m->ended = true;
		}
	}
	return !m->ended;
}

static void command(struct machine *m, const char *line)
{
	struct bochs *b = m->bochs;

	b->length = 0;
	b->text[0] = '\0';
	if (write(b->to, line, strlen(line)) < 0)
		m->ended = true;
}

/* Bochs 3 enters its debugger only when asked to; Bochs 2 always does, and does not know the option. */
static bool debugger_is_optional(const char *program)
{
	char line[256];
	bool found = false;
	FILE *help;

	(void)snprintf(line, sizeof line, "'%s' --help 2>&1 </dev/null", program);
	help = popen(line, "r");
	while (help && fgets(line, sizeof line, help))
		found = found || strncmp(line, "  -debugger ", 12) == 0;
	if (help)
		(void)pclose(help);
	return found;
}

static bool launch(struct machine *m, int to[2], int from[2])
{
	struct bochs *b = m->bochs;
	char *program = (char *)(uintptr_t)(m->plan.emulator ? m->plan.emulator : "bochs-bin");
	char *argv[] = {program, (char *)(uintptr_t)"-q", (char *)(uintptr_t)"-f", b->profile,
			debugger_is_optional(program) ? (char *)(uintptr_t)"-debugger" : NULL, NULL};

	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		return false;
	m->pid = machine_spawn(argv, to[0], from[1], b->log);
	(void)close(to[0]);
	(void)close(from[1]);
	b->to = to[1];
	b->from = from[0];
	return m->pid > 0 && wait_prompt(m);
}

static bool start(struct machine *m)
{
	struct bochs *b = calloc(1, sizeof *b);
	const char *terminal;
	int to[2], from[2];

	m->bochs = b;
	if (!b)
		return false;
	b->to = b->from = b->slave = -1;
	b->text = calloc(1, 65536);
	b->space = b->text ? 65536 : 0;
	(void)snprintf(b->log, sizeof b->log, "%s/bochs.log", m->plan.directory);
	(void)snprintf(b->profile, sizeof b->profile, "%s/bochs.bxrc", m->plan.directory);
	(void)unlink(b->log);
	terminal = open_console(m);
	if (!terminal) {
		(void)snprintf(m->why, sizeof m->why, "no pseudo terminal for COM1: %s", strerror(errno));
		return false;
	}
	return b->text && write_profile(m, terminal) && launch(m, to, from);
}

/* Numbers of one line of `xp`, after the colon; returns how many were taken. */
static size_t take_numbers(const char *line, uint64_t *to, size_t space)
{
	const char *p = strstr(line, ">:");
	size_t n = 0;

	while (p && n < space && (p = strstr(p, "0x"))) {
		char *end;

		to[n++] = strtoull(p, &end, 16);
		p = end;
		if (*p == '\n')
			break;
	}
	return n;
}

static bool read_words(struct machine *m, uint64_t address, uint64_t *to, size_t count)
{
	char line[80];
	size_t n = 0;

	(void)snprintf(line, sizeof line, "xp /%zugx 0x%llx\n", count, (unsigned long long)address);
	command(m, line);
	if (!wait_prompt(m))
		return false;
	for (char *p = strstr(m->bochs->text, "<bogus"); p && n < count; p = strstr(p + 1, "<bogus"))
		n += take_numbers(p, to + n, count - n);
	return n == count;
}

static bool read_memory(struct machine *m, uint64_t address, void *to, size_t size)
{
	uint64_t words[513];
	size_t done = 0;

	while (done < size) {
		uint64_t at = address + done, skip = at % 8;
		size_t part = size - done < 4096 ? size - done : 4096;

		if (m->ended || !read_words(m, at - skip, words, (skip + part + 7) / 8))
			return false;
		memcpy((char *)to + done, (const char *)words + skip, part);
		done += part;
	}
	return true;
}

/* The debugger writes dwords; every processor stands still meanwhile. */
static bool write_memory(struct machine *m, uint64_t address, uint64_t value)
{
	char line[80];

	for (unsigned i = 0; i < 2 && !m->ended; i++) {
		(void)snprintf(line, sizeof line, "setpmem 0x%llx 4 0x%x\n", (unsigned long long)address + 4 * i,
			       (unsigned)(value >> 32 * i));
		command(m, line);
		(void)wait_prompt(m);
	}
	return !m->ended && address % sizeof value == 0;
}

static void step(struct machine *m)
{
	struct bochs *b = m->bochs;
	char line[40];
	const char *t;

	(void)snprintf(line, sizeof line, "s all %llu\n", SLICE_TICKS);
	command(m, line);
	if (!wait_prompt(m))
		return;
	t = strstr(b->text, "Next at t=");
	if (t)
		b->ticks = strtoull(t + strlen("Next at t="), NULL, 10);
	if (m->exits_watched && strstr(b->text, "Caught VMEXIT")) {
		m->finished = true;
		(void)snprintf(m->why, sizeof m->why, "a processor left its guest at tick %llu: %.300s", b->ticks, b->text);
	}
}

static double seconds(struct machine *m)
{
	return (double)m->bochs->ticks / BOCHS_IPS;
}

static void watch_exits(struct machine *m)
{
	char line[40];

	for (uint32_t cpu = 0; cpu < m->plan.cores && !m->ended; cpu++) {
		(void)snprintf(line, sizeof line, "set $cpu = %u\n", cpu);
		command(m, line);
		(void)wait_prompt(m);
		command(m, "vmexitbp\n");
		(void)wait_prompt(m);
		m->exits_watched = m->exits_watched || strstr(m->bochs->text, "break enabled");
	}
	command(m, "set $cpu = 0\n");
	(void)wait_prompt(m);
}

static void stop(struct machine *m)
{
	struct bochs *b = m->bochs;

	if (!b)
		return;
	if (m->pid > 0 && b->to >= 0)
		(void)!write(b->to, "q\n", 2);
	machine_kill(m);
	if (b->to >= 0)
		(void)close(b->to);
	if (b->from >= 0)
		(void)close(b->from);
	if (b->slave >= 0)
		(void)close(b->slave);
	if (m->console >= 0)
		(void)close(m->console);
	m->console = -1;
	free(b->text);
	free(b);
	m->bochs = NULL;
}

const struct machine_ops machine_bochs = {.name = "Bochs", .start = start, .read = read_memory,
					  .write = write_memory, .step = step, .seconds = seconds, .watch_exits = watch_exits, .stop = stop};
