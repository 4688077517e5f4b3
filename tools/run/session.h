/* SPDX-License-Identifier: MIT */
/*
 * The line that a program edits on a terminal session: where its cursor is and what it overwrites. The terminal of the
 * user shows it behind the name of its sandbox, so moves are done here and not there.
 */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include "lines.h"

/* A byte from the session, not '\n'. The line must have room for another one: length < LINES_MAX - 1. */
void session_add(struct line_source *s, char c);
/* The line is over: blanks with which its end was wiped out go, the next one starts at its beginning. */
void session_end(struct line_source *s);
/* Columns from the cursor to the end of the line. */
size_t session_columns_left(const struct line_source *s);

#endif
