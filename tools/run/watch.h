/* SPDX-License-Identifier: MIT */
/*
 * Reads the black box (abi/blackbox.h) of a running machine: state and counters of each core, new console bytes.
 * Slices are written by sandboxes and are not trusted; sizes always come from the contract, never from the memory read.
 */
#ifndef RUN_WATCH_H
#define RUN_WATCH_H

#include "lines.h"
#include "machine.h"

#include <abi/blackbox.h>
#include <lib/blob.h>

/* What `quest stat` shows; kept in a file by the runner while the machine runs. */
struct snapshot {
	uint64_t magic;
	int32_t pid;     /* of the runner */
	uint32_t seen;   /* the black box has been written */
	uint32_t bare;   /* no monitors: the sandbox has the machine */
	uint32_t bare_ready; /* its kernel printed that it is ready */
	double seconds;  /* machine time */
	char file[256];  /* system file or blob */
	char emulator[16];
	struct qv_bb_header header;
	struct qv_bb_core core[QV_MAX_CORES];
	uint64_t console_bytes[QV_MAX_SANDBOXES];
	double ready_wall[QV_MAX_SANDBOXES]; /* host seconds from start to the first ready report, 0 = none */
};
#define SNAPSHOT_MAGIC 0x31504e5356515151ull

struct watch {
	struct machine *machine;
	struct lines *lines;
	const struct qv_blob *blob;
	struct snapshot *now;
	uint64_t box;                          /* hpa of the black box */
	uint64_t slice[QV_MAX_SANDBOXES];      /* hpa, 0 = none */
	uint64_t from[QV_MAX_SANDBOXES];       /* console bytes already shown */
	size_t source[QV_MAX_SANDBOXES];
	size_t boot_source;
	int uart_owner; /* sandbox with COM1, -1 = none */
};

/* False: the blob has no black box. */
bool watch_begin(struct watch *w);
/* Read everything once. `wall` = host seconds since the start. */
void watch_poll(struct watch *w, double wall);
/* Which source printed what arrives on COM1 now? */
size_t watch_console_source(const struct watch *w);

/* `running`, `faulted` and so on. */
const char *snapshot_state(uint32_t state);
bool snapshot_ready(const struct snapshot *s, uint32_t sandbox);
uint64_t snapshot_faults(const struct snapshot *s, uint32_t sandbox);
/* No core will run again: all stopped, faulted or dead. */
bool snapshot_all_ended(const struct snapshot *s);
uint64_t snapshot_exits(const struct qv_bb_core *c, bool after_ready);

/* The tables of `quest stat`. */
void report_print(const struct snapshot *s, FILE *to);
/* The same as `key value` lines for scripts; `words` of each slice are read from the machine when it is not NULL. */
void report_facts(const struct snapshot *s, const struct watch *w, FILE *to);

#endif
