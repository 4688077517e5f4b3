/* SPDX-License-Identifier: MIT */
/* mremap: growing in place, moving, failing. */
#include "world.h"

#include <mm/mm.h>

#define AT 0x60000000ull
#define RW (SPACE_READ | SPACE_WRITE)

static bool fill(uint64_t at, uint64_t pages, uint64_t seed)
{
	for (uint64_t i = 0; i < pages; i++) {
		if (!poke(at + i * PAGE, seed + i))
			return false;
	}
	return true;
}

static bool filled(uint64_t at, uint64_t pages, uint64_t seed)
{
	uint64_t value;

	for (uint64_t i = 0; i < pages; i++) {
		if (!peek(at + i * PAGE, &value) || value != seed + i)
			return false;
	}
	return true;
}

static void test_small(struct space *space)
{
	bool good = space_map(space, AT, 6 * PAGE, RW | SPACE_FIXED, NULL, 0) > 0 && fill(AT, 6, 100);
	int64_t to;

	test_point(good && space_resize(space, AT, 6 * PAGE, 9 * PAGE, false) == (int64_t)AT && filled(AT, 6, 100) &&
		fill(AT + 6 * PAGE, 3, 106), "a mapping grows where there is room");
	good = space_map(space, AT + 9 * PAGE, PAGE, SPACE_READ | SPACE_FIXED, NULL, 0) > 0;
	test_point(good && space_resize(space, AT, 9 * PAGE, 12 * PAGE, false) == -12 && filled(AT, 9, 100),
		"where there is none it does not, and stays");
	to = space_resize(space, AT, 9 * PAGE, 600 * PAGE, true);
	test_point(to > 0 && (uint64_t)to != AT && filled((uint64_t)to, 9, 100) && fill((uint64_t)to + 9 * PAGE, 591, 109),
		"or moves, if it may");
	test_point(!poke(AT, 1) && !space_allows(space, AT, PAGE, SPACE_READ), "and is gone where it was");
	test_point(space_resize(space, (uint64_t)to, 600 * PAGE, 2 * PAGE, false) == to && filled((uint64_t)to, 2, 100) &&
		!poke((uint64_t)to + 2 * PAGE, 1), "smaller is always possible");
	to = space_resize(space, (uint64_t)to + PAGE, PAGE, 3 * PAGE, true);
	test_point(to > 0 && filled((uint64_t)to, 1, 101), "a part grows by itself");
	space_clear(space);
}

static void test_large(struct space *space)
{
	bool good = space_map(space, AT, 2 * LARGE, RW | SPACE_FIXED, NULL, 0) > 0 && fill(AT, 1024, 5000) &&
		space_map(space, AT + 2 * LARGE, PAGE, RW | SPACE_FIXED, NULL, 0) > 0 && poke(AT + 2 * LARGE, 1) &&
		space_protect(space, AT + 2 * LARGE, PAGE, SPACE_READ) == 0;
	struct space_usage before, after;
	int64_t to;

	space_usage(space, &before);
	to = space_resize(space, AT, 2 * LARGE, 2 * LARGE + 5 * PAGE, true);
	space_usage(space, &after);
	test_point(good && to > 0 && filled((uint64_t)to, 1024, 5000) && before.resident == after.resident,
		"large pages move as they are");
	space_clear(space);
}

/* The limit is so that the tables of the destination are one too many. */
static void test_failing(void)
{
	struct space *space;
	bool good = true;

	for (uint64_t limit = 21; limit <= 27; limit++) {
		int64_t to;

		space = space_create(limit * PAGE);
		world_load(space);
		good = good && space_map(space, AT, 16 * PAGE, RW | SPACE_FIXED, NULL, 0) > 0 && fill(AT, 16, 7) &&
			space_map(space, AT + 16 * PAGE, PAGE, SPACE_READ | SPACE_FIXED, NULL, 0) > 0;
		to = space_resize(space, AT, 16 * PAGE, 20 * PAGE, true);
		good = good && (to == -12 ? filled(AT, 16, 7) : to > 0 && filled((uint64_t)to, 16, 7));
		good = good && (limit == 21 ? to == -12 : true) && (limit == 27 ? to > 0 : true);
		world_load(NULL);
		space_destroy(space);
	}
	test_point(good, "a move without memory for its tables changes nothing");
}

void test_moves(void)
{
	uint64_t before = mm_free_pages();
	struct space *space = space_create(0);

	world_load(space);
	test_small(space);
	test_large(space);
	world_load(NULL);
	space_destroy(space);
	test_failing();
	test_point(mm_free_pages() == before, "all frames of moved mappings came back");
}
