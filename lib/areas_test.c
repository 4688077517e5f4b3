/* SPDX-License-Identifier: MIT */
/* The tree of areas against an array of pages: random sets, every query compared. */
#include <lib/areas.h>

#include <lib/assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PAGES 512u
#define STEPS 60000u

static uint64_t state = 88172645463325252ull;

static uint32_t random_below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

/* owner[p] is the area on page p. */
static struct model {
	struct qv_areas set;
	struct qv_area node[PAGES];
	struct qv_area *owner[PAGES];
	struct qv_area *spare[PAGES];
	uint32_t spares;
} m;

static void reset(void)
{
	memset(&m, 0, sizeof(m));
	for (uint32_t i = 0; i < PAGES; i++)
		m.spare[m.spares++] = &m.node[i];
}

static void own(uint64_t start, uint64_t end, struct qv_area *owner)
{
	for (uint64_t p = start; p < end; p++)
		m.owner[p] = owner;
}

static bool model_free(uint64_t start, uint64_t end)
{
	for (uint64_t p = start; p < end; p++) {
		if (m.owner[p])
			return false;
	}
	return true;
}

static void try_insert(uint64_t start, uint64_t end)
{
	struct qv_area *a;

	assert_int_equal(qv_areas_free(&m.set, start, end), model_free(start, end));
	if (!model_free(start, end))
		return;
	a = m.spare[--m.spares];
	a->start = start;
	a->end = end;
	qv_areas_insert(&m.set, a);
	own(start, end, a);
}

static void try_remove(uint64_t page)
{
	struct qv_area *a = m.owner[page];

	if (!a)
		return;
	qv_areas_remove(&m.set, a);
	own(a->start, a->end, NULL);
	m.spare[m.spares++] = a;
}

static void try_resize(uint64_t page)
{
	struct qv_area *a = m.owner[page];
	uint64_t low, high, start, end;

	if (!a)
		return;
	low = a->prev ? a->prev->end : 0;
	high = a->next ? a->next->start : PAGES;
	start = low + random_below((uint32_t)(a->end - low));
	end = start + 1 + random_below((uint32_t)(high - start));
	own(a->start, a->end, NULL);
	qv_areas_resize(&m.set, a, start, end);
	own(start, end, a);
}

static void check_from(uint64_t page)
{
	uint64_t p = page;

	while (p < PAGES && !m.owner[p])
		p++;
	assert_ptr_equal(qv_areas_from(&m.set, page), p < PAGES ? m.owner[p] : NULL);
	for (p = PAGES; p > 0 && !m.owner[p - 1]; p--)
		;
	assert_ptr_equal(qv_areas_last(&m.set), p > 0 ? m.owner[p - 1] : NULL);
}

static void check_room(uint64_t low, uint64_t high, uint64_t size)
{
	uint64_t got = 0, wanted = 0;
	bool found = false;

	for (uint64_t at = low; at + size <= high; at++) {
		if (model_free(at, at + size)) {
			wanted = at;
			found = true;
		}
	}
	assert_int_equal(qv_areas_room(&m.set, low, high, size, &got), found);
	if (found)
		assert_int_equal(got, wanted);
}

static void step(uint32_t fill)
{
	uint32_t at = random_below(PAGES), size = 1 + random_below(8), low = random_below(PAGES);

	if (at + size > PAGES)
		size = PAGES - at;
	if (random_below(100) < fill)
		try_insert(at, at + size);
	else if (random_below(3) == 0)
		try_resize(at);
	else
		try_remove(at);
	check_from(random_below(PAGES));
	if (random_below(4) == 0)
		check_room(low, low + random_below(PAGES - low + 1), 1 + random_below(12));
}

static void random_sets_agree(void **unused)
{
	(void)unused;
	reset();
	for (uint32_t i = 0; i < STEPS; i++) {
		step(i / 5000 % 2 ? 20 : 80); /* fill and empty in turn */
		if (i % 16 == 0)
			assert_true(qv_areas_intact(&m.set));
	}
	while (m.set.head)
		try_remove(m.set.head->start);
	assert_true(qv_areas_intact(&m.set) && m.set.count == 0 && !m.set.root);
}

static void ascending_and_descending(void **unused)
{
	(void)unused;
	for (uint32_t down = 0; down < 2; down++) {
		reset();
		for (uint32_t i = 0; i < PAGES; i++) {
			uint32_t at = down ? PAGES - 1 - i : i;

			try_insert(at, at + 1);
			assert_true(qv_areas_intact(&m.set));
		}
		assert_true(m.set.root->level <= 10);
		for (uint32_t i = 0; i < PAGES; i++) {
			try_remove(i * 77 % PAGES);
			assert_true(qv_areas_intact(&m.set));
		}
	}
}

static void a_copy_is_the_same_set(void **unused)
{
	static struct qv_area twin[PAGES];
	struct qv_areas copy;
	struct qv_area *a, *b;
	uint32_t n = 0;

	(void)unused;
	reset();
	for (uint32_t i = 0; i < 300; i++)
		step(70);
	for (a = m.set.head; a; a = a->next)
		a->twin = &twin[n++];
	for (a = m.set.head; a; a = a->next)
		qv_area_twin(a);
	qv_areas_twin(&copy, &m.set);
	assert_true(n > 20 && qv_areas_intact(&copy) && copy.count == n);
	for (a = m.set.head, b = copy.head; a; a = a->next, b = b->next)
		assert_true(a->start == b->start && a->end == b->end && a != b);
	assert_null(b);
}

static void room_in_an_empty_set(void **unused)
{
	uint64_t at = 0;

	(void)unused;
	reset();
	assert_true(qv_areas_room(&m.set, 10, 20, 10, &at));
	assert_int_equal(at, 10);
	assert_false(qv_areas_room(&m.set, 10, 20, 11, &at));
	assert_false(qv_areas_room(&m.set, 20, 10, 1, &at));
}

static void a_damaged_tree_is_seen(void **unused)
{
	(void)unused;
	reset();
	for (uint32_t i = 0; i < 20; i++)
		try_insert(i * 10, i * 10 + 5);
	assert_true(qv_areas_intact(&m.set));
	m.set.root->gap++;
	assert_false(qv_areas_intact(&m.set));
	m.set.root->gap--;
	m.set.root->level++;
	assert_false(qv_areas_intact(&m.set));
	m.set.root->level--;
	m.set.count++;
	assert_false(qv_areas_intact(&m.set));
}

static void builds_in_one_go(void **unused)
{
	(void)unused;
	for (uint32_t n = 0; n <= PAGES / 2; n++) {
		reset();
		for (uint32_t i = 0; i < n; i++) {
			m.node[i] = (struct qv_area){.start = 2 * i + 1, .end = 2 * i + 2 + i % 2};
			m.node[i].prev = i ? &m.node[i - 1] : NULL;
			m.node[i].next = i + 1 < n ? &m.node[i + 1] : NULL;
		}
		qv_areas_build(&m.set, n ? &m.node[0] : NULL, n);
		assert_int_equal(m.set.count, n);
		assert_true(qv_areas_intact(&m.set));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sets_agree),
		cmocka_unit_test(ascending_and_descending),
		cmocka_unit_test(builds_in_one_go),
		cmocka_unit_test(a_copy_is_the_same_set),
		cmocka_unit_test(room_in_an_empty_set),
		cmocka_unit_test(a_damaged_tree_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
