/* SPDX-License-Identifier: MIT */
/* Console lines of all sandboxes on one terminal and in one log. */
#include "lines.h"
#include "session.h"

#include <string.h>

static const char *const colours[] = {"\033[90m", "\033[36m", "\033[33m", "\033[35m", "\033[32m", "\033[34m"};

size_t lines_source(struct lines *l, const char *name, bool raw)
{
	struct line_source *s;

	if (l->count == LINES_SOURCES)
		return l->count - 1;
	s = &l->source[l->count];
	memset(s, 0, sizeof *s);
	(void)snprintf(s->name, sizeof s->name, "%s", name);
	s->raw = raw;
	return l->count++;
}

static int width(const struct lines *l)
{
	size_t most = 4;

	for (size_t i = 0; i < l->count; i++)
		if (strlen(l->source[i].name) > most)
			most = strlen(l->source[i].name);
	return (int)most;
}

static void print_prefix(const struct lines *l, size_t i)
{
	const char *colour = colours[i % (sizeof colours / sizeof colours[0])];

	if (l->terminal)
		(void)printf("\r\033[K%s%-*s |\033[0m ", colour, width(l), l->source[i].name);
	else
		(void)printf("%-*s | ", width(l), l->source[i].name);
}

static void show(struct lines *l, size_t i, bool whole)
{
	struct line_source *s = &l->source[i];

	if (l->quiet)
		return;
	print_prefix(l, i);
	(void)fwrite(s->text, 1, s->length, stdout);
	if (whole)
		(void)fputs(l->terminal ? "\r\n" : "\n", stdout);
	else if (session_columns_left(s))
		(void)printf("\033[%zuD", session_columns_left(s));
	l->open = whole ? -1 : (int)i;
}

bool lines_want(struct lines *l, const char *text)
{
	if (l->wanted_count == LINES_WANTED)
		return false;
	l->wanted[l->wanted_count++] = (struct line_wanted){.text = text};
	return true;
}

void lines_forget(struct lines *l)
{
	for (size_t i = 0; i < l->wanted_count; i++)
		l->wanted[i].found = false;
	l->found = false;
}

static bool matches(const char *wanted, const char *source, const char *text)
{
	const char *bar = strchr(wanted, '|');

	if (!bar)
		return strstr(text, wanted);
	return strlen(source) == (size_t)(bar - wanted) && strncmp(source, wanted, strlen(source)) == 0 &&
	       strstr(text, bar + 1);
}

static void look_for_wanted(struct lines *l, const char *source, const char *text)
{
	size_t found = 0;

	for (size_t i = 0; i < l->wanted_count; i++) {
		if (matches(l->wanted[i].text, source, text))
			l->wanted[i].found = true;
		found += l->wanted[i].found;
	}
	l->found = l->wanted_count && found == l->wanted_count;
}

static void look(struct lines *l, const char *source, const char *text)
{
	look_for_wanted(l, source, text);
	if (strcmp(text, "ready") == 0 || strstr(text, ": ready"))
		l->bare_ready = true;
	if (strstr(text, "quest-v: refused"))
		l->refused = true;
}

/* Terminal control sequences (ESC [ ... letter) have no place in a log. */
static void strip_controls(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (p[0] == '\033' && p[1] == '[') {
			p += 2;
			while (*p && (*p < '@' || *p > '~'))
				p++;
			if (!*p)
				break;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

static void end_line(struct lines *l, size_t i)
{
	struct line_source *s = &l->source[i];
	int other = l->open >= 0 && l->open != (int)i ? l->open : -1;

	if (s->raw)
		session_end(s);
	s->text[s->length] = '\0';
	if (l->terminal)
		show(l, i, true);
	strip_controls(s->text);
	s->length = strlen(s->text);
	look(l, s->name, s->text);
	if (!l->terminal)
		show(l, i, true);
	if (l->log)
		(void)fprintf(l->log, "%-*s | %s\n", width(l), s->name, s->text);
	s->length = 0;
	s->fresh = false;
	if (other >= 0) /* put the unfinished line back below the new one */
		show(l, (size_t)other, false);
}

/* What a sandbox printed is not trusted: control characters of a plain console never reach the terminal. */
static bool printable(char c)
{
	return c == '\t' || (c & 0x80) || (c >= 0x20 && c < 0x7f);
}

static void add_plain(struct line_source *s, char c)
{
	if (c == '\b')
		s->length -= s->length > 0;
	else if (c != '\r' && c != '\0')
		s->text[s->length++] = printable(c) ? c : '?';
}

void lines_add(struct lines *l, size_t source, const char *bytes, size_t n)
{
	struct line_source *s = &l->source[source];

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			end_line(l, source);
		else if (s->raw)
			session_add(s, bytes[i]);
		else
			add_plain(s, bytes[i]);
		if (s->length == LINES_MAX - 1)
			end_line(l, source);
	}
	s->fresh = n > 0;
}

void lines_idle(struct lines *l)
{
	for (size_t i = 0; l->terminal && !l->quiet && i < l->count; i++)
		if (l->source[i].raw && l->source[i].fresh) {
			show(l, i, false);
			l->source[i].fresh = false;
		}
	(void)fflush(stdout);
	if (l->log)
		(void)fflush(l->log);
}

void lines_finish(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->source[i].length)
			end_line(l, i);
	(void)fflush(stdout);
}
