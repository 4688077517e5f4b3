/* SPDX-License-Identifier: MIT */
/* Signal frames on the user stack, as Linux x86-64 lays them out. */
#ifndef PROC_SIGFRAME_H
#define PROC_SIGFRAME_H

#include <proc/signal.h>

/* Save all of `frame` and the register state to the user stack and make `frame` start the handler. `mask` is what the
 * return restores. False if the stack cannot take it; nothing is changed then. */
bool sigframe_push(struct trap_frame *frame, int32_t signal, const struct lx_sigaction *action,
	const struct lx_siginfo *info, uint64_t mask);

#endif
