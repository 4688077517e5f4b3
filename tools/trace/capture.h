/* SPDX-License-Identifier: MIT */
/*
 * A capture: what the slices of Quest sandboxes say about their scheduling (statistics and trace rings), copied out of
 * a machine. The runner writes it to DIR/trace when it is asked to and at the end of each run; `quest trace` and `quest
 * stat` read it. Its contents were written by sandboxes and are not trusted: readers take sizes from the contracts.
 */
#ifndef TRACE_CAPTURE_H
#define TRACE_CAPTURE_H

#include <abi/stats.h>
#include <abi/trace.h>
#include <stdbool.h>
#include <stdio.h>

#define CAPTURE_MAGIC 0x3150415443515651ull
#define CAPTURE_VERSION 1u
#define CAPTURE_BYTES (QV_LARGE_SIZE - QV_SLICE_STATS_OFF) /* of each slice */
#define CAPTURE_RINGS (QV_SLICE_TRACE_OFF - QV_SLICE_STATS_OFF) /* where they begin */

struct capture_sandbox {
	char name[QV_NAME_LEN];
	uint32_t cores;
	uint32_t present; /* it is a Quest sandbox and its slice could be read */
	uint64_t heads[QV_MAX_CORES]; /* of the rings, read again after the records */
};

struct capture_header {
	uint64_t magic;
	uint32_t version;
	uint32_t sandboxes;
	char system[QV_NAME_LEN];
	uint64_t tsc_hz;
	uint64_t launch_tsc; /* when the sandboxes were launched; 0 = not yet, or by nobody */
	struct capture_sandbox sandbox[QV_MAX_SANDBOXES];
};

struct capture {
	struct capture_header header;
	uint8_t *slice[QV_MAX_SANDBOXES]; /* CAPTURE_BYTES from QV_SLICE_STATS_OFF on; NULL = not present */
};

/* Read `path`; false with a message in `why`. The capture is to be freed in both cases. */
bool capture_load(struct capture *c, const char *path, char *why, size_t size);
/* Write to a file beside `path`, then let that take its place. */
bool capture_save(const struct capture *c, const char *path);
void capture_free(struct capture *c);
/* If a machine runs in `directory`, have its runner write DIR/trace anew. True if that was done or no machine runs;
 * false, with a message in `why`, if the runner does not answer. */
bool capture_request(const char *directory, char *why, size_t size);
/* Does a machine run in `directory`? Its runner holds DIR/lock, which the system takes back however it ends. */
bool capture_machine_runs(const char *directory);
/* For the runner: is a new capture wanted? Taken back by capture_done. */
bool capture_wanted(const char *directory);
void capture_done(const char *directory);

/* The sandbox's statistics and an entry of them; NULL if they make no sense. */
const struct qv_stats *capture_stats(const struct capture *c, uint32_t sandbox);
const struct qv_stats_vcpu *capture_vcpu(const struct capture *c, uint32_t sandbox, uint32_t core, uint32_t id);
/* VCPUs and unknown system calls of every Quest sandbox, as `quest stat` shows them. */
void stats_print(const struct capture *c, FILE *to);
/* A name from a slice: printable, at most 31 characters. */
const char *shown_name(const char *name, char text[32]);

#endif
