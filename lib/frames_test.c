/* SPDX-License-Identifier: MIT */
#include <lib/frames.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE QV_PAGE_SIZE

static void everything_can_be_taken_and_given_back(void **state)
{
	enum { COUNT = 2000 };
	struct qv_frames f;
	void *storage = malloc(qv_frames_storage(COUNT));
	uint64_t address, seen = 0;
	uint8_t taken[COUNT] = {0};

	(void)state;
	qv_frames_init(&f, storage, 0x200000, COUNT);
	assert_false(qv_frames_alloc(&f, 0, &address));
	qv_frames_add(&f, 0x200000, COUNT * PAGE);
	assert_true(qv_frames_intact(&f));
	while (qv_frames_alloc(&f, 0, &address)) {
		size_t i = (address - 0x200000) / PAGE;

		assert_true(i < COUNT && !taken[i]);
		taken[i] = 1;
		seen++;
	}
	assert_int_equal(seen, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		qv_frames_free(&f, 0x200000 + i * PAGE, 0);
	assert_int_equal(f.free, COUNT);
	assert_true(qv_frames_intact(&f));
	assert_true(qv_frames_alloc(&f, 9, &address));
	assert_int_equal(address % QV_LARGE_SIZE, 0);
	free(storage);
}

static void partial_pages_are_not_added(void **state)
{
	struct qv_frames f;
	void *storage = malloc(qv_frames_storage(16));

	(void)state;
	qv_frames_init(&f, storage, 0, 16);
	qv_frames_add(&f, 1, 3 * PAGE);
	assert_int_equal(f.free, 2);
	qv_frames_add(&f, 8 * PAGE, PAGE - 1);
	assert_int_equal(f.free, 2);
	free(storage);
}

static void reserved_pages_never_come_out(void **state)
{
	struct qv_frames f;
	void *storage = malloc(qv_frames_storage(1024));
	uint64_t address;

	(void)state;
	qv_frames_init(&f, storage, 0, 1024);
	qv_frames_add(&f, 0, 1024 * PAGE);
	qv_frames_reserve(&f, 5 * PAGE + 1, 2 * PAGE); /* pages 5, 6, 7 */
	qv_frames_reserve(&f, 1023 * PAGE, 5 * PAGE);  /* past the end */
	qv_frames_reserve(&f, 5 * PAGE, PAGE);         /* again */
	assert_int_equal(f.free, 1020);
	assert_true(qv_frames_intact(&f));
	while (qv_frames_alloc(&f, 0, &address))
		assert_true(address < 5 * PAGE || (address > 7 * PAGE && address < 1023 * PAGE));
	free(storage);
}

static void order_of_sizes(void **state)
{
	(void)state;
	assert_int_equal(qv_frames_order(1), 0);
	assert_int_equal(qv_frames_order(2), 1);
	assert_int_equal(qv_frames_order(3), 2);
	assert_int_equal(qv_frames_order(512), 9);
	assert_int_equal(qv_frames_order(513), QV_FRAME_ORDERS);
}

/* Random steps against a byte per page that says who owns it. */
static void random_steps_keep_blocks_disjoint(void **state)
{
	enum { COUNT = 3000, SLOTS = 256, STEPS = 300000 };
	struct qv_frames f;
	void *storage = malloc(qv_frames_storage(COUNT));
	static uint8_t owned[COUNT];
	struct { uint64_t address; uint32_t order; bool used; } slot[SLOTS] = {0};

	(void)state;
	srand(1);
	qv_frames_init(&f, storage, 1ull << 30, COUNT);
	qv_frames_add(&f, 1ull << 30, COUNT * PAGE);
	for (int step = 0; step < STEPS; step++) {
		size_t s = (size_t)rand() % SLOTS;
		size_t first, n;

		if (!slot[s].used) {
			slot[s].order = (uint32_t)rand() % 7;
			slot[s].used = qv_frames_alloc(&f, slot[s].order, &slot[s].address);
			if (!slot[s].used)
				continue;
		} else {
			qv_frames_free(&f, slot[s].address, slot[s].order);
			slot[s].used = false;
		}
		first = (slot[s].address - (1ull << 30)) / PAGE;
		n = (size_t)1 << slot[s].order;
		assert_int_equal(first % n, 0);
		for (size_t i = first; i < first + n; i++) {
			assert_int_equal(owned[i], !slot[s].used);
			owned[i] = slot[s].used;
		}
		if (step % 1000 == 0)
			assert_true(qv_frames_intact(&f));
	}
	assert_true(qv_frames_intact(&f));
	free(storage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_can_be_taken_and_given_back),
		cmocka_unit_test(partial_pages_are_not_added),
		cmocka_unit_test(reserved_pages_never_come_out),
		cmocka_unit_test(order_of_sizes),
		cmocka_unit_test(random_steps_keep_blocks_disjoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
