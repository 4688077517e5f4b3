/* SPDX-License-Identifier: MIT */
/* Address spaces: what processes ask of them. Everything that can fail comes before the first change. */
#include "tables.h"

#include <abi/linux.h>
#include <hw/cpu.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/arena.h>
#include <mm/heap.h>
#include <mm/mm.h>
#include <sched/thread.h>

#define KNOWN_FLAGS (AREA_RIGHTS | SPACE_SHARED | SPACE_GROWS | SPACE_SMALL | SPACE_LOCKED | SPACE_NEVER_WRITE)
#define STACK_GUARD (16 * PAGE) /* below a stack nothing is placed that did not ask for the address */

static struct mm_cache spaces = MM_CACHE(struct space);

struct space *space_create(uint64_t limit)
{
	return space_create_migratable(limit, NULL);
}

struct space *space_create_migratable(uint64_t limit, struct mm_arena *arena)
{
	struct space *space = mm_cache_alloc(&spaces);

	if (!space)
		return NULL;
	space->arena = arena;
	space->limit = limit ? limit / PAGE : UINT64_MAX;
	if (space->limit > 0 && tables_create(space))
		return space;
	mm_cache_free(&spaces, space);
	return NULL;
}

/* A kernel thread that ends a process may still run on its tables. */
void space_destroy(struct space *space)
{
	if (space_loaded(space))
		hw_write_cr3(mm_root());
	sched_preempt_point();
	space_clear(space);
	sched_preempt_point();
	tables_destroy(space);
	shared_quota_put(space->shared);
	mm_cache_free(&spaces, space);
}

uint64_t space_root(const struct space *space)
{
	return space->root;
}

/* Round to pages; false if that is empty or not in the user's half. */
static bool in_bounds(uint64_t address, uint64_t *bytes)
{
	if (address % PAGE != 0 || *bytes == 0 || *bytes > SPACE_USER_END)
		return false;
	*bytes = (*bytes + PAGE - 1) & ~(PAGE - 1);
	return address >= SPACE_USER_START && address <= SPACE_USER_END && *bytes <= SPACE_USER_END - address;
}

/* Highest room. Big zero mappings start at a multiple of 2 MiB plus `phase`, so that large pages fit or move. */
static bool find_room(struct space *space, uint64_t bytes, bool aligned, uint64_t phase, uint64_t *address)
{
	uint64_t slack = aligned ? LARGE : 0;
	const struct area *next;

	if (!qv_areas_room(&space->areas, SPACE_USER_START, SPACE_USER_END, bytes + slack, address))
		return false;
	next = area_from(space, *address + bytes);
	if (next && (next->flags & SPACE_GROWS) &&
		!qv_areas_room(&space->areas, SPACE_USER_START, SPACE_USER_END, bytes + slack + STACK_GUARD, address))
		return false;
	if (aligned)
		*address += (phase - *address) & (LARGE - 1);
	return true;
}

static int64_t place(struct space *space, uint64_t hint, uint64_t bytes, uint32_t flags, bool zero)
{
	uint64_t address = hint & ~(PAGE - 1);

	if (bytes > SPACE_USER_END - SPACE_USER_START)
		return -LX_ENOMEM;
	if (hint && in_bounds(address, &bytes) && qv_areas_free(&space->areas, address, address + bytes))
		return (int64_t)address;
	if (!find_room(space, bytes, zero && bytes >= LARGE && !(flags & SPACE_GROWS), 0, &address))
		return -LX_ENOMEM;
	return (int64_t)address;
}

/* Frames now, writable where the area is. A page that its backing does not have is left out, as a read would find. */
static int64_t populate(struct space *space, uint64_t start, uint64_t end)
{
	for (struct area *a = area_from(space, start); a && a->range.start < end; a = area_next(a)) {
		uint64_t at = a->range.start > start ? a->range.start : start;
		uint64_t stop = a->range.end < end ? a->range.end : end;

		if (!(a->flags & AREA_RIGHTS))
			continue;
		for (; at < stop; at += PAGE) {
			if (page_in(space, a, at, a->flags & SPACE_WRITE) == SPACE_FAULT_NO_MEMORY)
				return -LX_ENOMEM;
			sched_preempt_point();
		}
	}
	return 0;
}

/* The tables that were needed for [start, end) only, where no area is any more. */
static void drop_tables(struct space *space, uint64_t start, uint64_t end)
{
	const struct area *next = area_from(space, start), *prev = next ? area_of(next->range.prev) : NULL;

	if (!next && space->areas.count)
		prev = area_of(qv_areas_last(&space->areas));
	tables_free(space, start, end, prev ? prev->range.end : 0, next ? next->range.start : SPACE_USER_END + PAGE);
}

/* Areas in [start, end), whose bounds are bounds of areas, with all their pages. */
static void remove_range(struct space *space, uint64_t start, uint64_t end)
{
	struct sweep s = {.space = space, .pages = drop_pages, .large = drop_large};
	struct area *a = area_from(space, start), *next;

	for (; a && a->range.start < end; a = next) {
		next = area_next(a);
		sweep_run(&s, a->range.start, a->range.end);
		sweep_finish(&s);
		area_remove(space, a);
		if (next)
			sched_preempt_point();
	}
	drop_tables(space, start, end);
}

static int64_t make_room(struct space *space, uint64_t start, uint64_t end)
{
	int64_t error;

	if (qv_areas_free(&space->areas, start, end))
		return 0;
	error = area_isolate(space, start, end);
	if (error)
		return error;
	remove_range(space, start, end);
	return 0;
}

/* The address is settled: take what lies there away and put a new area there. */
static int64_t map_at(struct space *space, uint64_t address, uint64_t bytes, uint32_t flags,
	struct space_backing *backing, uint64_t offset)
{
	struct area *a = area_new(space, flags & KNOWN_FLAGS, backing, offset);
	int64_t error;

	if (!a)
		return -LX_ENOMEM;
	error = make_room(space, address, address + bytes);
	if (error) {
		area_free(a);
		return error;
	}
	area_add(space, a, address, address + bytes);
	if ((flags & SPACE_LOCKED) && populate(space, address, address + bytes)) {
		remove_range(space, address, address + bytes);
		return -LX_ENOMEM;
	}
	area_merge(space, address, address + bytes);
	return (int64_t)address;
}

/* Shared memory of nobody's file gets a backing, so that it is still the same memory after fork. */
static int64_t map_shared(struct space *space, uint64_t address, uint64_t bytes, uint32_t flags)
{
	struct space_backing *backing = shared_create(space, bytes);
	int64_t result;

	if (!backing)
		return -LX_ENOMEM;
	result = map_at(space, address, bytes, flags, backing, 0);
	backing->reference(backing, -1);
	return result;
}

int64_t space_map(struct space *space, uint64_t address, uint64_t bytes, uint32_t flags, struct space_backing *backing,
	uint64_t offset)
{
	int64_t at = (int64_t)address;

	if (bytes == 0 || offset % PAGE != 0)
		return -LX_EINVAL;
	if (space->arena && (flags & SPACE_SHARED))
		return -LX_EOPNOTSUPP;
	if (flags & SPACE_FIXED) {
		if (address % PAGE != 0)
			return -LX_EINVAL;
		if (!in_bounds(address, &bytes))
			return -LX_ENOMEM;
	} else {
		if (bytes > SPACE_USER_END)
			return -LX_ENOMEM;
		bytes = (bytes + PAGE - 1) & ~(PAGE - 1);
		at = place(space, address, bytes, flags, !backing);
		if (at < 0)
			return at;
	}
	if ((flags & SPACE_SHARED) && !backing)
		return map_shared(space, (uint64_t)at, bytes, flags);
	sched_preempt_point();
	return map_at(space, (uint64_t)at, bytes, flags, backing, offset);
}

static bool parts_fit(const struct space_part *part, uint32_t count)
{
	uint64_t low = SPACE_USER_START;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t bytes = part[i].bytes;

		if (!bytes)
			continue;
		if (part[i].start < low || !in_bounds(part[i].start, &bytes))
			return false;
		low = part[i].start + bytes;
	}
	return true;
}

/* Chained in order, in no set yet; how many in *made. NULL: no memory. */
static struct area *make_parts(struct space *space, const struct space_part *part, uint32_t count, uint32_t *made)
{
	struct area *first = NULL, *last = NULL, *a;

	*made = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!part[i].bytes)
			continue;
		a = area_new(space, part[i].flags & KNOWN_FLAGS, part[i].backing, part[i].offset);
		if (!a)
			break;
		a->range = (struct qv_area){.start = part[i].start, .end = part[i].start + part[i].bytes};
		a->range.prev = last ? &last->range : NULL;
		if (last)
			last->range.next = &a->range;
		else
			first = a;
		last = a;
		if (++*made % 4 == 0)
			sched_preempt_point();
	}
	return first;
}

int64_t space_fill(struct space *space, const struct space_part *part, uint32_t count)
{
	uint32_t made, wanted = 0;
	uint64_t pages = 0;
	struct area *first;

	assert(count <= SPACE_PARTS && space->areas.count == 0);
	if (!parts_fit(part, count))
		return -LX_ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		pages += part[i].bytes / PAGE;
		wanted += part[i].bytes != 0;
	}
	first = make_parts(space, part, count, &made);
	if (made == wanted) {
		qv_areas_build(&space->areas, first ? &first->range : NULL, made);
		space->reserved = pages;
		return 0;
	}
	for (struct area *next; first; first = next) {
		next = area_next(first);
		area_free(first);
	}
	return -LX_ENOMEM;
}

int64_t space_unmap(struct space *space, uint64_t address, uint64_t bytes)
{
	if (!in_bounds(address, &bytes))
		return -LX_EINVAL;
	return make_room(space, address, address + bytes);
}

static bool never_write(struct space *space, uint64_t start, uint64_t end)
{
	unsigned seen = 0;

	for (struct area *a = area_from(space, start); a && a->range.start < end; a = area_next(a)) {
		if (a->flags & SPACE_NEVER_WRITE)
			return true;
		area_pause(&seen);
	}
	return false;
}

int64_t space_protect(struct space *space, uint64_t address, uint64_t bytes, uint32_t rights)
{
	struct sweep s = {.space = space, .pages = protect_pages, .large = protect_large};
	uint64_t end;
	int64_t error;

	if (!in_bounds(address, &bytes))
		return -LX_EINVAL;
	end = address + bytes;
	if (!area_covers(space, address, end))
		return -LX_ENOMEM;
	if ((rights & SPACE_WRITE) && never_write(space, address, end))
		return -LX_EACCES;
	error = area_isolate(space, address, end);
	if (error)
		return error;
	for (struct area *a = area_from(space, address); a && a->range.start < end; a = area_next(a)) {
		a->flags = (a->flags & ~AREA_RIGHTS) | (rights & AREA_RIGHTS);
		s.area = a;
		sweep_run(&s, a->range.start, a->range.end);
	}
	sweep_finish(&s);
	area_merge(space, address, end);
	return 0;
}

int64_t space_allow_large(struct space *space, uint64_t address, uint64_t bytes, bool allowed)
{
	uint64_t end;
	unsigned seen = 0;

	if (!in_bounds(address, &bytes))
		return -LX_EINVAL;
	end = address + bytes;
	if (area_isolate(space, address, end))
		return -LX_ENOMEM;
	for (struct area *a = area_from(space, address); a && a->range.start < end; a = area_next(a)) {
		a->flags = (a->flags & ~SPACE_SMALL) | (allowed ? 0 : SPACE_SMALL);
		area_pause(&seen);
	}
	area_merge(space, address, end);
	return 0;
}

/* Where the pages of [address, end) are moved, with the same place in 2 MiB. Nothing has changed if it fails. */
static int64_t move(struct space *space, uint64_t address, uint64_t old_bytes, uint64_t new_bytes)
{
	struct sweep s = {.space = space, .target = space, .pages = prepare_pages, .large = prepare_large};
	struct area *old, *a;
	uint64_t to;

	if (!find_room(space, new_bytes, true, address & (LARGE - 1), &to) ||
		area_isolate(space, address, address + old_bytes))
		return -LX_ENOMEM;
	old = area_at(space, address);
	a = area_new(space, old->flags, old->backing, old->offset);
	s.shift = to - address;
	if (!a || sweep_run(&s, address, address + old_bytes)) {
		drop_tables(space, to, to + new_bytes);
		if (a)
			area_free(a);
		area_merge(space, address, address + old_bytes);
		return -LX_ENOMEM;
	}
	area_add(space, a, to, to + new_bytes);
	s.pages = move_pages;
	s.large = move_large;
	sweep_run(&s, address, address + old_bytes);
	sweep_finish(&s);
	remove_range(space, address, address + old_bytes);
	return (int64_t)to;
}

/* The area ends where the range does and the next bytes are free. */
static bool grows_in_place(struct space *space, struct area *a, uint64_t end, uint64_t more)
{
	return a->range.end == end && more <= SPACE_USER_END - end && qv_areas_free(&space->areas, end, end + more);
}

/* The mapping has its new size: where no frames can be had at once, they come at the first touch, as in Linux. */
static int64_t resized(struct space *space, int64_t address, uint64_t old_bytes, uint64_t new_bytes)
{
	struct area *a = address > 0 ? area_at(space, (uint64_t)address) : NULL;

	if (a && (a->flags & SPACE_LOCKED))
		(void)populate(space, (uint64_t)address + old_bytes, (uint64_t)address + new_bytes);
	return address;
}

int64_t space_resize(struct space *space, uint64_t address, uint64_t old_bytes, uint64_t new_bytes, bool may_move)
{
	struct area *a;
	uint64_t end;

	if (!in_bounds(address, &old_bytes) || new_bytes == 0)
		return -LX_EINVAL;
	if (new_bytes > SPACE_USER_END)
		return -LX_ENOMEM;
	new_bytes = (new_bytes + PAGE - 1) & ~(PAGE - 1);
	end = address + old_bytes;
	a = area_at(space, address);
	if (!a || end > a->range.end)
		return -LX_EFAULT;
	if (new_bytes <= old_bytes) {
		int64_t error = new_bytes < old_bytes ? space_unmap(space, address + new_bytes, old_bytes - new_bytes) : 0;

		return error ? error : (int64_t)address;
	}
	if (grows_in_place(space, a, end, new_bytes - old_bytes)) {
		area_resize(space, a, a->range.start, address + new_bytes);
		area_merge(space, address, address + new_bytes);
		return resized(space, (int64_t)address, old_bytes, new_bytes);
	}
	return may_move ? resized(space, move(space, address, old_bytes, new_bytes), old_bytes, new_bytes) : -LX_ENOMEM;
}

/* Split the large page that `at` lies in the middle of. */
static bool split_at(struct space *space, uint64_t at)
{
	uint64_t *directory = at % LARGE ? directory_find(space, at) : NULL;

	return !directory || !(*directory & ENTRY_LARGE) || tables_split(space, directory);
}

/* What is shared is not one space's to drop: its pages just go out of the tables and are found again. */
int64_t space_discard(struct space *space, uint64_t address, uint64_t bytes)
{
	struct sweep s = {.space = space, .pages = drop_pages, .large = drop_large};

	if (!in_bounds(address, &bytes))
		return -LX_EINVAL;
	if (!split_at(space, address) || !split_at(space, address + bytes))
		return -LX_ENOMEM;
	sweep_run(&s, address, address + bytes);
	sweep_finish(&s);
	return area_covers(space, address, address + bytes) ? 0 : -LX_ENOMEM;
}

int64_t space_lock(struct space *space, uint64_t address, uint64_t bytes)
{
	if (!in_bounds(address, &bytes))
		return -LX_EINVAL;
	if (!area_covers(space, address, address + bytes))
		return -LX_ENOMEM;
	return populate(space, address, address + bytes);
}

bool space_allows(struct space *space, uint64_t address, uint64_t bytes, uint32_t rights)
{
	uint64_t end = address + bytes;
	unsigned seen = 0;

	if (end < address || end > SPACE_USER_END || !area_covers(space, address, end))
		return false;
	for (struct area *a = area_from(space, address); a && a->range.start < end; a = area_next(a)) {
		if (!area_permits(a, rights))
			return false;
		area_pause(&seen);
	}
	return true;
}

static __attribute__((noinline)) bool find_shared(struct space *space, uint64_t address, uint64_t *frame)
{
	const struct area *a = area_at(space, address);
	const uint64_t *directory;
	uint64_t entry;

	*frame = 0;
	if (!a || !(a->flags & SPACE_SHARED))
		return a;
	directory = directory_find(space, address);
	entry = directory && *directory ? table_at(*directory)[table_index(address, 0)] : 0;
	*frame = SPACE_ABSENT;
	if (entry & ENTRY_PRESENT) {
		space->shared_page = address & -PAGE;
		space->shared_frame = entry & ENTRY_ADDRESS;
		*frame = space->shared_frame | (address & (PAGE - 1));
	}
	return true;
}

bool space_shared_frame(struct space *space, uint64_t address, uint64_t *frame)
{
	uint64_t offset = address - space->shared_page;

	if (!space->shared_page || offset >= PAGE)
		return find_shared(space, address, frame);
	*frame = space->shared_frame | offset;
	return true;
}

void space_usage(const struct space *space, struct space_usage *usage)
{
	*usage = (struct space_usage){
		.resident = space->resident * PAGE, .tables = space->tables * PAGE, .virtual_size = space->reserved * PAGE,
		.peak = space->peak * PAGE, .faults = space->faults, .copies = space->copies,
	};
}

bool space_next_area(struct space *space, uint64_t *address, uint64_t *bytes, uint32_t *flags)
{
	const struct area *a = area_from(space, *address);

	if (!a)
		return false;
	if (*address < a->range.start)
		*address = a->range.start;
	*bytes = a->range.end - *address;
	*flags = a->flags;
	return true;
}

struct space_backing *space_backing_at(struct space *space, uint64_t address, uint64_t *offset)
{
	const struct area *a = area_at(space, address);

	*offset = a ? a->offset + (address - a->range.start) : 0;
	return a ? a->backing : NULL;
}
