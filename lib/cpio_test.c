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

static uint64_t make_archive(uint8_t *to)
{
	uint64_t n = 0;

	n += qv_cpio_write(to + n, 1, "dir", 040755, NULL, 0);
	n += qv_cpio_write(to + n, 2, "dir/file", 0100644, "contents", 8);
	n += qv_cpio_write(to + n, 3, "link", 0120777, "dir/file", 8);
	n += qv_cpio_write(to + n, 0, QV_CPIO_TRAILER, 0, NULL, 0);
	return n;
}

static void reads_what_was_written(void **unused)
{
	static const char *const names[] = {"dir", "dir/file", "link"};
	struct qv_cpio_reader reader;
	struct qv_cpio_member member;
	uint8_t archive[1024];

	(void)unused;
	qv_cpio_open(&reader, archive, make_archive(archive));
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(qv_cpio_next(&reader, &member), QV_CPIO_MEMBER);
		assert_string_equal(member.name, names[i]);
		assert_int_equal(member.name_len, strlen(names[i]));
		assert_int_equal(member.inode, i + 1);
		assert_int_equal(member.size, i ? 8 : 0);
	}
	assert_memory_equal(member.data, "dir/file", 8);
	assert_int_equal(member.mode, 0120777);
	assert_int_equal(qv_cpio_next(&reader, &member), QV_CPIO_END);
	assert_int_equal(qv_cpio_next(&reader, &member), QV_CPIO_END);
}

/* Read to the end; every byte a member shows is touched, so that the sanitizer sees a bad one. */
static enum qv_cpio_result read_all(const uint8_t *archive, uint64_t size, const char **error)
{
	struct qv_cpio_reader reader;
	struct qv_cpio_member member;
	enum qv_cpio_result result;
	volatile uint8_t sink = 0;

	qv_cpio_open(&reader, archive, size);
	while ((result = qv_cpio_next(&reader, &member)) == QV_CPIO_MEMBER) {
		assert_int_equal(strlen(member.name), member.name_len);
		for (uint64_t i = 0; i < member.size; i++)
			sink = (uint8_t)(sink + member.data[i]);
	}
	*error = reader.error;
	return result;
}

static void every_cut_is_told(void **unused)
{
	uint8_t archive[1024];
	uint64_t size = make_archive(archive);
	const char *error;

	(void)unused;
	/* The last padding of the trailer is not needed. */
	for (uint64_t n = 0; n < size - 4; n++) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, archive, n);
		assert_int_equal(read_all(cut, n, &error), QV_CPIO_BAD);
		assert_non_null(error);
		free(cut);
	}
	assert_int_equal(read_all(archive, size, &error), QV_CPIO_END);
}

static void expect_error(uint32_t at, const char *bytes, const char *expected)
{
	uint8_t archive[1024];
	uint64_t size = make_archive(archive);
	const char *error;

	memcpy(archive + at, bytes, strlen(bytes));
	assert_int_equal(read_all(archive, size, &error), QV_CPIO_BAD);
	assert_string_equal(error, expected);
}

static void each_lie_is_told(void **unused)
{
	(void)unused;
	expect_error(0, "070702", "no newc header");
	expect_error(10, "g", "a header field is not hexadecimal");
	expect_error(6 + 8 * 6, "ffffffff", "the data reaches beyond the archive");
	expect_error(6 + 8 * 11, "ffffffff", "the name is too long");
	expect_error(6 + 8 * 11, "00000000", "the name is not NUL-terminated text");
	expect_error(6 + 8 * 11, "00000002", "the name is not NUL-terminated text");
	expect_error(113, "x", "the name is not NUL-terminated text");
}

static void random_bytes_do_no_harm(void **unused)
{
	uint8_t archive[1024];
	const char *error;

	(void)unused;
	srand(4);
	for (uint32_t i = 0; i < 20000; i++) {
		uint64_t size = make_archive(archive);
		uint8_t *copy = malloc(size);

		for (uint32_t n = (uint32_t)rand() % 4 + 1; n > 0; n--)
			archive[(uint64_t)rand() % size] = (uint8_t)(rand() % 2 ? '0' + rand() % 10 : rand());
		memcpy(copy, archive, size);
		read_all(copy, size, &error);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_documented_bytes),
		cmocka_unit_test(every_length_reads_back),
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(every_cut_is_told),
		cmocka_unit_test(each_lie_is_told),
		cmocka_unit_test(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
