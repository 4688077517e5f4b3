/* SPDX-License-Identifier: MIT */
/* Private to the room: the other cores of the sandbox. */
#ifndef MAIN_SMP_H
#define MAIN_SMP_H

/* Start every other core by INIT-SIPI-SIPI; each runs `run` on its own stack and sets cpus[i].up when its boot is over.
 * Panics, naming the core, if one does not come up in time. */
void smp_start(void (*run)(void));

#endif
