/* SPDX-License-Identifier: MIT */
/* Units of lines.c: attribution, broken lines, hostile bytes, the stop text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>

#include "session.h"

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

static void add_text(struct lines *l, size_t source, const char *bytes)
{
	lines_add(l, source, bytes, strlen(bytes));
}

/* What a shell's line editor sends: moves, overwriting, wiping to the end; a query of the terminal is no text. */
static void a_session_edits_its_line(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "sh", true);

	(void)state;
	add_text(&l, a, "$ lx\b \b");
	add_text(&l, a, "s -l\b\b\b\b\033[Jcat x\r\n");
	add_text(&l, a, "\033[6nab\033[2Dx\033[Cy\r\n");
	add_text(&l, a, "50 %\r100 %\033[K\n");
	add_text(&l, a, "\033]0;title\ak\303\251se\b\b\b\bKA\n");
	add_text(&l, a, "gone\033[2J\033[Htop\n");
	expect(&l, "sh   | $ lcat x\nsh   | xby\nsh   | 100 %\nsh   | KAse\nsh   | top\n");
}

/* Colours take no column, are not split by moves and are not in the log. */
static void colours_stay_out_of_the_way(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "sh", true);

	(void)state;
	add_text(&l, a, "\033[1;32mgreen\033[0m\033[4Drey\033[31m\n");
	add_text(&l, a, "\033[31mab\033[m\033[9D\033[0mx");
	assert_int_equal(session_columns_left(&l.source[a]), 1);
	add_text(&l, a, "\n");
	expect(&l, "sh   | greyn\nsh   | xb\n");
}

/* Ordinary colours of 24 bits, one that is longer than any, and one with something else in it. */
static void long_colours_do_no_harm(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "sh", true);

	(void)state;
	add_text(&l, a, "\033[38;2;255;255;255;48;2;0;0;0mab\rx\n");
	add_text(&l, a, "\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1mab\rx\033[Cy\n");
	add_text(&l, a, "\033[1\a\033[2mab\rx\n");
	expect(&l, "sh   | xb\nsh   | xby\nsh   | xmab\n");
}

static void a_sequence_without_an_end_is_bounded(void **state)
{
	struct lines l = fresh();
	size_t a = lines_source(&l, "sh", true);
	char many[3000];

	(void)state;
	memset(many, '1', sizeof many);
	add_text(&l, a, "\033[");
	lines_add(&l, a, many, sizeof many);
	add_text(&l, a, "Dx\n");
	memset(many, 'x', sizeof many);
	for (int i = 0; i < 3; i++)
		lines_add(&l, a, many, sizeof many);
	add_text(&l, a, "\033[99999999999999999999D\033[99999999999999999999C\n");
	lines_finish(&l);
	(void)fclose(l.log);
	assert_memory_equal(text, "sh   | x\nsh   | xxx", 19);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lines_carry_names), cmocka_unit_test(control_bytes_of_a_sandbox_are_disarmed),
		cmocka_unit_test(long_lines_are_broken_not_lost), cmocka_unit_test(stop_text_and_refusal_are_seen),
		cmocka_unit_test(every_stop_text_must_be_seen),
		cmocka_unit_test(backspace_never_leaves_the_line), cmocka_unit_test(a_session_edits_its_line),
		cmocka_unit_test(colours_stay_out_of_the_way), cmocka_unit_test(long_colours_do_no_harm),
		cmocka_unit_test(a_sequence_without_an_end_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
