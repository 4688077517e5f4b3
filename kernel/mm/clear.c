/* SPDX-License-Identifier: MIT */
/* A space is emptied: table by table, each with all its pages, whatever areas they belong to. */
#include "tables.h"

#include "frames.h"

#include <hw/cpu.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <sched/thread.h>

#define WORK_MOST 16u  /* between two preemption points, in units of some 30 instructions */
#define AREA_WORK 8u   /* to give up an area */
#define TABLE_WORK 4u  /* to look at 64 entries, or give up a table */
#define ROW 8u         /* entries looked at together */
#define LOOK_STEP 32u  /* directory entries of TABLE_WORK */
#define TOP_SPAN (GIB * TABLE_ENTRIES)

struct clearing {
	struct space *space;
	uint32_t work;
};

/* The processor forgets the pages before anybody can use their frames. */
static void pause(struct clearing *c)
{
	if (space_loaded(c->space))
		hw_write_cr3(c->space->root);
	c->work = 0;
	sched_preempt_point();
}

static inline void spend(struct clearing *c, uint32_t work)
{
	c->work += work;
	if (c->work >= WORK_MOST)
		pause(c);
}

static void clear_row(struct clearing *c, uint64_t *row)
{
	for (unsigned i = 0; i < ROW; i++) {
		uint64_t old = row[i];

		if (!old)
			continue;
		row[i] = 0;
		c->space->resident--;
		spend(c, space_drop_page(c->space, old & ENTRY_ADDRESS));
	}
}

static void clear_table(struct clearing *c, uint64_t directory)
{
	for (uint64_t used = directory / ENTRY_GROUP; used; used &= used - 1) {
		uint64_t *row = table_at(directory) + (unsigned)__builtin_ctzll(used) * GROUP_PAGES;

		for (uint64_t *end = row + GROUP_PAGES; row < end; row += ROW) {
			if (row[0] | row[1] | row[2] | row[3] | row[4] | row[5] | row[6] | row[7])
				clear_row(c, row);
		}
		spend(c, TABLE_WORK);
	}
}

/* The entries of a directory for [at, end). */
static void clear_directory(struct clearing *c, uint64_t *directory, uint64_t at, uint64_t end)
{
	uint64_t *entry = &directory[table_index(at, 1)], *last = &directory[table_index(end - 1, 1)];

	for (; entry <= last; entry++) {
		uint64_t old = *entry;

		if ((uint64_t)entry / sizeof(*entry) % LOOK_STEP == LOOK_STEP - 1)
			spend(c, TABLE_WORK);
		if (!old)
			continue;
		if (old & ENTRY_LARGE) {
			pause(c);
			*entry = 0;
			c->space->resident -= LARGE_PAGES;
			space_put_large(c->space, old & ENTRY_ADDRESS);
			continue;
		}
		clear_table(c, old);
		table_free(c->space, entry);
		spend(c, TABLE_WORK);
	}
}

/* What is mapped in [start, end) goes, and tables that map nothing from `next` on; below, there are none any more. */
static void clear_range(struct clearing *c, uint64_t start, uint64_t end, uint64_t next)
{
	uint64_t stop, rest;

	for (uint64_t at = start; at < end; at = stop) {
		uint64_t *top = &c->space->top[table_index(at, TOP_LEVEL)];
		uint64_t *gib = *top ? &table_at(*top)[table_index(at, 2)] : NULL;

		stop = (at | ((gib ? GIB : TOP_SPAN) - 1)) + 1;
		rest = stop < end ? stop : next;
		if (gib && *gib) {
			clear_directory(c, table_at(*gib), at, stop < end ? stop : end);
			if (rest >= stop)
				table_free(c->space, gib);
		}
		if (gib && rest > (at | (TOP_SPAN - 1)))
			table_free(c->space, top);
		spend(c, TABLE_WORK);
	}
}

void space_clear(struct space *space)
{
	struct clearing c = {.space = space};
	struct area *a = area_of(space->areas.head), *next;

	space->walk_gib = space->shared_page = 0;
	for (; a; a = next) {
		next = area_next(a);
		clear_range(&c, a->range.start, a->range.end, next ? next->range.start : SPACE_USER_END + TOP_SPAN);
		area_free(a);
		spend(&c, AREA_WORK);
	}
	if (space_loaded(space))
		hw_write_cr3(space->root);
	space->areas = (struct qv_areas){0};
	space->recent = NULL;
	space->reserved = 0;
	memset(space->hot, 0, sizeof(space->hot));
	assert(space->resident == 0 && space->tables == 1);
}
