/* SPDX-License-Identifier: MIT */
/* XSAVE areas: what XRSTOR would refuse is gone, the rest stays. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/xsave.h>

#define AREA 4096u

static uint8_t area[AREA] __attribute__((aligned(64)));

static uint64_t word(size_t at)
{
	uint64_t v;

	memcpy(&v, area + at, sizeof(v));
	return v;
}

static void a_fresh_area_is_initial(void **state)
{
	(void)state;
	memset(area, 0xa5, sizeof(area));
	qv_xsave_init(area);
	assert_int_equal(area[0] | area[1] << 8, 0x37f);
	assert_int_equal((uint32_t)word(QV_XSAVE_MXCSR_AT), 0x1f80);
	for (size_t i = 0; i < QV_XSAVE_HEADER; i += 8)
		assert_int_equal(word(QV_XSAVE_HEADER_AT + i), 0);
}

static void hostile_bytes_become_loadable(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 10000; round++) {
		for (size_t i = 0; i < sizeof(area); i++)
			area[i] = (uint8_t)rand();
		qv_xsave_correct(area, 3);
		assert_int_equal(word(QV_XSAVE_HEADER_AT) & ~3ull, 0);
		for (size_t i = 8; i < QV_XSAVE_HEADER; i += 8)
			assert_int_equal(word(QV_XSAVE_HEADER_AT + i), 0);
		assert_int_equal((uint32_t)word(QV_XSAVE_MXCSR_AT) & 0xffff0000u, 0);
	}
}

static void correct_ones_stay(void **state)
{
	uint8_t before[AREA];

	(void)state;
	qv_xsave_init(area);
	area[QV_XSAVE_HEADER_AT] = 7;
	memcpy(before, area, sizeof(area));
	qv_xsave_correct(area, 7);
	assert_memory_equal(before, area, sizeof(area));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_area_is_initial), cmocka_unit_test(hostile_bytes_become_loadable),
		cmocka_unit_test(correct_ones_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
