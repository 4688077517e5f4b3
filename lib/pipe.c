/* SPDX-License-Identifier: MIT */
#include <lib/assert.h>
#include <lib/pipe.h>

#define PAGE 4096u

static struct qv_pipe_step step_at(uint32_t position, uint32_t most, size_t wanted)
{
	struct qv_pipe_step step = {.page = position / PAGE % QV_PIPE_PAGES, .offset = position % PAGE};

	if (most > PAGE - step.offset)
		most = PAGE - step.offset;
	step.bytes = wanted < most ? (uint32_t)wanted : most;
	return step;
}

struct qv_pipe_step qv_pipe_write_step(const struct qv_pipe *p, size_t wanted)
{
	assert(qv_pipe_used(p) <= QV_PIPE_BYTES);
	return step_at(p->written, qv_pipe_room(p), wanted);
}

struct qv_pipe_step qv_pipe_read_step(const struct qv_pipe *p, size_t wanted)
{
	assert(qv_pipe_used(p) <= QV_PIPE_BYTES);
	return step_at(p->read, qv_pipe_used(p), wanted);
}

bool qv_pipe_take(struct qv_pipe *p, const struct qv_pipe_step *step)
{
	assert(step->bytes <= qv_pipe_used(p));
	p->read += step->bytes;
	/* In a nearly full ring the newest bytes lie in the same page as the oldest. */
	return p->read % PAGE == 0 && step->bytes > 0 && qv_pipe_used(p) <= QV_PIPE_BYTES - PAGE;
}
