/* SPDX-License-Identifier: MIT */
/* What a core does when it has nothing to do. */
#ifndef SCHED_IDLE_H
#define SCHED_IDLE_H

#include <abi/types.h>

/* Sleep between interrupts for ever; `awake` runs after each, with interrupts off. */
_Noreturn void idle_run(void (*awake)(void));

#endif
