/* SPDX-License-Identifier: MIT */
/*
 * One terminal for many consoles: each line is shown with the name of who printed it, an unfinished line (a shell's
 * prompt) stays the last one on a terminal. The log file gets whole lines only.
 */
#ifndef RUN_LINES_H
#define RUN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LINES_MAX 1024 /* longer lines are broken */
#define LINES_SOURCES 12
#define LINES_WANTED 12

struct line_source {
	char name[33];
	char text[LINES_MAX];
	size_t length;
	bool raw;   /* a terminal session: its line can be edited (session.h) */
	bool fresh; /* text was added since it was last shown */
	size_t cursor, reached; /* of a session: where the next byte goes, and how far it was before a carriage return */
	char escape[48];        /* of a session: a control sequence that is not over */
	size_t escape_length;
	bool escape_cut;        /* it did not fit */
};

struct line_wanted {
	const char *text; /* "TEXT", or "SOURCE|TEXT": only in a line of that source */
	bool found;
};

struct lines {
	struct line_source source[LINES_SOURCES];
	size_t count;
	FILE *log;          /* may be NULL */
	bool terminal;      /* colour, unfinished lines, \r\n line ends while the keyboard is raw */
	bool quiet;         /* only the log */
	int open;           /* source whose unfinished line is on the screen, -1 = none */
	struct line_wanted wanted[LINES_WANTED];
	size_t wanted_count;
	bool found;         /* each wanted text was in some line */
	bool refused;       /* boot code printed its last line after a refusal */
	bool bare_ready;    /* a line of a kernel without a monitor says that it is ready */
};

/* Add a source; returns its number, or the last one when there are too many. */
size_t lines_source(struct lines *l, const char *name, bool raw);
/* Ask for one more stop text (kept, not copied). False when there are too many. */
bool lines_want(struct lines *l, const char *text);
/* Stop texts that were seen have to be seen again. */
void lines_forget(struct lines *l);
/* Bytes printed by `source`. */
void lines_add(struct lines *l, size_t source, const char *bytes, size_t n);
/* Show unfinished lines on a terminal; call when nothing came for a moment. */
void lines_idle(struct lines *l);
/* Print what is unfinished as lines; the end of the run. */
void lines_finish(struct lines *l);

#endif
