/* SPDX-License-Identifier: MIT */
/*
 * Page faults. An untouched page gets a frame of its own at once, also when it is only read: a shared zero page would
 * save memory for programs that read what they never write, and cost every other one a second fault.
 */
#include "tables.h"

#include "frames.h"

#include <abi/linux.h>
#include <hw/cpu.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <sched/thread.h>

#define NEAR_PAGES 16u /* in one go, aligned */
#define ERROR_WRITE 0x2u
#define ERROR_FETCH 0x10u

/* Does `a` cover the 2 MiB around `at` with zero pages, and does the limit allow it? What is touched from above first
 * is a stack, whatever it was mapped as, and most of it is never used. */
static bool large_fits(const struct space *space, const struct area *a, uint64_t at)
{
	uint64_t base = at & ~(LARGE - 1);

	return !a->backing && !(a->flags & (SPACE_GROWS | SPACE_SHARED | SPACE_SMALL)) && base >= a->range.start &&
		base + LARGE <= a->range.end && (a->flags & SPACE_WRITE) && at - base < LARGE / 2 &&
		space_fits(space, LARGE_PAGES);
}

/* Clearing takes long, so it is done in steps before anybody sees the block. */
static bool large_in(struct space *space, const struct area *a, uint64_t *directory)
{
	uint64_t gpa;

	if (!space_large(space, &gpa))
		return false;
	for (uint64_t i = 0; i < LARGE_PAGES; i++) {
		frame_clear(gpa + i * PAGE);
		sched_preempt_point();
	}
	if (!space_charge(space, LARGE_PAGES)) {
		space_put_large(space, gpa);
		return false;
	}
	space->resident += LARGE_PAGES;
	*directory = gpa | leaf_bits(a, true) | ENTRY_LARGE;
	return true;
}

/* The page is there: an entry of the TLB is older than the table's. */
static enum space_fault stale(const struct space *space, uint64_t at)
{
	if (space_loaded(space))
		hw_invlpg(at);
	return SPACE_FAULT_DONE;
}

static void note_hot(struct space *space, uint64_t at)
{
	for (unsigned k = 0; k < HOT_PAGES; k++) {
		if (space->hot[k] == at)
			return;
	}
	space->hot[space->hot_next++ % HOT_PAGES] = at;
}

/* A private page is written whose frame others have, too. The last one to come keeps it. */
static enum space_fault own_page(struct space *space, const struct area *a, uint64_t at, uint64_t *entry)
{
	uint64_t old = *entry & ENTRY_ADDRESS, gpa;

	if (!(a->flags & SPACE_SHARED) && !space_owns(space, old)) {
		if (!space_page(space, &gpa))
			return SPACE_FAULT_NO_MEMORY;
		frame_copy(gpa, old);
		*entry = gpa | leaf_bits(a, true);
		space_put_page(space, old);
		space->copies++;
	} else {
		*entry = old | leaf_bits(a, true);
	}
	return stale(space, at);
}

static enum space_fault zero_page(struct space *space, const struct area *a, uint64_t *entry)
{
	uint64_t gpa;

	if (!space_charge(space, 1) || !(space->arena ? space_page(space, &gpa) : frame_take(&gpa)))
		return SPACE_FAULT_NO_MEMORY;
	frame_clear_whole(gpa);
	space->resident++;
	*entry = gpa | leaf_bits(a, true);
	return SPACE_FAULT_DONE;
}

/* An arena holds no page of a file, only copies. */
static enum space_fault copied_page(struct space *space, const struct area *a, uint64_t from, uint64_t *entry)
{
	uint64_t gpa;
	bool done = space_page(space, &gpa);

	if (done) {
		frame_copy(gpa, from);
		*entry = gpa | leaf_bits(a, true);
		space->resident++;
	}
	mm_frame_put(from);
	return done ? SPACE_FAULT_DONE : SPACE_FAULT_NO_MEMORY;
}

/* Neighbours of a page that nobody here can write: they need no more than an entry, and will be wanted. Not near the
 * limit, since they count. `entry` is that of the page at `at`. */
static void map_near(struct space *space, const struct area *a, uint64_t at, uint64_t *entry)
{
	uint64_t low = at & ~(NEAR_PAGES * PAGE - 1), high = low + NEAR_PAGES * PAGE;
	uint64_t frame[NEAR_PAGES], bits = leaf_bits(a, false);
	unsigned count;

	if (space->arena || (a->flags & (SPACE_SHARED | SPACE_WRITE)) || !a->backing->present ||
		space->resident + space->tables > space->limit / 2)
		return;
	low = low > a->range.start ? low : a->range.start;
	high = high < a->range.end ? high : a->range.end;
	count = (unsigned)((high - low) / PAGE);
	a->backing->present(a->backing, (a->offset + (low - a->range.start)) / PAGE, count, frame);
	entry -= (at - low) / PAGE;
	for (unsigned i = 0; i < count; i++) {
		if (!frame[i] || entry[i])
			continue;
		frame_get(frame[i]);
		entry[i] = frame[i] | bits;
		space->resident++;
	}
}

void space_near(struct space *space, uint64_t address)
{
	const struct area *a = area_at(space, address);
	uint64_t *directory = a && a->backing && (a->flags & AREA_RIGHTS) ? directory_make(space, address) : NULL;

	if (directory && !(*directory & ENTRY_LARGE) && directory_fill(space, directory))
		map_near(space, a, address & ~(PAGE - 1), directory_page(directory, address));
}

static enum space_fault backed_page(struct space *space, const struct area *a, uint64_t at, bool write, uint64_t *entry)
{
	uint64_t gpa;

	if (!space_charge(space, 1))
		return SPACE_FAULT_NO_MEMORY;
	gpa = a->backing->page(a->backing, (a->offset + (at - a->range.start)) / PAGE);
	if (!gpa)
		return SPACE_FAULT_BACKING;
	if (space->arena)
		return copied_page(space, a, gpa, entry);
	space->resident++;
	*entry = gpa | leaf_bits(a, a->flags & SPACE_SHARED);
	if (write && !(*entry & ENTRY_WRITE))
		return own_page(space, a, at, entry);
	map_near(space, a, at, entry);
	return SPACE_FAULT_DONE;
}

/* There is a table for it. */
static enum space_fault small_in(struct space *space, struct area *a, uint64_t at, bool write, uint64_t *entry)
{
	if (!*entry)
		return a->backing ? backed_page(space, a, at, write, entry) : zero_page(space, a, entry);
	if (write && !(*entry & ENTRY_WRITE)) {
		note_hot(space, at);
		return own_page(space, a, at, entry);
	}
	return stale(space, at);
}

enum space_fault page_in(struct space *space, struct area *a, uint64_t at, bool write)
{
	uint64_t *directory = directory_make(space, at);

	if (!directory)
		return SPACE_FAULT_NO_MEMORY;
	if (*directory & ENTRY_LARGE)
		return stale(space, at);
	if (!*directory) {
		if (large_fits(space, a, at) && large_in(space, a, directory))
			return SPACE_FAULT_DONE;
		sched_preempt_point();
		if (!directory_fill(space, directory))
			return SPACE_FAULT_NO_MEMORY;
		sched_preempt_point(); /* up to three tables were cleared, a page may come */
	}
	return small_in(space, a, at, write, directory_page(directory, at));
}

enum space_fault space_touch(struct space *space, uint64_t address)
{
	struct area *a = area_at(space, address);

	if (!a)
		return SPACE_FAULT_NO_AREA;
	return area_permits(a, SPACE_WRITE) ? page_in(space, a, address & ~(PAGE - 1), true) : SPACE_FAULT_RIGHTS;
}

int64_t space_cut_off(struct space *space, uint64_t address, uint64_t kept)
{
	uint64_t at = address & ~(PAGE - 1), gpa, from, *directory = directory_make(space, at), *entry;
	const struct area *a = area_at(space, address);

	assert(a && a->backing && !(a->flags & SPACE_SHARED) && kept <= PAGE);
	if (!directory || !directory_fill(space, directory) || !space_charge(space, 1))
		return -LX_ENOMEM;
	sched_preempt_point();
	from = a->backing->page(a->backing, (a->offset + (at - a->range.start)) / PAGE);
	if (!from)
		return -LX_EFAULT;
	if (!space_page(space, &gpa)) {
		mm_frame_put(from);
		return -LX_ENOMEM;
	}
	memcpy(memory_at(gpa), memory_at(from), kept);
	memset((uint8_t *)memory_at(gpa) + kept, 0, PAGE - kept);
	mm_frame_put(from);
	entry = directory_page(directory, at);
	assert(*entry == 0);
	*entry = gpa | leaf_bits(a, true);
	space->resident++;
	return 0;
}

enum space_fault space_fault(struct space *space, uint64_t address, uint64_t error)
{
	uint32_t wanted = error & ERROR_WRITE ? SPACE_WRITE : error & ERROR_FETCH ? SPACE_EXEC : SPACE_READ;
	struct area *a = area_at(space, address);

	space->faults++;
	if (!a)
		return SPACE_FAULT_NO_AREA;
	if (!area_permits(a, wanted))
		return SPACE_FAULT_RIGHTS;
	return page_in(space, a, address & ~(PAGE - 1), wanted == SPACE_WRITE);
}
