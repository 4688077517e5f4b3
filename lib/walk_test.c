/* SPDX-License-Identifier: MIT */
/* Guest page tables with every leaf size, holes, tables outside memory, and code across a page boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lib/walk.h>

#define WORDS (16u * 512u)

static uint64_t memory[WORDS];

static bool read_word(void *context, uint64_t gpa, uint64_t *value)
{
	(void)context;
	assert_int_equal(gpa % 8, 0);
	if (gpa / 8 >= WORDS)
		return false;
	*value = memory[gpa / 8];
	return true;
}

static const struct qv_guest_memory guest = {read_word, NULL};

/* CR3 0x1000 -> 0x2000 -> 0x3000 -> 0x4000; 5 levels start at 0x5000. */
static int tables(void **unused)
{
	(void)unused;
	memset(memory, 0, sizeof(memory));
	memory[0x5000 / 8 + 511] = 0x1003;
	memory[0x5000 / 8] = 0x1003;
	memory[0x1000 / 8] = 0x2003;
	memory[0x1000 / 8 + 511] = 0x2003;
	memory[0x2000 / 8] = 0x3003;
	memory[0x2000 / 8 + 1] = 0x40000083 | 1ull << 63; /* 1 GiB page */
	memory[0x3000 / 8] = 0x4003;
	memory[0x3000 / 8 + 1] = 0x600083; /* 2 MiB page */
	memory[0x3000 / 8 + 2] = 1ull << 40 | 3; /* table outside memory */
	memory[0x4000 / 8] = 0x7003;
	memory[0x4000 / 8 + 1] = 0x6003;
	return 0;
}

static void assert_maps(uint32_t levels, uint64_t linear, uint64_t expected)
{
	uint64_t gpa = 0;

	assert_true(qv_guest_walk(&guest, levels == 4 ? 0x1018 : 0x5000, levels, linear, &gpa));
	assert_int_equal(gpa, expected);
}

static void assert_unmapped(uint32_t levels, uint64_t linear)
{
	uint64_t gpa;

	assert_false(qv_guest_walk(&guest, levels == 4 ? 0x1000 : 0x5000, levels, linear, &gpa));
}

static void test_walk(void **unused)
{
	(void)unused;
	assert_maps(4, 0x123, 0x7123);
	assert_maps(4, 0x1ffe, 0x6ffe);
	assert_maps(4, 0x234567, 0x634567);
	assert_maps(4, 0x41234567, 0x41234567);
	assert_maps(4, 0xffffff8000000010, 0x7010);
	assert_maps(5, 0x123, 0x7123);
	assert_maps(5, 0xffff000000000123, 0x7123);
	assert_unmapped(4, 0x2000);
	assert_unmapped(4, 0x400000);
	assert_unmapped(4, 0x800000000000);       /* not canonical */
	assert_unmapped(5, 0x0100000000000000);
	assert_unmapped(4, 0x8000000000);
}

static void test_fetch(void **unused)
{
	uint8_t code[15];

	(void)unused;
	for (uint32_t i = 0; i < 4096; i++) {
		((uint8_t *)memory)[0x7000 + i] = (uint8_t)i;
		((uint8_t *)memory)[0x6000 + i] = (uint8_t)(0x80 + i);
	}
	assert_int_equal(qv_guest_fetch(&guest, 0x1000, 4, 0xffa, code, 15), 15);
	for (uint32_t i = 0; i < 15; i++)
		assert_int_equal(code[i], i < 6 ? 0xfa + i : 0x80 + (i - 6));
	assert_int_equal(qv_guest_fetch(&guest, 0x1000, 4, 0x1ffe, code, 15), 2);
	assert_int_equal(qv_guest_fetch(&guest, 0x1000, 4, 0x2000, code, 15), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_walk, tables),
		cmocka_unit_test_setup(test_fetch, tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
