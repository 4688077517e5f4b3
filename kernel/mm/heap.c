/* SPDX-License-Identifier: MIT */
/*
 * Caches of equal objects, and blocks of any size on top of them. A cache lives on frame blocks that are aligned to
 * their size, so an object's block is found by masking its address. Every step is bounded; only clearing grows with
 * the size.
 */
#include <base/lock.h>
#include <base/memory.h>
#include <base/sections.h>
#include <lib/assert.h>
#include <lib/frames.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/mm.h>
#include <sched/thread.h>

#define SMALL_MAX 2048u
#define SMALL_STEPS 6u

struct mm_slab { /* the first 64 bytes of a block */
	struct mm_slab *next, *prev; /* in cache->partial */
	struct mm_cache *cache;
	void *free;     /* objects given back; each starts with the next one's address */
	uint32_t used;
	uint32_t fresh; /* objects from here on were never given out */
	uint32_t limit; /* objects of the block */
};
_Static_assert(sizeof(struct mm_slab) <= 64, "the head of a block");

static struct lock caches; /* of all: held for some 40 instructions, and one call of the frame allocator now and then */

void mm_cache_init(struct mm_cache *cache, uint32_t bytes, const char *name)
{
	assert(bytes > 0 && bytes <= MM_CACHE_MAX);
	*cache = (struct mm_cache){.size = MM_CACHE_SIZE(bytes), .order = MM_CACHE_ORDER(bytes), .name = name};
}

static void list(struct mm_cache *cache, struct mm_slab *slab)
{
	slab->prev = NULL;
	slab->next = cache->partial;
	if (cache->partial)
		cache->partial->prev = slab;
	cache->partial = slab;
}

static void unlist(struct mm_cache *cache, struct mm_slab *slab)
{
	if (slab->prev)
		slab->prev->next = slab->next;
	else
		cache->partial = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
}

static struct mm_slab *make_slab(struct mm_cache *cache)
{
	struct mm_slab *slab = cache->spare;
	uint64_t gpa;

	cache->spare = NULL;
	if (!slab) {
		if (!mm_alloc(cache->order, &gpa))
			return NULL;
		slab = memory_at(gpa);
	}
	*slab = (struct mm_slab){.cache = cache,
		.limit = (uint32_t)((QV_PAGE_SIZE << cache->order) - sizeof(struct mm_slab)) / cache->size};
	list(cache, slab);
	return slab;
}

static void *object_at(const struct mm_slab *slab, uint32_t index)
{
	return (char *)slab + 64 + (size_t)index * slab->cache->size;
}

static void *take(struct mm_cache *cache)
{
	struct mm_slab *slab = cache->partial ? cache->partial : make_slab(cache);
	void *object;

	if (!slab)
		return NULL;
	object = slab->free;
	if (object)
		slab->free = *(void **)object;
	else
		object = object_at(slab, slab->fresh++);
	if (++slab->used == slab->limit)
		unlist(cache, slab);
	cache->count++;
	return object;
}

void *mm_cache_take(struct mm_cache *cache)
{
	uint64_t flags = lock_hold(&caches);
	void *object = take(cache);

	lock_drop(&caches, flags);
	return object;
}

void *mm_cache_alloc(struct mm_cache *cache)
{
	void *object = mm_cache_take(cache);

	if (object)
		memset(object, 0, cache->size);
	return object;
}

static void give_back(struct mm_cache *cache, struct mm_slab *slab, void *object)
{
	if (slab->used == slab->limit)
		list(cache, slab);
	*(void **)object = slab->free;
	slab->free = object;
	slab->used--;
	cache->count--;
	if (slab->used > 0)
		return;
	unlist(cache, slab);
	if (cache->spare)
		mm_free((uint64_t)slab - DIRECT_BASE, cache->order);
	else
		cache->spare = slab;
}

void mm_cache_free(struct mm_cache *cache, void *object)
{
	uint64_t flags = lock_hold(&caches);
	struct mm_slab *slab = (struct mm_slab *)((uint64_t)object & ~((QV_PAGE_SIZE << cache->order) - 1));

	assert(slab->cache == cache && slab->used > 0);
	assert(((uint64_t)object - (uint64_t)slab - 64) % cache->size == 0);
	give_back(cache, slab, object);
	lock_drop(&caches, flags);
}

static bool slab_intact(const struct mm_cache *cache, const struct mm_slab *slab)
{
	uint32_t free = 0;

	for (void *object = slab->free; object && free <= slab->limit; object = *(void **)object)
		free++;
	return slab->cache == cache && slab->used > 0 && slab->used < slab->limit && slab->fresh <= slab->limit &&
		slab->used + free == slab->fresh && (!slab->next || slab->next->prev == slab);
}

bool mm_cache_intact(struct mm_cache *cache)
{
	uint64_t flags = lock_hold(&caches);
	bool intact = !cache->spare || cache->spare->used == 0;

	for (const struct mm_slab *slab = cache->partial; slab && intact; slab = slab->next)
		intact = slab_intact(cache, slab);
	lock_drop(&caches, flags);
	return intact;
}

/* 64, 128, ... 2,048 bytes. */
static struct mm_cache small[SMALL_STEPS] = {
	{.size = 64, .order = 0, .name = "64"}, {.size = 128, .order = 0, .name = "128"},
	{.size = 256, .order = 0, .name = "256"}, {.size = 512, .order = 0, .name = "512"},
	{.size = 1024, .order = 1, .name = "1024"}, {.size = 2048, .order = 2, .name = "2048"},
};

static struct mm_cache *small_cache(size_t bytes)
{
	return &small[bytes <= 64 ? 0 : 58 - __builtin_clzll(bytes - 1)];
}

/* Give pages [from, to) of the block at `gpa` back, in the largest blocks that alignment allows: at most 18. */
static void free_pages(uint64_t gpa, uint64_t from, uint64_t to)
{
	while (from < to) {
		uint32_t order = 0;

		while (order + 1 < QV_FRAME_ORDERS && from % (2ull << order) == 0 && from + (2ull << order) <= to)
			order++;
		mm_free(gpa + from * QV_PAGE_SIZE, order);
		from += 1ull << order;
	}
}

/* The block is nobody else's yet, so it may be cleared in steps. */
static void *alloc_pages(uint64_t pages)
{
	uint32_t order = qv_frames_order(pages);
	uint64_t gpa;

	if (!mm_alloc(order, &gpa))
		return NULL;
	free_pages(gpa, pages, 1ull << order);
	for (uint64_t i = 0; i < pages; i++) {
		memset(memory_at(gpa + i * QV_PAGE_SIZE), 0, QV_PAGE_SIZE);
		if (i + 1 < pages)
			sched_preempt_point();
	}
	return memory_at(gpa);
}

void *mm_heap_alloc(size_t bytes)
{
	if (bytes == 0 || bytes > QV_LARGE_SIZE)
		return NULL;
	if (bytes <= SMALL_MAX)
		return mm_cache_alloc(small_cache(bytes));
	return alloc_pages((bytes + QV_PAGE_SIZE - 1) / QV_PAGE_SIZE);
}

void *mm_heap_take(size_t bytes)
{
	assert(bytes > 0 && bytes <= SMALL_MAX);
	return mm_cache_take(small_cache(bytes));
}

void mm_heap_free(void *block, size_t bytes)
{
	if (!block)
		return;
	assert(bytes > 0 && bytes <= QV_LARGE_SIZE);
	if (bytes <= SMALL_MAX)
		mm_cache_free(small_cache(bytes), block);
	else
		free_pages((uint64_t)block - DIRECT_BASE, 0, (bytes + QV_PAGE_SIZE - 1) / QV_PAGE_SIZE);
}
