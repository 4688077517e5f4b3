/* SPDX-License-Identifier: MIT */
/* Host programs only: a broken invariant prints its place and aborts. */
#include <lib/assert.h>

#include <stdio.h>
#include <stdlib.h>

_Noreturn void qv_assert_failed(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
	abort();
}
