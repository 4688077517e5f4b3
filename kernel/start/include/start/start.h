/* SPDX-License-Identifier: MIT */
/* First instructions of a kernel image, and the start of the sandbox's other cores. */
#ifndef START_START_H
#define START_START_H

#include <abi/types.h>

/* The image's own: called on the boot stack with the guest-physical address of the entry information (abi/info.h), on
 * tables that map the low 4 GiB at their linked and direct-map addresses. */
_Noreturn void kernel_main(uint64_t info_gpa);

/* What every image does first: entry information, console, descriptor tables, clock, memory. Afterwards core 0 has the
 * kernel's own tables and reports exceptions; interrupts are off and the timer is not set up. Stops the processor if
 * `info_gpa` names no entry information: there is no console to say it on. */
void start_early(uint64_t info_gpa);
/* Leave the boot stack for good. */
_Noreturn void start_on_stack(uint64_t top, void (*run)(void));
/* Start every other core by INIT-SIPI-SIPI; each runs `run` on its own stack and sets cpus[i].up when its boot is
 * over. Panics, naming the core, if one does not come up in time. */
void smp_start(void (*run)(void));

#endif
