/* SPDX-License-Identifier: MIT */
/* The scheduler's structures against naive ones: arrays that are searched. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/prio.h>

#define N QV_PRIO_MAX
#define STEPS 100000u

static uint64_t seed = 20101;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((seed >> 33) % n);
}

static void ready_finds_the_first(void **unused)
{
	struct qv_ready r = {0};
	static bool has[N];

	(void)unused;
	assert_int_equal(qv_ready_first(&r), QV_PRIO_NONE);
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t rank = random_below(N), first = 0;

		if (random_below(8) < (step / 5000 % 2 ? 7 : 1)) {
			qv_ready_set(&r, rank);
			has[rank] = true;
		} else {
			qv_ready_clear(&r, rank);
			has[rank] = false;
		}
		while (first < N && !has[first])
			first++;
		assert_int_equal(qv_ready_first(&r), first < N ? first : QV_PRIO_NONE);
		assert_int_equal(qv_ready_has(&r, rank), has[rank]);
	}
}

static void ready_opens_and_closes(void **unused)
{
	struct qv_ready r = {0};
	static bool has[N];

	(void)unused;
	for (uint32_t step = 0; step < 4000; step++) {
		uint32_t rank = random_below(N);

		qv_ready_set(&r, rank);
		has[rank] = true;
		rank = random_below(N);
		if (step % 3 && !has[N - 1]) {
			qv_ready_open(&r, rank);
			memmove(has + rank + 1, has + rank, N - 1 - rank);
			has[rank] = false;
		} else {
			qv_ready_close(&r, rank);
			memmove(has + rank, has + rank + 1, N - 1 - rank);
			has[N - 1] = false;
		}
		for (uint32_t i = 0; i < N; i++)
			assert_int_equal(qv_ready_has(&r, i), has[i]);
		for (uint32_t w = 0; w < N / 64; w++)
			assert_int_equal(r.words >> w & 1, r.word[w] != 0);
	}
}

static struct qv_order order;
static uint16_t id_at[N], rank_of[N];
static uint64_t period_of[N];

static void check_order(uint32_t count)
{
	assert_int_equal(order.count, count);
	for (uint32_t rank = 0; rank < count; rank++) {
		uint32_t id = id_at[rank], next = rank + 1 < count ? id_at[rank + 1] : 0;

		assert_int_equal(rank_of[id], rank);
		if (rank + 1 < count)
			assert_true(period_of[id] < period_of[next] || (period_of[id] == period_of[next] && id < next));
	}
}

/* The set of ready ids stays the same when others come and go. */
static void order_keeps_ranks(void **unused)
{
	static bool present[N], ready[N];
	struct qv_ready r = {0};
	uint32_t count = 0;

	(void)unused;
	qv_order_init(&order, id_at, rank_of, period_of, N);
	for (uint32_t step = 0; step < 10000; step++) {
		uint32_t id = random_below(step < 3000 ? N : 40);

		if (present[id]) {
			qv_ready_close(&r, qv_order_remove(&order, id));
			assert_int_equal(rank_of[id], QV_PRIO_NONE);
			ready[id] = false;
		} else {
			qv_ready_open(&r, qv_order_insert(&order, id, random_below(50)));
			ready[id] = random_below(2);
			if (ready[id])
				qv_ready_set(&r, rank_of[id]);
		}
		present[id] = !present[id];
		count += present[id] ? 1u : UINT32_MAX;
		check_order(count);
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(qv_ready_has(&r, i), ready[id_at[i]]);
	}
}

static void a_full_order_holds_all(void **unused)
{
	struct qv_ready r = {0};

	(void)unused;
	qv_order_init(&order, id_at, rank_of, period_of, N);
	for (uint32_t i = 0; i < N; i++) {
		uint32_t rank = qv_order_insert(&order, i, N - i);

		assert_int_equal(rank, 0);
		qv_ready_open(&r, rank);
		qv_ready_set(&r, rank);
	}
	check_order(N);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(qv_ready_first(&r), 0);
		assert_int_equal(qv_order_remove(&order, id_at[0]), 0);
		qv_ready_close(&r, 0);
	}
	assert_int_equal(qv_ready_first(&r), QV_PRIO_NONE);
}

static struct qv_heap heap;
static struct qv_heap_node node[N];
static uint16_t place_of[N];

static void check_heap(const bool *present, const uint64_t *key, uint32_t ids)
{
	uint32_t best = QV_PRIO_NONE, count = 0;

	for (uint32_t id = 0; id < ids; id++) {
		assert_int_equal(qv_heap_has(&heap, id), present[id]);
		if (!present[id])
			continue;
		assert_true(node[place_of[id]].id == id && node[place_of[id]].key == key[id]);
		count++;
		if (best == QV_PRIO_NONE || key[id] < key[best])
			best = id;
	}
	assert_int_equal(heap.count, count);
	assert_int_equal(qv_heap_top(&heap), best);
	assert_true(qv_heap_key(&heap) == (best == QV_PRIO_NONE ? UINT64_MAX : key[best]));
}

static void heap_against_search(void **unused)
{
	static const uint32_t sizes[] = {1, 2, 3, 7, 40, N};
	static bool present[N];
	static uint64_t key[N];

	(void)unused;
	for (uint32_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint32_t ids = sizes[s], keys = 1 + random_below(3 * ids);

		memset(present, 0, sizeof(present));
		qv_heap_init(&heap, node, place_of, (uint16_t)ids);
		for (uint32_t step = 0; step < 200000 / (ids + 20) + 2000; step++) {
			uint32_t id = random_below(ids);

			if (random_below(10) < (step / 1000 % 2 ? 3 : 7)) {
				key[id] = random_below(8) ? random_below(keys) : UINT64_MAX - random_below(2);
				qv_heap_set(&heap, id, key[id]);
				present[id] = true;
			} else {
				qv_heap_remove(&heap, id);
				present[id] = false;
			}
			check_heap(present, key, ids);
		}
	}
}

/* Taken out one by one, ids come by (key, id). */
static void heap_sorts(void **unused)
{
	uint64_t last = 0;
	uint32_t last_id = 0;

	(void)unused;
	qv_heap_init(&heap, node, place_of, N);
	for (uint32_t id = 0; id < N; id++)
		qv_heap_set(&heap, id, random_below(300));
	for (uint32_t i = 0; i < N; i++) {
		uint32_t id = qv_heap_top(&heap);
		uint64_t key = qv_heap_key(&heap);

		assert_true(i == 0 || key > last || (key == last && id > last_id));
		last = key;
		last_id = id;
		qv_heap_remove(&heap, id);
	}
	assert_int_equal(qv_heap_top(&heap), QV_PRIO_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_finds_the_first), cmocka_unit_test(ready_opens_and_closes),
		cmocka_unit_test(order_keeps_ranks),     cmocka_unit_test(a_full_order_holds_all),
		cmocka_unit_test(heap_against_search),   cmocka_unit_test(heap_sorts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
