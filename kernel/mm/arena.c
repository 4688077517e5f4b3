/* SPDX-License-Identifier: MIT */
/* Where the pages of a space come from: the sandbox's counted frames, or the arena of a space that may migrate. */
#include "tables.h"

#include "frames.h"

#include <base/lock.h>
#include <base/sections.h>
#include <lib/assert.h>
#include <lib/frames.h>
#include <lib/string.h>
#include <mm/arena.h>
#include <mm/frame.h>
#include <mm/heap.h>
#include <mm/mm.h>

#define LARGE_ORDER (QV_FRAME_ORDERS - 1)

struct mm_arena {
	struct lock lock;
	struct qv_frames frames; /* over the span from the lowest block to the highest */
	void *storage;
	uint64_t pages;
};

static struct mm_cache arenas = MM_CACHE(struct mm_arena);

static bool take(struct mm_arena *arena, uint32_t order, uint64_t *gpa)
{
	uint64_t flags = lock_hold(&arena->lock);
	bool done = qv_frames_alloc(&arena->frames, order, gpa);

	lock_drop(&arena->lock, flags);
	return done;
}

static void give_back(struct mm_arena *arena, uint32_t order, uint64_t gpa)
{
	uint64_t flags = lock_hold(&arena->lock);

	qv_frames_free(&arena->frames, gpa, order);
	lock_drop(&arena->lock, flags);
}

struct mm_arena *mm_arena_create(const uint64_t *block, uint32_t count)
{
	struct mm_arena *arena = mm_cache_alloc(&arenas);
	uint64_t low = UINT64_MAX, high = 0;
	uint32_t frames;

	if (!arena)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		assert(block[i] % LARGE == 0);
		low = block[i] < low ? block[i] : low;
		high = block[i] > high ? block[i] : high;
	}
	frames = (uint32_t)((high + LARGE - low) / PAGE);
	arena->storage = mm_heap_alloc(qv_frames_storage(frames));
	if (!arena->storage) {
		mm_cache_free(&arenas, arena);
		return NULL;
	}
	qv_frames_init(&arena->frames, arena->storage, low, frames);
	for (uint32_t i = 0; i < count; i++)
		qv_frames_add(&arena->frames, block[i], LARGE);
	arena->pages = arena->frames.free;
	return arena;
}

void mm_arena_destroy(struct mm_arena *arena)
{
	assert(arena->frames.free == arena->pages);
	mm_heap_free(arena->storage, qv_frames_storage(arena->frames.count));
	mm_cache_free(&arenas, arena);
}

uint64_t mm_arena_pages(const struct mm_arena *arena)
{
	return arena->pages;
}

uint64_t mm_arena_free_pages(struct mm_arena *arena)
{
	return arena->frames.free;
}

bool space_page(struct space *space, uint64_t *gpa)
{
	return space->arena ? take(space->arena, 0, gpa) : mm_frame_new(gpa);
}

void space_put_page(struct space *space, uint64_t gpa)
{
	if (space->arena)
		give_back(space->arena, 0, gpa);
	else
		mm_frame_put(gpa);
}

bool space_owns(const struct space *space, uint64_t gpa)
{
	return space->arena || mm_frame_count(gpa) == 1;
}

bool space_table(struct space *space, uint64_t *gpa)
{
	if (!space->arena)
		return frame_new_table(gpa);
	if (!take(space->arena, 0, gpa))
		return false;
	memset(memory_at(*gpa), 0, PAGE);
	return true;
}

void space_put_table(struct space *space, uint64_t gpa)
{
	if (space->arena)
		give_back(space->arena, 0, gpa);
	else
		frame_put_table(gpa);
}

/* In an arena there is nobody to be modest for; elsewhere large pages stop while there is still something left. */
bool space_large(struct space *space, uint64_t *gpa)
{
	if (space->arena)
		return take(space->arena, LARGE_ORDER, gpa);
	return mm_free_pages() >= mm_total_pages() / LARGE_SHARE + LARGE_PAGES && mm_alloc(LARGE_ORDER, gpa);
}

void space_put_large(struct space *space, uint64_t gpa)
{
	if (space->arena)
		give_back(space->arena, LARGE_ORDER, gpa);
	else
		mm_free(gpa, LARGE_ORDER);
}

void space_count_large(const struct space *space, uint64_t gpa, uint32_t from, uint32_t to)
{
	if (!space->arena)
		frame_count_block(gpa, from, to);
}
