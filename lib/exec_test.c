/* SPDX-License-Identifier: MIT */
/* Program files and scripts: what is read, every way one is refused, and the first stack frame. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/exec.h>

#define FILE_BYTES 0x3000u

static void set(uint8_t *at, uint64_t value, size_t width)
{
	memcpy(at, &value, width);
}

static uint8_t *header(uint8_t *file, unsigned i)
{
	return file + 64 + 56 * i;
}

static void segment(uint8_t *p, uint32_t flags, uint64_t offset, uint64_t vaddr, uint64_t file_size, uint64_t mem_size)
{
	set(p, 1, 4);
	set(p + 4, flags, 4);
	set(p + 8, offset, 8);
	set(p + 16, vaddr, 8);
	set(p + 32, file_size, 8);
	set(p + 40, mem_size, 8);
}

/* Code at 0x400000 that holds the headers, data at 0x402010 with 0x3000 bytes more in memory than in the file. */
static void make(uint8_t file[FILE_BYTES])
{
	memset(file, 0, FILE_BYTES);
	memcpy(file, "\x7f" "ELF\2\1\1", 7);
	set(file + 16, 2, 2);
	set(file + 18, 62, 2);
	set(file + 24, 0x400400, 8);
	set(file + 32, 64, 8);
	set(file + 54, 56, 2);
	set(file + 56, 3, 2);
	segment(header(file, 0), 5, 0, 0x400000, 0x1000, 0x1000);
	segment(header(file, 1), 6, 0x2010, 0x402010, 0x100, 0x3100);
	set(header(file, 2), 7, 4); /* PT_TLS is the C library's business */
}

static void reads_a_program(void **state)
{
	uint8_t file[FILE_BYTES];
	struct qv_exec e;

	(void)state;
	make(file);
	assert_null(qv_exec_read(file, 0x1000, FILE_BYTES, &e));
	assert_int_equal(e.count, 2);
	assert_false(e.movable);
	assert_int_equal(e.low, 0x400000);
	assert_int_equal(e.high, 0x406000);
	assert_int_equal(e.phdr, 0x400040);
	assert_int_equal(e.phnum, 3);
	assert_int_equal(e.segment[0].rights, QV_EXEC_READ | QV_EXEC_RUN);
	assert_int_equal(e.segment[1].rights, QV_EXEC_READ | QV_EXEC_WRITE);
	set(file + 16, 3, 2);
	assert_null(qv_exec_read(file, 0x1000, FILE_BYTES, &e));
	assert_true(e.movable);
}

static void refuse(const char *part, unsigned at, uint64_t value, size_t width)
{
	uint8_t file[FILE_BYTES];
	struct qv_exec e;
	const char *error;

	make(file);
	set(file + at, value, width);
	error = qv_exec_read(file, 0x1000, FILE_BYTES, &e);
	assert_non_null(error);
	assert_non_null(strstr(error, part));
}

static void refuses_what_it_cannot_start(void **state)
{
	uint8_t file[FILE_BYTES];
	struct qv_exec e;

	(void)state;
	refuse("not an ELF", 0, 0, 1);
	refuse("64-bit", 4, 1, 1);
	refuse("64-bit", 18, 3, 2);
	refuse("executable", 16, 1, 2);
	refuse("shape", 54, 55, 2);
	refuse("shape", 56, 0, 2);
	refuse("first page", 56, 73, 2);
	refuse("first page", 32, UINT64_MAX, 8);
	refuse("static", 64 + 112, 3, 4);
	refuse("outside the file", 64 + 56 + 8, 0x3010, 8);
	refuse("outside the file", 64 + 56 + 8, UINT64_MAX - 0xfef, 8);
	refuse("smaller in memory", 64 + 56 + 40, 0xff, 8);
	refuse("user address", 64 + 56 + 40, UINT64_MAX, 8);
	refuse("user address", 64 + 56 + 16, 0xffff800000000010, 8);
	refuse("do not agree", 64 + 56 + 16, 0x402011, 8);
	refuse("overlap", 64 + 56 + 16, 0x400010, 8);
	refuse("entry", 24, 0x402010, 8);
	refuse("entry", 24, 0, 8);
	make(file);
	assert_non_null(qv_exec_read(file, 63, FILE_BYTES, &e));
	assert_non_null(qv_exec_read(file, 0x1000, 0xfff, &e));
}

/* Bytes changed at random must never lead outside: the sanitizers and the promises of the header judge. */
static void survives_damage(void **state)
{
	uint8_t file[FILE_BYTES];
	struct qv_exec e;
	unsigned accepted = 0;

	(void)state;
	srand(1);
	for (int round = 0; round < 200000; round++) {
		make(file);
		for (int i = 0; i < 3; i++)
			file[rand() % (64 + 3 * 56)] = (uint8_t)rand();
		if (qv_exec_read(file, 0x1000, FILE_BYTES, &e))
			continue;
		accepted++;
		for (uint32_t i = 0; i < e.count; i++) {
			assert_true(e.segment[i].offset + e.segment[i].file_size <= FILE_BYTES);
			assert_true(e.segment[i].vaddr >= e.low && e.segment[i].vaddr + e.segment[i].mem_size <= e.high);
		}
	}
	assert_true(accepted > 100);
}

static void reads_a_script(void **state)
{
	char path[32], argument[32];

	(void)state;
	assert_true(qv_exec_script("#!/bin/sh\necho", 14, path, argument, 32));
	assert_string_equal(path, "/bin/sh");
	assert_string_equal(argument, "");
	assert_true(qv_exec_script("#! \t/bin/env  lua -x \n", 22, path, argument, 32));
	assert_string_equal(path, "/bin/env");
	assert_string_equal(argument, "lua -x");
	assert_true(qv_exec_script("#!/bin/a", 8, path, argument, 32));
	assert_false(qv_exec_script("#!\n/bin/a", 9, path, argument, 32));
	assert_false(qv_exec_script("#!/bin/a\0b\n", 11, path, argument, 32));
	assert_false(qv_exec_script("#!/0123456789012345678901234567890\n", 35, path, argument, 32));
	assert_false(qv_exec_script("#", 1, path, argument, 32));
	assert_false(qv_exec_script("echo\n", 5, path, argument, 32));
}

static void makes_the_first_frame(void **state)
{
	struct qv_exec_start s = {.argc = 2, .envc = 1, .strings = 0x7000, .text = "ls\0-l\0A=b", .text_size = 10,
		.random = 0x1111, .entry = 0x400400, .vdso = 0x2222};
	uint64_t words[64];

	(void)state;
	assert_int_equal(qv_exec_words(&s), 6 + QV_EXEC_AUXV_WORDS);
	assert_true(qv_exec_frame(&s, words));
	assert_int_equal(words[0], 2);
	assert_int_equal(words[1], 0x7000);
	assert_int_equal(words[2], 0x7003);
	assert_int_equal(words[3], 0);
	assert_int_equal(words[4], 0x7006);
	assert_int_equal(words[5], 0);
	assert_int_equal(words[6], 3);
	assert_int_equal(words[6 + QV_EXEC_AUXV_WORDS - 2], 0);
	assert_int_equal(words[6 + QV_EXEC_AUXV_WORDS - 4], 33);
	for (uint64_t most = 1; most < 60; most++) {
		struct qv_exec_cursor cursor = {0};
		uint64_t again[64];
		uint32_t steps = 1;

		while (qv_exec_frame_step(&s, again, &cursor, most) == QV_EXEC_MORE)
			steps++;
		assert_in_range(steps, most < 33 ? 2 : 1, 10);
		assert_memory_equal(again, words, qv_exec_words(&s) * sizeof(*words));
	}
	s.vdso = 0;
	assert_true(qv_exec_frame(&s, words));
	assert_int_equal(words[6 + QV_EXEC_AUXV_WORDS - 4], 0);
	s.envc = 2;
	assert_false(qv_exec_frame(&s, words));
	s.envc = 1;
	s.text_size = 9;
	assert_false(qv_exec_frame(&s, words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_program), cmocka_unit_test(refuses_what_it_cannot_start),
		cmocka_unit_test(survives_damage), cmocka_unit_test(reads_a_script),
		cmocka_unit_test(makes_the_first_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
