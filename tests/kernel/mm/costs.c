/* SPDX-License-Identifier: MIT */
/* What things cost in TSC cycles: instructions, where the emulator counts them. Lines "# cost NAME CYCLES". */
#include "world.h"

#include <hw/cpu.h>
#include <mm/heap.h>

#define AT 0x20000000ull
#define RW (SPACE_READ | SPACE_WRITE)
#define TEXT 0x400000ull
#define STACK 0x7ff000000000ull
#define BIG 0x100000000ull

static void cost(const char *name, uint64_t cycles)
{
	test_note("cost %s %llu", name, (unsigned long long)cycles);
}

static void cost_of_heap(void)
{
	static struct mm_cache cache = MM_CACHE(uint64_t[8]);
	void *keep = mm_cache_alloc(&cache), *object;
	uint64_t start, top;

	mm_cache_free(&cache, mm_cache_alloc(&cache));
	start = hw_rdtsc();
	object = mm_cache_alloc(&cache);
	mm_cache_free(&cache, object);
	cost("object", hw_rdtsc() - start);
	mm_cache_free(&cache, keep);
	mm_stack_free(mm_stack_alloc());
	start = hw_rdtsc();
	top = mm_stack_alloc();
	mm_stack_free(top);
	cost("stack", hw_rdtsc() - start);
}

static uint64_t time_poke(uint64_t at)
{
	uint64_t start = hw_rdtsc();

	poke(at, 1);
	return hw_rdtsc() - start;
}

/* A fault is what the first write costs more than the second. */
static void cost_of_faults(struct space *space, struct space *child)
{
	uint64_t first;

	space_map(space, AT, 64 * PAGE, RW | SPACE_FIXED, NULL, 0);
	poke(AT, 1);
	first = time_poke(AT + PAGE);
	cost("fault", first - time_poke(AT + PAGE));
	space_fork(child, space);
	first = time_poke(AT + PAGE);
	cost("copy-fault", first - time_poke(AT + PAGE));
	space_clear(child);
	first = time_poke(AT);
	cost("owner-fault", first - time_poke(AT));
}

static void cost_of_copies(struct space *space)
{
	static char page[4096];
	uint64_t start;

	space_map(space, AT + LARGE, PAGE, RW | SPACE_FIXED, NULL, 0);
	poke(AT + LARGE, 1);
	start = hw_rdtsc();
	user_write(AT + LARGE, page, 1);
	cost("write-1-byte", hw_rdtsc() - start);
	start = hw_rdtsc();
	user_read(page, AT + LARGE, PAGE);
	cost("read-4096-bytes", hw_rdtsc() - start);
	start = hw_rdtsc();
	user_text(page, AT + LARGE, PAGE);
	cost("empty-text", hw_rdtsc() - start);
}

static void cost_of_mappings(struct space *space)
{
	uint64_t start = hw_rdtsc(), at, now;

	at = (uint64_t)space_map(space, 0, 16 * PAGE, SPACE_READ, NULL, 0);
	now = hw_rdtsc();
	cost("map", now - start);
	start = hw_rdtsc();
	space_unmap(space, at, 16 * PAGE);
	cost("unmap", hw_rdtsc() - start);
	at = (uint64_t)space_map(space, 0, 16 * PAGE, RW, NULL, 0);
	for (uint64_t i = 0; i < 16; i++)
		poke(at + i * PAGE, i);
	start = hw_rdtsc();
	space_unmap(space, at, 16 * PAGE);
	cost("unmap-16-pages", hw_rdtsc() - start);
}

/* A small static program: text, constants, data, heap, stack, in all 40 pages touched. */
static void small_program(struct space *space)
{
	static const struct {
		uint64_t at, pages, touched;
		uint32_t flags;
	} area[] = {
		{TEXT, 60, 18, SPACE_READ | SPACE_EXEC}, {TEXT + 60 * PAGE, 20, 6, SPACE_READ}, {TEXT + 81 * PAGE, 4, 4, RW},
		{TEXT + 85 * PAGE, 33, 6, RW | SPACE_LOCKED}, {STACK - 2048 * PAGE, 2048, 6, RW | SPACE_GROWS},
	};
	struct space_backing *file = file_open();
	uint64_t value;

	for (unsigned i = 0; i < sizeof(area) / sizeof(area[0]); i++) {
		uint32_t flags = (area[i].flags & ~SPACE_LOCKED) | SPACE_FIXED;
		uint64_t end = area[i].at + area[i].pages * PAGE;

		space_map(space, area[i].at, area[i].pages * PAGE, flags, i < 3 ? file : NULL, 0);
		for (uint64_t page = 1; page <= area[i].touched; page++) {
			if (flags & SPACE_WRITE)
				poke(end - page * PAGE, page);
			else
				peek(end - page * PAGE, &value);
		}
	}
}

static void cost_of_fork(struct space *parent)
{
	uint64_t start, middle, end;
	struct space *child = NULL;

	small_program(parent);
	for (unsigned round = 0; round < 2; round++) {
		start = hw_rdtsc();
		child = space_create(0);
		space_fork(child, parent);
		middle = hw_rdtsc();
		space_destroy(child);
		end = hw_rdtsc();
	}
	cost("fork-40-pages", middle - start);
	cost("destroy-40-pages", end - middle);
	space_clear(parent);
	file_close();
}

/* 32 MiB in large and small pages. */
static void cost_of_waiting(struct space *parent)
{
	struct space *child = space_create(0);
	uint64_t fork;

	space_map(parent, BIG, 16 * LARGE / 2, RW | SPACE_FIXED | SPACE_LOCKED, NULL, 0);
	world_watch();
	space_fork(child, parent);
	fork = world_longest();
	cost("fork-16-MiB-longest", fork);
	world_watch();
	space_destroy(child);
	cost("destroy-16-MiB-longest", world_longest());
	world_watch();
	space_clear(parent);
	cost("clear-16-MiB-longest", world_longest());
}

void test_costs(void)
{
	struct space *space = space_create(0), *child = space_create(0);

	world_load(space);
	cost_of_heap();
	cost_of_faults(space, child);
	cost_of_copies(space);
	cost_of_mappings(space);
	space_clear(space);
	cost_of_fork(space);
	cost_of_waiting(space);
	world_load(NULL);
	space_destroy(child);
	space_destroy(space);
}
