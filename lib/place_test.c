/* SPDX-License-Identifier: MIT */
/* Known placements, and a long random walk against a bitmap that does the same thing in the plainest way. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/place.h>

#define CELLS 256u
#define STEPS 200000u

static void takes_the_lowest_aligned_place(void **unused)
{
	struct qv_place p = { 0 };
	uint64_t at = 0;

	(void)unused;
	assert_true(qv_place_add(&p, 0x1000, 0x3000));
	assert_true(qv_place_add(&p, 0x10000, 0x10000));
	assert_true(qv_place_take(&p, 0x1000, 0x2000, &at));
	assert_int_equal(at, 0x2000);
	assert_true(qv_place_take(&p, 0x2000, 0x1000, &at));
	assert_int_equal(at, 0x10000);
	assert_true(qv_place_take(&p, 0x1000, 0x1000, &at));
	assert_int_equal(at, 0x1000);
	assert_int_equal(qv_place_largest(&p, 0x1000), 0xe000);
	assert_int_equal(qv_place_largest(&p, 0x8000), 0x8000);
	assert_false(qv_place_take(&p, 0xf000, 0x1000, &at));
}

static void merges_neighbours(void **unused)
{
	struct qv_place p = { 0 };

	(void)unused;
	assert_true(qv_place_add(&p, 0x1000, 0x1000));
	assert_true(qv_place_add(&p, 0x3000, 0x1000));
	assert_int_equal(p.count, 2);
	assert_true(qv_place_add(&p, 0x2000, 0x1000));
	assert_int_equal(p.count, 1);
	assert_int_equal(p.free[0].size, 0x3000);
	assert_false(qv_place_add(&p, 0x3fff, 0x1000));
	assert_false(qv_place_add(&p, 0x5000, 0));
	assert_false(qv_place_add(&p, ~0ull - 10, 20));
}

static void reserves_only_what_is_free(void **unused)
{
	struct qv_place p = { 0 };

	(void)unused;
	assert_true(qv_place_add(&p, 0x1000, 0x4000));
	assert_true(qv_place_reserve(&p, 0x2000, 0x1000));
	assert_false(qv_place_reserve(&p, 0x2fff, 1));
	assert_false(qv_place_reserve(&p, 0x1000, 0x1001));
	assert_false(qv_place_reserve(&p, 0x4000, 0x1001));
	assert_false(qv_place_reserve(&p, 0x4000, ~0ull));
	assert_true(qv_place_reserve(&p, 0x3000, 0x2000));
	assert_true(qv_place_reserve(&p, 0x1000, 0x1000));
	assert_int_equal(p.count, 0);
}

static void says_when_the_list_is_full(void **unused)
{
	struct qv_place p = { 0 };
	uint64_t at;

	(void)unused;
	for (uint64_t i = 0; i < QV_PLACE_MAX; i++)
		assert_true(qv_place_add(&p, i * 0x10, 8));
	assert_false(qv_place_add(&p, 1ull << 20, 8));
	assert_false(qv_place_reserve(&p, 2, 2)); /* would split a range */
	assert_true(qv_place_take(&p, 8, 1, &at));
	assert_true(qv_place_add(&p, 1ull << 20, 8));
}

static bool all_are(const bool *cell, uint64_t start, uint64_t size, bool value)
{
	for (uint64_t i = start; i < start + size; i++)
		if (i >= CELLS || cell[i] != value)
			return false;
	return true;
}

static void fill(bool *cell, uint64_t start, uint64_t size, bool value)
{
	for (uint64_t i = start; i < start + size; i++)
		cell[i] = value;
}

static bool model_take(bool *cell, uint64_t size, uint64_t align, uint64_t *start)
{
	for (*start = 0; *start + size <= CELLS; *start += align)
		if (all_are(cell, *start, size, true)) {
			fill(cell, *start, size, false);
			return true;
		}
	return false;
}

static void step(struct qv_place *p, bool *cell)
{
	uint64_t start = (uint64_t)rand() % CELLS, size = 1 + (uint64_t)rand() % 24, align = 1ull << rand() % 5, at = 0,
		expected = 0;
	bool good;

	switch (rand() % 3) {
	case 0:
		if (start + size > CELLS)
			return;
		good = all_are(cell, start, size, false);
		assert_int_equal(qv_place_add(p, start, size), good);
		if (good)
			fill(cell, start, size, true);
		return;
	case 1:
		good = all_are(cell, start, size, true);
		assert_int_equal(qv_place_reserve(p, start, size), good);
		if (good)
			fill(cell, start, size, false);
		return;
	default:
		good = model_take(cell, size, align, &expected);
		assert_int_equal(qv_place_take(p, size, align, &at), good);
		if (good)
			assert_int_equal(at, expected);
	}
}

static void agrees_with_a_bitmap(void **unused)
{
	struct qv_place p = { 0 };
	bool cell[CELLS] = { false };

	(void)unused;
	srand(1);
	for (uint32_t i = 0; i < STEPS && p.count < QV_PLACE_MAX - 2; i++) {
		step(&p, cell);
		for (uint32_t k = 1; k < p.count; k++)
			assert_true(p.free[k - 1].start + p.free[k - 1].size < p.free[k].start);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_lowest_aligned_place),
		cmocka_unit_test(merges_neighbours),
		cmocka_unit_test(reserves_only_what_is_free),
		cmocka_unit_test(says_when_the_list_is_full),
		cmocka_unit_test(agrees_with_a_bitmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
