/* SPDX-License-Identifier: MIT */
/* Descriptor tables: an array of descriptions with a bit each for "in use" and "closed by execve". */
#include <fs/table.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/heap.h>

#define WORD_BITS 64u
#define LEAST 64u
#define COPY_STEP 8u  /* descriptors between two preemption points of fork */
#define CLOSE_STEP 4u  /* files closed between two */
#define LOOK_STEP 1024u /* bits looked at between two */

static struct mm_cache tables = MM_CACHE(struct fd_table);

static bool test(const uint64_t *bits, uint32_t n)
{
	return bits[n / WORD_BITS] >> n % WORD_BITS & 1;
}

static void set(uint64_t *bits, uint32_t n, bool value)
{
	uint64_t bit = 1ull << n % WORD_BITS;

	bits[n / WORD_BITS] = value ? bits[n / WORD_BITS] | bit : bits[n / WORD_BITS] & ~bit;
}

/* The three arrays are one block. */
static size_t block_bytes(uint32_t capacity)
{
	return capacity * sizeof(struct file *) + 2 * capacity / 8;
}

static void use_block(struct fd_table *t, void *block, uint32_t capacity)
{
	t->file = block;
	t->cloexec = (uint64_t *)(t->file + capacity);
	t->used = t->cloexec + capacity / WORD_BITS;
	t->capacity = capacity;
}

/* Others may use the table, and grow it, while memory is found. */
static int64_t grow(struct fd_table *t, uint32_t fd)
{
	uint32_t capacity = t->capacity;
	struct fd_table old;
	void *block;

	while (capacity <= fd)
		capacity *= 2;
	block = mm_heap_alloc(block_bytes(capacity));
	if (!block)
		return -LX_ENOMEM;
	if (t->capacity >= capacity) {
		mm_heap_free(block, block_bytes(capacity));
		return 0;
	}
	old = *t;
	use_block(t, block, capacity);
	memcpy(t->file, old.file, old.capacity * sizeof(struct file *));
	memcpy(t->cloexec, old.cloexec, old.capacity / 8);
	memcpy(t->used, old.used, old.capacity / 8);
	mm_heap_free(old.file, block_bytes(old.capacity));
	return 0;
}

struct fd_table *fd_create(uint32_t limit)
{
	struct fd_table *t = mm_cache_alloc(&tables);
	void *block;

	if (!t)
		return NULL;
	block = mm_heap_alloc(block_bytes(LEAST));
	if (!block) {
		mm_cache_free(&tables, t);
		return NULL;
	}
	use_block(t, block, LEAST);
	t->references = 1;
	t->limit = limit < FD_MOST ? limit : FD_MOST;
	return t;
}

/* The first descriptor in use from `fd` on; the capacity = none. */
static uint32_t next_used(const struct fd_table *t, uint32_t fd)
{
	while (fd < t->capacity) {
		uint64_t here = t->used[fd / WORD_BITS] >> fd % WORD_BITS;

		if (here)
			return fd + (uint32_t)__builtin_ctzll(here);
		fd = (fd / WORD_BITS + 1) * WORD_BITS;
	}
	return t->capacity;
}

struct file *fd_next(struct fd_table *t, uint32_t *fd)
{
	uint32_t next = next_used(t, *fd);

	if (next >= t->capacity)
		return NULL;
	*fd = next;
	return file_get(t->file[next]);
}

struct fd_table *fd_copy(struct fd_table *t)
{
	struct fd_table *copy = fd_create(t->limit);
	uint32_t copied = 0;

	if (!copy)
		return NULL;
	for (uint32_t fd = next_used(t, 0); fd < t->capacity; fd = next_used(t, fd + 1)) {
		if (++copied % COPY_STEP == 0) {
			sched_preempt_point();
			if (!t->file[fd]) /* closed meanwhile */
				continue;
		}
		if (fd >= copy->capacity && grow(copy, t->capacity - 1)) {
			fd_put(copy);
			return NULL;
		}
		if (!t->file[fd]) /* closed while room was made */
			continue;
		copy->file[fd] = file_get(t->file[fd]);
		set(copy->used, fd, true);
		set(copy->cloexec, fd, test(t->cloexec, fd));
	}
	return copy;
}

/* Forget a descriptor; the reference is the caller's now. */
static struct file *take_out(struct fd_table *t, uint32_t fd)
{
	struct file *f = t->file[fd];

	t->file[fd] = NULL;
	set(t->used, fd, false);
	set(t->cloexec, fd, false);
	if (fd < t->first)
		t->first = fd;
	return f;
}

static void close_from(struct fd_table *t, uint32_t first, uint32_t last, bool only_cloexec)
{
	uint32_t closed = 0;

	for (uint32_t fd = first; fd < t->capacity && fd <= last; fd++) {
		const uint64_t *set = only_cloexec ? t->cloexec : t->used; /* the table may grow at the preemption points */
		uint64_t here = set[fd / WORD_BITS] >> fd % WORD_BITS;

		fd += here ? (uint32_t)__builtin_ctzll(here) : WORD_BITS - 1 - fd % WORD_BITS;
		if (here && fd <= last)
			file_put(take_out(t, fd));
		if (here ? ++closed % CLOSE_STEP == 0 : fd % LOOK_STEP == LOOK_STEP - 1)
			sched_preempt_point();
	}
}

void fd_put(struct fd_table *t)
{
	assert(t->references > 0);
	if (--t->references > 0)
		return;
	close_from(t, 0, UINT32_MAX, false);
	mm_heap_free(t->file, block_bytes(t->capacity));
	mm_cache_free(&tables, t);
}

void fd_exec(struct fd_table *t)
{
	close_from(t, 0, UINT32_MAX, true);
}

/* Lowest free descriptor >= `from`; the capacity if all below it are in use. */
static uint32_t lowest_free(const struct fd_table *t, uint32_t from)
{
	while (from < t->capacity) {
		uint64_t free = ~t->used[from / WORD_BITS] >> from % WORD_BITS;

		if (free)
			return from + (uint32_t)__builtin_ctzll(free);
		from = (from / WORD_BITS + 1) * WORD_BITS;
	}
	return from;
}

static void put_in(struct fd_table *t, uint32_t fd, struct file *f, uint32_t flags)
{
	assert(!t->file[fd]);
	t->file[fd] = f;
	set(t->used, fd, true);
	set(t->cloexec, fd, flags & LX_O_CLOEXEC);
}

/* Find a free descriptor and make room for it. */
static int64_t find_free(struct fd_table *t, uint32_t lowest)
{
	for (;;) {
		uint32_t fd = lowest_free(t, lowest > t->first ? lowest : t->first);
		int64_t error;

		if (fd >= t->limit)
			return -LX_EMFILE;
		if (fd < t->capacity)
			return fd;
		error = grow(t, fd);
		if (error)
			return error;
	}
}

int64_t fd_install(struct fd_table *t, struct file *f, uint32_t lowest, uint32_t flags)
{
	int64_t fd = find_free(t, lowest);

	if (fd < 0) {
		file_put(f);
		return fd;
	}
	put_in(t, (uint32_t)fd, f, flags);
	if (lowest <= t->first)
		t->first = (uint32_t)fd + 1;
	return fd;
}

int64_t fd_close(struct fd_table *t, uint32_t fd)
{
	if (fd >= t->capacity || !t->file[fd])
		return -LX_EBADF;
	file_put(take_out(t, fd));
	return 0;
}

int64_t fd_close_range(struct fd_table *t, uint32_t first, uint32_t last, bool only_mark)
{
	if (first > last)
		return -LX_EINVAL;
	if (!only_mark) {
		close_from(t, first, last, false);
		return 0;
	}
	for (uint32_t fd = first; fd < t->capacity && fd <= last; fd++)
		set(t->cloexec, fd, t->file[fd] != NULL);
	return 0;
}

int64_t fd_dup(struct fd_table *t, uint32_t fd)
{
	struct file *f = fd_file(t, fd);

	return f ? fd_install(t, f, 0, 0) : -LX_EBADF;
}

int64_t fd_dup3(struct fd_table *t, uint32_t from, uint32_t to, uint32_t flags)
{
	struct file *f, *old;

	if (from == to || flags & ~LX_O_CLOEXEC)
		return -LX_EINVAL;
	f = to < t->limit ? fd_file(t, from) : NULL;
	if (!f)
		return -LX_EBADF;
	if (to >= t->capacity && grow(t, to)) {
		file_put(f);
		return -LX_ENOMEM;
	}
	old = t->file[to] ? take_out(t, to) : NULL;
	put_in(t, to, f, flags);
	if (old)
		file_put(old);
	return to;
}

int64_t fd_dup2(struct fd_table *t, uint32_t from, uint32_t to)
{
	if (from == to)
		return from < t->capacity && t->file[from] ? (int64_t)to : -LX_EBADF;
	return fd_dup3(t, from, to, 0);
}

static int64_t duplicate_from(struct fd_table *t, uint32_t fd, uint64_t lowest, uint32_t flags)
{
	if (lowest >= t->limit)
		return -LX_EINVAL;
	return fd_install(t, file_get(t->file[fd]), (uint32_t)lowest, flags);
}

int64_t fd_fcntl(struct fd_table *t, uint32_t fd, uint32_t command, uint64_t argument)
{
	if (fd >= t->capacity || !t->file[fd])
		return -LX_EBADF;
	switch (command) {
	case LX_F_DUPFD:
		return duplicate_from(t, fd, argument, 0);
	case LX_F_DUPFD_CLOEXEC:
		return duplicate_from(t, fd, argument, LX_O_CLOEXEC);
	case LX_F_GETFD:
		return test(t->cloexec, fd);
	case LX_F_SETFD:
		set(t->cloexec, fd, argument & LX_FD_CLOEXEC);
		return 0;
	case LX_F_GETFL:
		return t->file[fd]->flags;
	case LX_F_SETFL:
		return file_set_flags(t->file[fd], (uint32_t)argument);
	default:
		return -LX_EINVAL;
	}
}

int64_t fd_ioctl(struct fd_table *t, uint32_t fd, uint32_t request, uint64_t argument)
{
	struct file *f = fd_file(t, fd);
	int64_t result = 0;

	if (!f)
		return -LX_EBADF;
	if (request == LX_FIOCLEX || request == LX_FIONCLEX)
		set(t->cloexec, fd, request == LX_FIOCLEX);
	else
		result = file_ioctl(f, request, argument);
	file_put(f);
	return result;
}
