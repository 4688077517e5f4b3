/* SPDX-License-Identifier: MIT */
/* What sweeps do to pages. */
#include "tables.h"

#include <abi/linux.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <sched/thread.h>

int64_t drop_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t old = entry[i];

		if (!old)
			continue;
		entry[i] = 0;
		space_put_page(s->space, old & ENTRY_ADDRESS);
		s->space->resident--;
		sweep_changed(s, at + i * PAGE);
	}
	return 0;
}

int64_t drop_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	uint64_t old = *entry;

	*entry = 0;
	s->space->resident -= LARGE_PAGES;
	sweep_changed(s, at);
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
		sweep_changed(s, at + i * PAGE);
	}
	return 0;
}

int64_t protect_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	*entry = (*entry & ENTRY_ADDRESS) | leaf_bits(s->area, true) | ENTRY_LARGE;
	sweep_changed(s, at);
	return 0;
}

static unsigned used(const uint64_t *entry, unsigned count)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n += entry[i] != 0;
	return n;
}

/* To or from an arena nothing can be shared: the pages are copied at once. */
static int64_t copy_pages(struct sweep *s, uint64_t at, const uint64_t *entry, unsigned count)
{
	uint64_t *to = tables_make(s->target, at, 0), gpa;

	for (unsigned i = 0; i < count; i++) {
		if (!entry[i])
			continue;
		if (!to || !space_fits(s->target, 1) || !space_page(s->target, &gpa))
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
	uint64_t keep = s->area->flags & SPACE_SHARED ? ~0ull : ~ENTRY_WRITE;
	uint64_t *to;

	if (s->space->arena || s->target->arena)
		return copy_pages(s, at, entry, count);
	to = tables_make(s->target, at, 0);
	if (!to || !(space_fits(s->target, count) || space_fits(s->target, used(entry, count))))
		return -LX_ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		uint64_t old = entry[i];

		if (!old)
			continue;
		mm_frame_get(old & ENTRY_ADDRESS);
		to[i] = old & keep;
		s->target->resident++;
		if (old & ~keep) {
			entry[i] = old & keep;
			sweep_changed(s, at + i * PAGE);
		}
	}
	return 0;
}

/* A large page has one owner; to be shared it becomes small ones. */
int64_t fork_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	sweep_changed(s, at);
	return tables_split(s->space, entry) ? SWEEP_SPLIT : -LX_ENOMEM;
}

int64_t prepare_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	(void)entry;
	(void)count;
	return tables_make(s->target, at + s->shift, 0) ? 0 : -LX_ENOMEM;
}

int64_t prepare_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	(void)entry;
	return tables_make(s->target, at + s->shift, 1) ? 0 : -LX_ENOMEM;
}

int64_t move_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count)
{
	uint64_t *to = tables_entry(s->target, at + s->shift, 0);

	assert(to);
	for (unsigned i = 0; i < count; i++) {
		assert(to[i] == 0);
		to[i] = entry[i];
		entry[i] = 0;
	}
	sweep_changed(s, at);
	sweep_changed(s, at);
	return 0;
}

int64_t move_large(struct sweep *s, uint64_t at, uint64_t *entry)
{
	uint64_t *to = tables_entry(s->target, at + s->shift, 1);

	assert(to && *to == 0);
	*to = *entry;
	*entry = 0;
	sweep_changed(s, at);
	return 0;
}
