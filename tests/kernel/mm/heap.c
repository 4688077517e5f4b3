/* SPDX-License-Identifier: MIT */
/* Objects, blocks, kernel stacks. */
#include "world.h"

#include <base/layout.h>
#include <base/probe.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/mm.h>

#define OBJECTS 400u
#define STACKS  200u

static struct mm_cache cache = MM_CACHE(uint64_t[30]);
static uint64_t *object[OBJECTS];

static bool all_zero(const void *block, size_t bytes)
{
	const uint8_t *byte = block;

	for (size_t i = 0; i < bytes; i++) {
		if (byte[i])
			return false;
	}
	return true;
}

/* Take and give back at random; each object carries its own number while it is out. */
static bool objects_at_random(void)
{
	for (uint32_t step = 0; step < 4000; step++) {
		uint32_t i = random_below(OBJECTS);

		if (object[i]) {
			if (object[i][0] != i || object[i][29] != i)
				return false;
			mm_cache_free(&cache, object[i]);
			object[i] = NULL;
			continue;
		}
		object[i] = mm_cache_alloc(&cache);
		if (!object[i] || (uint64_t)object[i] % 64 != 0 || !all_zero(object[i], 240))
			return false;
		object[i][0] = object[i][29] = i;
	}
	return mm_cache_intact(&cache);
}

static bool give_all_back(void)
{
	for (uint32_t i = 0; i < OBJECTS; i++) {
		if (object[i])
			mm_cache_free(&cache, object[i]);
		object[i] = NULL;
	}
	return cache.count == 0 && mm_cache_intact(&cache);
}

static void test_objects(void)
{
	uint64_t before;
	bool good = objects_at_random() && give_all_back(); /* one block stays with the cache */

	before = mm_free_pages();
	test_point(good && objects_at_random() && give_all_back(), "objects are aligned, zeroed, apart from each other");
	test_point(mm_free_pages() == before, "blocks of objects come back");
}

static bool block_of(size_t bytes)
{
	uint64_t before = mm_free_pages();
	uint8_t *block = mm_heap_alloc(bytes);
	bool good = block && all_zero(block, bytes) && (bytes <= 2048 || (uint64_t)block % 4096 == 0);

	if (bytes > 2048)
		good = good && before - mm_free_pages() == (bytes + 4095) / 4096;
	if (block)
		memset(block, 0xa5, bytes);
	mm_heap_free(block, bytes);
	return good;
}

static void test_blocks(void)
{
	bool good = true;
	uint64_t before;

	for (size_t bytes = 1; bytes <= LARGE; bytes = bytes * 5 / 3 + 1)
		good = good && block_of(bytes);
	before = mm_free_pages();
	for (size_t bytes = 1; bytes <= LARGE; bytes = bytes * 4 / 3 + 1)
		good = good && block_of(bytes);
	test_point(good && block_of(LARGE), "blocks of 1 byte to 2 MiB are zeroed and take the pages they need");
	test_point(mm_free_pages() == before && mm_frames_intact(), "blocks come back");
	test_point(!mm_heap_alloc(LARGE + 1) && !mm_heap_alloc(0), "a block of 0 or more than 2 MiB is refused");
}

static bool stack_is_good(uint64_t top)
{
	uint64_t low = top - MM_STACK_BYTES;

	return top && top % STACK_SLOT == 0 && probe_write((void *)low) && probe_write((void *)(top - 8)) &&
		!probe_read((void *)(low - 1)) && !probe_read((void *)(top - STACK_SLOT)) && !probe_call((void *)low);
}

static void test_stacks(void)
{
	static uint64_t top[STACKS];
	uint32_t made = mm_stack_made();
	bool good = true;
	uint64_t before;

	for (uint32_t i = 0; i < STACKS; i++) {
		top[i] = mm_stack_alloc();
		good = good && stack_is_good(top[i]);
	}
	test_point(good && mm_stack_made() - made <= STACKS, "200 stacks, each writable, with a hole below, not executable");
	before = mm_free_pages();
	for (uint32_t i = 0; i < STACKS; i++)
		mm_stack_free(top[i]);
	for (uint32_t i = 0; i < STACKS; i++) {
		top[i] = mm_stack_alloc();
		good = good && stack_is_good(top[i]);
	}
	test_point(good && mm_free_pages() == before, "a stack given back is used again as it is");
	for (uint32_t i = 0; i < STACKS; i++)
		mm_stack_free(top[i]);
}

void test_heap(void)
{
	test_objects();
	test_blocks();
	test_stacks();
}
