/* SPDX-License-Identifier: MIT */
/* No memory left at all: errors, no panic, and every page back at the end. */
#include "world.h"

#include <base/memory.h>
#include <mm/heap.h>
#include <mm/mm.h>

#define AT 0x10000000ull
#define RW (SPACE_READ | SPACE_WRITE)
#define SPACES 8u

/* Blocks are chained through their first words. */
static uint64_t hoard(uint64_t leave)
{
	uint64_t chain = 0, gpa;

	while (mm_free_pages() > leave && mm_alloc(0, &gpa)) {
		*(uint64_t *)memory_at(gpa) = chain;
		chain = gpa;
	}
	return chain;
}

static void give_back(uint64_t chain)
{
	while (chain) {
		uint64_t next = *(uint64_t *)memory_at(chain);

		mm_free(chain, 0);
		chain = next;
	}
}

/* Spaces that fork each other and write until nothing goes any more. */
static bool exhaust(void)
{
	struct space *space[SPACES] = {NULL};
	uint32_t made = 0;
	uint64_t page = 0;
	bool short_of_memory = false;

	for (; made < SPACES && (space[made] = space_create(0)) != NULL; made++) {
		if (made && space_fork(space[made], space[made - 1])) {
			made++;
			break;
		}
		world_load(space[made]);
		if (space_map(space[made], AT + made * 4 * LARGE, 2 * LARGE, RW | SPACE_FIXED, NULL, 0) < 0) {
			made++;
			break;
		}
		for (page = 0; page < 1024 && poke(AT + made * 4 * LARGE + page * PAGE, page); page++)
			;
		short_of_memory = short_of_memory || (page < 1024 && world_last == SPACE_FAULT_NO_MEMORY);
	}
	world_load(NULL);
	while (made-- > 0)
		space_destroy(space[made]);
	return short_of_memory;
}

void test_shortage(void)
{
	uint64_t before = mm_free_pages(), chain;

	chain = hoard(3000);
	test_point(exhaust(), "a space that finds no frame is told so");
	test_point(model_run(20000, 1ull << 40, NULL), "random operations agree with the model when memory is short");
	file_close();
	give_back(chain);
	chain = hoard(0);
	test_point(!space_create(0) && !mm_heap_alloc(PAGE), "without a page there is no space and no block");
	give_back(chain);
	test_point(mm_free_pages() == before && mm_frames_intact(), "and every frame came back");
	if (mm_free_pages() != before)
		test_note("%llu pages before, %llu after", (unsigned long long)before, (unsigned long long)mm_free_pages());
}
