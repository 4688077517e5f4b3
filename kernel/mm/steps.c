/* SPDX-License-Identifier: MIT */
/* What sweeps do to pages. */
#include "tables.h"

#include "frames.h"

#include <abi/linux.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <sched/thread.h>

#define FREED_MAX 4u /* frames between two preemption points */

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
	unsigned freed = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t old = entry[i];

		if (!old)
			continue;
		entry[i] = 0;
		s->space->resident--;
		sweep_changed(s, at + i * PAGE, 1);
		freed += put_page(s->space, old & ENTRY_ADDRESS);
		if (freed == FREED_MAX) {
			freed = 0;
			sweep_pause(s);
		}
	}
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
		if (!s->directory || !directory_fill(s->target, s->directory))
			return NULL;
		s->chunk = at / LARGE + 1;
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

int64_t fork_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	uint64_t keep = s->area->flags & SPACE_SHARED ? ~0ull : ~ENTRY_WRITE, seen = 0, *to = target_pages(s, at);
	unsigned shared = 0;

	if (!to)
		return -LX_ENOMEM;
	if (s->space->arena || s->target->arena)
		return copy_pages(s, to, entry, count);
	if (!space_fits(s->target, count) && !space_fits(s->target, used(entry, count)))
		return -LX_ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		uint64_t old = entry[i];

		if (!old)
			continue;
		frame_get(old & ENTRY_ADDRESS);
		to[i] = entry[i] = old & keep;
		seen |= old;
		shared++;
	}
	s->target->resident += shared;
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
