/* SPDX-License-Identifier: MIT */
/* Private: the tree of /proc. */
#ifndef FS_PROCFS_H
#define FS_PROCFS_H

#include <fs/proc.h>

#define PROCFS_NUMBER 2u /* st_dev */

struct inode *procfs_root(void);

#endif
