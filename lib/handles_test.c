/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include <lib/handles.h>

static const struct qv_handle example[] = {
	{QV_HANDLE_PROCESS, 7, {7, 7, 0, 0x1000, 0x3000, 022, 0}, ""},
	{QV_HANDLE_THREAD, 7, {1, 0, 0x8000, 0x8008, 0x9000, 2, 0x4000000000}, ""},
	{QV_HANDLE_THREAD, 9, {0, 4, 0, 0, 0xa000, 2, 0x4000001000}, ""},
	{QV_HANDLE_SIGNAL, 10, {0x401000, 0x4000000, 0x401800, 0}, ""},
	{QV_HANDLE_TIMER, 0, {5000000, 0}, ""},
	{QV_HANDLE_VCPU, 2, {1000, 4000, 32, 0}, "control"},
	{QV_HANDLE_AREA, 0, {0x400000, 0x2000, 5}, ""},
	{QV_HANDLE_AREA, 0, {0x402000, 0x1000, 3}, ""},
	{QV_HANDLE_FILE, 0, {2, 0, 0}, "/dev/console"},
	{QV_HANDLE_FILE, 3, {0, 4096, 1}, "/data"},
};

#define COUNT (sizeof(example) / sizeof(example[0]))
#define BYTES (sizeof(struct qv_handles_header) + sizeof(example))

static uint8_t bytes[BYTES + 1];

static void write_example(uint8_t *to)
{
	struct qv_handles_writer w;

	assert_true(qv_handles_begin(&w, to, BYTES, 7, 2250000));
	for (uint32_t i = 0; i < COUNT; i++)
		assert_null(qv_handles_add(&w, &example[i]));
	assert_string_equal(qv_handles_add(&w, &(struct qv_handle){QV_HANDLE_FILE, 4, {0}, "/x"}), "there is no room for it");
	assert_int_equal(w.used, BYTES);
}

/* At any alignment. */
static void what_is_written_is_read(void **unused)
{
	struct qv_handles_header header;
	struct qv_handle handle;
	size_t at;

	(void)unused;
	write_example(bytes + 1);
	assert_null(qv_handles_check(bytes + 1, BYTES, &at));
	qv_handles_header(bytes + 1, &header);
	assert_int_equal(header.count, COUNT);
	assert_int_equal(header.pid, 7);
	for (uint32_t i = 0; i < COUNT; i++) {
		qv_handles_get(bytes + 1, i, &handle);
		assert_memory_equal(&handle, &example[i], sizeof(handle));
	}
}

static void the_first_refusal_stays(void **unused)
{
	struct qv_handles_header header;
	struct qv_handles_writer w;
	char name[300];

	(void)unused;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_false(qv_handles_begin(&w, bytes, sizeof(header) - 1, 1, 1));
	assert_true(qv_handles_begin(&w, bytes, BYTES, 1, 1));
	qv_handles_refuse(&w, name);
	qv_handles_refuse(&w, "another");
	qv_handles_header(bytes, &header);
	assert_int_equal(strlen(header.refusal), QV_HANDLES_TEXT - 1);
	assert_int_equal(header.refusal[5], 'x');
}

/* A changed byte of the place is told, with the place. */
static void damaged(size_t offset, uint8_t value, size_t where)
{
	size_t at;

	write_example(bytes);
	assert_int_not_equal(bytes[offset], value);
	bytes[offset] = value;
	assert_non_null(qv_handles_check(bytes, BYTES, &at));
	assert_int_equal(at, where);
}

static size_t field(uint32_t handle, size_t offset)
{
	return sizeof(struct qv_handles_header) + handle * sizeof(struct qv_handle) + offset;
}

static void damage_is_told(void **unused)
{
	size_t values = offsetof(struct qv_handle, value), text = offsetof(struct qv_handle, text), at;

	(void)unused;
	damaged(0, 0, 0);
	damaged(offsetof(struct qv_handles_header, version), 2, 0);
	damaged(offsetof(struct qv_handles_header, count), COUNT - 1, 0);
	damaged(sizeof(struct qv_handles_header) - 1, 1, 0);
	damaged(field(0, 0), QV_HANDLE_KINDS, field(0, 0));
	damaged(field(2, offsetof(struct qv_handle, number)), 7, field(2, 0));
	damaged(field(3, offsetof(struct qv_handle, number)), 65, field(3, 0));
	damaged(field(3, values + 4 * 8), 1, field(3, 0));
	damaged(field(4, text), 'a', field(4, 0));
	damaged(field(5, values + 1), 0x20, field(5, 0));
	damaged(field(5, text + 100), 'a', field(5, 0));
	damaged(field(7, values + 1), 0x10, field(7, 0));
	damaged(field(7, values + 7), 0x10, field(7, 0));
	damaged(field(9, values + 8 + 7), 0x80, field(9, 0));
	damaged(field(9, text), 0, field(9, 0));
	write_example(bytes);
	for (size_t n = 0; n < BYTES; n++)
		assert_non_null(qv_handles_check(bytes, n, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_first_refusal_stays),
		cmocka_unit_test(damage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
