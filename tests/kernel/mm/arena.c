/* SPDX-License-Identifier: MIT */
/* Spaces that may migrate: all that is theirs lies in the blocks given, and nothing of anybody else does. */
#include "world.h"

#include <base/memory.h>
#include <lib/frames.h>
#include <mm/mm.h>

#define AT 0x40000000ull
#define RW (SPACE_READ | SPACE_WRITE)
#define BLOCKS 12u
#define ADDRESS 0x000ffffffffff000ull

static uint64_t block[BLOCKS];

static bool inside(uint64_t gpa)
{
	for (uint32_t i = 0; i < BLOCKS; i++) {
		if (gpa >= block[i] && gpa < block[i] + LARGE)
			return true;
	}
	return false;
}

/* Every table and every page below `table`, the user's half of it if it is the root. */
static bool all_inside(uint64_t table, unsigned level)
{
	const uint64_t *entry = memory_at(table);

	for (unsigned i = 0; i < (level == 3 ? 256u : 512u); i++) {
		uint64_t gpa = entry[i] & ADDRESS;

		if (!entry[i])
			continue;
		if (!inside(gpa))
			return false;
		if (level > 0 && !(entry[i] & 0x80) && !all_inside(gpa, level - 1))
			return false;
	}
	return inside(table);
}

static void test_one(struct mm_arena *arena)
{
	struct space *space = space_create_migratable(0, arena), *child = space_create(0);
	uint64_t value = 0;
	bool good = space && space_map(space, AT, 2 * LARGE, RW | SPACE_FIXED, NULL, 0) > 0 &&
		space_map(space, 0x400000, 20 * PAGE, SPACE_READ | SPACE_EXEC | SPACE_FIXED, file_open(), 0) > 0;

	world_load(space);
	good = good && poke(AT, 1) && poke(AT + LARGE + PAGE, 2) && peek(0x400000, &value) && value == file_value(0) &&
		space_unmap(space, AT + 5 * PAGE, PAGE) == 0;
	test_point(good && all_inside(space_root(space), 3), "frames, tables and file pages lie in the arena");
	test_point(space_map(space, 0, PAGE, RW | SPACE_SHARED, NULL, 0) == -95, "shared memory is refused");
	good = space_fork(child, space) == 0 && poke(AT, 10);
	world_load(child);
	test_point(good && peek(AT, &value) && value == 1 && poke(AT + LARGE + PAGE, 20) && space_root(child) != 0 &&
		all_inside(space_root(space), 3), "a forked child has copies elsewhere");
	world_load(NULL);
	space_destroy(space);
	space_destroy(child);
	file_close();
	test_point(mm_arena_free_pages(arena) == BLOCKS * 512, "all of the arena comes back");
}

void test_arena(void)
{
	uint64_t before;
	struct mm_arena *arena;
	bool good = true;

	arena = mm_arena_create(&(uint64_t){LARGE * 4}, 1); /* the cache keeps its block */
	mm_arena_destroy(arena);
	before = mm_free_pages();
	for (uint32_t i = 0; i < BLOCKS; i++)
		good = good && mm_alloc(QV_FRAME_ORDERS - 1, &block[i]);
	arena = good ? mm_arena_create(block, BLOCKS) : NULL;
	test_point(arena != NULL, "an arena of 24 MiB");
	if (!arena)
		return;
	test_one(arena);
	test_point(model_run(10000, 1ull << 40, arena), "random operations in an arena agree with the model");
	file_close();
	test_point(mm_arena_free_pages(arena) == BLOCKS * 512, "and all of it comes back");
	mm_arena_destroy(arena);
	for (uint32_t i = 0; i < BLOCKS; i++)
		mm_free(block[i], QV_FRAME_ORDERS - 1);
	test_point(mm_free_pages() == before, "and so do the blocks");
}
