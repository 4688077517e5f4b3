/* SPDX-License-Identifier: MIT */
/*
 * Contents of files. The inode's lock keeps a read or write whole across preemption points; a page fault on a mapping
 * takes no lock, since it may come out of the copy of a read that holds it: one page is found or made in one step, and
 * `size` is set before pages beyond it go.
 */
#include "clock.h"
#include "ramfs.h"
#include "ramfs_file.h"

#include <base/memory.h>
#include <lib/string.h>
#include <mm/frame.h>

#define PAGE ((uint64_t)QV_PAGE_SIZE)

static struct ramfs_inode *of(const struct file *f)
{
	return (struct ramfs_inode *)f->inode;
}

#define MOST_NODES 8u /* that one more page can need */

/* Where to note a page; the nodes on the way are charged. NULL: no room. */
static uint64_t *slot_made(struct ramfs_inode *r, uint64_t index)
{
	uint32_t nodes = r->map.nodes;
	uint64_t *slot;

	if (index >= PAGES_MOST || r->fs->limit - r->fs->used < (1 + MOST_NODES) * PAGE)
		return NULL;
	slot = pages_slot(&r->map, index);
	ramfs_charge(r->fs, (r->map.nodes - nodes) * PAGE);
	return slot;
}

static void note(struct ramfs_inode *r, uint64_t *slot, uint64_t frame)
{
	*slot = frame;
	r->pages++;
	ramfs_charge(r->fs, PAGE);
}

/* The page for writing, all zero if it is new: a mapping may show it before it is written. 0 = no room. */
static uint64_t page_made(struct ramfs_inode *r, uint64_t index)
{
	uint64_t frame = pages_find(&r->map, index), *slot;

	if (frame)
		return frame;
	slot = slot_made(r, index);
	if (!slot || !mm_frame_new_zeroed(&frame))
		return 0;
	note(r, slot, frame);
	return frame;
}

/* Bytes of one step at `offset`: it does not cross a page. */
static size_t step_bytes(uint64_t offset, uint64_t wanted)
{
	uint64_t most = PAGE - offset % PAGE;

	return wanted < most ? wanted : most;
}

static int64_t copy_out(struct ramfs_inode *r, uint64_t offset, uint64_t to, size_t bytes)
{
	uint64_t frame = pages_find(&r->map, offset / PAGE);

	if (!frame)
		return user_zero(to, bytes);
	return user_write(to, (const uint8_t *)memory_at(frame) + offset % PAGE, bytes);
}

static int64_t ramfs_read(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	struct ramfs_inode *r = of(f);
	int64_t error = 0;
	size_t done = 0;

	mutex_take(&r->inode.lock);
	while (done < bytes && *offset < r->size && !error) {
		uint64_t left = r->size - *offset;
		size_t step = step_bytes(*offset, left < bytes - done ? left : bytes - done);

		error = copy_out(r, *offset, to + done, step);
		if (!error) {
			done += step;
			*offset += step;
			sched_preempt_point();
		}
	}
	r->inode.accessed = fs_now();
	mutex_release(&r->inode.lock);
	return done ? (int64_t)done : error;
}

static int64_t ramfs_load(struct file *f, void *to, size_t bytes, uint64_t offset)
{
	struct ramfs_inode *r = of(f);
	size_t done = 0;

	mutex_take(&r->inode.lock);
	while (done < bytes && offset < r->size) {
		uint64_t left = r->size - offset, frame = pages_find(&r->map, offset / PAGE);
		size_t step = step_bytes(offset, left < bytes - done ? left : bytes - done);

		if (frame)
			memcpy((uint8_t *)to + done, (const uint8_t *)memory_at(frame) + offset % PAGE, step);
		else
			memset((uint8_t *)to + done, 0, step);
		done += step;
		offset += step;
		sched_preempt_point();
	}
	mutex_release(&r->inode.lock);
	return (int64_t)done;
}

/* A page that is written whole is not cleared first, so nobody sees it before it is written. */
static int64_t copy_in_page(const struct file *f, uint64_t index, uint64_t from)
{
	struct ramfs_inode *r = of(f);
	uint64_t frame, *slot;
	int64_t error;

	if (!mm_frame_new(&frame))
		return -LX_ENOSPC;
	error = file_fetch(f, memory_at(frame), from, PAGE);
	slot = error ? NULL : slot_made(r, index);
	if (slot && !*slot) {
		note(r, slot, frame);
		return 0;
	}
	if (slot) /* the copy faulted on a mapping of this very page */
		memcpy(memory_at(*slot), memory_at(frame), PAGE);
	mm_frame_put(frame);
	return error ? error : slot ? 0 : -LX_ENOSPC;
}

static int64_t copy_in(const struct file *f, uint64_t offset, uint64_t from, size_t bytes)
{
	struct ramfs_inode *r = of(f);
	uint64_t frame;

	if (offset / PAGE >= PAGES_MOST)
		return -LX_EFBIG;
	if (bytes == PAGE && !pages_find(&r->map, offset / PAGE))
		return copy_in_page(f, offset / PAGE, from);
	frame = page_made(r, offset / PAGE);
	if (!frame)
		return -LX_ENOSPC;
	return file_fetch(f, (uint8_t *)memory_at(frame) + offset % PAGE, from, bytes);
}

static int64_t ramfs_write(struct file *f, uint64_t from, size_t bytes, uint64_t *offset)
{
	struct ramfs_inode *r = of(f);
	int64_t error = 0;
	size_t done = 0;

	mutex_take(&r->inode.lock);
	if (f->flags & LX_O_APPEND)
		*offset = r->size;
	while (done < bytes && !error) {
		size_t step = step_bytes(*offset, bytes - done);

		error = copy_in(f, *offset, from + done, step);
		if (!error) {
			done += step;
			*offset += step;
			r->size = *offset > r->size ? *offset : r->size;
			sched_preempt_point();
		}
	}
	if (done)
		r->inode.modified = r->inode.changed = fs_now();
	mutex_release(&r->inode.lock);
	return done ? (int64_t)done : error;
}

static int64_t ramfs_seek(struct file *f, int64_t offset, int32_t whence)
{
	int64_t base = 0;

	if (whence == LX_SEEK_CUR)
		base = (int64_t)f->offset;
	else if (whence == LX_SEEK_END)
		base = (int64_t)of(f)->size;
	else if (whence != LX_SEEK_SET)
		return -LX_EINVAL;
	if (__builtin_add_overflow(base, offset, &offset) || offset < 0)
		return -LX_EINVAL;
	f->offset = (uint64_t)offset;
	return offset;
}

void ramfs_file_cut(struct ramfs_inode *r, uint64_t size)
{
	struct page_cut cut;

	if (!inode_is(&r->inode, LX_S_IFREG))
		return;
	r->size = size;
	cut = pages_cut(&r->map, (size + PAGE - 1) / PAGE);
	r->pages -= cut.pages;
	ramfs_uncharge(r->fs, (cut.pages + cut.nodes) * PAGE);
}

/* What the last page holds beyond the end must read as zero when the file grows again. */
static void clear_tail(struct ramfs_inode *r)
{
	uint64_t frame = pages_find(&r->map, r->size / PAGE), used = r->size % PAGE;

	if (frame && used)
		memset((uint8_t *)memory_at(frame) + used, 0, PAGE - used);
}

int64_t ramfs_file_truncate(struct inode *inode, uint64_t size)
{
	struct ramfs_inode *r = (struct ramfs_inode *)inode;

	if (!inode_is(inode, LX_S_IFREG))
		return inode_is(inode, LX_S_IFDIR) ? -LX_EISDIR : -LX_EINVAL;
	if (size > PAGES_MOST * PAGE)
		return -LX_EFBIG;
	mutex_take(&inode->lock);
	if (size < r->size) {
		ramfs_file_cut(r, size);
		clear_tail(r);
	}
	r->size = size;
	inode->modified = inode->changed = fs_now();
	mutex_release(&inode->lock);
	return 0;
}

static int64_t file_cut(struct file *f, uint64_t size)
{
	return ramfs_file_truncate(f->inode, size);
}

/* Mappings. */

static struct ramfs_inode *behind(struct space_backing *backing)
{
	return (struct ramfs_inode *)((uint8_t *)backing - offsetof(struct ramfs_inode, backing));
}

static uint64_t backing_page(struct space_backing *backing, uint64_t index)
{
	struct ramfs_inode *r = behind(backing);
	uint64_t frame;

	if (index >= (r->size + PAGE - 1) / PAGE)
		return 0;
	frame = page_made(r, index);
	if (frame)
		mm_frame_get(frame);
	return frame;
}

static void backing_present(struct space_backing *backing, uint64_t index, unsigned count, uint64_t *frame)
{
	const struct ramfs_inode *r = behind(backing);
	uint64_t pages = (r->size + PAGE - 1) / PAGE;

	for (unsigned i = 0; i < count; i++)
		frame[i] = index + i < pages ? pages_find(&r->map, index + i) : 0;
}

static void backing_reference(struct space_backing *backing, int change)
{
	struct inode *inode = &behind(backing)->inode;

	for (; change > 0; change--)
		inode_get(inode);
	for (; change < 0; change++)
		inode_put(inode);
}

static int64_t file_mapping(struct file *f, struct space_backing **backing)
{
	*backing = &of(f)->backing;
	return 0;
}

void ramfs_file_init(struct ramfs_inode *r)
{
	r->backing = (struct space_backing){.page = backing_page, .reference = backing_reference,
		.present = backing_present};
}

const struct file_ops ramfs_file_ops = {
	.kind = "file", .place = FILE_BY_NAME, .together = true,
	.read = ramfs_read,
	.write = ramfs_write,
	.load = ramfs_load,
	.seek = ramfs_seek,
	.truncate = file_cut,
	.backing = file_mapping,
};

/* Filling from the archive. */

static int64_t fill_page(struct ramfs_inode *r, uint64_t offset, const uint8_t *from, size_t bytes, bool take)
{
	uint64_t gpa = (uint64_t)from - DIRECT_BASE, *slot, frame;

	if (take && bytes == PAGE && gpa % PAGE == 0) {
		slot = slot_made(r, offset / PAGE);
		if (!slot)
			return -LX_ENOSPC;
		mm_frame_get(gpa);
		note(r, slot, gpa);
		return 0;
	}
	frame = page_made(r, offset / PAGE);
	if (!frame)
		return -LX_ENOSPC;
	memcpy(memory_at(frame), from, bytes);
	return 0;
}

int64_t ramfs_fill(struct inode *inode, const void *from, uint64_t bytes, bool take)
{
	struct ramfs_inode *r = (struct ramfs_inode *)inode;

	for (uint64_t offset = 0; offset < bytes; offset += PAGE) {
		int64_t error = fill_page(r, offset, (const uint8_t *)from + offset, step_bytes(offset, bytes - offset), take);

		if (error)
			return error;
		r->size = offset + PAGE < bytes ? offset + PAGE : bytes;
		sched_preempt_point();
	}
	return 0;
}
