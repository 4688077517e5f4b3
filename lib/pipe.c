/* SPDX-License-Identifier: MIT */
#include <lib/assert.h>
#include <lib/pipe.h>

bool qv_pipe_take(struct qv_pipe *p, const struct qv_pipe_step *step)
{
	assert(step->bytes <= qv_pipe_used(p) && qv_pipe_used(p) <= QV_PIPE_BYTES);
	p->read += step->bytes;
	/* In a nearly full ring the newest bytes lie in the same page as the oldest. */
	return p->read % 4096u == 0 && step->bytes > 0 && qv_pipe_used(p) <= QV_PIPE_BYTES - 4096u;
}
