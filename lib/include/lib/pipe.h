/* SPDX-License-Identifier: MIT */
/* Positions in a pipe: a ring of 16 pages that one writer fills and one reader empties. A page is there while it holds
 * data, so a step never crosses a page. */
#ifndef LIB_PIPE_H
#define LIB_PIPE_H

#include <abi/limits.h>

#define QV_PIPE_PAGES 16u
#define QV_PIPE_BYTES (QV_PIPE_PAGES * 4096u)

struct qv_pipe { /* zero-initialised = empty; counts of all bytes ever, modulo 2^32 */
	uint32_t written;
	uint32_t read;
};

struct qv_pipe_step {
	uint32_t page;   /* which of the 16 */
	uint32_t offset; /* in it */
	uint32_t bytes;  /* 0 = full, or empty */
};

static inline uint32_t qv_pipe_used(const struct qv_pipe *p)
{
	return p->written - p->read;
}

static inline uint32_t qv_pipe_room(const struct qv_pipe *p)
{
	return QV_PIPE_BYTES - qv_pipe_used(p);
}

static inline struct qv_pipe_step qv_pipe_step_at(uint32_t position, uint32_t most, size_t wanted)
{
	struct qv_pipe_step step = {.page = position / 4096u % QV_PIPE_PAGES, .offset = position % 4096u};

	if (most > 4096u - step.offset)
		most = 4096u - step.offset;
	step.bytes = wanted < most ? (uint32_t)wanted : most;
	return step;
}

/* Where the next of `wanted` bytes go to. The caller copies, then adds the bytes to `written`. */
static inline struct qv_pipe_step qv_pipe_write_step(const struct qv_pipe *p, size_t wanted)
{
	return qv_pipe_step_at(p->written, qv_pipe_room(p), wanted);
}

/* Where the next of `wanted` bytes are. The caller copies, then calls qv_pipe_take. */
static inline struct qv_pipe_step qv_pipe_read_step(const struct qv_pipe *p, size_t wanted)
{
	return qv_pipe_step_at(p->read, qv_pipe_used(p), wanted);
}

/* Take the bytes of a read step out; true if its page is no longer needed. */
bool qv_pipe_take(struct qv_pipe *p, const struct qv_pipe_step *step);

#endif
