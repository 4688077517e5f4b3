/* SPDX-License-Identifier: MIT */
/*
 * Names: path walk and everything that takes a path. Each core has a tree of its own. Paths are kernel text; take them
 * from a program with path_take. Results are >= 0 or a negative LX_E*. Thread context; may sleep. Everybody is root.
 */
#ifndef FS_PATH_H
#define FS_PATH_H

#include <fs/inode.h>
#include <fs/table.h>

/* What a process looks names up with; shared by CLONE_FS. */
struct path_context {
	uint32_t references;
	uint32_t umask;
	struct inode *directory; /* current one, referenced */
};

/* A context at the root, and a copy for fork. NULL: no memory. */
struct path_context *path_context_create(void);
struct path_context *path_context_copy(struct path_context *c);
struct path_context *path_context_get(struct path_context *c);
void path_context_put(struct path_context *c);

/* Where relative paths start: `fd` is a descriptor of `table` or LX_AT_FDCWD. */
struct path_at {
	struct path_context *context;
	struct fd_table *table; /* NULL if fd is LX_AT_FDCWD */
	int32_t fd;
};

#define PATH_SHORT 128u
struct path_text {
	char *text;
	char local[PATH_SHORT];
};
/* Copy a path from a program: 0, -LX_EFAULT, -LX_ENAMETOOLONG, -LX_ENOMEM. After 0, path_drop when done. */
int64_t path_take(struct path_text *p, uint64_t user);
void path_drop(struct path_text *p);

/* A description, or an error, for in-kernel use (execve, boot). */
int64_t path_open_file(const struct path_at *at, const char *path, uint32_t flags, uint32_t mode, struct file **file);
/* The same of a regular file (-LX_EACCES: of another) for reading, and the file's own path, without links; "" if
 * that is longer than `size`. */
int64_t path_open_program(const struct path_at *at, const char *path, struct file **file, char *to, size_t size);
/* openat: a descriptor of `table`. */
int64_t path_open(const struct path_at *at, struct fd_table *table, const char *path, uint32_t flags, uint32_t mode);
/* The inode, referenced. `flags`: LX_AT_SYMLINK_NOFOLLOW, LX_AT_EMPTY_PATH. */
int64_t path_find(const struct path_at *at, const char *path, uint32_t flags, struct inode **inode);

int64_t path_stat(const struct path_at *at, const char *path, uint32_t flags, struct lx_stat *stat);
int64_t path_statfs(const struct path_at *at, const char *path, struct lx_statfs *statfs);
int64_t path_access(const struct path_at *at, const char *path, uint32_t mode, uint32_t flags);
int64_t path_chmod(const struct path_at *at, const char *path, uint32_t mode, uint32_t flags);
/* NULL times = now. */
int64_t path_utimens(const struct path_at *at, const char *path, const struct lx_timespec times[2], uint32_t flags);
int64_t path_truncate(const struct path_at *at, const char *path, int64_t size);
int64_t path_mkdir(const struct path_at *at, const char *path, uint32_t mode);
/* Regular files, FIFOs and character device nodes. */
int64_t path_mknod(const struct path_at *at, const char *path, uint32_t mode, uint64_t device);
/* unlink, and rmdir with LX_AT_REMOVEDIR. */
int64_t path_unlink(const struct path_at *at, const char *path, uint32_t flags);
int64_t path_link(const struct path_at *from, const char *old, const struct path_at *to, const char *new,
	uint32_t flags);
int64_t path_symlink(const char *target, const struct path_at *at, const char *path);
/* Length of the target copied to user address `to`, at most `bytes`. */
int64_t path_readlink(const struct path_at *at, const char *path, uint64_t to, size_t bytes);
/* renameat2; `flags`: LX_RENAME_NOREPLACE. */
int64_t path_rename(const struct path_at *from, const char *old, const struct path_at *to, const char *new,
	uint32_t flags);
int64_t path_chdir(const struct path_at *at, const char *path);
int64_t path_fchdir(struct path_context *c, struct file *f);
/* getcwd into kernel memory: bytes with the NUL, or -LX_ERANGE, -LX_ENOENT. */
int64_t path_current(struct path_context *c, char *to, size_t size);
/* The path of any inode, as path_current; "... (deleted)" if it has lost its first name. Preemptible. */
int64_t path_of(struct inode *inode, char *to, size_t size);
/* The same from a directory and a name in it. */
int64_t path_join(struct inode *dir, const char *name, size_t length, char *to, size_t size);

#endif
