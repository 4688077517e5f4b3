/* SPDX-License-Identifier: MIT */
/*
 * Memory that stays shared over fork: a table of frames in two levels, filled as they are touched, from any core. The
 * frames stay when one space discards them, so a space that has a limit has it for what it created as well.
 */
#include "area.h"

#include <lib/assert.h>
#include <mm/frame.h>
#include <mm/heap.h>
#include <sched/thread.h>

#define FAN (PAGE / sizeof(uint64_t)) /* frames of a part, parts of a table: 1 GiB */

/* Pages that the shared memory of one creator takes, with its tables. It outlives the space that it came with. */
struct shared_quota {
	uint32_t references;
	uint64_t used, limit;
};

struct shared {
	struct space_backing backing; /* first */
	uint32_t references;
	uint64_t pages;
	struct shared_quota *quota; /* NULL = no limit */
	uint64_t **part; /* NULL: nothing in it was touched yet; in it 0: not touched yet */
};

static struct mm_cache objects = MM_CACHE(struct shared);

/* ---- limits ---- */

static bool charge(struct shared_quota *q)
{
	if (!q || __atomic_add_fetch(&q->used, 1, __ATOMIC_RELAXED) <= q->limit)
		return true;
	__atomic_sub_fetch(&q->used, 1, __ATOMIC_RELAXED);
	return false;
}

static void discharge(struct shared_quota *q)
{
	if (q)
		__atomic_sub_fetch(&q->used, 1, __ATOMIC_RELAXED);
}

void shared_quota_put(struct shared_quota *q)
{
	if (q && __atomic_sub_fetch(&q->references, 1, __ATOMIC_ACQ_REL) == 0)
		mm_heap_free(q, sizeof(*q));
}

/* One more reference to the space's own, which is made when it is first needed. False: no memory. */
static bool quota_get(struct space *space, struct shared_quota **quota)
{
	*quota = NULL;
	if (space->limit == UINT64_MAX)
		return true;
	if (!space->shared) {
		space->shared = mm_heap_alloc(sizeof(*space->shared));
		if (!space->shared)
			return false;
		*space->shared = (struct shared_quota){.references = 1, .limit = space->limit};
	}
	__atomic_add_fetch(&space->shared->references, 1, __ATOMIC_RELAXED);
	*quota = space->shared;
	return true;
}

/* ---- pages ---- */

static uint64_t *part_made(struct shared *s, uint64_t index)
{
	uint64_t **slot = &s->part[index / FAN], *found = __atomic_load_n(slot, __ATOMIC_ACQUIRE), *fresh;

	if (found)
		return found;
	if (!charge(s->quota))
		return NULL;
	fresh = mm_heap_alloc(PAGE);
	if (fresh && __atomic_compare_exchange_n(slot, &found, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return fresh;
	mm_heap_free(fresh, PAGE);
	discharge(s->quota);
	return found;
}

static uint64_t new_frame(struct shared *s)
{
	uint64_t fresh;

	if (!charge(s->quota))
		return 0;
	if (mm_frame_new_zeroed(&fresh))
		return fresh;
	discharge(s->quota);
	return 0;
}

static void drop_frame(struct shared *s, uint64_t frame)
{
	mm_frame_put(frame);
	discharge(s->quota);
}

/* Two spaces on different cores may ask for one page: the second frame goes back. */
static uint64_t page(struct space_backing *backing, uint64_t index)
{
	struct shared *s = (struct shared *)backing;
	uint64_t *part = index < s->pages ? part_made(s, index) : NULL, fresh, found;

	if (!part)
		return 0;
	found = __atomic_load_n(&part[index % FAN], __ATOMIC_ACQUIRE);
	if (!found) {
		fresh = new_frame(s);
		if (!fresh)
			return 0;
		if (__atomic_compare_exchange_n(&part[index % FAN], &found, fresh, false, __ATOMIC_ACQ_REL,
			__ATOMIC_ACQUIRE))
			found = fresh;
		else
			drop_frame(s, fresh);
	}
	mm_frame_get(found);
	return found;
}

#define FREED_STEP 3u /* frames given up between two preemption points: the allocator may have to join blocks */
#define LOOK_STEP 64u /* looked at */

static void destroy_part(struct shared *s, uint64_t *part)
{
	uint32_t freed = 0;

	for (uint64_t i = 0; i < FAN; i++) {
		if (part[i]) {
			drop_frame(s, part[i]);
			freed++;
		}
		if (freed == FREED_STEP || i % LOOK_STEP == LOOK_STEP - 1) {
			sched_preempt_point();
			freed = 0;
		}
	}
	mm_heap_free(part, PAGE);
	discharge(s->quota);
}

static size_t table_bytes(const struct shared *s)
{
	return (s->pages + FAN - 1) / FAN * sizeof(*s->part);
}

static void destroy(struct shared *s)
{
	for (uint64_t i = 0; i < (s->pages + FAN - 1) / FAN; i++) {
		if (s->part[i])
			destroy_part(s, s->part[i]);
		if (i % 32 == 31)
			sched_preempt_point();
	}
	mm_heap_free(s->part, table_bytes(s));
	shared_quota_put(s->quota);
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

struct space_backing *shared_create(struct space *space, uint64_t bytes)
{
	struct shared *s = bytes / PAGE <= FAN * FAN ? mm_cache_alloc(&objects) : NULL;

	if (!s)
		return NULL;
	s->backing.page = page;
	s->backing.reference = reference;
	s->references = 1;
	s->pages = bytes / PAGE;
	s->part = mm_heap_alloc(table_bytes(s));
	if (s->part && quota_get(space, &s->quota))
		return &s->backing;
	mm_heap_free(s->part, table_bytes(s));
	mm_cache_free(&objects, s);
	return NULL;
}
