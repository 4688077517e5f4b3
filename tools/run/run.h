/* SPDX-License-Identifier: MIT */
/* One run: options, machine, consoles, keyboard. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "watch.h"

#include "trace/capture.h"

#include <termios.h>
#include <time.h>

#define RUN_POKES 8u

struct poke { /* one quadword of physical memory, changed from outside */
	uint64_t address, value;
};

struct core_wanted { /* a core and the state in which the run may end */
	uint32_t core;
	const char *state;
};

struct run_options {
	const char *file;      /* what the user named: for messages */
	const char *log;
	const char *facts;     /* write `key value` lines here at the end */
	const char *dump;      /* directory for the slices at the end */
	bool dump_cores;       /* and for the monitors' own memory */
	double seconds;        /* end after so much machine time; 0 = until Ctrl-A X */
	double after_ready;    /* end so much machine time after all sandboxes were ready; 0 = no */
	double wall_limit;     /* seconds of host time, then the run has failed */
	bool quiet;            /* no console lines on the terminal */
	bool until_ready;      /* end when all sandboxes are ready */
	bool until_ended;      /* end when any core has ended: stopped, faulted or dead */
	struct poke poke[RUN_POKES]; /* done when every sandbox is ready */
	size_t poke_count;
	struct core_wanted until_core[RUN_POKES]; /* beside what `lines` wants */
	size_t until_core_count;
	uint64_t until_lives;  /* end when a core is in this life; 0 = no */
};

struct run {
	struct run_options options;
	struct machine machine;
	struct qv_blob blob;
	void *blob_bytes;
	struct lines lines;
	struct watch watch;
	struct snapshot *shared; /* mapped file, read by `quest stat` */
	struct timespec began;
	double all_ready_at; /* machine time at which all sandboxes were seen ready; 0 = not yet */
	struct termios saved;
	bool raw;          /* the terminal is in raw mode: saved is valid */
	bool keyboard;     /* stdin is still open */
	bool escape;       /* Ctrl-A was typed */
	bool quit;
	bool poked;
	int lock;
	char held[4096];   /* piped input, kept until the sandbox with the UART is ready */
	size_t held_length;
};

/* keyboard.c: bring the terminal to raw mode and back; take what was typed. */
void keyboard_begin(struct run *r);
void keyboard_end(struct run *r);
void keyboard_take(struct run *r);
void keyboard_release_held(struct run *r);
/* For machine.pump: wait for `fd`, the console and the keyboard. */
void run_pump(void *context, int fd, int timeout_ms, bool *readable);

/* state.c: the run directory, its lock and the snapshot for `quest stat`. */
bool state_begin(struct run *r);
void state_end(struct run *r);
int state_print(const char *directory);

/* capture.c: copy what `quest trace` shows out of the machine, into `c` and the file DIR/trace. False: the file could
 * not be written. To be freed in both cases. */
bool capture_machine(struct run *r, struct capture *c);
/* Do that if somebody has asked for it. */
void capture_serve(struct run *r);

double run_wall(const struct run *r);

#endif
