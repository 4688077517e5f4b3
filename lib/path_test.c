/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <lib/path.h>

/* One letter each: l last, d directory, . and : for dot and dot-dot. */
static const char *taken_apart(const char *path)
{
	static char text[256];
	struct qv_path_part part;
	size_t n = 0;

	text[0] = 0;
	while (qv_path_next(&path, &part))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[%.*s%s%s%s%s]", (int)part.length, part.name,
			part.last ? " l" : "", part.directory ? " d" : "", qv_path_is_dot(&part) ? " ." : "",
			qv_path_is_dot_dot(&part) ? " :" : "");
	return text;
}

static void parts(void **unused)
{
	(void)unused;
	assert_string_equal(taken_apart(""), "");
	assert_string_equal(taken_apart("/"), "");
	assert_string_equal(taken_apart("///"), "");
	assert_string_equal(taken_apart("a"), "[a l]");
	assert_string_equal(taken_apart("/a"), "[a l]");
	assert_string_equal(taken_apart("a/"), "[a l d]");
	assert_string_equal(taken_apart("//usr//bin/ls"), "[usr d][bin d][ls l]");
	assert_string_equal(taken_apart("./../.../x//"), "[. d .][.. d :][... d][x l d]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
