/* SPDX-License-Identifier: MIT */
/* Errors are kept until the end so that one run shows all that are independent, in the order of the file. */
#include "diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
	(void)fputs("questc: error: out of memory\n", stderr);
	exit(2);
}

void *tool_alloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

static char *vformat(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	return text;
}

char *tool_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = vformat(format, args);
	va_end(args);
	return text;
}

/* Control characters come from hostile files and must not reach the user's terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void diag_error(struct diag *d, struct place_in_file at, const char *format, ...)
{
	va_list args;
	char *text;

	d->count++;
	if (d->kept == DIAG_MAX)
		return;
	va_start(args, format);
	text = vformat(format, args);
	va_end(args);
	make_printable(text);
	for (int i = 0; i < d->kept; i++) {
		const struct diag_message *m = &d->message[i];

		if (m->at.line == at.line && m->at.column == at.column && strcmp(m->text, text) == 0) {
			free(text);
			d->count--;
			return;
		}
	}
	d->message[d->kept++] = (struct diag_message){ at, text };
}

static bool earlier(const struct diag_message *a, const struct diag_message *b)
{
	return a->at.line != b->at.line ? a->at.line < b->at.line : a->at.column < b->at.column;
}

/* Insertion sort: few messages, and equal places keep their order. */
static void sort(struct diag *d)
{
	for (int i = 1; i < d->kept; i++) {
		struct diag_message m = d->message[i];
		int j = i;

		for (; j > 0 && earlier(&m, &d->message[j - 1]); j--)
			d->message[j] = d->message[j - 1];
		d->message[j] = m;
	}
}

void diag_print(struct diag *d, FILE *to)
{
	sort(d);
	for (int i = 0; i < d->kept; i++) {
		const struct diag_message *m = &d->message[i];

		if (m->at.line > 0)
			(void)fprintf(to, "%s:%d:%d: error: %s\n", d->file, m->at.line, m->at.column, m->text);
		else
			(void)fprintf(to, "%s: error: %s\n", d->file, m->text);
	}
	if (d->count > d->kept)
		(void)fprintf(to, "%s: error: %d more errors are not shown; mend these first\n", d->file, d->count - d->kept);
}

void diag_free(struct diag *d)
{
	for (int i = 0; i < d->kept; i++)
		free(d->message[i].text);
	d->kept = d->count = 0;
}
