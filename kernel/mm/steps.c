/* SPDX-License-Identifier: MIT */
/* What sweeps do to pages. */
#include "tables.h"

#include "frames.h"

#include <abi/linux.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <sched/thread.h>

#define FREED_MAX 4u /* frames between two preemption points */

/* `count` pages went, the one at `at` last. */
static void dropped(struct sweep *s, uint64_t at, unsigned count)
{
	s->space->resident -= count;
	sweep_changed(s, at, count);
}

static bool put_page(struct space *space, uint64_t gpa)
{
	if (!space->arena)
		return frame_put(gpa);
	space_put_page(space, gpa);
	return true;
}

/* Freeing may merge blocks: that costs, so others are let in after a few. */
int64_t drop_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	struct space *space = s->space;
	unsigned freed = 0, gone = 0, last = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t old = entry[i];

		if (!old)
			continue;
		entry[i] = 0;
		gone++;
		last = i;
		if (!put_page(space, old & ENTRY_ADDRESS) || ++freed < FREED_MAX)
			continue;
		dropped(s, at + i * PAGE, gone);
		sweep_pause(s);
		freed = gone = 0;
	}
	dropped(s, at + last * PAGE, gone);
	return 0;
}

int64_t drop_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	uint64_t old = *entry;

	*entry = 0;
	s->space->resident -= LARGE_PAGES;
	sweep_changed(s, at, 1);
	space_put_large(s->space, old & ENTRY_ADDRESS);
	return 0;
}

int64_t protect_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t gpa = entry[i] & ENTRY_ADDRESS;

		if (!entry[i])
			continue;
		entry[i] = gpa | leaf_bits(s->area, (s->area->flags & SPACE_SHARED) || space_owns(s->space, gpa));
		sweep_changed(s, at + i * PAGE, 1);
	}
	return 0;
}

int64_t protect_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	*entry = (*entry & ENTRY_ADDRESS) | leaf_bits(s->area, true) | ENTRY_LARGE;
	sweep_changed(s, at, 1);
	return 0;
}

static unsigned used(const uint64_t *entry, unsigned count)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n += entry[i] != 0;
	return n;
}

/* The target's entries from `at` on, which lie in one table. NULL: no memory for it. */
static uint64_t *target_pages(struct sweep *s, uint64_t at)
{
	if (s->chunk != at / LARGE + 1) {
		s->chunk = 0;
		s->directory = directory_make(s->target, at);
		if (!s->directory)
			return NULL;
		sweep_pause(s);
		if (!directory_fill(s->target, s->directory))
			return NULL;
		s->chunk = at / LARGE + 1;
		sweep_pause(s); /* a table may have been cleared */
	}
	return directory_page(s->directory, at);
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

/* What was written after the last fork will be again: copied now it costs no fault, here and in the child. */
static void copy_hot(struct sweep *s, uint64_t at, uint64_t *to, const uint64_t *entry, unsigned count)
{
	for (unsigned k = 0; k < HOT_PAGES; k++) {
		uint64_t i = (s->space->hot[k] - at) / PAGE, gpa;

		if (i >= count || !(entry[i] & ENTRY_WRITE) || to[i] || !frame_take(&gpa))
			continue;
		memcpy(memory_at(gpa), memory_at(entry[i] & ENTRY_ADDRESS), PAGE);
		to[i] = gpa | (entry[i] & ~ENTRY_ADDRESS);
		s->target->resident++;
		sweep_pause(s);
	}
}

/* Entries that the child does not have yet: both have them from now on. Counts them. */
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

int64_t fork_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	bool private = !(s->area->flags & SPACE_SHARED);
	uint64_t keep = private ? ~ENTRY_WRITE : ~0ull, seen = 0, *to = target_pages(s, at);

	if (!to)
		return -LX_ENOMEM;
	if (s->space->arena || s->target->arena)
		return copy_pages(s, to, entry, count);
	if (!space_fits(s->target, count) && !space_fits(s->target, used(entry, count)))
		return -LX_ENOMEM;
	if (private && (s->area->flags & SPACE_WRITE))
		copy_hot(s, at, to, entry, count);
	s->target->resident += share(to, entry, count, keep, &seen);
	if (seen & ~keep)
		sweep_changed(s, at, 2); /* more than one, for all that matters */
	return 0;
}

/* A large page has one owner; to be shared it becomes small ones. */
int64_t fork_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	(void)at;
	return tables_split(s->space, entry) ? SWEEP_SPLIT : -LX_ENOMEM;
}

int64_t prepare_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	(void)entry;
	(void)count;
	return target_pages(s, at + s->shift) ? 0 : -LX_ENOMEM;
}

int64_t prepare_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	(void)entry;
	return directory_make(s->target, at + s->shift) ? 0 : -LX_ENOMEM;
}

int64_t move_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	uint64_t *to = target_pages(s, at + s->shift);

	assert(to); /* made by prepare_pages */
	for (unsigned i = 0; i < count; i++) {
		assert(to[i] == 0);
		to[i] = entry[i];
		entry[i] = 0;
	}
	sweep_changed(s, at, 2);
	return 0;
}

int64_t move_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	uint64_t *to = directory_find(s->target, at + s->shift);

	assert(to && *to == 0);
	*to = *entry;
	*entry = 0;
	sweep_changed(s, at, 1);
	return 0;
}
