/* SPDX-License-Identifier: MIT */
/* Code that only the boot runs: it lies together, and its pages become free memory when the boot is over
 * (mm_release_boot). mk/check-init refuses code that calls it from elsewhere. */
#ifndef BASE_INIT_H
#define BASE_INIT_H

#define INIT __attribute__((section(".init.text"), cold))

#endif
