/* SPDX-License-Identifier: MIT */
/* Private: what the files know of the rooms above. */
#ifndef FS_CLOCK_H
#define FS_CLOCK_H

#include <fs/fs.h>

extern struct fs_hooks fs_hooks; /* every hook is callable, a default stands in before it is set */

/* CLOCK_REALTIME. */
struct lx_timespec fs_now(void);

#endif
