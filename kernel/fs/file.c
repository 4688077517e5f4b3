/* SPDX-License-Identifier: MIT */
/* Open file descriptions: what all kinds share. The checks are made here, so a kind only does what it is asked. */
#include "epoll.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/heap.h>

/* What F_SETFL may change. */
#define CHANGEABLE (LX_O_APPEND | LX_O_NONBLOCK | LX_O_DIRECT | LX_O_NOATIME)
/* What only open itself looks at. */
#define ONLY_OPEN (LX_O_CREAT | LX_O_EXCL | LX_O_NOCTTY | LX_O_TRUNC | LX_O_CLOEXEC)

static struct mm_cache files = MM_CACHE(struct file);

void poll_link(struct poll_source *source, struct poll_link *link)
{
	link->source = source;
	link->previous = NULL;
	link->next = source->first;
	if (link->next)
		link->next->previous = link;
	source->first = link;
}

void poll_unlink(struct poll_link *link)
{
	if (!link->source)
		return;
	if (link->previous)
		link->previous->next = link->next;
	else
		link->source->first = link->next;
	if (link->next)
		link->next->previous = link->previous;
	link->source = NULL;
}

void poll_tell(struct poll_source *source)
{
	for (struct poll_link *link = source->first, *next; link; link = next) {
		next = link->next;
		link->changed(link);
	}
}

struct file *file_create(const struct file_ops *ops, struct inode *inode, void *object, uint32_t flags)
{
	struct file *f = mm_cache_alloc(&files);

	if (!f) {
		if (inode)
			inode_put(inode);
		return NULL;
	}
	f->references = 1;
	f->flags = flags & ~ONLY_OPEN;
	f->ops = ops;
	f->inode = inode;
	f->object = object;
	return f;
}

void file_end(struct file *f)
{
	assert(f->references == 0);
	if (f->watches)
		epoll_forget_file(f);
	if (f->ops->close)
		f->ops->close(f);
	if (f->lock != FILE_UNLOCKED)
		file_unlock(f);
	if (f->inode)
		inode_put(f->inode);
	mm_cache_free(&files, f);
}

static bool may_read(const struct file *f)
{
	return (f->flags & LX_O_ACCMODE) != LX_O_WRONLY && !(f->flags & LX_O_PATH);
}

static bool may_write(const struct file *f)
{
	return (f->flags & LX_O_ACCMODE) != LX_O_RDONLY && !(f->flags & LX_O_PATH);
}

static bool is_directory(const struct file *f)
{
	return f->inode && inode_is(f->inode, LX_S_IFDIR);
}

static int64_t read_at(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	if (!may_read(f))
		return -LX_EBADF;
	if (!f->ops->read)
		return is_directory(f) ? -LX_EISDIR : -LX_EINVAL;
	if (bytes == 0)
		return 0;
	return f->ops->read(f, to, bytes < LX_RW_MAX ? bytes : LX_RW_MAX, offset);
}

static int64_t write_at(struct file *f, uint64_t from, size_t bytes, uint64_t *offset)
{
	if (!may_write(f))
		return -LX_EBADF;
	if (!f->ops->write)
		return -LX_EINVAL;
	if (bytes == 0)
		return 0;
	return f->ops->write(f, from, bytes < LX_RW_MAX ? bytes : LX_RW_MAX, offset);
}

int64_t file_read(struct file *f, uint64_t to, size_t bytes)
{
	return read_at(f, to, bytes, &f->offset);
}

int64_t file_write(struct file *f, uint64_t from, size_t bytes)
{
	return write_at(f, from, bytes, &f->offset);
}

/* May the caller give an offset of its own? */
static int64_t check_offset(const struct file *f, int64_t offset)
{
	if (offset < 0)
		return -LX_EINVAL;
	return f->ops->seek ? 0 : -LX_ESPIPE;
}

int64_t file_pread(struct file *f, uint64_t to, size_t bytes, int64_t offset)
{
	uint64_t at = (uint64_t)offset;
	int64_t error = check_offset(f, offset);

	return error ? error : read_at(f, to, bytes, &at);
}

int64_t file_pwrite(struct file *f, uint64_t from, size_t bytes, int64_t offset)
{
	uint64_t at = (uint64_t)offset;
	int64_t error = check_offset(f, offset);

	return error ? error : write_at(f, from, bytes, &at);
}

typedef int64_t move_fn(struct file *f, uint64_t address, size_t bytes, uint64_t *offset);

/* All lengths are looked at before anything moves, as Linux does. Their sum, or why not. */
static int64_t check_vectors(uint64_t vectors, uint32_t count)
{
	struct lx_iovec v;
	uint64_t sum = 0;

	if (count > LX_IOV_MAX)
		return -LX_EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		if (i % 16 == 15)
			sched_preempt_point();
		if (user_read(&v, vectors + i * sizeof(v), sizeof(v)))
			return -LX_EFAULT;
		if (v.bytes > INT64_MAX || sum + v.bytes > INT64_MAX)
			return -LX_EINVAL;
		sum += v.bytes;
	}
	return (int64_t)sum;
}

/* One piece after the other until one is cut short; an error counts only if nothing moved before. */
static int64_t move_vectors(struct file *f, uint64_t vectors, uint32_t count, uint64_t *offset, move_fn *move)
{
	int64_t error = check_vectors(vectors, count), sum = 0;
	struct file rest = *f;
	struct lx_iovec v;

	rest.flags |= LX_O_NONBLOCK; /* what came is given at once: only its first byte is waited for */
	for (uint32_t i = 0; i < count && error >= 0; i++) {
		int64_t moved;

		if (user_read(&v, vectors + i * sizeof(v), sizeof(v)))
			return sum ? sum : -LX_EFAULT;
		moved = move(sum && move == read_at && !f->ops->seek ? &rest : f, v.base, v.bytes, offset);
		if (moved < 0)
			return sum ? sum : moved;
		sum += moved;
		if ((uint64_t)moved < v.bytes)
			break;
	}
	return error < 0 ? error : sum;
}

/* The pieces in `to`, until it is full: the number of bytes. */
static int64_t gather(uint8_t *to, size_t most, uint64_t vectors, uint32_t count)
{
	size_t done = 0;
	struct lx_iovec v;

	for (uint32_t i = 0; i < count && done < most; i++) {
		if (user_read(&v, vectors + i * sizeof(v), sizeof(v)))
			break;
		v.bytes = v.bytes < most - done ? v.bytes : most - done;
		if (v.bytes && user_read(to + done, v.base, v.bytes))
			break;
		done += v.bytes;
		sched_preempt_point();
	}
	return done ? (int64_t)done : -LX_EFAULT;
}

/* Nothing of others comes between the pieces. */
static int64_t write_together(struct file *f, uint64_t vectors, uint32_t count, uint64_t *offset, size_t bytes)
{
	uint8_t *buffer = mm_heap_alloc(bytes);
	struct file once = *f;
	int64_t result;

	if (!buffer)
		return -LX_ENOMEM;
	once.gathered = buffer;
	result = gather(buffer, bytes, vectors, count);
	if (result > 0)
		result = write_at(&once, 0, (size_t)result, offset);
	mm_heap_free(buffer, bytes);
	return result;
}

/* What has places for its bytes needs it only where the place is the end. */
static int64_t write_vectors(struct file *f, uint64_t vectors, uint32_t count, uint64_t *offset)
{
	int64_t sum = count > 1 && f->ops->together && (!f->ops->seek || (f->flags & LX_O_APPEND)) ?
		check_vectors(vectors, count) : 0;

	if (sum > 0 && sum <= (int64_t)LX_PIPE_BUF)
		return write_together(f, vectors, count, offset, (size_t)sum);
	return move_vectors(f, vectors, count, offset, write_at);
}

int64_t file_readv(struct file *f, uint64_t vectors, uint32_t count)
{
	return move_vectors(f, vectors, count, &f->offset, read_at);
}

int64_t file_writev(struct file *f, uint64_t vectors, uint32_t count)
{
	return write_vectors(f, vectors, count, &f->offset);
}

int64_t file_preadv(struct file *f, uint64_t vectors, uint32_t count, int64_t offset)
{
	uint64_t at = (uint64_t)offset;
	int64_t error = check_offset(f, offset);

	return error ? error : move_vectors(f, vectors, count, &at, read_at);
}

int64_t file_pwritev(struct file *f, uint64_t vectors, uint32_t count, int64_t offset)
{
	uint64_t at = (uint64_t)offset;
	int64_t error = check_offset(f, offset);

	return error ? error : write_vectors(f, vectors, count, &at);
}

int64_t file_load(struct file *f, void *to, size_t bytes, uint64_t offset)
{
	if (!may_read(f))
		return -LX_EBADF;
	if (!f->ops->load)
		return -LX_EACCES;
	return f->ops->load(f, to, bytes, offset);
}

int64_t file_seek(struct file *f, int64_t offset, int32_t whence)
{
	if (f->flags & LX_O_PATH)
		return -LX_EBADF;
	return f->ops->seek ? f->ops->seek(f, offset, whence) : -LX_ESPIPE;
}

int64_t file_ioctl(struct file *f, uint32_t request, uint64_t argument)
{
	int32_t on;

	if (f->flags & LX_O_PATH)
		return -LX_EBADF;
	if (request == LX_FIONBIO) {
		if (user_read(&on, argument, sizeof(on)))
			return -LX_EFAULT;
		f->flags = on ? f->flags | LX_O_NONBLOCK : f->flags & ~LX_O_NONBLOCK;
		return 0;
	}
	return f->ops->ioctl ? f->ops->ioctl(f, request, argument) : -LX_ENOTTY;
}

uint32_t file_poll(struct file *f, struct poll_source **source)
{
	*source = NULL;
	if (f->flags & LX_O_PATH)
		return LX_POLLNVAL;
	if (f->ops->poll)
		return f->ops->poll(f, source);
	return LX_POLLIN | LX_POLLOUT | LX_POLLRDNORM | LX_POLLWRNORM;
}

int64_t file_stat(struct file *f, struct lx_stat *stat)
{
	memset(stat, 0, sizeof(*stat));
	stat->links = 1;
	stat->block_size = 4096;
	if (f->inode)
		inode_stat(f->inode, stat);
	return f->ops->stat ? f->ops->stat(f, stat) : 0;
}

int64_t file_statfs(struct file *f, struct lx_statfs *statfs)
{
	return inode_statfs(f->inode, statfs);
}

int64_t file_readdir(struct file *f, uint64_t to, size_t bytes)
{
	if (f->flags & LX_O_PATH)
		return -LX_EBADF;
	return f->ops->readdir ? f->ops->readdir(f, to, bytes) : -LX_ENOTDIR;
}

int64_t file_backing(struct file *f, uint32_t rights, struct space_backing **backing)
{
	if (!may_read(f) || ((rights & SPACE_SHARED) && (rights & SPACE_WRITE) && !may_write(f)))
		return -LX_EACCES;
	return f->ops->backing ? f->ops->backing(f, backing) : -LX_ENODEV;
}

int64_t file_truncate(struct file *f, int64_t size)
{
	if (size < 0 || !may_write(f) || !f->ops->truncate)
		return -LX_EINVAL;
	return f->ops->truncate(f, (uint64_t)size);
}

int64_t file_chmod(struct file *f, uint32_t mode)
{
	if (f->flags & LX_O_PATH)
		return -LX_EBADF;
	return f->inode ? inode_chmod(f->inode, mode) : -LX_EINVAL;
}

int64_t file_utimens(struct file *f, const struct lx_timespec times[2])
{
	return f->inode ? inode_utimens(f->inode, times) : -LX_EINVAL;
}

int64_t file_sync(struct file *f)
{
	if (f->flags & LX_O_PATH)
		return -LX_EBADF;
	if (f->ops->sync)
		return f->ops->sync(f);
	return f->inode ? 0 : -LX_EINVAL;
}

int64_t file_set_flags(struct file *f, uint32_t flags)
{
	if (f->flags & LX_O_PATH)
		return -LX_EBADF;
	f->flags = (f->flags & ~CHANGEABLE) | (flags & CHANGEABLE);
	return 0;
}
