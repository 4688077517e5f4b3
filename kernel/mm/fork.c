/* SPDX-License-Identifier: MIT */
/* A space is copied: areas one by one, their pages by reference, copy-on-write where they are private. */
#include "tables.h"

#include "frames.h"

#include <abi/linux.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <sched/thread.h>

#define SHARE_STEP 8u /* entries looked at together */
#define AREA_WORK 6u   /* what going to an area's next table costs, in entries */
#define SHARE_WORK 20u /* entries shared, between two preemption points */

/* A twin for each area of the parent, or none. */
static bool make_twins(struct space *child, struct space *parent)
{
	unsigned made = 0;

	for (struct area *a = area_of(parent->areas.head), *b; a; a = area_next(a)) {
		b = area_new(child, a->flags & ~SPACE_LOCKED, a->backing, a->offset);
		if (!b) {
			while ((a = area_of(a->range.prev)) != NULL)
				area_free(area_of(a->range.twin));
			return false;
		}
		a->range.twin = &b->range;
		if (++made % 4 == 0)
			sched_preempt_point();
	}
	return true;
}

static void link_twins(struct space *child, struct space *parent)
{
	unsigned linked = 0;

	for (struct area *a = area_of(parent->areas.head); a; a = area_next(a)) {
		qv_area_twin(&a->range);
		area_pause(&linked);
	}
	qv_areas_twin(&child->areas, &parent->areas);
	child->reserved = parent->reserved;
}

/* To or from an arena nothing can be shared: the pages are copied at once. */
static int64_t copy_pages(struct sweep *s, uint64_t *to, const uint64_t *entry, unsigned count)
{
	uint64_t gpa;

	for (unsigned i = 0; i < count; i++) {
		if (!entry[i])
			continue;
		if (!space_fits(s->target, 1) || !space_page(s->target, &gpa))
			return -LX_ENOMEM;
		memcpy(memory_at(gpa), memory_at(entry[i] & ENTRY_ADDRESS), PAGE);
		to[i] = gpa | leaf_bits(s->area, true);
		s->target->resident++;
		sched_preempt_point();
	}
	return 0;
}

static unsigned used(const uint64_t *entry, unsigned count)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n += entry[i] != 0;
	return n;
}

/* Up to SHARE_STEP entries: those that the child does not have yet both have from now on. Counts them. */
static unsigned share(uint64_t *to, uint64_t *entry, unsigned count, uint64_t keep, uint64_t *seen)
{
	unsigned shared = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t old = entry[i];

		if (!old || to[i])
			continue;
		frame_get(old & ENTRY_ADDRESS);
		to[i] = entry[i] = old & keep;
		*seen |= old;
		shared++;
	}
	return shared;
}

/* Up to a group of entries, which are the area's. */
static int64_t fork_pages(struct sweep *s, uint64_t at, uint64_t *to, uint64_t *entry, unsigned count)
{
	uint64_t keep = s->area->flags & SPACE_SHARED ? ~0ull : ~ENTRY_WRITE, seen = 0;

	if (s->space->arena || s->target->arena)
		return copy_pages(s, to, entry, count);
	if (!space_fits(s->target, count) && !space_fits(s->target, used(entry, count)))
		return -LX_ENOMEM;
	for (unsigned i = 0; i < count; i += SHARE_STEP) {
		unsigned shared = share(to + i, entry + i, count - i < SHARE_STEP ? count - i : SHARE_STEP, keep, &seen);

		s->target->resident += shared;
		if (seen & ~keep)
			sweep_changed(s, at, 2); /* more than one, for all that matters */
		s->work += shared + 1;
		if (s->work >= SHARE_WORK)
			sweep_pause(s);
	}
	return 0;
}

/* The area's part of what a directory entry maps. */
static int64_t fork_table(struct sweep *s, uint64_t at, uint64_t end, uint64_t *directory)
{
	unsigned index = table_index(at, 0), last = index + (unsigned)((end - at) / PAGE), stop;
	uint64_t groups = *directory / ENTRY_GROUP, *target = target_directory(s, at);
	int64_t error = 0;

	if (!target)
		return -LX_ENOMEM;
	for (; index < last && !error; index = stop) {
		stop = (index | (GROUP_PAGES - 1)) + 1;
		stop = stop < last ? stop : last;
		if (!(groups >> index / GROUP_PAGES & 1))
			continue;
		*target |= ENTRY_GROUP << index / GROUP_PAGES;
		error = fork_pages(s, at, table_at(*target) + index, table_at(*directory) + index, stop - index);
	}
	return error;
}

static int64_t fork_area(struct sweep *s, uint64_t at, uint64_t end)
{
	uint64_t next;
	int64_t error = 0;

	for (; at < end && !error; at = next) {
		uint64_t *directory = directory_find(s->space, at), stop;

		next = (at | ((directory ? LARGE : GIB) - 1)) + 1;
		stop = next < end ? next : end;
		sweep_work(s, AREA_WORK);
		if (!directory || !*directory)
			continue;
		if (*directory & ENTRY_LARGE) { /* has one owner: to be shared it becomes small ones */
			sweep_pause(s);
			if (!tables_split(s->space, directory))
				return -LX_ENOMEM;
		}
		error = fork_table(s, at, stop, directory);
	}
	return error;
}

/* The page at `at`, if it is still there, private and written. False: no memory. */
static bool copy_page(struct sweep *s, uint64_t at)
{
	const uint64_t *directory = directory_find(s->space, at);
	const struct area *a = area_at(s->space, at);
	uint64_t entry, gpa, *target;

	if (!a || (a->flags & SPACE_SHARED) || !directory || !*directory || (*directory & ENTRY_LARGE))
		return true;
	entry = table_at(*directory)[table_index(at, 0)];
	if (!(entry & ENTRY_WRITE))
		return true;
	target = target_directory(s, at);
	if (!target)
		return false;
	if (!space_fits(s->target, 1) || !frame_take(&gpa))
		return true; /* it can still be shared */
	memcpy(memory_at(gpa), memory_at(entry & ENTRY_ADDRESS), PAGE);
	*directory_page(target, at) = gpa | (entry & ~ENTRY_ADDRESS);
	s->target->resident++;
	sweep_pause(s);
	return true;
}

/* What was written after the last fork will be again: copied now it costs no fault, here and in the child. */
static bool copy_hot(struct sweep *s)
{
	if (s->space->arena || s->target->arena)
		return true;
	for (unsigned k = 0; k < HOT_PAGES; k++) {
		if (s->space->hot[k] && !copy_page(s, s->space->hot[k]))
			return false;
	}
	return true;
}

int64_t space_fork(struct space *child, struct space *parent)
{
	struct sweep s = {.space = parent, .target = child};
	int64_t error = 0;

	assert(child->areas.count == 0 && child->resident == 0);
	if (!make_twins(child, parent))
		return -LX_ENOMEM;
	sched_preempt_point();
	link_twins(child, parent);
	sched_preempt_point();
	memcpy(child->hot, parent->hot, sizeof(child->hot));
	if (!copy_hot(&s))
		return -LX_ENOMEM;
	for (s.area = area_of(child->areas.head); s.area && !error; s.area = area_next(s.area))
		error = fork_area(&s, s.area->range.start, s.area->range.end);
	sweep_finish(&s);
	space_charge(child, 0);
	return error;
}
