/* SPDX-License-Identifier: MIT */
/* What a space promises, one promise at a time. */
#include "world.h"

#include <mm/frame.h>
#include <mm/mm.h>

#define AT 0x50000000ull /* a multiple of 2 MiB */
#define RW (SPACE_READ | SPACE_WRITE)

static struct space_usage usage_of(struct space *space)
{
	struct space_usage usage;

	space_usage(space, &usage);
	return usage;
}

/* UINT64_MAX: nothing is mapped there. */
static uint64_t frame_at(struct space *space, uint64_t at)
{
	uint64_t frame;

	return space_shared_frame(space, at, &frame) ? frame : UINT64_MAX;
}

static bool holds(uint64_t at, uint64_t wanted)
{
	uint64_t value = ~wanted;

	return peek(at, &value) && value == wanted;
}

static struct space *fresh(void)
{
	struct space *space = space_create(0);

	world_load(space);
	return space;
}

static void end(struct space *space)
{
	world_load(NULL);
	space_destroy(space);
}

static void test_copy_on_write(void)
{
	struct space *parent = fresh(), *child = space_create(0);
	uint64_t copies;
	bool good = space_map(parent, AT, 4 * PAGE, RW | SPACE_FIXED, NULL, 0) == (int64_t)AT && poke(AT, 1) &&
		poke(AT + PAGE, 2) && space_fork(child, parent) == 0;

	test_point(good && poke(AT, 10), "a parent writes after fork");
	world_load(child);
	test_point(holds(AT, 1) && holds(AT + PAGE, 2) && holds(AT + 2 * PAGE, 0), "its child sees what was before");
	test_point(poke(AT + PAGE, 20) && holds(AT + PAGE, 20), "and writes its own copy");
	world_load(parent);
	test_point(holds(AT, 10) && holds(AT + PAGE, 2), "that the parent does not see");
	copies = usage_of(parent).copies;
	test_point(copies == 1 && poke(AT + PAGE, 30) && usage_of(parent).copies == 1,
		"the last owner of a page writes it without a copy");
	end(child);
	world_load(parent);
	test_point(holds(AT, 10) && holds(AT + PAGE, 30), "a child that goes takes nothing with it");
	end(parent);
}

static void test_large(void)
{
	struct space *space = fresh(), *child = space_create(0);
	bool good = space_map(space, AT, 3 * LARGE, RW | SPACE_FIXED, NULL, 0) == (int64_t)AT;

	good = good && poke(AT + 5 * PAGE, 5) && poke(AT + LARGE - PAGE, 6);
	test_point(good && usage_of(space).resident == LARGE && usage_of(space).faults == 1, "2 MiB come with one fault");
	test_point(poke(AT + 3 * LARGE - PAGE, 9) && usage_of(space).resident == LARGE + PAGE &&
		space_discard(space, AT + 2 * LARGE, LARGE) == 0, "what is touched from above gets small pages");
	test_point(space_unmap(space, AT + 100 * PAGE, 50 * PAGE) == 0 && holds(AT + 5 * PAGE, 5) &&
		holds(AT + LARGE - PAGE, 6) && !poke(AT + 120 * PAGE, 1) && usage_of(space).resident == LARGE - 50 * PAGE,
		"a part of a large page goes");
	good = space_map(space, AT + 8 * LARGE, LARGE, RW | SPACE_FIXED, NULL, 0) > 0 &&
		space_allow_large(space, AT + 8 * LARGE, LARGE, false) == 0 && poke(AT + 8 * LARGE, 1);
	test_point(good && usage_of(space).resident == LARGE - 49 * PAGE && space_unmap(space, AT + 8 * LARGE, LARGE) == 0,
		"or where large ones are not wanted");
	good = poke(AT + LARGE, 7) && poke(AT + 2 * LARGE - PAGE, 8) && space_fork(child, space) == 0;
	test_point(good && poke(AT + LARGE, 70) && usage_of(space).copies == 1, "fork shares a large page by small ones");
	world_load(child);
	test_point(holds(AT + LARGE, 7) && holds(AT + 2 * LARGE - PAGE, 8) && holds(AT + 5 * PAGE, 5), "and all is there");
	end(child);
	end(space);
}

static void test_file(void)
{
	struct space *space = fresh(), *other = space_create(0);
	struct space_backing *file = file_open();
	bool good = space_map(space, AT, 10 * PAGE, RW | SPACE_FIXED, file, 2 * PAGE) > 0 &&
		space_map(space, AT + LARGE, 10 * PAGE, RW | SPACE_FIXED | SPACE_SHARED, file, 0) > 0 &&
		space_map(other, AT, 10 * PAGE, RW | SPACE_FIXED | SPACE_SHARED, file, 0) > 0;

	test_point(good && holds(AT, file_value(2)) && holds(AT + 3 * PAGE, file_value(5)), "a mapped file is read");
	test_point(poke(AT, 1) && holds(AT + LARGE + 2 * PAGE, file_value(2)), "what a private mapping writes stays there");
	good = poke(AT + LARGE, 99);
	world_load(other);
	test_point(good && holds(AT, 99), "what a shared one writes is seen by others");
	test_point(frame_at(other, AT + 8) == frame_at(space, AT + LARGE + 8) && frame_at(other, AT + 8) % PAGE == 8 &&
		frame_at(space, AT) == 0 && frame_at(space, AT + 5 * LARGE) == UINT64_MAX, "and is known by its frame");
	good = space_discard(other, AT, PAGE) == 0 && frame_at(other, AT + 8) == SPACE_ABSENT && holds(AT, 99) &&
		frame_at(other, AT + 8) == frame_at(space, AT + LARGE + 8);
	test_point(good && space_unmap(other, AT, PAGE) == 0 && frame_at(other, AT + 8) == UINT64_MAX,
		"as long as it is there");
	good = space_map(other, AT, PAGE, RW | SPACE_FIXED, file, FILE_PAGES * PAGE) > 0;
	test_point(good && !poke(AT, 1) && world_last == SPACE_FAULT_BACKING, "beyond its end a fault says so");
	end(other);
	end(space);
	test_point(file_references() == 0, "no reference to it is left");
	file_close();
}

/* Pages of a file that are in memory come with their neighbour; others, written ones and those near a limit do not. */
static void test_neighbours(void)
{
	struct space *space = fresh(), *poor = space_create(8 * PAGE);
	struct space_backing *file = file_open();
	bool good = true;

	for (uint64_t i = 0; i < 12; i++) {
		uint64_t frame = i % 2 ? 0 : file->page(file, i); /* even ones are in memory */

		if (frame)
			mm_frame_put(frame);
	}
	good = space_map(space, AT + 3 * PAGE, 9 * PAGE, SPACE_READ | SPACE_FIXED, file, 3 * PAGE) > 0 &&
		space_map(space, AT + LARGE, 9 * PAGE, RW | SPACE_FIXED, file, 0) > 0 &&
		space_map(poor, AT, 9 * PAGE, SPACE_READ | SPACE_FIXED, file, 0) > 0;
	good = good && holds(AT + 5 * PAGE, file_value(5)) && usage_of(space).faults == 1;
	test_point(good && usage_of(space).resident == 5 * PAGE, "neighbours that are in memory come with a file's page");
	good = holds(AT + 4 * PAGE, file_value(4)) && holds(AT + 10 * PAGE, file_value(10)) && !poke(AT + 4 * PAGE, 1);
	test_point(good && usage_of(space).faults == 2, "they need no fault to be read, and cannot be written");
	good = holds(AT + LARGE, file_value(0)) && usage_of(space).resident == 6 * PAGE;
	test_point(good && poke(AT + LARGE, 1) && holds(AT + LARGE, 1), "a page that may be written comes alone");
	world_load(poor);
	good = holds(AT + 8 * PAGE, file_value(8)) && usage_of(poor).resident == PAGE;
	test_point(good, "so does one in a space that has half of its limit");
	end(poor);
	end(space);
	file_close();
}

/* What execve does. */
static void test_fill(void)
{
	struct space *space = fresh();
	struct space_backing *file = file_open();
	struct space_part part[] = {
		{AT, 2 * PAGE, SPACE_READ | SPACE_EXEC, file, 0}, {AT + 2 * PAGE, 0, RW, NULL, 0},
		{AT + 4 * PAGE, 2 * PAGE, RW, file, 4 * PAGE}, {AT + 6 * PAGE, PAGE, RW, NULL, 0},
	}, wrong[] = {{AT, 2 * PAGE, RW, NULL, 0}, {AT + PAGE, PAGE, RW, NULL, 0}}, low[] = {{0, PAGE, RW, NULL, 0}};
	uint64_t copies = usage_of(space).copies;
	bool good = space_fill(space, wrong, 2) == -12 && space_fill(space, low, 1) == -12 &&
		usage_of(space).virtual_size == 0 && space_fill(space, part, 4) == 0;

	test_point(good && usage_of(space).virtual_size == 5 * PAGE && holds(AT + PAGE, file_value(1)) &&
		!poke(AT + 3 * PAGE, 1) && poke(AT + 6 * PAGE, 1), "a space is filled at once, or refuses what overlaps");
	good = space_cut_off(space, AT + 5 * PAGE + 8, 8) == 0 && usage_of(space).copies == copies;
	test_point(good && holds(AT + 5 * PAGE, file_value(5)) && holds(AT + 5 * PAGE + 8, 0) && poke(AT + 5 * PAGE, 3) &&
		holds(AT + 4 * PAGE, file_value(4)), "a page of a file is cut off, and is the space's own");
	good = space_map(space, 0, PAGE, RW, NULL, 0) > 0 && space_unmap(space, AT, 8 * PAGE) == 0;
	test_point(good && usage_of(space).virtual_size == PAGE, "areas come and go as elsewhere afterwards");
	end(space);
	test_point(file_references() == 0, "and the file is given back");
	file_close();
}

static void test_shared_memory(void)
{
	struct space *space = fresh(), *child = space_create(0);
	int64_t at = space_map(space, 0, 8 * PAGE, RW | SPACE_SHARED, NULL, 0);
	bool good = at > 0 && poke((uint64_t)at, 1) && space_fork(child, space) == 0;

	world_load(child);
	good = good && holds((uint64_t)at, 1) && poke((uint64_t)at, 2) && poke((uint64_t)at + PAGE, 3);
	world_load(space);
	test_point(good && holds((uint64_t)at, 2) && holds((uint64_t)at + PAGE, 3), "shared memory stays shared over fork");
	test_point(space_discard(space, (uint64_t)at, PAGE) == 0 && holds((uint64_t)at, 2), "and is not dropped by one");
	end(space);
	world_load(child);
	test_point(holds((uint64_t)at + PAGE, 3), "and outlives its maker");
	end(child);
}

static void test_limit(void)
{
	struct space *space = space_create(64 * PAGE);
	uint64_t page = 0;
	bool good;

	world_load(space);
	good = space_map(space, AT, 200 * PAGE, RW | SPACE_FIXED, NULL, 0) > 0;
	while (page < 200 && poke(AT + page * PAGE, page))
		page++;
	test_point(good && page == 60 && world_last == SPACE_FAULT_NO_MEMORY,
		"a limit of 64 pages gives 60 and the tables for them");
	test_point(space_discard(space, AT, 10 * PAGE) == 0 && poke(AT + 100 * PAGE, 1), "what is given back is there again");
	test_point(space_map(space, 0, 20 * PAGE, RW | SPACE_LOCKED, NULL, 0) == -12, "locked memory beyond it is refused");
	test_point(usage_of(space).peak <= 64 * PAGE && usage_of(space).virtual_size == 200 * PAGE, "and nothing of it stays");
	end(space);
}

static void test_stack(void)
{
	struct space *space = fresh();
	uint64_t top = SPACE_USER_END - PAGE;
	bool good = space_map(space, top - 256 * PAGE, 256 * PAGE, RW | SPACE_FIXED | SPACE_GROWS, NULL, 0) > 0;
	int64_t at;

	for (uint64_t page = 1; page <= 20; page++)
		good = good && poke(top - page * PAGE, page);
	test_point(good && usage_of(space).resident == 20 * PAGE, "a stack grows page by page");
	at = space_map(space, 0, 300 * PAGE, RW, NULL, 0);
	test_point(at > 0 && (uint64_t)at + 300 * PAGE + 16 * PAGE <= top - 256 * PAGE, "room is left below it");
	test_point(!poke(top - 257 * PAGE, 1) && world_last == SPACE_FAULT_NO_AREA, "its limit is a hole");
	end(space);
}

static void test_areas(void)
{
	struct space *space = fresh();
	uint64_t address = 0, bytes = 0, count = 0;
	uint32_t flags;
	bool good = true;

	for (uint64_t i = 0; i < 20; i++)
		good = good && space_map(space, AT + i * PAGE, PAGE, RW | SPACE_FIXED, NULL, 0) > 0;
	good = good && space_protect(space, AT + 5 * PAGE, PAGE, SPACE_READ) == 0;
	for (; space_next_area(space, &address, &bytes, &flags); address += bytes)
		count++;
	test_point(good && count == 3, "areas that are alike are one");
	good = space_protect(space, AT + 5 * PAGE, PAGE, RW) == 0 && space_next_area(space, &(uint64_t){0}, &bytes, &flags);
	test_point(good && bytes == 20 * PAGE && flags == RW, "also when they become so");
	test_point(space_map(space, AT, 0, RW, NULL, 0) == -22 &&
		space_map(space, AT + 1, PAGE, RW | SPACE_FIXED, NULL, 0) == -22 &&
		space_unmap(space, 0, PAGE) == -22 && space_map(space, 0, ~0ull, RW, NULL, 0) == -12 &&
		space_map(space, SPACE_USER_END, PAGE, RW | SPACE_FIXED, NULL, 0) == -12 &&
		space_protect(space, AT + 19 * PAGE, 2 * PAGE, RW) == -12 && space_resize(space, 0, PAGE, PAGE, true) == -22,
		"what makes no sense is refused");
	end(space);
}

void test_spaces(void)
{
	struct space *warm = fresh();
	uint64_t before;

	space_map(warm, AT, PAGE, RW | SPACE_FIXED | SPACE_SHARED, NULL, 0);
	poke(AT, 1);
	end(warm);
	before = mm_free_pages();
	test_copy_on_write();
	test_large();
	test_file();
	test_neighbours();
	test_fill();
	test_shared_memory();
	test_limit();
	test_stack();
	test_areas();
	test_point(mm_free_pages() == before, "all frames of all these came back");
	if (mm_free_pages() != before)
		test_note("%llu pages before, %llu after", (unsigned long long)before, (unsigned long long)mm_free_pages());
}
