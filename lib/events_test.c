/* SPDX-License-Identifier: MIT */
/* Timers and the tournament tree of events against arrays that are searched. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include <lib/due.h>
#include <lib/events.h>

#define N 128u
#define STEPS 200000u

static uint64_t seed = 4711;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((seed >> 33) % n);
}

static void timers_come_in_order(void **unused)
{
	static struct qv_due node[N];
	struct qv_due *root = NULL;

	(void)unused;
	for (uint32_t step = 0; step < STEPS; step++) {
		struct qv_due *n = &node[random_below(N)];
		uint64_t first = UINT64_MAX;

		if (qv_due_has(n))
			qv_due_remove(&root, n);
		else
			qv_due_insert(&root, n, random_below(50));
		for (uint32_t i = 0; i < N; i++) {
			if (qv_due_has(&node[i]) && node[i].when < first)
				first = node[i].when;
		}
		assert_int_equal(qv_due_first(root), first);
		assert_true(step % 64 != 0 || qv_due_intact(root));
	}
	for (uint64_t last = 0; root; last = root ? root->when : last) {
		assert_true(root->when >= last);
		qv_due_remove(&root, root);
	}
}

static void a_heap_stays_shallow(void **unused)
{
	static struct qv_due many[4096];
	struct qv_due *root = NULL;
	uint32_t spine = 0;

	(void)unused;
	for (uint32_t i = 0; i < 4096; i++)
		qv_due_insert(&root, &many[i], i % 2 ? i : 8192 - i);
	for (const struct qv_due *n = root; n; n = n->right)
		spine++;
	assert_true(spine <= 12);
}

static uint64_t leaf(void *context, uint32_t rank)
{
	return ((const uint64_t *)context)[rank];
}

static void compare(const struct qv_events *e, const uint64_t *time, uint32_t count)
{
	uint64_t first = QV_EVENT_NEVER, now = random_below(120);
	uint32_t rank = random_below(e->size + 1), due = QV_EVENT_NONE;

	for (uint32_t i = count; i-- > 0;) {
		if (time[i] < first)
			first = time[i];
		if (time[i] <= now)
			due = i;
	}
	assert_int_equal(qv_events_first(e), first);
	assert_int_equal(qv_events_due(e, now), due);
	first = QV_EVENT_NEVER;
	for (uint32_t i = 0; i < rank && i < count; i++) {
		if (time[i] < first)
			first = time[i];
	}
	assert_int_equal(qv_events_before(e, rank), first);
}

static void events_are_found_by_rank(void **unused)
{
	static uint64_t tree[2 * N], time[N];
	struct qv_events e;

	(void)unused;
	qv_events_init(&e, tree, N);
	assert_int_equal(qv_events_first(&e), QV_EVENT_NEVER);
	assert_int_equal(qv_events_due(&e, 1000), QV_EVENT_NONE);
	for (uint32_t count = 0; count <= N; count += count < 9 ? 1 : 17) {
		for (uint32_t i = 0; i < count; i++)
			time[i] = QV_EVENT_NEVER;
		qv_events_rebuild(&e, count, leaf, time);
		for (uint32_t step = 0; count > 0 && step < STEPS / 10; step++) {
			uint32_t r = random_below(count);

			time[r] = random_below(4) ? 20 + random_below(100) : QV_EVENT_NEVER;
			qv_events_set(&e, r, time[r]);
			compare(&e, time, count);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_come_in_order),
		cmocka_unit_test(a_heap_stays_shallow),
		cmocka_unit_test(events_are_found_by_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
