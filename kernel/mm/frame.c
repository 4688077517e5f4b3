/* SPDX-License-Identifier: MIT */
/*
 * Reference counts, and each core's store of frames, touched by its core only. It is so large that the pages of a small
 * program that comes and goes stay in it: the allocator, which splits and merges, costs ten times as much.
 */
#include "frames.h"

#include <base/boot.h>
#include <base/cpu.h>
#include <base/init.h>
#include <base/memory.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/mm.h>

#define STORE_SHARE  32u /* all stores together: at most this share of memory */
#define STORE_ORDER  3u  /* taken from the allocator in this size */
#define STORE_STEP   (1u << STORE_ORDER)

struct frame_store frame_stores[QUEST_CORES];
static uint32_t store_limit = STORE_STEP;

struct frame_references frame_references;

INIT void frame_init(void *counts, uint64_t frames)
{
	memset(counts, 0, frames * sizeof(uint32_t));
	frame_references.count = counts;
	frame_references.frames = frames;
	store_limit = (uint32_t)(frames / STORE_SHARE / boot_info()->core_count);
	if (store_limit > FRAME_STORE)
		store_limit = FRAME_STORE;
	if (store_limit < STORE_STEP)
		store_limit = STORE_STEP;
}

static struct frame_store *own_store(void)
{
	return &frame_stores[this_cpu()->index];
}

uint64_t frame_stored(void)
{
	uint64_t stored = 0;

	for (uint32_t i = 0; i < QUEST_CORES; i++)
		stored += frame_stores[i].count + frame_stores[i].clean_count;
	return stored;
}

void frame_drain(void)
{
	struct frame_store *s = own_store();

	while (s->count)
		frames_free(s->frame[--s->count], 0);
	while (s->clean_count)
		frames_free(s->clean[--s->clean_count], 0);
}

/* One block is cheaper to take than its pages one by one. */
bool frame_refill(struct frame_store *s)
{
	uint64_t gpa;

	if (frames_alloc(STORE_ORDER, &gpa)) {
		for (uint32_t i = STORE_STEP; i-- > 0;)
			s->frame[s->count++] = gpa + i * QV_PAGE_SIZE;
		return true;
	}
	if (!frames_alloc(0, &gpa)) {
		if (s->clean_count == 0)
			return false;
		gpa = s->clean[--s->clean_count];
	}
	s->frame[s->count++] = gpa;
	return true;
}

/* In the store, or else (true) given back. */
static bool keep(uint64_t gpa)
{
	struct frame_store *s = own_store();

	if (s->count < store_limit) {
		s->frame[s->count++] = gpa;
		return false;
	}
	frames_free(gpa, 0);
	return true;
}

bool mm_frame_new(uint64_t *gpa)
{
	return frame_take(gpa);
}

bool mm_frame_new_zeroed(uint64_t *gpa)
{
	if (!mm_frame_new(gpa))
		return false;
	memset(memory_at(*gpa), 0, QV_PAGE_SIZE);
	return true;
}

bool frame_last(uint64_t gpa, uint32_t before)
{
	assert(before == 1);
	return keep(gpa);
}

void mm_frame_get(uint64_t gpa)
{
	frame_get(gpa);
}

void mm_frame_put(uint64_t gpa)
{
	frame_put(gpa);
}

uint32_t mm_frame_count(uint64_t gpa)
{
	uint64_t index = gpa / QV_PAGE_SIZE;

	return index < frame_references.frames ? __atomic_load_n(&frame_references.count[index], __ATOMIC_ACQUIRE) : 2;
}

bool frame_new_table(uint64_t *gpa)
{
	struct frame_store *s = own_store();

	if (s->clean_count) {
		*gpa = s->clean[--s->clean_count];
		return true;
	}
	if (s->count == 0 && !frame_refill(s))
		return false;
	*gpa = s->frame[--s->count];
	frame_clear(*gpa);
	return true;
}

void frame_put_table(uint64_t gpa)
{
	struct frame_store *s = own_store();

	if (s->clean_count < FRAME_CLEAN)
		s->clean[s->clean_count++] = gpa;
	else
		keep(gpa);
}

void frame_count_block(uint64_t gpa, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		frame_references.count[gpa / QV_PAGE_SIZE + i] = 1;
}
