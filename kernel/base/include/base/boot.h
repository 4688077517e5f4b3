/* SPDX-License-Identifier: MIT */
/* The kernel's own copy of what it was told at entry (abi/info.h). */
#ifndef BASE_BOOT_H
#define BASE_BOOT_H

#include <abi/info.h>

/* Copy `given`, which lies in pages that are given up later. False if magic or version is not what this kernel was
 * built for; nobody can be told then, since the console's place is in it. */
bool boot_info_take(const struct qv_info *given);
/* The copy; constant after boot_info_take. */
const struct qv_info *boot_info(void);

static inline bool boot_is_bare(void)
{
	return boot_info()->flags & QV_INFO_BARE;
}

#endif
