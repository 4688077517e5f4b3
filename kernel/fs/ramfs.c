/* SPDX-License-Identifier: MIT */
/* The RAM file system: directories as trees of names in order, files as maps of frames. */
#include "clock.h"
#include "device.h"
#include "pages.h"
#include "ramfs.h"
#include "ramfs_file.h"

#include <fs/path.h>
#include <fs/pipe.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <lib/tree.h>
#include <mm/heap.h>

#define TMPFS_MAGIC  0x01021994
#define SHORT_NAME   64u

struct ramfs_entry {
	struct qv_tree_node node; /* first: an entry is its node */
	struct inode *inode;      /* referenced */
	uint32_t length;
	char name[];
};

struct short_entry {
	struct ramfs_entry entry;
	char name[SHORT_NAME];
};

struct long_entry {
	struct ramfs_entry entry;
	char name[LX_NAME_MAX + 1];
};

static struct mm_cache short_entries = MM_CACHE(struct short_entry), long_entries = MM_CACHE(struct long_entry);
static struct mm_cache inodes = MM_CACHE(struct ramfs_inode);

static const struct inode_ops ops;

/* Accounting. */

bool ramfs_charge(struct ramfs *fs, uint64_t bytes)
{
	if (fs->limit - fs->used < bytes)
		return false;
	fs->used += bytes;
	return true;
}

void ramfs_uncharge(struct ramfs *fs, uint64_t bytes)
{
	assert(fs->used >= bytes);
	fs->used -= bytes;
}

/* Directories. */

static struct ramfs_inode *own(struct inode *inode)
{
	return (struct ramfs_inode *)inode;
}

static int compare(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t common = a_length < b_length ? a_length : b_length;
	int order = memcmp(a, b, common);

	return order ? order : (a_length > b_length) - (a_length < b_length);
}

/* The entry, or NULL with the place where it would go. */
static struct ramfs_entry *find(struct inode *dir, const char *name, size_t length, struct qv_tree_node **parent,
	uint32_t *side)
{
	struct qv_tree_node *at = own(dir)->names.root;

	*parent = NULL;
	*side = 0;
	while (at) {
		struct ramfs_entry *entry = (struct ramfs_entry *)at;
		int order = compare(name, length, entry->name, entry->length);

		if (order == 0)
			return entry;
		*parent = at;
		*side = order > 0;
		at = at->child[*side];
	}
	return NULL;
}

static struct ramfs_entry *entry_of(struct inode *dir, const char *name, size_t length)
{
	struct qv_tree_node *parent;
	uint32_t side;

	return find(dir, name, length, &parent, &side);
}

static struct mm_cache *cache_for(size_t length)
{
	return length < SHORT_NAME ? &short_entries : &long_entries;
}

static struct ramfs_entry *make_entry(struct ramfs *fs, const char *name, size_t length)
{
	struct mm_cache *cache = cache_for(length);
	struct ramfs_entry *entry;

	if (!ramfs_charge(fs, cache->size))
		return NULL;
	entry = mm_cache_alloc(cache);
	if (!entry) {
		ramfs_uncharge(fs, cache->size);
		return NULL;
	}
	memcpy(entry->name, name, length);
	entry->length = (uint32_t)length;
	return entry;
}

static void free_entry(struct ramfs *fs, struct ramfs_entry *entry)
{
	struct mm_cache *cache = cache_for(entry->length);

	mm_cache_free(cache, entry);
	ramfs_uncharge(fs, cache->size);
}

static void touch_directory(struct inode *dir)
{
	dir->modified = dir->changed = fs_now();
}

/* The name that /proc tells of an open file. */
static void set_place(struct ramfs_inode *r, struct inode *dir, struct ramfs_entry *entry)
{
	r->place = dir;
	r->name = entry;
}

/* Give up an entry that is in no directory any more; `r` had that name. A file
 * without names keeps its last one until it goes. */
static void drop_entry(struct ramfs_inode *r, struct ramfs_entry *entry)
{
	if (r->name != entry) {
		free_entry(r->fs, entry);
	} else if (r->inode.links == 0) {
		inode_get(r->place);
	} else {
		set_place(r, NULL, NULL);
		free_entry(r->fs, entry);
	}
}

/* Give `inode` the name of `entry`; takes over the caller's reference to the inode. */
static void hang(struct inode *dir, struct ramfs_entry *entry, struct inode *inode)
{
	struct qv_tree_node *parent;
	uint32_t side;
	const struct ramfs_entry *there = find(dir, entry->name, entry->length, &parent, &side);

	assert(!there);
	entry->inode = inode;
	qv_tree_insert(&own(dir)->names, &entry->node, parent, side);
	touch_directory(dir);
	if (!inode_is(inode, LX_S_IFDIR)) {
		if (inode->links++ == 0)
			set_place(own(inode), dir, entry);
		return;
	}
	inode->links += 2;
	dir->links++;
	inode->parent = inode_get(dir);
	inode->entry = entry;
}

/* Take an entry out of its directory: its reference to the inode is the caller's now. */
static struct inode *unhang(struct inode *dir, struct ramfs_entry *entry)
{
	struct inode *inode = entry->inode;

	qv_tree_erase(&own(dir)->names, &entry->node);
	touch_directory(dir);
	inode->changed = fs_now();
	if (!inode_is(inode, LX_S_IFDIR)) {
		inode->links--;
		return inode;
	}
	inode->links -= 2;
	dir->links--;
	inode->parent = NULL;
	inode->entry = NULL;
	inode_put(dir); /* its caller holds another reference */
	return inode;
}

static int64_t ramfs_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	struct ramfs_entry *entry = entry_of(dir, name, length);

	if (!entry)
		return -LX_ENOENT;
	*found = inode_get(entry->inode);
	return 0;
}

static bool ramfs_next(struct inode *dir, const char *after, struct inode_entry *out)
{
	struct qv_tree_node *parent, *node;
	struct ramfs_entry *entry;
	uint32_t side;

	entry = find(dir, after, strlen(after), &parent, &side);
	if (entry)
		node = qv_tree_next(&entry->node);
	else
		node = parent && side ? qv_tree_next(parent) : parent;
	if (!node)
		return false;
	entry = (struct ramfs_entry *)node;
	memcpy(out->name, entry->name, entry->length);
	out->name[entry->length] = 0;
	out->number = entry->inode->number;
	out->mode = entry->inode->mode;
	return true;
}

static bool ramfs_name_of(struct inode *dir, const struct inode *child, char name[LX_NAME_MAX + 1])
{
	const struct ramfs_entry *entry = child->entry;

	if (!entry || child->parent != dir)
		return false;
	memcpy(name, entry->name, entry->length);
	name[entry->length] = 0;
	return true;
}

/* Inodes. */

static struct ramfs_inode *make_inode(struct ramfs *fs, uint32_t mode, uint64_t device)
{
	struct ramfs_inode *made;

	if (!ramfs_charge(fs, sizeof(*made)))
		return NULL;
	made = mm_cache_alloc(&inodes);
	if (!made) {
		ramfs_uncharge(fs, sizeof(*made));
		return NULL;
	}
	made->inode = (struct inode){.references = 1, .mode = mode, .filesystem = RAMFS_NUMBER, .number = ++fs->number,
		.device = device, .ops = &ops};
	made->inode.accessed = made->inode.modified = made->inode.changed = fs_now();
	made->fs = fs;
	ramfs_file_init(made);
	return made;
}

static void free_inode(struct ramfs_inode *r)
{
	struct ramfs *fs = r->fs;

	assert(!r->pipe);
	if (r->name) {
		free_entry(fs, r->name);
		inode_put(r->place);
	}
	if (r->target) {
		ramfs_uncharge(fs, r->size + 1);
		mm_heap_free(r->target, r->size + 1);
	}
	mm_cache_free(&inodes, r);
	ramfs_uncharge(fs, sizeof(*r));
}

static bool set_target(struct ramfs_inode *r, const char *target)
{
	size_t bytes = strlen(target) + 1;

	if (!ramfs_charge(r->fs, bytes))
		return false;
	r->target = mm_heap_alloc(bytes);
	if (!r->target) {
		ramfs_uncharge(r->fs, bytes);
		return false;
	}
	memcpy(r->target, target, bytes);
	r->size = bytes - 1;
	return true;
}

static int64_t ramfs_make(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t device,
	const char *target, struct inode **made)
{
	struct ramfs *fs = own(dir)->fs;
	struct ramfs_inode *r;
	struct ramfs_entry *entry;

	if (dir->links == 0)
		return -LX_ENOENT;
	r = make_inode(fs, mode, device);
	if (!r)
		return -LX_ENOSPC;
	entry = make_entry(fs, name, length);
	if (!entry || (target && !set_target(r, target))) {
		if (entry)
			free_entry(fs, entry);
		free_inode(r);
		return -LX_ENOSPC;
	}
	hang(dir, entry, &r->inode);
	if (made)
		*made = inode_get(&r->inode);
	return 0;
}

static int64_t ramfs_link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct ramfs_entry *entry;

	if (dir->links == 0)
		return -LX_ENOENT;
	entry = make_entry(own(dir)->fs, name, length);
	if (!entry)
		return -LX_ENOSPC;
	hang(dir, entry, inode_get(inode));
	inode->changed = fs_now();
	return 0;
}

int64_t ramfs_graft(struct inode *dir, const char *name, struct inode *inode)
{
	return ramfs_link(dir, name, strlen(name), inode);
}

static bool is_empty(struct inode *dir)
{
	return !own(dir)->names.root;
}

static int64_t ramfs_unlink(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct ramfs_entry *entry = entry_of(dir, name, length);

	if (!entry || entry->inode != inode)
		return -LX_ENOENT;
	if (inode->ops != &ops)
		return -LX_EBUSY;
	if (inode_is(inode, LX_S_IFDIR) && !is_empty(inode))
		return -LX_ENOTEMPTY;
	unhang(dir, entry);
	drop_entry(own(inode), entry);
	inode_put(inode);
	return 0;
}

static int64_t ramfs_rename(struct inode *from, const char *old, size_t old_length, struct inode *to, const char *new,
	size_t new_length, struct inode *moved, struct inode *replaced)
{
	struct ramfs_entry *source = entry_of(from, old, old_length), *target = entry_of(to, new, new_length), *fresh;

	if (!source || source->inode != moved || (target ? target->inode : NULL) != replaced || to->links == 0)
		return -LX_ENOENT;
	if (moved->ops != &ops || (replaced && replaced->ops != &ops))
		return -LX_EBUSY;
	if (replaced && inode_is(replaced, LX_S_IFDIR) && !is_empty(replaced))
		return -LX_ENOTEMPTY;
	fresh = make_entry(own(to)->fs, new, new_length);
	if (!fresh)
		return -LX_ENOSPC;
	if (target) {
		unhang(to, target);
		drop_entry(own(replaced), target);
		inode_put(replaced);
	}
	unhang(from, source);
	if (own(moved)->name == source)
		set_place(own(moved), to, fresh);
	free_entry(own(from)->fs, source);
	hang(to, fresh, moved);
	return 0;
}

static int64_t ramfs_target(struct inode *inode, char *to, size_t size)
{
	const struct ramfs_inode *r = own(inode);

	if (r->size >= size)
		return -LX_ENAMETOOLONG;
	memcpy(to, r->target, r->size + 1);
	return (int64_t)r->size;
}

static int64_t ramfs_path(struct inode *inode, char *to, size_t size)
{
	static const char gone[] = " (deleted)";
	const struct ramfs_inode *r = own(inode);
	char name[LX_NAME_MAX + sizeof(gone)];
	struct inode *dir = r->place;
	size_t length;
	int64_t n;

	if (!r->name)
		return -LX_ENOENT;
	length = r->name->length;
	memcpy(name, r->name->name, length);
	if (inode->links == 0) {
		memcpy(name + length, gone, sizeof(gone) - 1);
		length += sizeof(gone) - 1;
	}
	inode_get(dir); /* the file may get another name, or lose it, at the preemption points */
	n = path_join(dir, name, length, to, size);
	inode_put(dir);
	return n;
}

static int64_t ramfs_open(struct inode *inode, uint32_t flags, struct file **file)
{
	const struct file_ops *kind = inode_is(inode, LX_S_IFDIR) ? &inode_directory_ops : &ramfs_file_ops;

	if (inode_is(inode, LX_S_IFIFO))
		return fifo_open(inode, &own(inode)->pipe, flags, file);
	if (inode_is(inode, LX_S_IFCHR) || inode_is(inode, LX_S_IFBLK))
		return device_open(inode, flags, file);
	*file = file_create(kind, inode_get(inode), NULL, flags);
	return *file ? 0 : -LX_ENOMEM;
}

static void ramfs_stat(struct inode *inode, struct lx_stat *stat)
{
	const struct ramfs_inode *r = own(inode);

	stat->size = (int64_t)r->size;
	stat->blocks = (int64_t)(r->pages * (QV_PAGE_SIZE / 512));
}

static void ramfs_statfs(struct inode *inode, struct lx_statfs *statfs)
{
	const struct ramfs *fs = own(inode)->fs;

	statfs->type = TMPFS_MAGIC;
	statfs->blocks = (int64_t)(fs->limit / QV_PAGE_SIZE);
	statfs->blocks_free = statfs->blocks_available = (int64_t)((fs->limit - fs->used) / QV_PAGE_SIZE);
	statfs->files = (int64_t)(fs->limit / sizeof(struct ramfs_inode));
	statfs->files_free = (int64_t)((fs->limit - fs->used) / sizeof(struct ramfs_inode));
}

static void ramfs_release(struct inode *inode)
{
	ramfs_file_cut(own(inode), 0);
	free_inode(own(inode));
}

static const struct inode_ops ops = {
	.lookup = ramfs_lookup,
	.next = ramfs_next,
	.create = ramfs_make,
	.link = ramfs_link,
	.unlink = ramfs_unlink,
	.rename = ramfs_rename,
	.name_of = ramfs_name_of,
	.target = ramfs_target,
	.path = ramfs_path,
	.open = ramfs_open,
	.truncate = ramfs_file_truncate,
	.stat = ramfs_stat,
	.statfs = ramfs_statfs,
	.release = ramfs_release,
};

struct inode *ramfs_create(uint64_t limit)
{
	static struct mm_cache trees = MM_CACHE(struct ramfs);
	struct ramfs *fs = mm_cache_alloc(&trees);
	struct ramfs_inode *root;

	if (!fs)
		return NULL;
	fs->limit = limit;
	root = make_inode(fs, LX_S_IFDIR | 0755, 0);
	if (!root)
		return NULL;
	root->inode.links = 2;
	return &root->inode;
}
