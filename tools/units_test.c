/* SPDX-License-Identifier: MIT */
/* Numbers with units, suggestions for wrong keys, the order of messages, the YAML tree. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "config_take.h"
#include "units.h"

static void reads_sizes(void **unused)
{
	uint64_t v = 0;

	(void)unused;
	assert_null(units_size("64 MiB", &v));
	assert_int_equal(v, 64u << 20);
	assert_null(units_size("4KiB", &v));
	assert_int_equal(v, 4096);
	assert_null(units_size("17179869183 GiB", &v));
	assert_int_equal(v, 0xffffffffc0000000ull);
	assert_non_null(units_size("17179869184 GiB", &v));
	assert_non_null(units_size("18446744073709551616 KiB", &v));
	assert_non_null(units_size("64", &v));
	assert_non_null(units_size("64 M", &v));
	assert_non_null(units_size("1.5 MiB", &v));
	assert_non_null(units_size("", &v));
	assert_non_null(units_size("MiB", &v));
	assert_non_null(units_size("64 MiB ", &v));
	assert_non_null(units_size("+4 KiB", &v));
}

static void reads_times_and_shares(void **unused)
{
	uint64_t v = 0;

	(void)unused;
	assert_null(units_time("5 us", &v));
	assert_int_equal(v, 5000);
	assert_null(units_time("3 s", &v));
	assert_int_equal(v, 3000000000ull);
	assert_non_null(units_time("5 ns", &v));
	assert_null(units_percent("10%", &v));
	assert_int_equal(v, 10000);
	assert_null(units_percent("12.345 %", &v));
	assert_int_equal(v, 12345);
	assert_non_null(units_percent("12.3456%", &v));
	assert_non_null(units_percent("10", &v));
	assert_non_null(units_percent("99999999999%", &v));
}

static void reads_numbers(void **unused)
{
	uint64_t v = 0;

	(void)unused;
	assert_null(units_number("0x2f8", &v));
	assert_int_equal(v, 0x2f8);
	assert_null(units_number("18446744073709551615", &v));
	assert_int_equal(v, UINT64_MAX);
	assert_non_null(units_number("18446744073709551616", &v));
	assert_non_null(units_number("0x", &v));
	assert_non_null(units_number("-1", &v));
	assert_non_null(units_number("1 ", &v));
}

static void prints_sizes_exactly(void **unused)
{
	char text[32];

	(void)unused;
	assert_string_equal(units_print_size(text, 64u << 20), "64 MiB");
	assert_string_equal(units_print_size(text, 4097), "4097 bytes");
	assert_string_equal(units_print_size(text, 0), "0 bytes");
	assert_string_equal(units_print_size(text, 3ull << 40), "3072 GiB");
}

static void suggests_the_nearest_word(void **unused)
{
	static const char *const words[] = { "memory", "cores", "core", "on-fault" };

	(void)unused;
	assert_string_equal(nearest("memroy", words, 4), "memory");
	assert_string_equal(nearest("core", words, 4), "core");
	assert_string_equal(nearest("onfault", words, 4), "on-fault");
	assert_null(nearest("bananas", words, 4));
	assert_null(nearest("a-key-that-is-much-longer-than-any-key-ever-was", words, 4));
}

static char *printed(struct diag *d)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	diag_print(d, f);
	(void)fclose(f);
	return text;
}

static void sorts_and_cleans_messages(void **unused)
{
	struct diag d = { .file = "f" };
	char *text;

	(void)unused;
	diag_error(&d, (struct place_in_file){ 3, 1 }, "third");
	diag_error(&d, (struct place_in_file){ 1, 9 }, "second \x1b[31m");
	diag_error(&d, (struct place_in_file){ 1, 2 }, "first");
	diag_error(&d, (struct place_in_file){ 1, 2 }, "first");
	text = printed(&d);
	assert_string_equal(text, "f:1:2: error: first\nf:1:9: error: second ?[31m\nf:3:1: error: third\n");
	assert_int_equal(d.count, 3);
	free(text);
	diag_free(&d);
}

static void keeps_a_bounded_number_of_messages(void **unused)
{
	struct diag d = { .file = "f" };
	char *text;

	(void)unused;
	for (int i = 1; i <= DIAG_MAX + 5; i++)
		diag_error(&d, (struct place_in_file){ i, 1 }, "x");
	text = printed(&d);
	assert_non_null(strstr(text, "f: error: 5 more errors are not shown"));
	free(text);
	diag_free(&d);
}

static void builds_a_tree(void **unused)
{
	static const char text[] = "a: {b: [1, 'two'], c: }\nd: plain\n";
	struct diag d = { .file = "f" };
	struct yaml_node *root = yaml_parse(text, sizeof(text) - 1, &d), *b;

	(void)unused;
	assert_non_null(root);
	b = yaml_get(yaml_get(root, "a"), "b");
	assert_int_equal(b->count, 2);
	assert_string_equal(b->first->text, "1");
	assert_false(b->first->quoted);
	assert_true(b->first->next->quoted);
	assert_int_equal(b->first->next->at.line, 1);
	assert_string_equal(yaml_get(yaml_get(root, "a"), "c")->text, "");
	assert_int_equal(yaml_get(root, "d")->at.line, 2);
	assert_int_equal(yaml_get(root, "d")->at.column, 4);
	assert_null(yaml_get(root, "e"));
	yaml_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(reads_times_and_shares),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(prints_sizes_exactly),
		cmocka_unit_test(suggests_the_nearest_word),
		cmocka_unit_test(sorts_and_cleans_messages),
		cmocka_unit_test(keeps_a_bounded_number_of_messages),
		cmocka_unit_test(builds_a_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
