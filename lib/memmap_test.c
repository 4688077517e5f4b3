/* SPDX-License-Identifier: MIT */
#include <lib/memmap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define KIB 1024ull
#define MIB (1024 * KIB)

static struct qv_memmap map;

static void raw(uint64_t base, uint64_t size, uint32_t type)
{
	qv_memmap_add(&map, base, size, type);
}

static int clear(void **state)
{
	(void)state;
	memset(&map, 0, sizeof(map));
	return 0;
}

static void expect(uint32_t i, uint64_t base, uint64_t size, uint32_t type)
{
	assert_true(i < map.count);
	assert_int_equal(map.range[i].base, base);
	assert_int_equal(map.range[i].size, size);
	assert_int_equal(map.range[i].type, type);
}

static void sorts_and_merges(void **state)
{
	(void)state;
	raw(2 * MIB, 1 * MIB, QV_MEMMAP_RAM);
	raw(0, 640 * KIB, QV_MEMMAP_RAM);
	raw(1 * MIB, 1 * MIB, QV_MEMMAP_RAM);
	raw(5 * MIB, 0, QV_MEMMAP_RAM);
	qv_memmap_normalise(&map);
	assert_int_equal(map.count, 2);
	expect(0, 0, 640 * KIB, QV_MEMMAP_RAM);
	expect(1, 1 * MIB, 2 * MIB, QV_MEMMAP_RAM);
}

static void stricter_wins(void **state)
{
	(void)state;
	raw(0, 10 * MIB, QV_MEMMAP_RAM);
	raw(4 * MIB, 2 * MIB, QV_MEMMAP_RESERVED);
	raw(5 * MIB, 2 * MIB, QV_MEMMAP_ACPI);
	raw(5 * MIB, 4 * KIB, 77); /* unknown: reserved */
	qv_memmap_normalise(&map);
	assert_int_equal(map.count, 4);
	expect(0, 0, 4 * MIB, QV_MEMMAP_RAM);
	expect(1, 4 * MIB, 2 * MIB, QV_MEMMAP_RESERVED);
	expect(2, 6 * MIB, 1 * MIB, QV_MEMMAP_ACPI);
	expect(3, 7 * MIB, 3 * MIB, QV_MEMMAP_RAM);
	assert_int_equal(qv_memmap_ram(&map), 7 * MIB);
	assert_int_equal(qv_memmap_top(&map), 10 * MIB);
}

static void wraps_and_overflows(void **state)
{
	(void)state;
	raw(UINT64_MAX - 100, 1000, QV_MEMMAP_RESERVED);
	for (uint64_t i = 0; i < 200; i++)
		raw(i * MIB, 4096, QV_MEMMAP_RAM);
	assert_int_equal(map.dropped, 73);
	qv_memmap_normalise(&map);
	assert_int_equal(map.dropped, 73);
	expect(map.count - 1, UINT64_MAX - 100, 100, QV_MEMMAP_RESERVED);
}

static void questions(void **state)
{
	uint64_t bad, until;

	(void)state;
	raw(1 * MIB, 3 * MIB, QV_MEMMAP_RAM);
	raw(2 * MIB, 4096, QV_MEMMAP_NVS);
	qv_memmap_normalise(&map);
	assert_true(qv_memmap_is_ram(&map, 1 * MIB, 1 * MIB, &bad));
	assert_false(qv_memmap_is_ram(&map, 1 * MIB, 1 * MIB + 1, &bad));
	assert_int_equal(bad, 2 * MIB);
	assert_false(qv_memmap_is_ram(&map, 3 * MIB, 2 * MIB, &bad));
	assert_int_equal(bad, 4 * MIB);
	assert_int_equal(qv_memmap_at(&map, 2 * MIB, &until), QV_MEMMAP_NVS);
	assert_int_equal(until, 2 * MIB + 4096);
	assert_int_equal(qv_memmap_at(&map, 0, &until), QV_MEMMAP_HOLE);
	assert_int_equal(until, 1 * MIB);
	assert_true(qv_memmap_has_ram(&map, 0, 1 * MIB + 1));
	assert_false(qv_memmap_has_ram(&map, 0, 1 * MIB));
	assert_false(qv_memmap_has_ram(&map, 2 * MIB, 4096));
	assert_true(qv_memmap_has_ram(&map, 2 * MIB, 4097));
	assert_true(qv_memmap_has_ram(&map, 4 * MIB - 1, 9 * MIB));
	assert_false(qv_memmap_has_ram(&map, 4 * MIB, UINT64_MAX - 4 * MIB));
	assert_int_equal(qv_memmap_at(&map, 9 * MIB, &until), QV_MEMMAP_HOLE);
	assert_int_equal(until, UINT64_MAX);
}

static void finds(void **state)
{
	const struct qv_memmap_avoid avoid[] = { { 0, 0x2000 }, { 0x3000, 0x1000 }, { 0x4800, 1 } };
	uint64_t at;

	(void)state;
	raw(0, 0x6000, QV_MEMMAP_RAM);
	raw(0x8000, 0x1000, QV_MEMMAP_RAM);
	qv_memmap_normalise(&map);
	assert_true(qv_memmap_find(&map, 0x1000, 0xa0000, 0x1000, 0x1000, avoid, 3, &at));
	assert_int_equal(at, 0x2000);
	assert_true(qv_memmap_find(&map, 0x2800, 0xa0000, 0x1000, 0x1000, avoid, 3, &at));
	assert_int_equal(at, 0x5000);
	assert_true(qv_memmap_find(&map, 0x5001, 0xa0000, 0x1000, 0x1000, avoid, 3, &at));
	assert_int_equal(at, 0x8000);
	assert_false(qv_memmap_find(&map, 0x5001, 0x8fff, 0x1000, 0x1000, avoid, 3, &at));
	assert_false(qv_memmap_find(&map, 0, 0xa0000, 0x7000, 0x1000, NULL, 0, &at));
}

/* Model: one type per 4 KiB page of 64, the strictest of all ranges that cover it. */
static void random_maps(void **state)
{
	static const uint32_t strict[] = { 0, 1, 3, 2, 4, 5 };

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		uint32_t model[64] = { 0 };

		clear(NULL);
		for (int n = rand() % 12; n >= 0; n--) {
			uint64_t from = (uint64_t)(rand() % 64), pages = (uint64_t)(rand() % (65 - (int)from));
			uint32_t type = (uint32_t)(rand() % 5 + 1);

			raw(from * 4096, pages * 4096, type);
			for (uint64_t p = from; p < from + pages; p++) {
				if (strict[type] > strict[model[p]])
					model[p] = type;
			}
		}
		qv_memmap_normalise(&map);
		for (uint32_t p = 0; p < 64; p++) {
			uint64_t until;

			assert_int_equal(qv_memmap_at(&map, p * 4096ull + 17, &until), model[p]);
		}
		for (uint32_t i = 1; i < map.count; i++)
			assert_true(map.range[i - 1].base + map.range[i - 1].size <= map.range[i].base);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sorts_and_merges, clear), cmocka_unit_test_setup(stricter_wins, clear),
		cmocka_unit_test_setup(wraps_and_overflows, clear), cmocka_unit_test_setup(questions, clear),
		cmocka_unit_test_setup(finds, clear), cmocka_unit_test_setup(random_maps, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
