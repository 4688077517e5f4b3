/* SPDX-License-Identifier: MIT */
/* Work for another core of the sandbox: a message into its inbox and, if that was empty, one interprocessor
 * interrupt. */
#ifndef SCHED_POST_H
#define SCHED_POST_H

#include <abi/types.h>

struct sched_post { /* the sender's; free for reuse once `run` was called */
	struct sched_post *next;
	void (*run)(struct sched_post *post);
};

/* `post->run(post)` is called on `core` as a top half: bounded, wakes threads. What was written before is visible
 * there. No lock. Any context but NMI. */
void sched_post(uint32_t core, struct sched_post *post);

#endif
