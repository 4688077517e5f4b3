/* SPDX-License-Identifier: MIT */
/* What all inodes share, and the reading of directories. */
#include "clock.h"

#include <fs/inode.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/heap.h>

#define PERMISSIONS 07777u

void inode_put(struct inode *inode)
{
	struct inode *parent = inode->parent;

	assert(inode->references > 0);
	if (--inode->references > 0)
		return;
	/* A directory that is still named keeps a reference of that name, so this one is gone from the tree. */
	inode->ops->release(inode);
	if (parent)
		inode_put(parent);
}

void inode_stat(struct inode *inode, struct lx_stat *stat)
{
	stat->device = LX_DEVICE(0, inode->filesystem);
	stat->inode = inode->number;
	stat->links = inode->links;
	stat->mode = inode->mode;
	stat->special = inode->device;
	stat->accessed = inode->accessed;
	stat->modified = inode->modified;
	stat->changed = inode->changed;
	if (inode->ops->stat)
		inode->ops->stat(inode, stat);
}

int64_t inode_statfs(struct inode *inode, struct lx_statfs *statfs)
{
	*statfs = (struct lx_statfs){.type = 0x50495045, .block_size = 4096, .name_max = LX_NAME_MAX,
		.fragment_size = 4096};
	if (inode && inode->ops->statfs)
		inode->ops->statfs(inode, statfs);
	return 0;
}

int64_t inode_chmod(struct inode *inode, uint32_t mode)
{
	if (inode_is(inode, LX_S_IFLNK))
		return -LX_EOPNOTSUPP;
	inode->mode = (inode->mode & LX_S_IFMT) | (mode & PERMISSIONS);
	inode->changed = fs_now();
	return 0;
}

static bool good_time(const struct lx_timespec *t)
{
	return (t->nanoseconds >= 0 && t->nanoseconds < 1000000000) || t->nanoseconds == LX_UTIME_NOW ||
		t->nanoseconds == LX_UTIME_OMIT;
}

static void set_time(struct lx_timespec *to, const struct lx_timespec *from, struct lx_timespec now)
{
	if (!from || from->nanoseconds == LX_UTIME_NOW)
		*to = now;
	else if (from->nanoseconds != LX_UTIME_OMIT)
		*to = *from;
}

int64_t inode_utimens(struct inode *inode, const struct lx_timespec times[2])
{
	struct lx_timespec now = fs_now();

	if (times && !(good_time(&times[0]) && good_time(&times[1])))
		return -LX_EINVAL;
	set_time(&inode->accessed, times, now);
	set_time(&inode->modified, times ? &times[1] : NULL, now);
	inode->changed = now;
	return 0;
}

/* Where a description of a directory is: position 0 is ".", 1 is "..", then the names in order. */
struct cursor {
	uint64_t position;
	char last[LX_NAME_MAX + 1]; /* name told last, "" = none yet */
};

static struct mm_cache cursors = MM_CACHE(struct cursor);

static struct cursor *cursor_of(struct file *f)
{
	if (!f->object)
		f->object = mm_cache_alloc(&cursors);
	return f->object;
}

/* The entry at the cursor; false at the end. */
static bool entry_at(struct inode *dir, const struct cursor *c, struct inode_entry *entry)
{
	const struct inode *self = c->position == 1 && dir->parent ? dir->parent : dir;

	if (c->position > 1)
		return dir->ops->next(dir, c->last, entry);
	memcpy(entry->name, "..", 3);
	entry->name[1 + c->position] = 0;
	entry->number = self->number;
	entry->mode = LX_S_IFDIR;
	return true;
}

static void step(struct cursor *c, const struct inode_entry *entry)
{
	if (c->position > 1)
		memcpy(c->last, entry->name, sizeof(c->last));
	c->position++;
}

/* One record to the program: its bytes, 0 if it does not fit. */
static int64_t put_entry(const struct inode_entry *entry, uint64_t next, uint64_t to, size_t space)
{
	struct {
		struct lx_dirent64 head;
		char rest[LX_NAME_MAX + 1 + 8];
	} record;
	size_t length = strlen(entry->name), fixed = offsetof(struct lx_dirent64, name);
	size_t bytes = (fixed + length + 1 + 7) & ~(size_t)7;
	uint8_t *raw = (uint8_t *)&record;

	if (bytes > space)
		return 0;
	record.head.inode = entry->number;
	record.head.next = (int64_t)next;
	record.head.bytes = (uint16_t)bytes;
	record.head.type = (uint8_t)(entry->mode >> 12);
	memset(raw + fixed + length, 0, bytes - fixed - length);
	memcpy(raw + fixed, entry->name, length);
	return user_write(to, &record, bytes) ? -LX_EFAULT : (int64_t)bytes;
}

static int64_t directory_read(struct file *f, uint64_t to, size_t space)
{
	struct cursor *c = cursor_of(f);
	struct inode_entry entry;
	size_t done = 0;

	if (!c)
		return -LX_ENOMEM;
	if (f->inode->links == 0)
		return -LX_ENOENT;
	while (entry_at(f->inode, c, &entry)) {
		int64_t bytes = put_entry(&entry, c->position + 1, to + done, space - done);

		if (bytes <= 0)
			return done ? (int64_t)done : bytes ? bytes : -LX_EINVAL;
		step(c, &entry);
		done += (size_t)bytes;
		sched_preempt_point();
	}
	return (int64_t)done;
}

/* Positions are counted from the start: only going back to the start is quick. */
static int64_t directory_seek(struct file *f, int64_t offset, int32_t whence)
{
	struct cursor *c = cursor_of(f);
	struct inode_entry entry;

	if (!c)
		return -LX_ENOMEM;
	if (whence == LX_SEEK_CUR)
		offset += (int64_t)c->position;
	if (whence < LX_SEEK_SET || whence > LX_SEEK_CUR || offset < 0)
		return -LX_EINVAL;
	if (offset == (int64_t)c->position)
		return offset;
	*c = (struct cursor){0};
	while (c->position < (uint64_t)offset && entry_at(f->inode, c, &entry)) {
		step(c, &entry);
		sched_preempt_point();
	}
	return offset;
}

static void directory_close(struct file *f)
{
	if (f->object)
		mm_cache_free(&cursors, f->object);
}

const struct file_ops inode_directory_ops = {
	.kind = "directory", .place = FILE_BY_NAME,
	.readdir = directory_read,
	.seek = directory_seek,
	.close = directory_close,
};
