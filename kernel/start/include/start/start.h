/* SPDX-License-Identifier: MIT */
/* First instructions of a kernel image, and the start of the sandbox's other cores. */
#ifndef START_START_H
#define START_START_H

#include <abi/types.h>

/* The image's own: called on the boot stack with the guest-physical address of the entry information (abi/info.h), on
 * tables that map the low 4 GiB at their linked and direct-map addresses. */
_Noreturn void kernel_main(uint64_t info_gpa);

/* The console works before the kernel has its own tables: map the slice at SLICE_BASE, if there is one. */
void start_map_slice(uint64_t slice_gpa);
/* Leave the boot stack for good. */
_Noreturn void start_on_stack(uint64_t top, void (*run)(void));
/* Start every other core by INIT-SIPI-SIPI; each runs `run` on its own stack and sets cpus[i].up when its boot is
 * over. Panics, naming the core, if one does not come up in time. */
void smp_start(void (*run)(void));

#endif
