/* SPDX-License-Identifier: MIT */
/* Private: the RAM file system. Its limit counts contents and records. */
#ifndef FS_RAMFS_H
#define FS_RAMFS_H

#include <fs/inode.h>

#define RAMFS_NUMBER 1u /* st_dev */

/* The empty tree, with at most `limit` bytes. NULL: no memory. */
struct inode *ramfs_create(uint64_t limit);
/* Fill a new regular file with `bytes` at `from` in the direct map; whole pages at page-aligned places are taken over
 * (they were allocated to nobody), others copied. Preemptible. 0, -LX_ENOSPC or -LX_ENOMEM. */
int64_t ramfs_fill(struct inode *inode, const void *from, uint64_t bytes, bool take);
/* A name for an inode of another tree. */
int64_t ramfs_graft(struct inode *dir, const char *name, struct inode *inode);

#endif
