/* SPDX-License-Identifier: MIT */
/*
 * Pipes, and the named ones (FIFOs), which are pipes for as long as somebody has them open. One reader and one writer
 * at a time hold `reading` and `writing`, and nobody holds them asleep for want of data: so the ring has one consumer
 * and one producer, and a copy that faults disturbs neither. Small messages are copied between two stacks instead: the
 * ring's part is then one step that nothing comes between, and needs no lock.
 */
#include <base/memory.h>
#include <fs/inode.h>
#include <fs/pipe.h>
#include <lib/assert.h>
#include <lib/pipe.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/heap.h>
#include <mm/mm.h>
#include <sched/mutex.h>

#define SMALL  64u /* bytes that go through the stack and take no lock */

struct pipe {
	struct qv_pipe ring;
	uint32_t readers, writers; /* descriptions, and calls of open that wait for the other end */
	uint32_t read_opens, write_opens; /* ever, modulo 2^32: one that came and went has been there, too */
	struct pipe **place; /* of a FIFO: where its inode keeps it */
	struct wait_queue opening;
	struct mutex reading, writing;
	struct wait_queue wants_data, wants_room;
	struct poll_source changes;
	uint32_t held; /* bit per page that a writer copies into: it must stay */
	uint64_t number; /* inode number of fstat */
	uint64_t frame[QV_PIPE_PAGES]; /* 0 = none */
	uint64_t spare; /* a page that went empty: the next needs no allocation */
};

static struct mm_cache pipes = MM_CACHE(struct pipe);
static uint64_t made;
static uint64_t pages; /* of all pipes of all cores */

/* A page for data. Pipes belong to no process's limit, so all together have one: an eighth of the memory. */
static bool new_page(uint64_t *frame)
{
	if (__atomic_add_fetch(&pages, 1, __ATOMIC_RELAXED) <= mm_total_pages() / 8 && mm_frame_new(frame))
		return true;
	__atomic_sub_fetch(&pages, 1, __ATOMIC_RELAXED);
	return false;
}

static void free_page(uint64_t frame)
{
	mm_frame_put(frame);
	__atomic_sub_fetch(&pages, 1, __ATOMIC_RELAXED);
}

static struct pipe *of(const struct file *f)
{
	return f->object;
}

/* Wait until `ready` or the other end is gone. 0, or why not. */
static int64_t wait_in(struct wait_queue *queue, const struct file *f)
{
	if (f->flags & LX_O_NONBLOCK)
		return -LX_EAGAIN;
	return sched_wait(queue, WAIT_FOREVER, true) == WAIT_INTERRUPTED ? -LX_ERESTART : 0;
}

static void wake_one(struct wait_queue *queue)
{
	if (queue->first)
		sched_wake_one(queue);
}

/* Reading. */

static void give_up(struct pipe *p, uint32_t page)
{
	uint64_t frame = p->frame[page];

	if (p->held >> page & 1)
		return;
	p->frame[page] = 0;
	if (p->spare)
		free_page(frame);
	else
		p->spare = frame;
}

/* What is there, at most `bytes`: the number copied. */
static int64_t take_some(struct pipe *p, uint64_t to, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		struct qv_pipe_step step = qv_pipe_read_step(&p->ring, bytes - done);
		const uint8_t *from;

		if (step.bytes == 0)
			break;
		from = (const uint8_t *)memory_at(p->frame[step.page]) + step.offset;
		if (user_write(to + done, from, step.bytes))
			return done ? (int64_t)done : -LX_EFAULT;
		if (qv_pipe_take(&p->ring, &step))
			give_up(p, step.page);
		done += step.bytes;
		if (done < bytes)
			sched_preempt_point();
	}
	return (int64_t)done;
}

static int64_t after_read(struct pipe *p, int64_t result)
{
	if (result > 0) {
		wake_one(&p->wants_room);
		poll_changed(&p->changes);
	}
	/* A wake-up stands for all the data there is: hand what is left on to the next reader. */
	if (qv_pipe_used(&p->ring))
		wake_one(&p->wants_data);
	return result;
}

/* The number read; 0 = go the long way: there is nothing, a page ends, somebody else is at it. */
static int64_t read_small(struct pipe *p, uint64_t to, size_t bytes)
{
	struct qv_pipe_step step = qv_pipe_read_step(&p->ring, bytes);
	uint8_t message[SMALL];
	struct qv_pipe taken;

	if (p->reading.owner || step.bytes == 0 || step.offset + bytes >= 4096)
		return 0;
	memcpy(message, (const uint8_t *)memory_at(p->frame[step.page]) + step.offset, step.bytes);
	p->ring.read += step.bytes;
	taken = p->ring;
	if (!user_write(to, message, step.bytes))
		return step.bytes;
	/* Nobody read or wrote meanwhile, nor is about to: it was never taken. Else it is lost. */
	if (p->ring.read == taken.read && p->ring.written == taken.written && !p->reading.owner && !p->writing.owner)
		p->ring.read -= step.bytes;
	return -LX_EFAULT;
}

/* Any size. 0 = another reader was faster. */
static __attribute__((noinline)) int64_t read_long(struct pipe *p, uint64_t to, size_t bytes)
{
	int64_t result;

	mutex_take(&p->reading);
	result = take_some(p, to, bytes);
	mutex_release(&p->reading);
	return result;
}

static int64_t pipe_read(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	struct pipe *p = of(f);
	int64_t result;

	(void)offset;
	for (;;) {
		result = bytes <= SMALL ? read_small(p, to, bytes) : 0;
		if (result == 0 && qv_pipe_used(&p->ring))
			result = read_long(p, to, bytes);
		if (result)
			return after_read(p, result);
		if (qv_pipe_used(&p->ring))
			continue;
		if (p->writers == 0)
			return 0;
		result = wait_in(&p->wants_data, f);
		if (result)
			return result;
	}
}

/* Writing. */

static bool have_page(struct pipe *p, uint32_t page)
{
	if (p->frame[page])
		return true;
	if (p->spare) {
		p->frame[page] = p->spare;
		p->spare = 0;
		return true;
	}
	return new_page(&p->frame[page]);
}

static int64_t put_step(const struct file *f, const struct qv_pipe_step *step, uint64_t from)
{
	struct pipe *p = of(f);

	if (!have_page(p, step->page))
		return -LX_ENOMEM;
	p->held |= 1u << step->page;
	return file_fetch(f, (uint8_t *)memory_at(p->frame[step->page]) + step->offset, from, step->bytes);
}

/* As much as there is room for, at most `bytes`. What is at most PIPE_BUF appears to readers at once, or not at all. */
static int64_t put_some(const struct file *f, uint64_t from, size_t bytes)
{
	struct pipe *p = of(f);
	struct qv_pipe next = p->ring;
	int64_t error = 0;
	size_t done = 0;

	while (done < bytes && !error) {
		struct qv_pipe_step step = qv_pipe_write_step(&next, bytes - done);

		if (step.bytes == 0)
			break;
		error = put_step(f, &step, from + done);
		if (error)
			break;
		done += step.bytes;
		next.written += step.bytes;
		if (done == bytes || bytes > LX_PIPE_BUF)
			p->ring.written = next.written;
		if (done < bytes)
			sched_preempt_point();
		next.read = p->ring.read;
	}
	p->held = 0;
	return error && (done == 0 || bytes <= LX_PIPE_BUF) ? error : (int64_t)done;
}

static void tell_reader(struct pipe *p)
{
	wake_one(&p->wants_data);
	poll_changed(&p->changes);
}

/* The number written; 0 = go the long way. */
static int64_t write_small(const struct file *f, uint64_t from, size_t bytes)
{
	struct pipe *p = of(f);
	uint8_t message[SMALL];
	struct qv_pipe_step step;

	if (file_fetch(f, message, from, bytes))
		return -LX_EFAULT;
	step = qv_pipe_write_step(&p->ring, bytes);
	if (p->writing.owner || p->readers == 0 || step.bytes < bytes || !have_page(p, step.page))
		return 0;
	memcpy((uint8_t *)memory_at(p->frame[step.page]) + step.offset, message, bytes);
	p->ring.written += step.bytes;
	tell_reader(p);
	return step.bytes;
}

/* One turn of a write: wait for room, then fill it. A write of at most PIPE_BUF bytes waits for room for all of it. */
static int64_t write_turn(struct file *f, uint64_t from, size_t bytes)
{
	struct pipe *p = of(f);
	uint32_t wanted = bytes <= LX_PIPE_BUF ? (uint32_t)bytes : 1, seen = p->ring.read;
	int64_t result = 0;

	for (;;) {
		while (p->readers && qv_pipe_room(&p->ring) < wanted) {
			result = wait_in(&p->wants_room, f);
			if (result)
				return result;
			if (seen != p->ring.read && qv_pipe_room(&p->ring) < wanted)
				wake_one(&p->wants_room); /* what is too little for this one may do for another: once per read */
			seen = p->ring.read;
		}
		if (p->readers == 0)
			return -LX_EPIPE;
		mutex_take(&p->writing);
		if (qv_pipe_room(&p->ring) >= wanted)
			result = put_some(f, from, bytes);
		mutex_release(&p->writing);
		if (result)
			return result;
	}
}

/* Any size, until all is written. */
static __attribute__((noinline)) int64_t write_long(struct file *f, uint64_t from, size_t bytes)
{
	struct pipe *p = of(f);
	size_t done = 0;
	int64_t result;

	do {
		result = write_turn(f, from + done, bytes - done);
		if (result < 0)
			break;
		done += (size_t)result;
		tell_reader(p);
	} while (done < bytes);
	/* Another writer may wait for the room that is left. */
	if (qv_pipe_room(&p->ring))
		wake_one(&p->wants_room);
	return done ? (int64_t)done : result;
}

static int64_t pipe_write(struct file *f, uint64_t from, size_t bytes, uint64_t *offset)
{
	int64_t result = bytes <= SMALL && of(f)->readers ? write_small(f, from, bytes) : 0;

	(void)offset;
	return result ? result : write_long(f, from, bytes);
}

/* The rest. */

/* A reader that did not wait for a writer hears of none as long as none has come: `offset` is the number of writers
 * that had been there when it came. */
static uint32_t reader_poll(struct file *f, struct poll_source **source)
{
	struct pipe *p = of(f);

	*source = &p->changes;
	return (qv_pipe_used(&p->ring) ? LX_POLLIN | LX_POLLRDNORM : 0) |
		(p->writers || f->offset == p->write_opens ? 0 : LX_POLLHUP);
}

static uint32_t writer_poll(struct file *f, struct poll_source **source)
{
	struct pipe *p = of(f);

	*source = &p->changes;
	return (qv_pipe_room(&p->ring) >= LX_PIPE_BUF ? LX_POLLOUT | LX_POLLWRNORM : 0) | (p->readers ? 0 : LX_POLLERR);
}

static int64_t pipe_ioctl(struct file *f, uint32_t request, uint64_t argument)
{
	uint32_t used = qv_pipe_used(&of(f)->ring);

	if (request != LX_FIONREAD)
		return -LX_ENOTTY;
	return user_write(argument, &used, sizeof(used));
}

static int64_t pipe_stat(struct file *f, struct lx_stat *stat)
{
	stat->mode = LX_S_IFIFO | 0600;
	stat->inode = of(f)->number;
	return 0;
}

static void free_pipe(struct pipe *p)
{
	for (uint32_t i = 0; i < QV_PIPE_PAGES; i++) {
		if (p->frame[i])
			free_page(p->frame[i]);
	}
	if (p->spare)
		free_page(p->spare);
	if (p->place)
		*p->place = NULL;
	mm_cache_free(&pipes, p);
}

static void end_gone(struct pipe *p)
{
	if (p->readers && p->writers)
		return;
	sched_wake_all(&p->wants_data);
	sched_wake_all(&p->wants_room);
	poll_changed(&p->changes);
	if (p->readers == 0 && p->writers == 0)
		free_pipe(p);
}

static void reader_close(struct file *f)
{
	of(f)->readers--;
	end_gone(of(f));
}

static void writer_close(struct file *f)
{
	of(f)->writers--;
	end_gone(of(f));
}

static int64_t open_again(struct file *f, uint32_t flags, struct file **file);

static const struct file_ops reader_ops = {.kind = "pipe", .place = FILE_STAYS,
	.read = pipe_read, .poll = reader_poll, .ioctl = pipe_ioctl,
	.stat = pipe_stat, .open_again = open_again, .close = reader_close};
static const struct file_ops writer_ops = {.kind = "pipe", .place = FILE_STAYS,
	.together = true, .write = pipe_write, .poll = writer_poll, .ioctl = pipe_ioctl,
	.stat = pipe_stat, .open_again = open_again, .close = writer_close};

int64_t pipe_create(uint32_t flags, struct file **reader, struct file **writer)
{
	struct pipe *p = mm_cache_alloc(&pipes);

	if (!p)
		return -LX_ENOMEM;
	p->number = __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
	*reader = file_create(&reader_ops, NULL, p, LX_O_RDONLY | (flags & LX_O_NONBLOCK));
	if (!*reader) {
		free_pipe(p);
		return -LX_ENOMEM;
	}
	p->readers = p->read_opens = 1;
	*writer = file_create(&writer_ops, NULL, p, LX_O_WRONLY | (flags & LX_O_NONBLOCK));
	if (!*writer) {
		file_put(*reader);
		return -LX_ENOMEM;
	}
	p->writers = p->write_opens = 1;
	return 0;
}

/* FIFOs, and other descriptions of a pipe's ends (/proc/PID/fd). */

static uint32_t both_poll(struct file *f, struct poll_source **source)
{
	return reader_poll(f, source) | writer_poll(f, source);
}

static void both_close(struct file *f)
{
	of(f)->readers--;
	writer_close(f);
}

static const struct file_ops both_ops = {.kind = "pipe", .place = FILE_STAYS,
	.read = pipe_read, .together = true, .write = pipe_write, .poll = both_poll, .ioctl = pipe_ioctl,
	.stat = pipe_stat, .open_again = open_again, .close = both_close};
static const struct file_ops fifo_reader_ops = {.kind = "fifo", .place = FILE_STAYS,
	.read = pipe_read, .poll = reader_poll, .ioctl = pipe_ioctl, .close = reader_close};
static const struct file_ops fifo_writer_ops = {.kind = "fifo", .place = FILE_STAYS,
	.together = true, .write = pipe_write, .poll = writer_poll, .ioctl = pipe_ioctl, .close = writer_close};
static const struct file_ops fifo_ops = {.kind = "fifo", .place = FILE_STAYS,
	.read = pipe_read, .together = true, .write = pipe_write, .poll = both_poll, .ioctl = pipe_ioctl, .close = both_close};

static const struct file_ops *ops_for(const struct pipe *p, uint32_t mode)
{
	if (mode == LX_O_RDONLY)
		return p->place ? &fifo_reader_ops : &reader_ops;
	if (mode == LX_O_WRONLY)
		return p->place ? &fifo_writer_ops : &writer_ops;
	return p->place ? &fifo_ops : &both_ops;
}

/* Those that wait for the other end look for themselves. */
static void join(struct pipe *p, uint32_t mode)
{
	if (mode != LX_O_WRONLY) {
		p->readers++;
		p->read_opens++;
	}
	if (mode != LX_O_RDONLY) {
		p->writers++;
		p->write_opens++;
	}
	sched_wake_all(&p->opening);
}

/* An end has come, and it counts even if it is gone again when the waiter runs. */
static int64_t await_end(struct pipe *p, const uint32_t *opens)
{
	uint32_t before = *opens;

	while (*opens == before) {
		if (sched_wait(&p->opening, WAIT_FOREVER, true) == WAIT_INTERRUPTED && *opens == before)
			return -LX_ERESTART;
	}
	return 0;
}

static int64_t open_end(struct pipe *p, struct inode *inode, uint32_t flags, struct file **file)
{
	uint32_t mode = flags & LX_O_ACCMODE;
	int64_t error = 0;

	*file = file_create(ops_for(p, mode), inode ? inode_get(inode) : NULL, p, flags);
	if (!*file)
		return -LX_ENOMEM;
	join(p, mode);
	if (!p->place)
		return 0; /* nobody else can come to an end without a name that is gone */
	if (mode == LX_O_RDONLY && p->writers == 0) {
		if (flags & LX_O_NONBLOCK)
			(*file)->offset = p->write_opens;
		else
			error = await_end(p, &p->write_opens);
	} else if (mode == LX_O_WRONLY && p->readers == 0) {
		error = await_end(p, &p->read_opens);
	}
	if (error)
		file_put(*file);
	return error;
}

int64_t fifo_open(struct inode *inode, struct pipe **place, uint32_t flags, struct file **file)
{
	struct pipe *p = *place;
	int64_t error;

	if ((flags & LX_O_ACCMODE) == LX_O_WRONLY && (flags & LX_O_NONBLOCK) && (!p || p->readers == 0))
		return -LX_ENXIO;
	if (!p)
		p = mm_cache_alloc(&pipes);
	if (!p)
		return -LX_ENOMEM;
	p->place = place;
	*place = p;
	error = open_end(p, inode, flags, file);
	if (error == -LX_ENOMEM && p->readers == 0 && p->writers == 0)
		free_pipe(p);
	return error;
}

static int64_t open_again(struct file *f, uint32_t flags, struct file **file)
{
	return open_end(of(f), NULL, flags, file);
}
