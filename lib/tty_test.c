/* SPDX-License-Identifier: MIT */
/* Keys in, screen and reads out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/tty.h>

static struct qv_tty tty;
static char screen[1 << 16];
static size_t shown;

static void show(void *unused, const char *bytes, size_t n)
{
	(void)unused;
	assert_true(shown + n < sizeof(screen));
	memcpy(screen + shown, bytes, n);
	shown += n;
	screen[shown] = 0;
}

static int fresh(void **unused)
{
	(void)unused;
	qv_tty_init(&tty);
	shown = 0;
	screen[0] = 0;
	return 0;
}

static int32_t type(const char *keys)
{
	int32_t signal = 0;

	for (; *keys; keys++)
		signal = qv_tty_key(&tty, (uint8_t)*keys, show, NULL);
	return signal;
}

static void expect_read(size_t space, const char *expected)
{
	uint8_t to[256];
	size_t n = qv_tty_read(&tty, to, space);

	assert_int_equal(n, strlen(expected));
	assert_memory_equal(to, expected, n);
}

static void expect_screen(const char *expected)
{
	assert_string_equal(screen, expected);
	shown = 0;
	screen[0] = 0;
}

static bool returns(void)
{
	bool yes;

	qv_tty_ready(&tty, &yes);
	return yes;
}

static void a_line_is_read_when_it_ends(void **unused)
{
	(void)unused;
	type("ab");
	assert_false(returns());
	expect_read(10, "");
	type("c\rde\n");
	expect_screen("abc\r\nde\r\n");
	assert_true(returns());
	expect_read(2, "ab");
	expect_read(10, "c\n");
	expect_read(10, "de\n");
	assert_false(returns());
}

static void erasing(void **unused)
{
	(void)unused;
	type("ab\x7f" "c\n");
	expect_screen("ab\b \bc\r\n");
	expect_read(10, "ac\n");
	type("\x7f\x7fx\x03"); /* nothing to erase */
	expect_screen("x^C");
	type("\x01\x7f\n");
	expect_screen("^A\b \b\b \b\r\n");
	expect_read(10, "\n");
	type("one two-\x17\x17\n");
	expect_read(10, "\n");
	fresh(NULL);
	type("one two-\x17;\n");
	expect_read(10, "one ;\n");
	fresh(NULL);
	type("lost\x15kept\n");
	expect_screen("lost\b \b\b \b\b \b\b \bkept\r\n");
	expect_read(10, "kept\n");
}

static void erasing_tabs_and_utf8(void **unused)
{
	(void)unused;
	type("a\t\x7f");
	expect_screen("a\t\b\b\b\b\b\b\b");
	type("\xc3\xa4\x7f");
	expect_screen("\xc3\xa4\b \b");
	type("\n");
	expect_read(10, "a\n");
}

static void a_prompt_counts_for_tabs(void **unused)
{
	(void)unused;
	qv_tty_write(&tty, "$ \n12345", 8, show, NULL);
	expect_screen("$ \r\n12345");
	type("\t\x7f");
	expect_screen("\t\b\b\b");
}

static void end_of_file(void **unused)
{
	(void)unused;
	type("\x04");
	assert_true(returns());
	expect_read(10, "");
	assert_false(returns());
	type("ab\x04");
	assert_true(returns());
	expect_read(10, "ab");
	assert_false(returns());
	type("cd\x04");
	expect_read(2, "cd"); /* the mark goes with the line it ended */
	assert_false(returns());
	expect_screen("abcd");
}

static void signals(void **unused)
{
	(void)unused;
	type("ab");
	assert_int_equal(type("\x03"), LX_SIGINT);
	assert_int_equal(type("\x1c"), LX_SIGQUIT);
	assert_int_equal(type("\x1a"), LX_SIGTSTP);
	expect_screen("ab^C^\\^Z");
	type("\n");
	expect_read(10, "\n");
	tty.termios.local |= LX_NOFLSH;
	type("ab");
	assert_int_equal(type("\x03"), LX_SIGINT);
	type("\n");
	expect_read(10, "ab\n");
	tty.termios.local &= ~LX_ISIG;
	assert_int_equal(type("\x03"), 0);
	type("\n");
	expect_read(10, "\x03\n");
}

static void literal_next(void **unused)
{
	(void)unused;
	assert_int_equal(type("\x16\x03\x16\x7f\x16\n\n"), 0);
	expect_read(10, "\x03\x7f\n\n");
}

static void raw(void **unused)
{
	struct lx_termios t = tty.termios;

	(void)unused;
	t.local &= ~(LX_ICANON | LX_ECHO | LX_ISIG);
	t.input &= ~(LX_ICRNL | LX_IXON);
	t.output &= ~LX_OPOST;
	type("typed");
	expect_screen("typed");
	qv_tty_set(&tty, &t);
	expect_read(10, "typed");
	assert_int_equal(type("\r\x03\x04\x13\x7f"), 0);
	expect_screen("");
	expect_read(3, "\r\x03\x04");
	expect_read(10, "\x13\x7f");
	qv_tty_write(&tty, "a\nb", 3, show, NULL);
	expect_screen("a\nb");
	type("rest");
	t.local |= LX_ICANON;
	qv_tty_set(&tty, &t);
	expect_read(10, "rest");
}

static void stop_and_start(void **unused)
{
	(void)unused;
	type("\x13");
	assert_true(tty.stopped);
	type("\x11");
	assert_false(tty.stopped);
	type("\x13");
	assert_true(tty.stopped);
	type("\x03");
	assert_false(tty.stopped);
	expect_screen("^C");
}

static void too_much_is_dropped_with_a_bell(void **unused)
{
	uint8_t to[QV_TTY_BYTES + 10];

	(void)unused;
	for (uint32_t i = 0; i < QV_TTY_BYTES + 100; i++)
		type("x");
	assert_non_null(strchr(screen, '\a'));
	type("\n");
	assert_int_equal(qv_tty_read(&tty, to, sizeof(to)), QV_TTY_BYTES);
	assert_int_equal(to[QV_TTY_BYTES - 1], '\n');
	assert_false(returns());
}

/* Whatever is typed in whatever mode: counts stay in order, reads end, every byte of a full buffer is found again. */
static void random_keys(void **unused)
{
	uint8_t to[64];

	(void)unused;
	srand(3);
	for (uint32_t i = 0; i < 400000; i++) {
		shown = 0;
		qv_tty_key(&tty, (uint8_t)(rand() % 4 ? rand() % 128 : rand()), show, NULL);
		if (rand() % 50 == 0)
			qv_tty_read(&tty, to, (size_t)rand() % sizeof(to));
		if (rand() % 1000 == 0) {
			struct lx_termios t = tty.termios;

			t.local = (uint32_t)rand();
			t.input = (uint32_t)rand();
			qv_tty_set(&tty, &t);
		}
		assert_true(tty.typed - tty.read <= QV_TTY_BYTES && tty.done - tty.read <= tty.typed - tty.read);
		if (!qv_tty_canonical(&tty))
			assert_int_equal(tty.done, tty.typed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_is_read_when_it_ends, fresh),
		cmocka_unit_test_setup(erasing, fresh),
		cmocka_unit_test_setup(erasing_tabs_and_utf8, fresh),
		cmocka_unit_test_setup(a_prompt_counts_for_tabs, fresh),
		cmocka_unit_test_setup(end_of_file, fresh),
		cmocka_unit_test_setup(signals, fresh),
		cmocka_unit_test_setup(literal_next, fresh),
		cmocka_unit_test_setup(raw, fresh),
		cmocka_unit_test_setup(stop_and_start, fresh),
		cmocka_unit_test_setup(too_much_is_dropped_with_a_bell, fresh),
		cmocka_unit_test_setup(random_keys, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
