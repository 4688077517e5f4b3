/* SPDX-License-Identifier: MIT */
/* Copies between kernel and user memory: whole, across pages, up to a hole, and none outside the user's addresses. */
#include "world.h"

#include <base/layout.h>
#include <lib/string.h>

#define AT 0x30000000ull
#define RW (SPACE_READ | SPACE_WRITE)
#define EFAULT 14
#define ENAMETOOLONG 36

static char buffer[3 * 4096], other[3 * 4096];

static bool comes_back(uint64_t at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buffer[i] = (char)(i * 7 + bytes);
	memset(other, 0, sizeof(other));
	return user_write(at, buffer, bytes) == 0 && user_read(other, at, bytes) == 0 && memcmp(buffer, other, bytes) == 0;
}

static void test_text(void)
{
	static const char name[] = "a name";
	bool good = user_write(AT + 10, name, sizeof(name)) == 0;

	test_point(good && user_text(other, AT + 10, 100) == 6 && strcmp(other, name) == 0, "text is read up to its end");
	test_point(user_text(other, AT + 10, 7) == 6 && user_text(other, AT + 10, 6) == -ENAMETOOLONG, "if it fits");
	memset(buffer, 'x', sizeof(buffer));
	user_write(AT + PAGE, buffer, 3 * PAGE);
	test_point(user_text(other, AT + PAGE, sizeof(other)) == -ENAMETOOLONG, "not without an end");
	test_point(user_text(other, AT + 3 * PAGE, sizeof(other)) == -EFAULT, "and not into a hole");
}

static void test_swap(void)
{
	uint32_t old = 0;
	bool good = poke(AT, 5) && user_swap32(AT, 5, 6, &old) == 0 && old == 5;
	uint64_t value = 0;

	good = good && user_swap32(AT, 5, 7, &old) == 0 && old == 6 && peek(AT, &value) && value == 6;
	test_point(good, "a word is exchanged if it is what was expected");
	test_point(user_swap32(AT + 2, 0, 0, &old) == -EFAULT && user_swap32(AT + 4 * PAGE, 0, 0, &old) == -EFAULT,
		"not where it is not aligned or not mapped");
}

void test_copies(void)
{
	struct space *space = space_create(0);
	bool good = space_map(space, AT, 4 * PAGE, RW | SPACE_FIXED, NULL, 0) > 0;

	world_load(space);
	for (size_t bytes = 0; bytes <= sizeof(buffer); bytes = bytes * 3 / 2 + 1)
		good = good && comes_back(AT + 4096 - bytes % 50, bytes);
	test_point(good, "what is written is read again, at any length");
	test_point(user_write(AT + 3 * PAGE + 1, buffer, PAGE) == -EFAULT && user_read(other, AT - 1, 2) == -EFAULT,
		"a copy into a hole fails");
	test_point(user_zero(AT + 5, PAGE + 20) == 0 && user_read(other, AT + 5, PAGE + 20) == 0 && other[0] == 0 &&
		other[PAGE + 19] == 0 && user_zero(AT + 4 * PAGE - 1, 2) == -EFAULT, "zeroing does the same");
	test_point(user_read(other, KERNEL_BASE + 0x1000000, 8) == -EFAULT &&
		user_write(DIRECT_BASE + PAGE, buffer, 8) == -EFAULT &&
		user_read(other, SPACE_USER_END - 4, 8) == -EFAULT && user_read(other, ~7ull, 16) == -EFAULT &&
		user_zero(1ull << 47, 1) == -EFAULT && user_text(other, DIRECT_BASE, 8) == -EFAULT,
		"addresses that are not the user's are refused");
	test_text();
	test_swap();
	world_load(NULL);
	space_destroy(space);
}
