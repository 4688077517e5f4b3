/* SPDX-License-Identifier: MIT */
/* ELF and bzImage headers: what is read, and every way a file is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <abi/blob.h>
#include <lib/bzimage.h>
#include <lib/elf.h>

#define FILE_BYTES 0x2000u

static void set(uint8_t *at, uint64_t value, size_t width)
{
	memcpy(at, &value, width);
}

/* One loadable segment: file offset 0x1000, 0x100 bytes, 0x200 in memory, read and execute. */
static void make_elf(uint8_t file[FILE_BYTES])
{
	uint8_t *p = file + 64;

	memset(file, 0, FILE_BYTES);
	memcpy(file, "\x7f" "ELF\2\1\1", 7);
	set(file + 16, 2, 2);
	set(file + 18, 62, 2);
	set(file + 24, 0x100008, 8);
	set(file + 32, 64, 8);
	set(file + 54, 56, 2);
	set(file + 56, 2, 2);
	set(p, 1, 4);
	set(p + 4, 5, 4);
	set(p + 8, 0x1000, 8);
	set(p + 16, 0x200000, 8);
	set(p + 24, 0x100000, 8);
	set(p + 32, 0x100, 8);
	set(p + 40, 0x200, 8);
	set(p + 56, 1, 4); /* a second one with memory size 0 is skipped */
}

static void reads_segments(void **unused)
{
	uint8_t file[FILE_BYTES];
	struct qv_elf elf;

	(void)unused;
	make_elf(file);
	assert_null(qv_elf_read(file, sizeof(file), &elf));
	assert_int_equal(elf.entry, 0x100008);
	assert_int_equal(elf.count, 1);
	assert_int_equal(elf.segment[0].offset, 0x1000);
	assert_int_equal(elf.segment[0].vaddr, 0x200000);
	assert_int_equal(elf.segment[0].paddr, 0x100000);
	assert_int_equal(elf.segment[0].file_size, 0x100);
	assert_int_equal(elf.segment[0].mem_size, 0x200);
	assert_int_equal(elf.segment[0].flags, QV_MEM_READ | QV_MEM_EXEC);
	assert_false(elf.interpreted);
	set(file + 64 + 56, 3, 4);
	assert_null(qv_elf_read(file, sizeof(file), &elf));
	assert_true(elf.interpreted);
}

static void refused(size_t offset, uint64_t value, size_t width, const char *part)
{
	uint8_t file[FILE_BYTES];
	struct qv_elf elf;
	const char *cause;

	make_elf(file);
	set(file + offset, value, width);
	cause = qv_elf_read(file, sizeof(file), &elf);
	assert_non_null(cause);
	assert_non_null(strstr(cause, part));
}

static void refuses_bad_elf_files(void **unused)
{
	(void)unused;
	refused(0, 0, 1, "not an ELF file");
	refused(4, 1, 1, "not a 64-bit x86 ELF file");
	refused(5, 2, 1, "not a 64-bit x86 ELF file");
	refused(18, 183, 2, "not a 64-bit x86 ELF file");
	refused(16, 1, 2, "not an executable");
	refused(54, 55, 2, "wrong shape");
	refused(56, 0, 2, "wrong shape");
	refused(56, 65, 2, "wrong shape");
	refused(32, FILE_BYTES, 8, "headers lie outside");
	refused(32, ~0ull, 8, "headers lie outside");
	refused(64 + 8, FILE_BYTES, 8, "segment lies outside");
	refused(64 + 8, ~0ull - 4, 8, "segment lies outside");
	refused(64 + 32, 0x1001, 8, "segment lies outside");
	refused(64 + 40, 0xff, 8, "smaller in memory");
	refused(64 + 16, ~0ull, 8, "wraps");
	refused(64 + 24, ~0ull, 8, "wraps");
	refused(64 + 40, ~0ull, 8, "wraps");
	refused(64, 2, 4, "nothing to load");
}

static void refuses_elf_files_cut_off(void **unused)
{
	uint8_t file[FILE_BYTES];
	struct qv_elf elf;

	(void)unused;
	make_elf(file);
	for (size_t size = 0; size < 0x1100; size++) {
		uint8_t *part = malloc(size ? size : 1);

		memcpy(part, file, size);
		assert_non_null(qv_elf_read(part, size, &elf));
		free(part);
	}
}

static void refuses_too_many_segments(void **unused)
{
	uint8_t file[FILE_BYTES];
	struct qv_elf elf;

	(void)unused;
	make_elf(file);
	set(file + 56, QV_ELF_MAX_SEGMENTS + 1, 2);
	for (size_t i = 1; i <= QV_ELF_MAX_SEGMENTS; i++)
		memcpy(file + 64 + 56 * i, file + 64, 56);
	assert_non_null(qv_elf_read(file, sizeof(file), &elf));
	set(file + 56, QV_ELF_MAX_SEGMENTS, 2);
	assert_null(qv_elf_read(file, sizeof(file), &elf));
}

static void make_linux(uint8_t file[FILE_BYTES])
{
	memset(file, 0, FILE_BYTES);
	file[0x1f1] = 3;
	set(file + 0x1fe, 0xaa55, 2);
	memcpy(file + 0x202, "HdrS", 4);
	set(file + 0x206, 0x20f, 2);
	file[0x211] = 1;
	set(file + 0x22c, 0x7fffffff, 4);
	set(file + 0x236, 0x7f, 2);
	set(file + 0x238, 2047, 4);
	set(file + 0x258, 0x1000000, 8);
	set(file + 0x260, 0x3000000, 4);
}

static void reads_linux_images(void **unused)
{
	uint8_t file[FILE_BYTES];
	struct qv_bzimage image;

	(void)unused;
	make_linux(file);
	assert_null(qv_bzimage_read(file, sizeof(file), &image));
	assert_int_equal(image.payload_offset, 2048);
	assert_int_equal(image.payload_size, FILE_BYTES - 2048);
	assert_int_equal(image.entry, 0x1000200);
	assert_int_equal(image.init_size, 0x3000000);
	assert_int_equal(image.cmdline_size, 2047);
	file[0x1f1] = 0; /* old files mean 4 sectors by 0 */
	assert_null(qv_bzimage_read(file, sizeof(file), &image));
	assert_int_equal(image.payload_offset, 2560);
}

static void linux_refused(size_t offset, uint64_t value, size_t width, const char *part)
{
	uint8_t file[FILE_BYTES];
	struct qv_bzimage image;
	const char *cause;

	make_linux(file);
	set(file + offset, value, width);
	cause = qv_bzimage_read(file, sizeof(file), &image);
	assert_non_null(cause);
	assert_non_null(strstr(cause, part));
}

static void refuses_bad_linux_images(void **unused)
{
	uint8_t file[FILE_BYTES];
	struct qv_bzimage image;

	(void)unused;
	linux_refused(0x1fe, 0, 2, "not a Linux bzImage");
	linux_refused(0x202, 0, 4, "not a Linux bzImage");
	linux_refused(0x206, 0x20b, 2, "older than 2.12");
	linux_refused(0x236, 0x7e, 2, "no 64-bit entry");
	linux_refused(0x211, 0, 1, "zImage");
	linux_refused(0x1f1, 255, 1, "cut off");
	linux_refused(0x1f1, 15, 1, "cut off");
	linux_refused(0x260, 0, 4, "contradicts");
	linux_refused(0x258, ~0ull, 8, "contradicts");
	make_linux(file);
	for (size_t size = 0; size < 2560; size += 7) {
		uint8_t *part = malloc(size ? size : 1);

		memcpy(part, file, size);
		assert_non_null(qv_bzimage_read(part, size, &image));
		free(part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_segments),
		cmocka_unit_test(refuses_bad_elf_files),
		cmocka_unit_test(refuses_elf_files_cut_off),
		cmocka_unit_test(refuses_too_many_segments),
		cmocka_unit_test(reads_linux_images),
		cmocka_unit_test(refuses_bad_linux_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
