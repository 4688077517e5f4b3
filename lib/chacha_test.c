/* SPDX-License-Identifier: MIT */
/* The vector of RFC 8439, 2.3.2, and the generator's promises. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include <lib/chacha.h>

static void block_of_the_rfc(void **unused)
{
	static const uint8_t nonce[12] = {0, 0, 0, 9, 0, 0, 0, 0x4a};
	static const uint8_t expected[QV_CHACHA_BLOCK] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4,
		0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e,
		0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2,
		0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	uint8_t key[32], out[QV_CHACHA_BLOCK];

	(void)unused;
	for (uint8_t i = 0; i < 32; i++)
		key[i] = i;
	qv_chacha_block(key, 1, nonce, out);
	assert_memory_equal(out, expected, sizeof(out));
}

static void same_stream_in_any_pieces(void **unused)
{
	struct qv_random a = {0}, b = {0};
	uint8_t whole[300], pieces[300];

	(void)unused;
	qv_random_mix(&a, "seed", 4);
	qv_random_mix(&b, "seed", 4);
	qv_random_fill(&a, whole, sizeof(whole));
	for (size_t at = 0, n = 1; at < sizeof(pieces); at += n, n = n * 2 % 61) {
		if (n > sizeof(pieces) - at)
			n = sizeof(pieces) - at;
		qv_random_fill(&b, pieces + at, n);
	}
	assert_memory_equal(whole, pieces, sizeof(whole));
}

static void what_was_given_is_gone(void **unused)
{
	struct qv_random r = {0};
	uint8_t out[40];

	(void)unused;
	qv_random_mix(&r, "seed", 4);
	qv_random_fill(&r, out, sizeof(out));
	for (size_t i = 0; i + 8 <= sizeof(r); i++)
		assert_memory_not_equal((uint8_t *)&r + i, out, 8);
}

static void seeds_differ(void **unused)
{
	struct qv_random a = {0}, b = {0};
	uint8_t x[32], y[32];

	(void)unused;
	qv_random_mix(&a, "seed", 4);
	qv_random_mix(&b, "seee", 4);
	qv_random_fill(&a, x, sizeof(x));
	qv_random_fill(&b, y, sizeof(y));
	assert_memory_not_equal(x, y, sizeof(x));
	qv_random_mix(&a, "more", 4);
	qv_random_fill(&a, y, sizeof(y));
	assert_memory_not_equal(x, y, sizeof(x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_of_the_rfc),
		cmocka_unit_test(same_stream_in_any_pieces),
		cmocka_unit_test(what_was_given_is_gone),
		cmocka_unit_test(seeds_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
