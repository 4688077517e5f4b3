/* SPDX-License-Identifier: MIT */
/* Page tables of spaces: making, splitting, walking and freeing them. What is done to pages: steps.c. */
#include "tables.h"

#include "frames.h"

#include <abi/linux.h>
#include <hw/cpu.h>
#include <lib/assert.h>
#include <mm/mm.h>
#include <sched/thread.h>

#define STEP 16u      /* entries looked at together */
#define WORK_MAX 20u  /* entries between two preemption points, of some 30 instructions; costly steps have their own */
#define SPLIT_STEP 32u
#define FREE_STEP  (2 * LARGE) /* looked at between two preemption points when tables are freed */
#define LOOK_WORK  1u          /* what looking at entries, an area or a directory entry costs, in entries */

bool space_loaded(const struct space *space)
{
	return (hw_read_cr3() & ENTRY_ADDRESS) == space->root;
}

bool tables_create(struct space *space)
{
	if (!space_table(space, &space->root))
		return false;
	space->top = memory_at(space->root);
	paging_share_kernel(space->top);
	space->walk_gib = 0;
	space->tables = 1;
	return true;
}

void tables_destroy(struct space *space)
{
	assert(space->tables == 1 && space->resident == 0);
	paging_unshare_kernel(space->top);
	space_put_table(space, space->root);
}

static bool add_table(struct space *space, uint64_t *entry)
{
	uint64_t gpa;

	if (!space_charge(space, 1) || !space_table(space, &gpa))
		return false;
	space->tables++;
	*entry = gpa | ENTRY_TABLE;
	return true;
}

/* The last directory used is remembered: faults and loops stay in one GiB for long. */
static uint64_t *walked(struct space *space, uint64_t at, uint64_t *table)
{
	space->walk_gib = at / GIB + 1;
	space->walk = table;
	return &table[table_index(at, 1)];
}

uint64_t *directory_find(struct space *space, uint64_t at)
{
	uint64_t *table = space->top;

	if (space->walk_gib == at / GIB + 1)
		return &space->walk[table_index(at, 1)];
	for (unsigned level = TOP_LEVEL; level > 1; level--) {
		uint64_t entry = table[table_index(at, level)];

		if (!entry)
			return NULL;
		table = table_at(entry);
	}
	return walked(space, at, table);
}

uint64_t *directory_search(struct space *space, uint64_t at)
{
	uint64_t *table = space->top;

	for (unsigned level = TOP_LEVEL; level > 1; level--) {
		uint64_t *entry = &table[table_index(at, level)];

		if (!*entry && !add_table(space, entry))
			return NULL;
		table = table_at(*entry);
	}
	return walked(space, at, table);
}

bool directory_fill(struct space *space, uint64_t *directory)
{
	return *directory || add_table(space, directory);
}

/* The new table is nobody's until it is linked, and the frames of the block are not counted until then: both may be
 * prepared in steps. Present bits and address are the large page's own, so no TLB entry becomes wrong. */
bool tables_split(struct space *space, uint64_t *entry)
{
	uint64_t old = *entry, *table, link;

	assert(old & ENTRY_LARGE);
	if (!add_table(space, &link))
		return false;
	table = table_at(link);
	for (uint32_t i = 0; i < LARGE_PAGES; i += SPLIT_STEP) {
		space_count_large(space, old & ENTRY_ADDRESS, i, i + SPLIT_STEP);
		for (uint32_t j = i; j < i + SPLIT_STEP; j++)
			table[j] = (old & ~ENTRY_LARGE) + j * PAGE;
		sched_preempt_point();
	}
	*entry = link | 0xff * ENTRY_GROUP;
	return true;
}

void table_free(struct space *space, uint64_t *entry)
{
	space_put_table(space, *entry & ENTRY_ADDRESS);
	*entry = 0;
	space->tables--;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct hole {
	uint64_t low, high; /* tables that map nothing outside go */
	unsigned bottom, top; /* levels of the entries that lead to them */
};

/* Below `table`, which is of `level`, look at what maps [start, end). All entries in [low, high) are 0 already. */
static void free_level(struct space *space, uint64_t *table, unsigned level, uint64_t start, uint64_t end,
	const struct hole *h)
{
	uint64_t span = 1ull << (12 + 9 * level), next;

	for (uint64_t at = start; at < end; at = next) {
		uint64_t *entry = &table[table_index(at, level)], base = at & ~(span - 1);

		next = least(base + span, end);
		if (!(*entry & ENTRY_PRESENT) || (*entry & ENTRY_LARGE))
			continue;
		if (level > h->bottom)
			free_level(space, table_at(*entry), level - 1, at, next, h);
		if (level <= h->top && base >= h->low && base + span <= h->high)
			table_free(space, entry);
	}
}

/* The processor may remember the way to freed tables: it forgets before anybody can use the pages. */
static void free_some(struct space *space, uint64_t start, uint64_t end, const struct hole *h)
{
	uint64_t before = space->tables;

	free_level(space, space->top, TOP_LEVEL, start, end, h);
	if (space->tables == before)
		return;
	space->walk_gib = 0;
	space->shared_page = 0;
	if (space_loaded(space))
		hw_write_cr3(space->root);
}

/* The many tables of 2 MiB in steps, then those above; a small range at once. */
void tables_free(struct space *space, uint64_t start, uint64_t end, uint64_t low, uint64_t high)
{
	const struct hole tables = {low, high, 1, 1}, above = {low, high, 2, TOP_LEVEL}, all = {low, high, 1, TOP_LEVEL};
	uint64_t next;

	if (end - start <= FREE_STEP) {
		free_some(space, start, end, &all);
		return;
	}
	for (uint64_t at = start; at < end; at = next) {
		uint64_t span = directory_find(space, at) ? FREE_STEP : GIB;

		next = least((at | (span - 1)) + 1, end);
		if (span == FREE_STEP)
			free_some(space, at, next, &tables);
		sched_preempt_point();
	}
	free_some(space, start, end, &above);
}

#define LEAF (ENTRY_PRESENT | ENTRY_USER | ENTRY_ACCESSED | ENTRY_DIRTY)

const uint64_t leaf_of_rights[8] = {
	[0] = ENTRY_KEPT,
	[SPACE_READ] = LEAF | ENTRY_NO_EXEC,
	[SPACE_WRITE] = LEAF | ENTRY_WRITE | ENTRY_NO_EXEC,
	[SPACE_READ | SPACE_WRITE] = LEAF | ENTRY_WRITE | ENTRY_NO_EXEC,
	[SPACE_EXEC] = LEAF,
	[SPACE_READ | SPACE_EXEC] = LEAF,
	[SPACE_WRITE | SPACE_EXEC] = LEAF | ENTRY_WRITE,
	[AREA_RIGHTS] = LEAF | ENTRY_WRITE,
};

static void forget(struct sweep *s)
{
	s->space->shared_page = 0;
	if (s->changed == 0 || !space_loaded(s->space)) {
		s->changed = 0;
		return;
	}
	if (s->changed == 1)
		hw_invlpg(s->last);
	else
		hw_write_cr3(s->space->root);
	s->changed = 0;
}

void sweep_pause(struct sweep *s)
{
	forget(s);
	s->work = 0;
	sched_preempt_point();
}

/* Before `work` more entries. */
void sweep_work(struct sweep *s, uint32_t work)
{
	if (s->work + work > WORK_MAX)
		sweep_pause(s);
	s->work += work;
}

void sweep_finish(struct sweep *s)
{
	forget(s);
}

static bool any(const uint64_t *e, unsigned count)
{
	uint64_t all = 0;

	if (count == STEP)
		return (e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7] | e[8] | e[9] | e[10] | e[11] | e[12] | e[13] |
			e[14] | e[15]) != 0;
	for (unsigned i = 0; i < count; i++)
		all |= e[i];
	return all != 0;
}

static int64_t sweep_table(struct sweep *s, uint64_t at, uint64_t end, const uint64_t *directory)
{
	uint64_t used = *directory / ENTRY_GROUP, *table = table_at(*directory);

	while (at < end) {
		unsigned index = table_index(at, 0), count = (unsigned)least(STEP - index % STEP, (end - at) / PAGE);

		if (!(used >> index / GROUP_PAGES & 1)) {
			at = (at | (GROUP_PAGES * PAGE - 1)) + 1;
			continue;
		}
		sweep_work(s, LOOK_WORK);
		if (any(&table[index], count)) {
			int64_t error;

			sweep_work(s, count);
			error = s->pages(s, at, &table[index], count);
			if (error)
				return error;
		}
		at += count * PAGE;
	}
	return 0;
}

/* What one directory entry maps: 2 MiB, or a part of it if it is a table. */
static int64_t sweep_directory(struct sweep *s, uint64_t at, uint64_t end, uint64_t *directory)
{
	if (*directory & ENTRY_LARGE) {
		int64_t result;

		assert(at % LARGE == 0 && end - at == LARGE);
		sweep_work(s, WORK_MAX);
		result = s->large(s, at, directory);
		if (result != SWEEP_SPLIT)
			return result;
	}
	return sweep_table(s, at, end, directory);
}

int64_t sweep_run(struct sweep *s, uint64_t start, uint64_t end)
{
	uint64_t next;
	int64_t error = 0;

	for (uint64_t at = start; at < end && !error; at = next) {
		uint64_t *directory = directory_find(s->space, at);
		uint64_t span = directory ? LARGE : GIB;

		next = least((at | (span - 1)) + 1, end);
		sweep_work(s, 2 * LOOK_WORK);
		if (directory && *directory)
			error = sweep_directory(s, at, next, directory);
	}
	return error;
}
