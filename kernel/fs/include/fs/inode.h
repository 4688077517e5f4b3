/* SPDX-License-Identifier: MIT */
/*
 * Files and directories, whatever holds them: the RAM file system, device nodes in it, and /proc grafted onto it. One
 * operation changes a tree between two preemption points, so walkers always see it whole.
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include <fs/file.h>
#include <sched/mutex.h>

struct inode;

struct inode_entry { /* of a directory, as next() tells it */
	char name[LX_NAME_MAX + 1];
	uint64_t number;
	uint32_t mode;
};

/* Names are `length` bytes, not "." or "..", not empty, at most LX_NAME_MAX. NULL = the tree is read-only: -LX_EROFS.
 * What changes a tree checks everything first; path.c has checked what all trees share. */
struct inode_ops {
	/* The entry's inode, referenced, or -LX_ENOENT. */
	int64_t (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **found);
	/* The first entry whose name is above `after` ("" = the first of all); false at the end. */
	bool (*next)(struct inode *dir, const char *after, struct inode_entry *entry);
	/* `target` is text for a symbolic link, else NULL; `device` is for device nodes. The name does not exist yet. */
	int64_t (*create)(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t device,
		const char *target, struct inode **made);
	int64_t (*link)(struct inode *dir, const char *name, size_t length, struct inode *inode);
	int64_t (*unlink)(struct inode *dir, const char *name, size_t length, struct inode *inode);
	int64_t (*rename)(struct inode *from, const char *old, size_t old_length, struct inode *to, const char *new,
		size_t new_length, struct inode *moved, struct inode *replaced);
	/* Name of `child` in `dir` (getcwd). */
	bool (*name_of)(struct inode *dir, const struct inode *child, char name[LX_NAME_MAX + 1]);
	/* Target of a symbolic link into `to`: its length, NUL not counted. */
	int64_t (*target)(struct inode *inode, char *to, size_t size);
	/* What a link of /proc/PID/fd leads to, referenced, whether or not it has a name; NULL = go by the target's text. */
	int64_t (*follow)(struct inode *link, struct inode **found);
	/* The path of what is no directory: as path_of. */
	int64_t (*path)(struct inode *inode, char *to, size_t size);
	/* A description of it; may wait for somebody else's (FIFOs). */
	int64_t (*open)(struct inode *inode, uint32_t flags, struct file **file);
	int64_t (*truncate)(struct inode *inode, uint64_t size);
	void (*stat)(struct inode *inode, struct lx_stat *stat); /* size and blocks */
	void (*statfs)(struct inode *inode, struct lx_statfs *statfs);
	/* The last reference is gone. */
	void (*release)(struct inode *inode);
};

struct inode {
	uint32_t references; /* of names, descriptions, mappings, walkers */
	uint32_t links;      /* names */
	uint32_t mode;       /* LX_S_* and permissions */
	uint32_t filesystem; /* number of the tree: st_dev */
	uint64_t number;
	uint64_t device; /* of a device node */
	const struct inode_ops *ops;
	struct inode *parent; /* of a directory, referenced; NULL = the root, or removed */
	const void *entry;    /* of a directory: its name, as the parent keeps it */
	struct mutex lock;    /* contents across preemption points */
	struct file_lock *held; /* flock; NULL = nobody holds or wants one */
	struct lx_timespec accessed, modified, changed;
};

static inline struct inode *inode_get(struct inode *inode)
{
	inode->references++;
	return inode;
}
void inode_put(struct inode *inode);
static inline bool inode_is(const struct inode *inode, uint32_t type)
{
	return (inode->mode & LX_S_IFMT) == type;
}
void inode_stat(struct inode *inode, struct lx_stat *stat);
int64_t inode_statfs(struct inode *inode, struct lx_statfs *statfs); /* NULL inode: what pipes tell */
int64_t inode_chmod(struct inode *inode, uint32_t mode);
int64_t inode_utimens(struct inode *inode, const struct lx_timespec times[2]);

/* Open descriptions of a directory by lookup and next alone. */
extern const struct file_ops inode_directory_ops;

#endif
