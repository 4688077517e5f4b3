/* SPDX-License-Identifier: MIT */
/* Memory that stays shared over fork: a table of frames, filled as they are touched, from any core. */
#include "area.h"

#include <lib/assert.h>
#include <mm/frame.h>
#include <mm/heap.h>
#include <sched/thread.h>

#define FRAMES_MAX (LARGE / sizeof(uint64_t)) /* 1 GiB: the table is one heap block */

struct shared {
	struct space_backing backing; /* first */
	uint32_t references;
	uint64_t pages;
	uint64_t *frame; /* 0: not touched yet */
};

static struct mm_cache objects = MM_CACHE(struct shared);

/* Two spaces on different cores may ask for one page: the second frame goes back. */
static uint64_t page(struct space_backing *backing, uint64_t index)
{
	struct shared *s = (struct shared *)backing;
	uint64_t fresh, found;

	if (index >= s->pages)
		return 0;
	found = __atomic_load_n(&s->frame[index], __ATOMIC_ACQUIRE);
	if (!found) {
		if (!mm_frame_new_zeroed(&fresh))
			return 0;
		if (__atomic_compare_exchange_n(&s->frame[index], &found, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			found = fresh;
		else
			mm_frame_put(fresh);
	}
	mm_frame_get(found);
	return found;
}

static void destroy(struct shared *s)
{
	for (uint64_t i = 0; i < s->pages; i++) {
		if (s->frame[i])
			mm_frame_put(s->frame[i]);
		if (i % 64 == 63)
			sched_preempt_point();
	}
	mm_heap_free(s->frame, s->pages * sizeof(uint64_t));
	mm_cache_free(&objects, s);
}

static void reference(struct space_backing *backing, int change)
{
	struct shared *s = (struct shared *)backing;
	uint32_t left = __atomic_add_fetch(&s->references, (uint32_t)change, __ATOMIC_ACQ_REL);

	assert(left != UINT32_MAX);
	if (left == 0)
		destroy(s);
}

struct space_backing *shared_create(uint64_t bytes)
{
	struct shared *s = bytes / PAGE <= FRAMES_MAX ? mm_cache_alloc(&objects) : NULL;

	if (!s)
		return NULL;
	s->backing.page = page;
	s->backing.reference = reference;
	s->references = 1;
	s->pages = bytes / PAGE;
	s->frame = mm_heap_alloc(s->pages * sizeof(uint64_t));
	if (s->frame)
		return &s->backing;
	mm_cache_free(&objects, s);
	return NULL;
}
