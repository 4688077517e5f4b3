/* SPDX-License-Identifier: MIT */
/* What every kernel test image has: a boot like Quest's on one core, and TAP lines on the console. */
#ifndef KTEST_TEST_H
#define KTEST_TEST_H

#include <abi/types.h>

/* The tests of an image; on core 0, on its main stack, interrupts off. The plan is printed afterwards. */
void test_main(void);
/* One TAP point. */
void test_point(bool good, const char *name);
/* A line that begins with "# ". */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
