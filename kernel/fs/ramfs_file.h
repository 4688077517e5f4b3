/* SPDX-License-Identifier: MIT */
/* Private: records of the RAM file system, and the contents of its files. */
#ifndef FS_RAMFS_FILE_H
#define FS_RAMFS_FILE_H

#include "pages.h"

#include <fs/inode.h>
#include <lib/tree.h>

struct ramfs_entry;
struct pipe;

struct ramfs {
	uint64_t limit, used; /* bytes */
	uint64_t number;      /* of the last inode made */
};

struct ramfs_inode {
	struct inode inode; /* first: an inode of this tree is one of these */
	struct ramfs *fs;
	/* A directory: */
	struct qv_tree names;
	/* A symbolic link: */
	char *target; /* size + 1 bytes */
	/* What is no directory: its first name, while it has that, and where; the name is kept, and the directory
	 * referenced, if that was its last one and somebody still has it open. */
	struct inode *place;
	struct ramfs_entry *name;
	/* A FIFO: */
	struct pipe *pipe; /* NULL = nobody has it open */
	/* A file: */
	uint64_t size;
	uint64_t pages; /* frames it has */
	struct page_map map;
	struct space_backing backing;
};

extern const struct file_ops ramfs_file_ops;

bool ramfs_charge(struct ramfs *fs, uint64_t bytes);
void ramfs_uncharge(struct ramfs *fs, uint64_t bytes);
void ramfs_file_init(struct ramfs_inode *r);
/* Give up what lies beyond `size`, which is the new size; preemptible. */
void ramfs_file_cut(struct ramfs_inode *r, uint64_t size);
int64_t ramfs_file_truncate(struct inode *inode, uint64_t size);

#endif
