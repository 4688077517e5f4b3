/* SPDX-License-Identifier: MIT */
/* What is done with names: open, make, remove, move. Checks come first, the tree's own operation is the last step. */
#include "walk.h"

#include <base/cpu.h>
#include <lib/string.h>
#include <mm/heap.h>

#define PERMISSIONS 07777u

/* O_PATH: a place, nothing to do with it. */
static const struct file_ops only_path = {.kind = "path", .place = FILE_BY_NAME};

static uint32_t follow_unless(bool no)
{
	return no ? 0 : WALK_FOLLOW;
}

/* Making. */

static int64_t make(const struct path_at *at, struct walk_end *end, uint32_t mode, uint64_t device, const char *target)
{
	int64_t error;

	if (!end->dir->ops->create)
		return -LX_EROFS;
	error = end->dir->ops->create(end->dir, end->name, end->length, mode & ~(target ? 0 : at->context->umask), device,
		target, &end->inode);
	sched_preempt_point();
	return error;
}

static int64_t make_new(const struct path_at *at, const char *path, uint32_t mode, uint64_t device, const char *target)
{
	struct walk_end end;
	int64_t error = walk(at, path, WALK_NAME, &end);

	if (error)
		return error;
	if (end.inode)
		error = -LX_EEXIST;
	else if (end.directory && (mode & LX_S_IFMT) != LX_S_IFDIR)
		error = -LX_ENOENT;
	else
		error = make(at, &end, mode, device, target);
	walk_drop(&end);
	return error;
}

int64_t path_mkdir(const struct path_at *at, const char *path, uint32_t mode)
{
	return make_new(at, path, LX_S_IFDIR | (mode & PERMISSIONS), 0, NULL);
}

int64_t path_mknod(const struct path_at *at, const char *path, uint32_t mode, uint64_t device)
{
	uint32_t type = mode & LX_S_IFMT ? mode & LX_S_IFMT : LX_S_IFREG;

	if (type == LX_S_IFDIR || type == LX_S_IFLNK)
		return -LX_EPERM;
	if (type != LX_S_IFREG && type != LX_S_IFCHR && type != LX_S_IFIFO)
		return -LX_EOPNOTSUPP;
	return make_new(at, path, type | (mode & PERMISSIONS), device, NULL);
}

int64_t path_symlink(const char *target, const struct path_at *at, const char *path)
{
	if (!target[0])
		return -LX_ENOENT;
	return make_new(at, path, LX_S_IFLNK | 0777, 0, target);
}

/* Opening. */

static int64_t check_existing(const struct walk_end *end, uint32_t flags)
{
	bool writes = (flags & LX_O_ACCMODE) != LX_O_RDONLY || (flags & LX_O_TRUNC);

	if ((flags & LX_O_CREAT) && (flags & LX_O_EXCL))
		return -LX_EEXIST;
	if ((flags & LX_O_DIRECTORY) && !inode_is(end->inode, LX_S_IFDIR))
		return -LX_ENOTDIR;
	if (flags & LX_O_PATH)
		return 0;
	if (inode_is(end->inode, LX_S_IFLNK))
		return -LX_ELOOP;
	if (inode_is(end->inode, LX_S_IFDIR) && (writes || (flags & LX_O_CREAT)))
		return -LX_EISDIR;
	return 0;
}

/* The inode to open is in end->inode afterwards. */
static int64_t find_or_make(const struct path_at *at, struct walk_end *end, uint32_t flags, uint32_t mode)
{
	if (end->inode)
		return check_existing(end, flags);
	if (!(flags & LX_O_CREAT))
		return -LX_ENOENT;
	if (end->directory)
		return -LX_EISDIR;
	if (flags & LX_O_DIRECTORY)
		return -LX_EINVAL;
	return make(at, end, LX_S_IFREG | (mode & PERMISSIONS), 0, NULL);
}

static int64_t open_inode(struct inode *inode, uint32_t flags, struct file **file)
{
	int64_t error = 0;

	if (flags & LX_O_PATH) {
		*file = file_create(&only_path, inode_get(inode), NULL, flags);
		return *file ? 0 : -LX_ENOMEM;
	}
	if ((flags & LX_O_TRUNC) && inode_is(inode, LX_S_IFREG))
		error = inode->ops->truncate ? inode->ops->truncate(inode, 0) : -LX_EACCES;
	return error ? error : inode->ops->open(inode, flags, file);
}

int64_t path_open_file(const struct path_at *at, const char *path, uint32_t flags, uint32_t mode, struct file **file)
{
	bool here = (flags & LX_O_NOFOLLOW) || ((flags & LX_O_CREAT) && (flags & LX_O_EXCL));
	struct walk_end end;
	int64_t error;

	if (flags & LX_O_PATH)
		flags &= LX_O_PATH | LX_O_DIRECTORY | LX_O_NOFOLLOW | LX_O_CLOEXEC;
	if ((flags & LX_O_TMPFILE) == LX_O_TMPFILE)
		return -LX_EOPNOTSUPP;
	if ((flags & LX_O_ACCMODE) == LX_O_ACCMODE)
		return -LX_EINVAL;
	error = walk(at, path, follow_unless(here) | (flags & LX_O_CREAT ? WALK_CREATE : 0), &end);
	if (error)
		return error;
	error = find_or_make(at, &end, flags, mode);
	if (!error)
		error = open_inode(end.inode, flags, file);
	walk_drop(&end);
	return error;
}

int64_t path_open_program(const struct path_at *at, const char *path, struct file **file, char *to, size_t size)
{
	struct walk_end end;
	int64_t error = walk(at, path, WALK_FOLLOW, &end);

	if (error)
		return error;
	if (!end.inode || !inode_is(end.inode, LX_S_IFREG))
		error = end.inode ? -LX_EACCES : -LX_ENOENT;
	else
		error = open_inode(end.inode, LX_O_RDONLY, file);
	if (!error && walk_path(&end, to, size) < 0)
		to[0] = '\0';
	walk_drop(&end);
	return error;
}

int64_t path_open(const struct path_at *at, struct fd_table *table, const char *path, uint32_t flags, uint32_t mode)
{
	struct file *file;
	int64_t error = path_open_file(at, path, flags, mode, &file);

	return error ? error : fd_install(table, file, 0, flags);
}

int64_t path_find(const struct path_at *at, const char *path, uint32_t flags, struct inode **inode)
{
	uint32_t how = follow_unless(flags & LX_AT_SYMLINK_NOFOLLOW) | (flags & LX_AT_EMPTY_PATH ? WALK_EMPTY : 0);
	struct walk_end end;
	int64_t error = walk(at, path, how, &end);

	if (error)
		return error;
	if (end.dir)
		inode_put(end.dir);
	*inode = end.inode;
	return end.inode ? 0 : -LX_ENOENT;
}

/* Looking. */

int64_t path_stat(const struct path_at *at, const char *path, uint32_t flags, struct lx_stat *stat)
{
	struct inode *inode;
	struct file *f;
	int64_t error;

	/* fstat of what has no inode: pipes and the like. */
	if ((flags & LX_AT_EMPTY_PATH) && !path[0] && at->fd >= 0 && at->table) {
		f = fd_file(at->table, (uint32_t)at->fd);
		error = f ? file_stat(f, stat) : -LX_EBADF;
		if (f)
			file_put(f);
		return error;
	}
	error = path_find(at, path, flags, &inode);
	if (error)
		return error;
	memset(stat, 0, sizeof(*stat));
	stat->block_size = 4096;
	inode_stat(inode, stat);
	inode_put(inode);
	return 0;
}

int64_t path_statfs(const struct path_at *at, const char *path, struct lx_statfs *statfs)
{
	struct inode *inode;
	int64_t error = path_find(at, path, 0, &inode);

	if (error)
		return error;
	error = inode_statfs(inode, statfs);
	inode_put(inode);
	return error;
}

int64_t path_access(const struct path_at *at, const char *path, uint32_t mode, uint32_t flags)
{
	struct inode *inode;
	int64_t error;

	if (mode & ~(LX_R_OK | LX_W_OK | LX_X_OK))
		return -LX_EINVAL;
	error = path_find(at, path, flags & ~LX_AT_EACCESS, &inode);
	if (error)
		return error;
	if ((mode & LX_X_OK) && !inode_is(inode, LX_S_IFDIR) && !(inode->mode & 0111))
		error = -LX_EACCES;
	inode_put(inode);
	return error;
}

int64_t path_readlink(const struct path_at *at, const char *path, uint64_t to, size_t bytes)
{
	struct inode *inode;
	int64_t length = path_find(at, path, LX_AT_SYMLINK_NOFOLLOW | LX_AT_EMPTY_PATH, &inode);
	char *target;

	if (length)
		return length;
	target = mm_heap_alloc(LX_PATH_MAX);
	if (!inode_is(inode, LX_S_IFLNK) || bytes == 0)
		length = path[0] || bytes == 0 ? -LX_EINVAL : -LX_ENOENT;
	else
		length = target ? inode->ops->target(inode, target, LX_PATH_MAX) : -LX_ENOMEM;
	inode_put(inode);
	if (length > 0 && (uint64_t)length > bytes)
		length = (int64_t)bytes;
	if (length > 0 && user_write(to, target, (size_t)length))
		length = -LX_EFAULT;
	if (target)
		mm_heap_free(target, LX_PATH_MAX);
	return length;
}

/* Changing what a name stands for. */

int64_t path_chmod(const struct path_at *at, const char *path, uint32_t mode, uint32_t flags)
{
	struct inode *inode;
	int64_t error = path_find(at, path, flags, &inode);

	if (error)
		return error;
	error = inode_chmod(inode, mode);
	inode_put(inode);
	return error;
}

int64_t path_utimens(const struct path_at *at, const char *path, const struct lx_timespec times[2], uint32_t flags)
{
	struct inode *inode;
	int64_t error = path_find(at, path, flags, &inode);

	if (error)
		return error;
	error = inode_utimens(inode, times);
	inode_put(inode);
	return error;
}

int64_t path_truncate(const struct path_at *at, const char *path, int64_t size)
{
	struct inode *inode;
	int64_t error;

	if (size < 0)
		return -LX_EINVAL;
	error = path_find(at, path, 0, &inode);
	if (error)
		return error;
	error = inode->ops->truncate ? inode->ops->truncate(inode, (uint64_t)size) : -LX_EACCES;
	inode_put(inode);
	return error;
}

/* Removing, linking, moving. */

static int64_t check_removal(const struct walk_end *end, bool directory)
{
	bool is_directory = end->inode && inode_is(end->inode, LX_S_IFDIR);

	if (!end->dir)
		return directory ? -LX_EBUSY : -LX_EISDIR;
	if (end->special)
		return !directory ? -LX_EISDIR : end->name[1] ? -LX_ENOTEMPTY : -LX_EINVAL;
	if (!end->inode)
		return -LX_ENOENT;
	if (is_directory && !directory)
		return -LX_EISDIR;
	if (!is_directory && (directory || end->directory))
		return -LX_ENOTDIR;
	return end->dir->ops->unlink ? 0 : -LX_EROFS;
}

int64_t path_unlink(const struct path_at *at, const char *path, uint32_t flags)
{
	struct walk_end end;
	int64_t error;

	if (flags & ~LX_AT_REMOVEDIR)
		return -LX_EINVAL;
	error = walk(at, path, WALK_NAME, &end);
	if (error)
		return error;
	error = check_removal(&end, flags & LX_AT_REMOVEDIR);
	if (!error)
		error = end.dir->ops->unlink(end.dir, end.name, end.length, end.inode);
	walk_drop(&end);
	return error;
}

static int64_t link_at(struct inode *inode, struct walk_end *end)
{
	if (end->inode)
		return -LX_EEXIST;
	if (end->directory)
		return -LX_ENOENT;
	if (end->dir->filesystem != inode->filesystem)
		return -LX_EXDEV;
	if (inode_is(inode, LX_S_IFDIR))
		return -LX_EPERM;
	if (inode->links == 0)
		return -LX_ENOENT;
	return end->dir->ops->link ? end->dir->ops->link(end->dir, end->name, end->length, inode) : -LX_EROFS;
}

int64_t path_link(const struct path_at *from, const char *old, const struct path_at *to, const char *new,
	uint32_t flags)
{
	struct walk_end end;
	struct inode *inode;
	int64_t error;

	if (flags & ~(LX_AT_SYMLINK_FOLLOW | LX_AT_EMPTY_PATH))
		return -LX_EINVAL;
	flags = (flags & LX_AT_EMPTY_PATH) | (flags & LX_AT_SYMLINK_FOLLOW ? 0 : LX_AT_SYMLINK_NOFOLLOW);
	error = path_find(from, old, flags, &inode);
	if (error)
		return error;
	error = walk(to, new, WALK_NAME, &end);
	if (!error) {
		error = link_at(inode, &end);
		walk_drop(&end);
	}
	inode_put(inode);
	return error;
}

/* Held while a directory may change its parent, so that an ancestor walk with preemption points means something. */
static struct mutex moving[QUEST_CORES];

static bool is_below(struct inode *dir, const struct inode *ancestor)
{
	bool found = false;

	inode_get(dir);
	while (dir && !found) {
		struct inode *parent = dir->parent ? inode_get(dir->parent) : NULL;

		found = dir == ancestor;
		inode_put(dir);
		dir = parent;
		sched_preempt_point();
	}
	if (dir)
		inode_put(dir);
	return found;
}

/* The checks are in the order of Linux, so that the same error wins. */
static int64_t check_names(const struct walk_end *a, const struct walk_end *b, uint32_t flags)
{
	if (a->dir && b->dir && a->dir->filesystem != b->dir->filesystem)
		return -LX_EXDEV;
	if (!a->dir || a->special)
		return -LX_EBUSY;
	if (!b->dir || b->special)
		return flags & LX_RENAME_NOREPLACE ? -LX_EEXIST : -LX_EBUSY;
	if (!a->inode)
		return -LX_ENOENT;
	if (b->inode && (flags & LX_RENAME_NOREPLACE))
		return -LX_EEXIST;
	if (!inode_is(a->inode, LX_S_IFDIR) && (a->directory || b->directory))
		return -LX_ENOTDIR;
	return 0;
}

static int64_t check_move(const struct walk_end *a, const struct walk_end *b)
{
	bool directory = inode_is(a->inode, LX_S_IFDIR);

	if (directory && is_below(b->dir, a->inode))
		return -LX_EINVAL;
	if (b->inode && is_below(a->dir, b->inode))
		return -LX_ENOTEMPTY;
	if (!a->dir->ops->rename)
		return -LX_EROFS;
	if (b->inode && a->inode != b->inode && inode_is(b->inode, LX_S_IFDIR) != directory)
		return directory ? -LX_ENOTDIR : -LX_EISDIR;
	return 0;
}

static int64_t move(struct walk_end *a, struct walk_end *b, uint32_t flags)
{
	int64_t error = check_names(a, b, flags);

	if (!error)
		error = check_move(a, b);
	if (error || a->inode == b->inode)
		return error;
	/* Names may have changed since they were looked up: the tree checks that they still stand for the same. */
	return a->dir->ops->rename(a->dir, a->name, a->length, b->dir, b->name, b->length, a->inode, b->inode);
}

int64_t path_rename(const struct path_at *from, const char *old, const struct path_at *to, const char *new,
	uint32_t flags)
{
	struct walk_end a, b;
	int64_t error;

	if (flags & ~LX_RENAME_NOREPLACE)
		return -LX_EINVAL;
	error = walk(from, old, WALK_NAME, &a);
	if (error)
		return error;
	mutex_take(&moving[cpu_index()]);
	error = walk(to, new, WALK_NAME, &b);
	if (!error) {
		error = move(&a, &b, flags);
		walk_drop(&b);
	}
	mutex_release(&moving[cpu_index()]);
	walk_drop(&a);
	return error;
}
