/* SPDX-License-Identifier: MIT */
/* Vectors of FIPS 180-4's example document and the million-a test; all split points of a two-block message. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include <lib/sha256.h>

static void expect_digest(const struct qv_sha256 *state, const char *hex)
{
	struct qv_sha256 s = *state;
	uint8_t digest[32];
	char text[65];

	qv_sha256_final(&s, digest);
	for (size_t i = 0; i < 32; i++) {
		text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	text[64] = 0;
	assert_string_equal(text, hex);
}

static void hashes_known_messages(void **unused)
{
	struct qv_sha256 s;

	(void)unused;
	qv_sha256_init(&s);
	expect_digest(&s, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	qv_sha256_update(&s, "abc", 3);
	expect_digest(&s, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void hashes_in_pieces(void **unused)
{
	const char *text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	size_t n = strlen(text);

	(void)unused;
	for (size_t cut = 0; cut <= n; cut++) {
		struct qv_sha256 s;

		qv_sha256_init(&s);
		qv_sha256_update(&s, text, cut);
		qv_sha256_update(&s, text + cut, n - cut);
		expect_digest(&s, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	}
}

static void hashes_a_million(void **unused)
{
	struct qv_sha256 s;
	char block[1000];

	(void)unused;
	memset(block, 'a', sizeof(block));
	qv_sha256_init(&s);
	for (int i = 0; i < 1000; i++)
		qv_sha256_update(&s, block, sizeof(block));
	expect_digest(&s, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_known_messages),
		cmocka_unit_test(hashes_in_pieces),
		cmocka_unit_test(hashes_a_million),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
