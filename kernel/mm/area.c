/* SPDX-License-Identifier: MIT */
/* Areas of a space: looked up, split at bounds, joined again. Page tables follow in tables.c. */
#include "tables.h"

#include <abi/linux.h>
#include <lib/assert.h>
#include <mm/heap.h>
#include <sched/thread.h>

#define PAUSE_AREAS 8u
#define AREAS_MAX 65000u /* as many as Linux allows, some fewer than the tree takes */

static struct mm_cache areas = MM_CACHE(struct area);

struct area *area_from(struct space *space, uint64_t address)
{
	return area_of(qv_areas_from(&space->areas, address));
}

struct area *area_search(struct space *space, uint64_t address)
{
	struct area *a = area_from(space, address);

	if (!a || address < a->range.start)
		return NULL;
	space->recent = a;
	return a;
}

struct area *area_new(const struct space *space, uint32_t flags, struct space_backing *backing, uint64_t offset)
{
	struct area *a = space->areas.count < AREAS_MAX ? mm_cache_take(&areas) : NULL;

	if (!a)
		return NULL;
	a->flags = flags;
	a->backing = backing;
	a->offset = offset;
	if (backing)
		backing->reference(backing, 1);
	return a;
}

void area_add(struct space *space, struct area *a, uint64_t start, uint64_t end)
{
	a->range.start = start;
	a->range.end = end;
	qv_areas_insert(&space->areas, &a->range);
	space->reserved += (end - start) / PAGE;
}

void area_free(struct area *a)
{
	if (a->backing)
		a->backing->reference(a->backing, -1);
	mm_cache_free(&areas, a);
}

void area_remove(struct space *space, struct area *a)
{
	space->recent = NULL;
	space->reserved -= (a->range.end - a->range.start) / PAGE;
	qv_areas_remove(&space->areas, &a->range);
	area_free(a);
}

void area_resize(struct space *space, struct area *a, uint64_t start, uint64_t end)
{
	space->reserved += (end - start) / PAGE - (a->range.end - a->range.start) / PAGE;
	a->offset += start - a->range.start;
	qv_areas_resize(&space->areas, &a->range, start, end);
}

/* Make `at` a bound of areas and pages, if it lies inside one. */
static int64_t cut(struct space *space, uint64_t at)
{
	struct area *a = area_at(space, at), *upper;
	uint64_t end, *directory;

	if (!a || a->range.start == at)
		return 0;
	directory = directory_find(space, at);
	if (at % LARGE != 0 && directory && (*directory & ENTRY_LARGE) && !tables_split(space, directory))
		return -LX_ENOMEM;
	upper = area_new(space, a->flags, a->backing, a->offset + (at - a->range.start));
	if (!upper)
		return -LX_ENOMEM;
	end = a->range.end;
	area_resize(space, a, a->range.start, at);
	if (!(a->flags & SPACE_SHARED)) /* a futex there is looked up without the lock */
		sched_preempt_point();
	area_add(space, upper, at, end);
	return 0;
}

int64_t area_isolate(struct space *space, uint64_t start, uint64_t end)
{
	int64_t error;

	sched_preempt_point();
	error = cut(space, start);
	sched_preempt_point();
	if (!error)
		error = cut(space, end);
	sched_preempt_point();
	if (error)
		area_merge(space, start, start);
	return error;
}

static bool alike(const struct area *a, const struct area *b)
{
	uint64_t bytes = a->range.end - a->range.start;

	return a->range.end == b->range.start && a->flags == b->flags && !(a->flags & SPACE_GROWS) &&
		a->backing == b->backing && (!a->backing || a->offset + bytes == b->offset);
}

void area_merge(struct space *space, uint64_t start, uint64_t end)
{
	struct area *a = area_from(space, start ? start - 1 : 0), *b;
	unsigned seen = 0;

	sched_preempt_point();
	while (a && a->range.start <= end && (b = area_next(a)) != NULL && b->range.start <= end) {
		uint64_t top = b->range.end;

		if (!alike(a, b)) {
			a = b;
			area_pause(&seen);
			continue;
		}
		area_remove(space, b);
		if (!(a->flags & SPACE_SHARED))
			sched_preempt_point();
		area_resize(space, a, a->range.start, top);
		sched_preempt_point();
	}
}

void area_pause(unsigned *seen)
{
	if (++*seen % PAUSE_AREAS == 0)
		sched_preempt_point();
}

bool area_covers(struct space *space, uint64_t start, uint64_t end)
{
	unsigned seen = 0;

	for (struct area *a = area_from(space, start); a && a->range.start <= start; a = area_next(a)) {
		if (a->range.end >= end)
			return true;
		start = a->range.end;
		area_pause(&seen);
	}
	return false;
}
