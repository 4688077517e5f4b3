/* SPDX-License-Identifier: MIT */
/* Messages about a system file: collected, sorted by place, printed as `FILE:line:col: error: what; remedy`. */
#ifndef TOOLS_DIAG_H
#define TOOLS_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#define DIAG_MAX 20 /* further messages are only counted */

struct place_in_file { /* both from 1; 0 = the file as a whole */
	int line;
	int column;
};

struct diag_message {
	struct place_in_file at;
	char *text;
};

struct diag {
	const char *file; /* as the user named it */
	int count;        /* errors so far, those not kept included */
	int kept;
	struct diag_message message[DIAG_MAX];
};

/* Record an error. The text says what is wrong and, after a semicolon, what to do. */
void diag_error(struct diag *d, struct place_in_file at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Print all in the order of their places. */
void diag_print(struct diag *d, FILE *to);
void diag_free(struct diag *d);

/* malloc that ends the program with a message when memory runs out; memory is zeroed. */
void *tool_alloc(size_t count, size_t size);
/* Formatted text in fresh memory. */
char *tool_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
