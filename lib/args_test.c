/* SPDX-License-Identifier: MIT */
#include <lib/args.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void has_finds_whole_words(void **state)
{
	(void)state;
	assert_true(qv_args_has("quiet ticks=5", "quiet"));
	assert_true(qv_args_has("quiet ticks=5", "ticks"));
	assert_true(qv_args_has("  a  b", "b"));
	assert_false(qv_args_has("quieter", "quiet"));
	assert_false(qv_args_has("a=quiet", "quiet"));
	assert_false(qv_args_has("qui", "quiet"));
	assert_false(qv_args_has("", "quiet"));
}

static void text_is_copied_and_cut(void **state)
{
	char to[4];

	(void)state;
	assert_true(qv_args_text("mode=hlt x=1", "mode", to, sizeof(to)));
	assert_string_equal(to, "hlt");
	assert_true(qv_args_text("mode=spinning", "mode", to, sizeof(to)));
	assert_string_equal(to, "spi");
	assert_true(qv_args_text("mode=", "mode", to, sizeof(to)));
	assert_string_equal(to, "");
	assert_false(qv_args_text("mode", "mode", to, sizeof(to)));
	assert_false(qv_args_text("", "mode", to, sizeof(to)));
	assert_true(qv_args_text("mode=a mode=b", "mode", to, 2));
	assert_string_equal(to, "a");
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(qv_args_number("tick-us=1000", "tick-us", 7), 1000);
	assert_int_equal(qv_args_number("a=0x1fF b=2", "a", 7), 0x1ff);
	assert_int_equal(qv_args_number("a=18446744073709551615", "a", 7), UINT64_MAX);
	assert_int_equal(qv_args_number("a=18446744073709551616", "a", 7), 7);
	assert_int_equal(qv_args_number("a=0x10000000000000000", "a", 7), 7);
	assert_int_equal(qv_args_number("a=12x", "a", 7), 7);
	assert_int_equal(qv_args_number("a=0x", "a", 7), 7);
	assert_int_equal(qv_args_number("a=", "a", 7), 7);
	assert_int_equal(qv_args_number("a", "a", 7), 7);
	assert_int_equal(qv_args_number("a=-1", "a", 7), 7);
	assert_int_equal(qv_args_number("b=1", "a", 7), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_finds_whole_words),
		cmocka_unit_test(text_is_copied_and_cut),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
