/* SPDX-License-Identifier: MIT */
/* Start pages of Quest: every address of the first 4 GiB maps to itself, selectors are what the contract says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lib/start.h>

#define GPA 0x1000u

static uint64_t pages[0xf000 / 8];

static uint64_t walk(uint64_t cr3, uint64_t address)
{
	uint64_t entry = pages[(cr3 - GPA) / 8 + (address >> 39)];

	assert_int_equal(entry & 0xfff, 3);
	entry = pages[((entry & ~0xfffull) - GPA) / 8 + (address >> 30 & 511)];
	assert_int_equal(entry & 0xfff, 3);
	entry = pages[((entry & ~0xfffull) - GPA) / 8 + (address >> 21 & 511)];
	assert_int_equal(entry & 0x1fffff, 0x83);
	return (entry & ~0x1fffffull) + (address & 0x1fffff);
}

static void test_quest_identity(void **unused)
{
	struct qv_start_buffer b = {(uint8_t *)pages, GPA, sizeof(pages)};
	struct qv_start_state s;

	(void)unused;
	memset(pages, 0xa5, sizeof(pages));
	assert_true(qv_quest_start(&b, 0x234567, &s));
	assert_int_equal(s.rip, 0x234567);
	assert_int_equal(s.rdi, GPA);
	assert_int_equal(s.rsi, 0);
	assert_int_equal(pages[0], 0xa5a5a5a5a5a5a5a5ull); /* the caller's info page */
	assert_int_equal(s.gdt_limit, 31);
	assert_int_equal(pages[(s.gdt_base - GPA) / 8 + 2] >> 53 & 1, 1); /* L bit: 64-bit code */
	for (uint64_t a = 0x123; a < 4ull << 30; a += 0x1ff000)
		assert_int_equal(walk(s.cr3, a), a);
	for (int i = 1; i < 512; i++)
		assert_int_equal(pages[(s.cr3 - GPA) / 8 + (uint64_t)i], 0);
}

static void test_quest_refusals(void **unused)
{
	struct qv_start_buffer small = {(uint8_t *)pages, GPA, QV_QUEST_START_BYTES - 1};
	struct qv_start_buffer crooked = {(uint8_t *)pages, GPA + 8, sizeof(pages)};
	struct qv_start_buffer far = {(uint8_t *)pages, 4ull << 30, sizeof(pages)};
	struct qv_start_state s;

	(void)unused;
	assert_false(qv_quest_start(&small, 0, &s));
	assert_false(qv_quest_start(&crooked, 0, &s));
	assert_false(qv_quest_start(&far, 0, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quest_identity),
		cmocka_unit_test(test_quest_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
