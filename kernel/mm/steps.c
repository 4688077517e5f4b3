/* SPDX-License-Identifier: MIT */
/* What sweeps do to pages. */
#include "tables.h"

#include "frames.h"

#include <abi/linux.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <sched/thread.h>

#define FREED_WORK 24u /* of giving up frames, between two preemption points */

/* `count` pages went, the one at `at` last. */
static void dropped(struct sweep *s, uint64_t at, unsigned count)
{
	s->space->resident -= count;
	sweep_changed(s, at, count);
}

uint32_t space_drop_page(struct space *space, uint64_t gpa)
{
	if (!space->arena)
		return frame_put(gpa);
	space_put_page(space, gpa);
	return FRAME_WORK;
}

/* Freeing may merge blocks: that costs, so others are let in after a few. */
int64_t drop_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	struct space *space = s->space;
	unsigned work = 0, gone = 0, last = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t old = entry[i];

		if (!old)
			continue;
		entry[i] = 0;
		gone++;
		last = i;
		work += space_drop_page(space, old & ENTRY_ADDRESS);
		if (work < FREED_WORK)
			continue;
		dropped(s, at + i * PAGE, gone);
		sweep_pause(s);
		work = gone = 0;
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

uint64_t *target_directory(struct sweep *s, uint64_t at)
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
	return s->directory;
}

/* The target's entries from `at` on, which lie in one table. NULL: no memory for it. */
static uint64_t *target_pages(struct sweep *s, uint64_t at)
{
	uint64_t *directory = target_directory(s, at);

	return directory ? directory_page(directory, at) : NULL;
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
