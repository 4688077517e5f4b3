/* SPDX-License-Identifier: MIT */
/* The writer against a reader written from the format's description, and against one archive written down by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/cpio.h>

static void writes_the_documented_bytes(void **unused)
{
	static const char expected[] =
		"070701" "00000007" "000081ed" "00000000" "00000000" "00000001" "00000000" "00000003" "00000000" "00000000"
		"00000000" "00000000" "00000002" "00000000" "a\0" "xyz\0";
	uint8_t to[120];

	(void)unused;
	memset(to, 0xaa, sizeof(to));
	assert_int_equal(qv_cpio_member_size(1, 3), 116);
	assert_int_equal(qv_cpio_write(to, 7, "a", 0100755, "xyz", 3), 116);
	assert_memory_equal(to, expected, 116);
	assert_int_equal(to[116], 0xaa);
}

static uint32_t hex(const uint8_t *at)
{
	char text[9] = { 0 };

	memcpy(text, at, 8);
	return (uint32_t)strtoul(text, NULL, 16);
}

static void every_length_reads_back(void **unused)
{
	uint8_t data[9] = "12345678";
	char name[16] = "";

	(void)unused;
	for (uint64_t n = 1; n < 12; n++) {
		name[n - 1] = 'n';
		for (uint64_t size = 0; size <= 8; size++) {
			uint64_t total = qv_cpio_member_size(n, size);
			uint8_t *to = malloc(total);

			assert_int_equal(qv_cpio_write(to, 1, name, 0100644, data, size), total);
			assert_int_equal(total % 4, 0);
			assert_int_equal(hex(to + 6 + 8 * 11), n + 1);
			assert_int_equal(hex(to + 6 + 8 * 6), size);
			assert_string_equal((char *)to + 110, name);
			assert_memory_equal(to + ((110 + n + 1 + 3) & ~3ull), data, size);
			free(to);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_documented_bytes),
		cmocka_unit_test(every_length_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
