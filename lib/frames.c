/* SPDX-License-Identifier: MIT */
/* Buddy allocator (Knowlton 1965). A block's buddy differs from it in exactly the bit of its order. */
#include <lib/assert.h>
#include <lib/frames.h>

#define FRAME_NONE 0xffffffffu
#define FRAME_FREE 0x100u

size_t qv_frames_storage(uint32_t count)
{
	return (size_t)count * sizeof(struct qv_frame);
}

static void push(struct qv_frames *f, uint32_t i, uint32_t order)
{
	f->frame[i] = (struct qv_frame){.next = f->head[order], .prev = FRAME_NONE, .state = FRAME_FREE | order};
	if (f->head[order] != FRAME_NONE)
		f->frame[f->head[order]].prev = i;
	f->head[order] = i;
	f->free += 1u << order;
}

static void unlink(struct qv_frames *f, uint32_t i, uint32_t order)
{
	struct qv_frame *b = &f->frame[i];

	assert(b->state == (FRAME_FREE | order));
	if (b->prev != FRAME_NONE)
		f->frame[b->prev].next = b->next;
	else
		f->head[order] = b->next;
	if (b->next != FRAME_NONE)
		f->frame[b->next].prev = b->prev;
	b->state = 0;
	f->free -= 1u << order;
}

void qv_frames_init(struct qv_frames *f, void *storage, uint64_t base, uint32_t count)
{
	assert(count > 0 && count < 1u << 31 && base % QV_PAGE_SIZE == 0);
	f->frame = storage;
	f->base = base;
	f->count = count;
	f->free = 0;
	for (uint32_t i = 0; i < count; i++)
		f->frame[i].state = 0;
	for (uint32_t order = 0; order < QV_FRAME_ORDERS; order++)
		f->head[order] = FRAME_NONE;
}

static void insert(struct qv_frames *f, uint32_t i, uint32_t order)
{
	while (order + 1 < QV_FRAME_ORDERS) {
		uint32_t buddy = i ^ 1u << order;

		if (buddy >= f->count || f->frame[buddy].state != (FRAME_FREE | order))
			break;
		unlink(f, buddy, order);
		i &= ~(1u << order);
		order++;
	}
	push(f, i, order);
}

/* First page of the free block that holds page i, with its order; FRAME_NONE if page i is not free. */
static uint32_t block_of(const struct qv_frames *f, uint32_t i, uint32_t *order)
{
	for (*order = 0; *order < QV_FRAME_ORDERS; (*order)++) {
		uint32_t first = i & ~((1u << *order) - 1);

		if (f->frame[first].state == (FRAME_FREE | *order))
			return first;
	}
	return FRAME_NONE;
}

void qv_frames_add(struct qv_frames *f, uint64_t address, uint64_t size)
{
	uint64_t first = (address - f->base + QV_PAGE_SIZE - 1) / QV_PAGE_SIZE;
	uint64_t end = (address - f->base + size) / QV_PAGE_SIZE;

	assert(address >= f->base && end <= f->count);
	while (first < end) {
		uint32_t order = 0, i = (uint32_t)first, held;

		assert(block_of(f, i, &held) == FRAME_NONE);
		while (order + 1 < QV_FRAME_ORDERS && i % (2u << order) == 0 && first + (2u << order) <= end)
			order++;
		insert(f, i, order);
		first += 1u << order;
	}
}

/* Take page i out of the free block (first, order), giving the other halves back at each step down. */
static void carve(struct qv_frames *f, uint32_t first, uint32_t order, uint32_t i)
{
	unlink(f, first, order);
	while (order > 0) {
		uint32_t middle;

		order--;
		middle = first + (1u << order);
		push(f, i < middle ? middle : first, order);
		if (i >= middle)
			first = middle;
	}
}

void qv_frames_reserve(struct qv_frames *f, uint64_t address, uint64_t size)
{
	uint64_t end = address + size;

	for (uint64_t page = address & ~(QV_PAGE_SIZE - 1); page < end; page += QV_PAGE_SIZE) {
		uint64_t index = (page - f->base) / QV_PAGE_SIZE;
		uint32_t first, order;

		if (page < f->base || index >= f->count)
			continue;
		first = block_of(f, (uint32_t)index, &order);
		if (first != FRAME_NONE)
			carve(f, first, order, (uint32_t)index);
	}
}

bool qv_frames_alloc(struct qv_frames *f, uint32_t order, uint64_t *address)
{
	uint32_t from = order, first;

	while (from < QV_FRAME_ORDERS && f->head[from] == FRAME_NONE)
		from++;
	if (from >= QV_FRAME_ORDERS)
		return false;
	first = f->head[from];
	unlink(f, first, from);
	while (from > order) {
		from--;
		push(f, first + (1u << from), from);
	}
	*address = f->base + first * QV_PAGE_SIZE;
	return true;
}

void qv_frames_free(struct qv_frames *f, uint64_t address, uint32_t order)
{
	uint64_t index = (address - f->base) / QV_PAGE_SIZE;
	uint32_t held;

	assert(order < QV_FRAME_ORDERS && address % QV_PAGE_SIZE == 0 && address >= f->base);
	assert(index % (1u << order) == 0 && index + (1u << order) <= f->count);
	assert(block_of(f, (uint32_t)index, &held) == FRAME_NONE);
	insert(f, (uint32_t)index, order);
}

uint32_t qv_frames_order(uint64_t pages)
{
	uint32_t order = 0;

	while (order < QV_FRAME_ORDERS && 1ull << order < pages)
		order++;
	return order;
}

/* Blocks of one order: aligned, inside, marked, doubly linked. Adds their pages to *pages. */
static bool list_intact(const struct qv_frames *f, uint32_t order, uint64_t *pages)
{
	uint32_t prev = FRAME_NONE;

	for (uint32_t i = f->head[order]; i != FRAME_NONE; i = f->frame[i].next) {
		if (i >= f->count || i % (1u << order) != 0 || (uint64_t)i + (1u << order) > f->count)
			return false;
		if (f->frame[i].state != (FRAME_FREE | order) || f->frame[i].prev != prev || *pages > f->count)
			return false;
		*pages += 1u << order;
		prev = i;
	}
	return true;
}

bool qv_frames_intact(const struct qv_frames *f)
{
	uint64_t listed = 0, marked = 0;

	for (uint32_t order = 0; order < QV_FRAME_ORDERS; order++) {
		if (!list_intact(f, order, &listed))
			return false;
	}
	for (uint32_t i = 0; i < f->count; i++) {
		if (f->frame[i].state & FRAME_FREE)
			marked += 1u << (f->frame[i].state & 0xff);
	}
	return listed == marked && listed == f->free;
}
