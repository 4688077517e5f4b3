/* SPDX-License-Identifier: MIT */
#include <lib/fmt.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <cmocka.h>

/* The C library is the model: same format, same arguments, same text and length. */
#define SAME(...) do { \
		char mine[128], theirs[128]; \
		size_t n = qv_snprintf(mine, sizeof(mine), __VA_ARGS__); \
		int m = snprintf(theirs, sizeof(theirs), __VA_ARGS__); \
		assert_string_equal(mine, theirs); \
		assert_int_equal(n, m); \
	} while (0)

static void integers(void **state)
{
	(void)state;
	SAME("%d %i %u %x", -5, 7, 42u, 0xbeefu);
	SAME("%d %d %lld", INT_MIN, INT_MAX, LLONG_MIN);
	SAME("%llu %lx %zu", ULLONG_MAX, 0x123456789abcul, (size_t)77);
	SAME("%hd %hhx %hhu", (short)-3, (unsigned char)0xfe, (unsigned char)200);
	SAME("%ld|%lu|%llx", -1l, ULONG_MAX, 0ull);
}

static void padding(void **state)
{
	(void)state;
	SAME("[%5d] [%-5d] [%05d] [%05d]", 42, 42, 42, -42);
	SAME("[%8x] [%-8x] [%08x] [%016llx]", 0xabcu, 0xabcu, 0xabcu, 0xdeadbeefull);
	SAME("[%*u] [%-*s]", 6, 9u, 6, "ab");
	SAME("[%1d]", 12345);
}

static void text(void **state)
{
	(void)state;
	SAME("%s|%10s|%-10s|%.2s|%5.1s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%.*s %c%c 100%%", 3, "abcdef", 'x', 'y');
	SAME("%p", (void *)0x1234);
	SAME("plain");
}

static void truncates(void **state)
{
	char buffer[4] = "zzz";

	(void)state;
	assert_int_equal(qv_snprintf(buffer, sizeof(buffer), "%s", "hello"), 5);
	assert_string_equal(buffer, "hel");
	assert_int_equal(qv_snprintf(buffer, 1, "%d", 123), 3);
	assert_string_equal(buffer, "");
	buffer[0] = 'q';
	assert_int_equal(qv_snprintf(buffer, 0, "%d", 123), 3);
	assert_int_equal(buffer[0], 'q');
}

static size_t call_raw(char *to, size_t size, const char *format)
{
	size_t (*raw)(char *, size_t, const char *, ...) = qv_snprintf;

	return raw(to, size, format);
}

/* Bad formats end in text, never in a read past the end of the format. */
static void bad_formats(void **state)
{
	char buffer[32];

	(void)state;
	assert_int_equal(call_raw(buffer, sizeof(buffer), "a%"), 1);
	assert_string_equal(buffer, "a");
	call_raw(buffer, sizeof(buffer), "a%-08ll");
	assert_string_equal(buffer, "a");
	call_raw(buffer, sizeof(buffer), "%q!");
	assert_string_equal(buffer, "%q!");
}

static void null_string(void **state)
{
	char buffer[32];
	const char *volatile nothing = NULL;

	(void)state;
	qv_snprintf(buffer, sizeof(buffer), "<%s>", nothing);
	assert_string_equal(buffer, "<(null)>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers), cmocka_unit_test(padding), cmocka_unit_test(text),
		cmocka_unit_test(truncates), cmocka_unit_test(bad_formats), cmocka_unit_test(null_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
