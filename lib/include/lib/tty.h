/* SPDX-License-Identifier: MIT */
/*
 * The line discipline of a terminal: what happens between the keys and a program's read, and between its write and the
 * screen. Canonical and raw mode, echo, erase and kill, the signal keys, ^S and ^Q, newline translation; the rules are
 * those of POSIX.1-2017, chapter 11, and Linux where that leaves a choice. Not done: parity, case mapping, delays.
 */
#ifndef LIB_TTY_H
#define LIB_TTY_H

#include <abi/linux.h>
#include <lib/fmt.h>

#define QV_TTY_BYTES 4096u /* of input not read yet: more is dropped, the end of a line always fits */

struct qv_tty {
	struct lx_termios termios;
	struct lx_winsize size;
	uint32_t column; /* of the cursor, for erasing tabs */
	uint32_t line_column; /* where the line that is being edited started */
	bool literal;  /* the next key stands for itself (VLNEXT) */
	bool stopped;  /* by VSTOP: nothing is written until VSTART */
	/* Counts of bytes, modulo 2^32: read <= done <= typed. What lies before `done` may be read. */
	uint32_t read, done, typed;
	uint8_t buffer[QV_TTY_BYTES];
	uint64_t ends[QV_TTY_BYTES / 64]; /* a line ends with this byte; a 0 that ends a line is VEOF and not data */
};

/* What Linux gives a new terminal: canonical, echo, signals. */
void qv_tty_init(struct qv_tty *t);
/* A key. Echo goes to `sink`. Returns the signal it makes (LX_SIGINT, LX_SIGQUIT, LX_SIGTSTP), 0 = none. */
int32_t qv_tty_key(struct qv_tty *t, uint8_t key, qv_sink *sink, void *context);
/* Bytes a read could have now; `*returns` tells whether one would return, which an end of file does with 0 bytes. */
uint32_t qv_tty_ready(const struct qv_tty *t, bool *returns);
/* Take at most `space` bytes, in canonical mode at most one line. 0 = end of file, or nothing was there. */
size_t qv_tty_read(struct qv_tty *t, uint8_t *to, size_t space);
/* A program's output, as the termios say. */
void qv_tty_write(struct qv_tty *t, const char *bytes, size_t n, qv_sink *sink, void *context);
/* New modes; what was typed is kept. */
void qv_tty_set(struct qv_tty *t, const struct lx_termios *termios);
/* Forget all input. */
void qv_tty_flush(struct qv_tty *t);

static inline bool qv_tty_canonical(const struct qv_tty *t)
{
	return t->termios.local & LX_ICANON;
}

#endif
