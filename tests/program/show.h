/* SPDX-License-Identifier: MIT */
/* The program tests print what the system answered; the same binary's output on Linux is what they must print. */
#ifndef PROGRAM_SHOW_H
#define PROGRAM_SHOW_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The same order of lines on a terminal and in a file. */
__attribute__((constructor)) static void print_lines(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* A number, as is. */
#define SHOW(e) printf("%s = %lld\n", #e, (long long)(e))
/* A result: success, or the error's number. */
#define TRY(e) do { \
	errno = 0; \
	long long result_ = (long long)(e); \
	if (result_ < 0) \
		printf("%s: error %d\n", #e, errno); \
	else \
		printf("%s: %lld\n", #e, result_); \
} while (0)
/* Only whether it is true: for what differs from run to run. */
#define HOLDS(e) printf("%s: %s\n", #e, (e) ? "yes" : "NO")
#define TEXT(e) printf("%s = \"%s\"\n", #e, (e))

#endif
