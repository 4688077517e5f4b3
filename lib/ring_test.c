/* SPDX-License-Identifier: MIT */
/* The ring against the plain definition: byte i of all that was ever written is at i modulo size. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/ring.h>

#define SIZE 64u
#define TOTAL 20000u

static struct qv_ring *fresh(void)
{
	struct qv_ring *ring = malloc(sizeof(*ring) + SIZE);

	memset(ring, 0xee, sizeof(*ring) + SIZE);
	qv_ring_init(ring, SIZE);
	return ring;
}

static void is_valid_only_with_its_size(void **unused)
{
	struct qv_ring *ring = fresh();

	(void)unused;
	assert_true(qv_ring_valid(ring, SIZE));
	assert_false(qv_ring_valid(ring, SIZE * 2));
	ring->magic ^= 1;
	assert_false(qv_ring_valid(ring, SIZE));
	free(ring);
}

static void gives_back_what_was_written(void **unused)
{
	struct qv_ring *ring = fresh();
	uint64_t from = 0;
	char text[SIZE];

	(void)unused;
	assert_int_equal(qv_ring_read(ring, SIZE, &from, text, sizeof(text)), 0);
	qv_ring_write(ring, "hello ", 6);
	qv_ring_write(ring, "world", 5);
	assert_int_equal(qv_ring_read(ring, SIZE, &from, text, 4), 4);
	assert_memory_equal(text, "hell", 4);
	assert_int_equal(qv_ring_read(ring, SIZE, &from, text, sizeof(text)), 7);
	assert_memory_equal(text, "o world", 7);
	assert_int_equal(from, 11);
	free(ring);
}

/* A slow reader loses the oldest bytes and nothing else; what it gets is always the right byte for its place. */
static void a_slow_reader_skips_ahead(void **unused)
{
	struct qv_ring *ring = fresh();
	static char all[TOTAL];
	uint64_t from = 0, written = 0;

	(void)unused;
	srand(3);
	for (size_t i = 0; i < TOTAL; i++)
		all[i] = (char)rand();
	while (written < TOTAL) {
		size_t n = (size_t)rand() % 100, space = (size_t)rand() % 40, got;
		char text[40];

		n = n < TOTAL - written ? n : TOTAL - written;
		qv_ring_write(ring, all + written, n);
		written += n;
		got = qv_ring_read(ring, SIZE, &from, text, space);
		assert_true(got <= space && from <= written && written - from <= SIZE);
		assert_memory_equal(text, all + from - got, got);
	}
	free(ring);
}

static void a_restarted_writer_does_not_confuse_the_reader(void **unused)
{
	struct qv_ring *ring = fresh();
	uint64_t from = 1000;
	char text[SIZE];

	(void)unused;
	qv_ring_write(ring, "new", 3);
	assert_int_equal(qv_ring_read(ring, SIZE, &from, text, sizeof(text)), 3);
	assert_memory_equal(text, "new", 3);
	ring->head = ~0ull; /* a hostile writer */
	assert_true(qv_ring_read(ring, SIZE, &from, text, sizeof(text)) <= SIZE);
	free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_valid_only_with_its_size),
		cmocka_unit_test(gives_back_what_was_written),
		cmocka_unit_test(a_slow_reader_skips_ahead),
		cmocka_unit_test(a_restarted_writer_does_not_confuse_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
