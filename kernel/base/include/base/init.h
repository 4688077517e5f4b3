/* SPDX-License-Identifier: MIT */
/* Code that only the boot runs: it lies together, and its pages become free memory when the boot is over
 * (mm_release_boot). mk/check-init refuses code that calls it from elsewhere. */
#ifndef BASE_INIT_H
#define BASE_INIT_H

#include <abi/limits.h>

#define INIT __attribute__((section(".init.text"), cold))
#define INIT_CONST __attribute__((section(".init.rodata")))
/* Of the boot only in a kernel for one core: another core unpacks its files when the boot is over. */
#if QUEST_CORES == 1
#define INIT_ONE INIT
#else
#define INIT_ONE
#endif

#endif
