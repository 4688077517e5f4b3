/* SPDX-License-Identifier: MIT */
/* Random writes and reads against a counting reference, pages coming and going as a pipe does it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/pipe.h>

struct model {
	struct qv_pipe pipe;
	uint8_t *page[QV_PIPE_PAGES];
	uint32_t put, got; /* byte i of the stream is (uint8_t)(i * 7 + i / 256) */
};

static uint8_t byte_at(uint32_t i)
{
	return (uint8_t)(i * 7 + i / 256);
}

static bool put_some(struct model *m, size_t wanted)
{
	struct qv_pipe_step step = qv_pipe_write_step(&m->pipe, wanted);

	if (step.bytes == 0)
		return false;
	if (!m->page[step.page])
		m->page[step.page] = malloc(4096);
	for (uint32_t i = 0; i < step.bytes; i++)
		m->page[step.page][step.offset + i] = byte_at(m->put++);
	m->pipe.written += step.bytes;
	return true;
}

static bool get_some(struct model *m, size_t wanted)
{
	struct qv_pipe_step step = qv_pipe_read_step(&m->pipe, wanted);

	if (step.bytes == 0)
		return false;
	assert_non_null(m->page[step.page]);
	for (uint32_t i = 0; i < step.bytes; i++)
		assert_int_equal(m->page[step.page][step.offset + i], byte_at(m->got++));
	if (qv_pipe_take(&m->pipe, &step)) {
		free(m->page[step.page]);
		m->page[step.page] = NULL;
	}
	return true;
}

static void bytes_come_out_as_they_went_in(void **unused)
{
	/* Start close to the wrap of the counts. */
	struct model m = {.pipe = {.written = UINT32_MAX - 25 * 4096 + 1}};

	(void)unused;
	m.pipe.read = m.pipe.written;
	srand(2);
	for (uint32_t i = 0; i < 20000; i++) {
		size_t wanted = (size_t)rand() % (i % 100 ? 9000 : 200000) + 1;

		(void)(rand() % 2 ? put_some(&m, wanted) : get_some(&m, wanted));
		assert_int_equal(qv_pipe_used(&m.pipe), m.put - m.got);
		assert_true(qv_pipe_used(&m.pipe) <= QV_PIPE_BYTES);
	}
	assert_true(m.put > 1u << 24 && m.pipe.written < 1u << 31);
	for (uint32_t i = 0; i < QV_PIPE_PAGES; i++)
		free(m.page[i]);
}

static void full_and_empty(void **unused)
{
	struct model m = {0};

	(void)unused;
	assert_false(get_some(&m, 1));
	while (put_some(&m, SIZE_MAX))
		;
	assert_int_equal(qv_pipe_used(&m.pipe), QV_PIPE_BYTES);
	assert_int_equal(qv_pipe_room(&m.pipe), 0);
	while (get_some(&m, SIZE_MAX))
		;
	assert_int_equal(m.got, QV_PIPE_BYTES);
	for (uint32_t i = 0; i < QV_PIPE_PAGES; i++)
		assert_null(m.page[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_out_as_they_went_in),
		cmocka_unit_test(full_and_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
