/* SPDX-License-Identifier: MIT */
/* The tree at boot: the archive's files, /dev, /proc, and the hooks of the rooms above. */
#include "clock.h"
#include "device.h"
#include "procfs.h"
#include "ramfs.h"
#include "terminal.h"
#include "walk.h"

#include <base/init.h>
#include <base/log.h>
#include <base/memory.h>
#include <base/panic.h>
#include <lib/cpio.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/mm.h>

#define SECOND 1000000000
#define MOST_LINKED 64u /* hard-linked inodes of the archive that can be told apart */

/* Before there are processes. */
static int32_t no_group(void)
{
	return 0;
}

static bool no(void)
{
	return false;
}

static bool not_ignored(int32_t signal)
{
	(void)signal;
	return false;
}

static void no_signal(int32_t group, int32_t signal)
{
	(void)group, (void)signal;
}

static bool no_step(int32_t group, int32_t signal, int32_t *at)
{
	(void)group, (void)signal, (void)at;
	return true;
}

static int64_t no_time(void)
{
	return 0;
}

struct fs_hooks fs_hooks = {.group = no_group, .session = no_group, .leader = no, .ignores = not_ignored,
	.signal = no_signal, .now = no_time, .signal_step = no_step};

void fs_set_hooks(const struct fs_hooks *hooks)
{
	fs_hooks = *hooks;
}

struct lx_timespec fs_now(void)
{
	int64_t now = fs_hooks.now();

	return (struct lx_timespec){.seconds = now / SECOND, .nanoseconds = now % SECOND};
}

/* The archive. */

struct unpack {
	struct path_context *context;
	struct {
		uint32_t number;
		struct inode *inode; /* referenced */
	} linked[MOST_LINKED];
	uint32_t linked_count;
	uint32_t members, refused;
	bool take; /* pages of the archive become the files': nobody else reads it */
};

INIT_ONE static struct inode *linked_before(struct unpack *u, const struct qv_cpio_member *m)
{
	for (uint32_t i = 0; i < u->linked_count; i++) {
		if (u->linked[i].number == m->inode)
			return u->linked[i].inode;
	}
	return NULL;
}

INIT_ONE static void remember(struct unpack *u, const struct qv_cpio_member *m, struct inode *inode)
{
	if (m->links < 2 || u->linked_count == MOST_LINKED)
		return;
	u->linked[u->linked_count].number = m->inode;
	u->linked[u->linked_count++].inode = inode_get(inode);
}

/* The directories on the way to a member need not be members themselves. */
INIT_ONE static int64_t find_place(struct unpack *u, const struct qv_cpio_member *m, struct walk_end *end)
{
	const struct path_at at = {.context = u->context, .fd = LX_AT_FDCWD};
	char text[LX_NAME_MAX + 1];

	for (size_t i = 1; i < m->name_len && i < sizeof(text); i++) {
		if (m->name[i] != '/' || m->name[i - 1] == '/')
			continue;
		memcpy(text, m->name, i);
		text[i] = 0;
		path_mkdir(&at, text, 0755); /* -LX_EEXIST is as good */
	}
	return walk(&at, m->name, 0, end);
}

INIT_ONE static int64_t make_member(struct unpack *u, const struct qv_cpio_member *m, struct walk_end *end)
{
	const struct inode_ops *ops = end->dir->ops;
	uint64_t device = LX_DEVICE(m->device_major, m->device_minor);
	char target[LX_NAME_MAX + 1] = "";
	int64_t error;

	if ((m->mode & LX_S_IFMT) != LX_S_IFLNK) {
		error = ops->create(end->dir, end->name, end->length, m->mode, device, NULL, &end->inode);
	} else if (m->size == 0 || m->size >= sizeof(target)) {
		error = -LX_ENAMETOOLONG;
	} else {
		memcpy(target, m->data, m->size);
		error = ops->create(end->dir, end->name, end->length, m->mode, 0, target, &end->inode);
	}
	if (!error)
		remember(u, m, end->inode);
	return error;
}

/* What is there already stays, but a directory takes the rights given. */
INIT_ONE static int64_t place_member(struct unpack *u, const struct qv_cpio_member *m, struct walk_end *end)
{
	struct inode *linked = m->links > 1 ? linked_before(u, m) : NULL;
	uint32_t type = m->mode & LX_S_IFMT;
	int64_t error = 0;

	if (type != LX_S_IFREG && type != LX_S_IFDIR && type != LX_S_IFLNK && type != LX_S_IFCHR && type != LX_S_IFIFO)
		return -LX_EOPNOTSUPP;
	if (type == LX_S_IFDIR && end->inode)
		return inode_chmod(end->inode, m->mode);
	if (end->inode)
		return -LX_EEXIST;
	if (linked && type == LX_S_IFREG) {
		error = end->dir->ops->link(end->dir, end->name, end->length, linked);
		end->inode = error ? NULL : inode_get(linked);
	} else {
		error = make_member(u, m, end);
	}
	if (error || type != LX_S_IFREG || m->size == 0)
		return error;
	error = ramfs_fill(end->inode, m->data, m->size, u->take);
	end->inode->modified = (struct lx_timespec){.seconds = m->mtime};
	return error;
}

INIT_ONE static void unpack_member(struct unpack *u, const struct qv_cpio_member *m)
{
	struct walk_end end;
	int64_t error = find_place(u, m, &end);

	u->members++;
	if (!error) {
		error = place_member(u, m, &end);
		walk_drop(&end);
	}
	if (error) {
		u->refused++;
		log_warn("initrd: %s (mode 0x%x, %llu bytes) not unpacked: error %lld", m->name, (unsigned)m->mode,
			(unsigned long long)m->size, (long long)error);
	}
}

/* Pages of the archive that no file took over belong to the frame allocator from now on. */
static void free_archive(const void *archive, uint64_t bytes)
{
	uint64_t start = (uint64_t)archive - DIRECT_BASE;

	for (uint64_t gpa = (start + 4095) & ~4095ull; gpa + 4096 <= start + bytes; gpa += 4096) {
		if (mm_frame_count(gpa) == 0) {
			mm_frame_get(gpa);
			mm_frame_put(gpa);
		}
		sched_preempt_point();
	}
}

INIT_ONE static void unpack(const void *archive, uint64_t bytes, bool take)
{
	struct unpack u = {.context = path_context_create(), .take = take};
	struct qv_cpio_reader reader;
	struct qv_cpio_member member;
	enum qv_cpio_result result;

	if (!u.context)
		panic("no memory for the file system");
	qv_cpio_open(&reader, archive, bytes);
	while ((result = qv_cpio_next(&reader, &member)) == QV_CPIO_MEMBER)
		unpack_member(&u, &member);
	if (result == QV_CPIO_BAD)
		log_error("initrd: %s at byte %llu of %llu; give an uncompressed newc cpio archive", reader.error,
			(unsigned long long)reader.at, (unsigned long long)bytes);
	for (uint32_t i = 0; i < u.linked_count; i++)
		inode_put(u.linked[i].inode);
	path_context_put(u.context);
	if (take)
		free_archive(archive, bytes);
	log_info("initrd: %u files, %u refused", u.members, u.refused);
}

/* What every tree has. */
static struct inode *standard_directory(const char *name, uint32_t mode)
{
	struct inode *root = walk_root(), *dir;

	if (root->ops->lookup(root, name, strlen(name), &dir) == 0) {
		if (inode_is(dir, LX_S_IFDIR))
			return dir;
		panic("initrd: /%s is not a directory", name);
	}
	if (root->ops->create(root, name, strlen(name), LX_S_IFDIR | mode, 0, NULL, &dir))
		panic("no memory for /%s", name);
	return dir;
}

static void mount_proc(void)
{
	struct inode *root = walk_root(), *old;

	if (root->ops->lookup(root, "proc", 4, &old) == 0) {
		if (root->ops->unlink(root, "proc", 4, old))
			panic("initrd: /proc is not an empty directory");
		inode_put(old);
	}
	if (ramfs_graft(root, "proc", procfs_root()))
		panic("no memory for /proc");
}

INIT_ONE static void make_tree(const void *archive, size_t bytes, uint64_t limit, bool take)
{
	struct inode *dir, *root = ramfs_create(limit ? limit : mm_free_pages() * 2048 + bytes);

	if (!root)
		panic("no memory for the file system");
	walk_set_root(root);
	if (archive && bytes)
		unpack(archive, bytes, take);
	device_init();
	terminal_init();
	dir = standard_directory("dev", 0755);
	device_fill(dir);
	inode_put(dir);
	inode_put(standard_directory("tmp", 01777));
	mount_proc();
}

INIT_ONE void fs_init(const void *archive, size_t bytes, uint64_t limit)
{
	make_tree(archive, bytes, limit, true);
}

INIT_ONE void fs_init_shared(const void *archive, size_t bytes, uint64_t limit)
{
	make_tree(archive, bytes, limit, false);
}

int64_t fs_open_console(struct fd_table *table)
{
	struct path_context *context = path_context_create();
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	int64_t fd = context ? path_open(&at, table, "/dev/console", LX_O_RDWR, 0) : -LX_ENOMEM;

	if (context)
		path_context_put(context);
	for (uint32_t i = 1; i < 3 && fd >= 0; i++)
		fd = fd_dup(table, 0);
	return fd < 0 ? fd : 0;
}
