/* SPDX-License-Identifier: MIT */
/* Units of lines.c: attribution, broken lines, hostile bytes, the stop text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>

#include "lines.h"

#include <stdlib.h>
#include <string.h>

static char *text;
static size_t size;

static struct lines fresh(void)
{
	struct lines l = {.open = -1, .quiet = true};

	l.log = open_memstream(&text, &size);
	return l;
}

static void expect(struct lines *l, const char *wanted)
{
	lines_finish(l);
	(void)fclose(l->log);
	assert_string_equal(text, wanted);
	free(text);
}

static void whole_lines_carry_names(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "control", false), b = lines_source(&l, "io", false);

	(void)state;
	lines_add(&l, a, "one\r\ntwo", 8);
	lines_add(&l, b, "three\n", 6);
	lines_add(&l, a, "!\n", 2);
	expect(&l, "control | one\nio      | three\ncontrol | two!\n");
}

static void control_bytes_of_a_sandbox_are_disarmed(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "evil", false);

	(void)state;
	lines_add(&l, a, "a\033]0;x\007b\n", 9);
	expect(&l, "evil | a?]0;x?b\n");
}

static void long_lines_are_broken_not_lost(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "long", false), bytes = 0;
	char many[3000];

	(void)state;
	memset(many, 'x', sizeof many);
	lines_add(&l, a, many, sizeof many);
	lines_finish(&l);
	(void)fclose(l.log);
	for (const char *p = text; *p; p++)
		bytes += *p == 'x';
	assert_int_equal(bytes, sizeof many);
	free(text);
}

static void stop_text_and_refusal_are_seen(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "boot", false);

	(void)state;
	assert_true(lines_want(&l, "all done"));
	lines_add(&l, a, "not done\n", 9);
	assert_false(l.found || l.refused);
	lines_add(&l, a, "now all do", 10);
	lines_add(&l, a, "ne!\nquest-v: refused\n", 21);
	assert_true(l.found && l.refused);
	(void)fclose(l.log);
	free(text);
}

static void every_stop_text_must_be_seen(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "a", false), b = lines_source(&l, "b", false);

	(void)state;
	assert_true(lines_want(&l, "a|done") && lines_want(&l, "b|done"));
	lines_add(&l, a, "done\ndone\n", 10);
	lines_add(&l, b, "a|done\n", 7);
	assert_true(l.found);
	lines_forget(&l);
	lines_add(&l, b, "done\n", 5);
	assert_false(l.found);
	lines_add(&l, a, "done\n", 5);
	assert_true(l.found);
	for (size_t i = l.wanted_count; i < LINES_WANTED; i++)
		assert_true(lines_want(&l, "c|done"));
	assert_false(lines_want(&l, "one too many"));
	lines_add(&l, a, "c|done\n", 7);
	assert_false(l.found);
	(void)fclose(l.log);
	free(text);
}

static void backspace_never_leaves_the_line(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "sh", true);

	(void)state;
	lines_add(&l, a, "\b\babc\bd\n", 8);
	expect(&l, "sh   | abd\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lines_carry_names), cmocka_unit_test(control_bytes_of_a_sandbox_are_disarmed),
		cmocka_unit_test(long_lines_are_broken_not_lost), cmocka_unit_test(stop_text_and_refusal_are_seen),
		cmocka_unit_test(every_stop_text_must_be_seen),
		cmocka_unit_test(backspace_never_leaves_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
