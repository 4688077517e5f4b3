/* SPDX-License-Identifier: MIT */
/* Page-table builder: formats bit by bit, refusals, cost, and random maps against a flat model. */
#include <lib/pt.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define POOL_PAGES 600u
#define POOL_HPA   0x40000000ull
#define RW         (QV_PT_READ | QV_PT_WRITE)
#define RWX        (RW | QV_PT_EXEC)
#define TOP        (1ull << 48)
#define END        0x10000000000000ull /* first address above 52 bits */

static uint64_t pool[POOL_PAGES * QV_PT_ENTRIES] __attribute__((aligned(4096)));

static const struct qv_pt_format *const formats[] = { &qv_pt_x86, &qv_pt_npt, &qv_pt_ept, &qv_pt_vtd };
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static struct qv_pt start(const struct qv_pt_format *format, uint32_t pages)
{
	struct qv_pt pt;

	memset(pool, 0xa5, sizeof(pool));
	qv_pt_init(&pt, format, pool, POOL_HPA, pages);
	return pt;
}

/* The raw leaf entry of one mapping at address 0. */
static uint64_t leaf_of(const struct qv_pt_format *format, uint64_t grain, uint32_t rights)
{
	struct qv_pt pt = start(format, 4);
	unsigned int page = grain == QV_HUGE_SIZE ? 1 : grain == QV_LARGE_SIZE ? 2 : 3;

	assert_int_equal(qv_pt_map(&pt, 0, 0x80000000, grain, rights, grain), QV_PT_OK);
	assert_int_equal(pt.used, page + 1);
	return pool[page * QV_PT_ENTRIES];
}

static void test_formats(void **state)
{
	(void)state;
	/* x86: P 0, RW 1, US 2, PWT 3, PCD 4, PS 7, NX 63 */
	assert_int_equal(leaf_of(&qv_pt_x86, QV_PAGE_SIZE, RWX), 0x80000003);
	assert_int_equal(leaf_of(&qv_pt_x86, QV_LARGE_SIZE, RW), 0x8000000080000083);
	assert_int_equal(leaf_of(&qv_pt_x86, QV_PAGE_SIZE, RW | QV_PT_UNCACHED), 0x800000008000001b);
	assert_int_equal(leaf_of(&qv_pt_x86, QV_HUGE_SIZE, QV_PT_READ | QV_PT_EXEC), 0x80000081);
	assert_int_equal(pool[0], POOL_HPA + 0x1003);
	assert_int_equal(leaf_of(&qv_pt_npt, QV_LARGE_SIZE, RWX), 0x80000087);
	assert_int_equal(leaf_of(&qv_pt_npt, QV_PAGE_SIZE, QV_PT_READ), 0x8000000080000005);
	assert_int_equal(pool[0], POOL_HPA + 0x1007);
	/* EPT: R 0, W 1, X 2, type 5:3 */
	assert_int_equal(leaf_of(&qv_pt_ept, QV_PAGE_SIZE, RWX), 0x80000037);
	assert_int_equal(leaf_of(&qv_pt_ept, QV_HUGE_SIZE, RW), 0x800000b3);
	assert_int_equal(leaf_of(&qv_pt_ept, QV_LARGE_SIZE, QV_PT_READ | QV_PT_UNCACHED), 0x80000081);
	assert_int_equal(pool[0], POOL_HPA + 0x1007);
	assert_int_equal(leaf_of(&qv_pt_vtd, QV_LARGE_SIZE, RW), 0x80000083);
	assert_int_equal(leaf_of(&qv_pt_vtd, QV_PAGE_SIZE, QV_PT_READ | QV_PT_EXEC), 0x80000001);
	assert_int_equal(pool[0], POOL_HPA + 0x1003);
}

static void test_rights_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		for (uint32_t rights = 0; rights < 16; rights++) {
			struct qv_pt pt = start(formats[i], 4);
			struct qv_pt_leaf leaf;

			if (!(rights & QV_PT_READ)) {
				assert_int_equal(qv_pt_map(&pt, 0, 0, QV_PAGE_SIZE, rights, QV_PAGE_SIZE), QV_PT_EINVAL);
				continue;
			}
			assert_int_equal(qv_pt_map(&pt, 0, 0, QV_PAGE_SIZE, rights, QV_PAGE_SIZE), QV_PT_OK);
			assert_true(qv_pt_lookup(&pt, 0xfff, &leaf));
			if (formats[i] == &qv_pt_vtd)
				assert_int_equal(leaf.rights, rights & RW);
			else
				assert_int_equal(leaf.rights, rights);
		}
	}
}

static void test_refusals(void **state)
{
	static const struct {
		uint64_t from, to, size;
		uint32_t rights;
		uint64_t grain;
	} bad[] = {
		{ 1, 0, QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ 0, 0x800, QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ 0, 0, QV_PAGE_SIZE + 8, RW, QV_PAGE_SIZE },
		{ 0, 0, 0, RW, QV_PAGE_SIZE },
		{ TOP, 0, QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ TOP - QV_PAGE_SIZE, 0, 2 * QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ 0 - QV_PAGE_SIZE, 0, 2 * QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ QV_PAGE_SIZE, 0, 0 - QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ 0, 0 - QV_PAGE_SIZE, QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ 0, END, QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ 0, END - QV_PAGE_SIZE, 2 * QV_PAGE_SIZE, RW, QV_PAGE_SIZE },
		{ 0, 0, QV_PAGE_SIZE, 0, QV_PAGE_SIZE },
		{ 0, 0, QV_PAGE_SIZE, QV_PT_WRITE, QV_PAGE_SIZE },
		{ 0, 0, QV_PAGE_SIZE, QV_PT_EXEC, QV_PAGE_SIZE },
		{ 0, 0, QV_PAGE_SIZE, RW | 1u << 4, QV_PAGE_SIZE },
		{ 0, 0, QV_PAGE_SIZE, RW, 0 },
		{ 0, 0, QV_PAGE_SIZE, RW, QV_PAGE_SIZE * 2 },
		{ 0, 0, QV_PAGE_SIZE, RW, QV_HUGE_SIZE * 512 },
	};
	struct qv_pt_leaf leaf;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct qv_pt pt = start(&qv_pt_ept, 8);

		assert_int_equal(qv_pt_map(&pt, bad[i].from, bad[i].to, bad[i].size, bad[i].rights, bad[i].grain),
			QV_PT_EINVAL);
		assert_int_equal(pt.used, 1);
		assert_false(qv_pt_next(&pt, 0, &leaf));
	}
}

static void test_limits_reached(void **state)
{
	struct qv_pt pt = start(&qv_pt_npt, 8);
	struct qv_pt_leaf leaf;

	(void)state;
	assert_int_equal(qv_pt_map(&pt, TOP - QV_PAGE_SIZE, END - QV_PAGE_SIZE, QV_PAGE_SIZE, RW, QV_HUGE_SIZE), QV_PT_OK);
	assert_true(qv_pt_next(&pt, 0, &leaf));
	assert_int_equal(leaf.from, TOP - QV_PAGE_SIZE);
	assert_int_equal(leaf.to, END - QV_PAGE_SIZE);
	assert_false(qv_pt_next(&pt, leaf.from + leaf.size, &leaf));
	assert_false(qv_pt_lookup(&pt, TOP, &leaf));
	assert_false(qv_pt_lookup(&pt, UINT64_MAX, &leaf));
	assert_false(qv_pt_next(&pt, UINT64_MAX, &leaf));
}

static void test_overlap(void **state)
{
	struct qv_pt pt = start(&qv_pt_ept, 16);

	(void)state;
	assert_int_equal(qv_pt_map(&pt, QV_LARGE_SIZE, 0, QV_LARGE_SIZE, RW, QV_LARGE_SIZE), QV_PT_OK);
	/* a small page inside the large one, the same large one, a huge one over it */
	assert_int_equal(qv_pt_map(&pt, QV_LARGE_SIZE + 0x5000, 0, QV_PAGE_SIZE, RW, QV_PAGE_SIZE), QV_PT_EEXIST);
	assert_int_equal(qv_pt_map(&pt, QV_LARGE_SIZE, 0, QV_LARGE_SIZE, RW, QV_LARGE_SIZE), QV_PT_EEXIST);
	assert_int_equal(qv_pt_map(&pt, 0, 0, QV_HUGE_SIZE, RW, QV_HUGE_SIZE), QV_PT_EEXIST);
	assert_int_equal(qv_pt_map(&pt, 0, 0, QV_PAGE_SIZE, RW, QV_PAGE_SIZE), QV_PT_OK);
	assert_int_equal(qv_pt_map(&pt, 0, 0, QV_PAGE_SIZE, RW, QV_PAGE_SIZE), QV_PT_EEXIST);
}

static void test_pool_end(void **state)
{
	(void)state;
	for (uint32_t pages = 1; pages <= 4; pages++) {
		struct qv_pt pt = start(&qv_pt_ept, pages);
		enum qv_pt_error want = pages == 4 ? QV_PT_OK : QV_PT_ENOMEM;

		assert_int_equal(qv_pt_map(&pt, 0, 0, QV_PAGE_SIZE, RW, QV_PAGE_SIZE), want);
		assert_int_equal(pt.used, pages);
		/* the pages after the pool are as they were */
		assert_int_equal(pool[pages * QV_PT_ENTRIES], 0xa5a5a5a5a5a5a5a5);
	}
}

static void test_foreign_pointers(void **state)
{
	struct qv_pt pt = start(&qv_pt_ept, 4);
	struct qv_pt_leaf leaf;
	uint64_t good;

	(void)state;
	assert_int_equal(qv_pt_map(&pt, 0, 0, QV_PAGE_SIZE, RW, QV_PAGE_SIZE), QV_PT_OK);
	good = pool[0];
	pool[0] = (POOL_HPA + 4 * QV_PAGE_SIZE) | 7;
	assert_false(qv_pt_lookup(&pt, 0, &leaf));
	pool[0] = (POOL_HPA - QV_PAGE_SIZE) | 7;
	assert_false(qv_pt_lookup(&pt, 0, &leaf));
	pool[0] = good | 0x80; /* a leaf in the root is no leaf */
	assert_false(qv_pt_lookup(&pt, 0, &leaf));
	assert_false(qv_pt_next(&pt, 0, &leaf));
	pool[0] = good;
	assert_true(qv_pt_lookup(&pt, 0, &leaf));
}

static void test_promised_sizes(void **state)
{
	(void)state;
	/* an aligned GiB: root, level 2, and 4 KiB edges nowhere: 8 KiB; 64 MiB of 2 MiB pages: 12 KiB */
	assert_int_equal(1 + qv_pt_cost(0, QV_HUGE_SIZE, QV_HUGE_SIZE, QV_HUGE_SIZE), 2);
	assert_int_equal(1 + qv_pt_cost(0, 0x1000000, 64u << 20, QV_HUGE_SIZE), 3);
	assert_int_equal(qv_pt_cost(0, 1, QV_PAGE_SIZE, QV_PAGE_SIZE), 0);
}

static uint64_t seed = 88172645463325252ull;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* An address with low bits that are often aligned and high bits that are often the same. */
static uint64_t random_address(uint64_t limit)
{
	static const uint64_t units[] = { QV_PAGE_SIZE, QV_PAGE_SIZE, QV_LARGE_SIZE, QV_HUGE_SIZE };
	uint64_t unit = units[random64() % 4];
	uint64_t address = random64() % (4 * QV_HUGE_SIZE);

	if (random64() % 4 == 0)
		address = random64() % limit;
	return address - address % unit;
}

static uint64_t random_size(void)
{
	switch (random64() % 4) {
	case 0:
		return (1 + random64() % 8) * QV_PAGE_SIZE;
	case 1:
		return (1 + random64() % 3) * QV_LARGE_SIZE;
	case 2:
		return (1 + random64() % 600) * QV_PAGE_SIZE;
	default:
		return QV_HUGE_SIZE + random64() % 3 * QV_LARGE_SIZE;
	}
}

struct model { /* mapped ranges so far */
	uint64_t from, to, size, grain;
	uint32_t rights;
};
#define MODEL_MAX 24u

static const struct model *model_find(const struct model *m, size_t n, uint64_t address)
{
	for (size_t i = 0; i < n; i++) {
		if (address >= m[i].from && address - m[i].from < m[i].size)
			return &m[i];
	}
	return NULL;
}

static bool model_overlaps(const struct model *m, size_t n, const struct model *r)
{
	for (size_t i = 0; i < n; i++) {
		if (r->from < m[i].from + m[i].size && m[i].from < r->from + r->size)
			return true;
	}
	return false;
}

static void probe(const struct qv_pt *pt, const struct model *m, size_t n, uint64_t address)
{
	const struct model *r = model_find(m, n, address);
	struct qv_pt_leaf leaf;

	assert_int_equal(qv_pt_lookup(pt, address, &leaf), r != NULL);
	if (!r)
		return;
	assert_true(leaf.from >= r->from && leaf.from + leaf.size <= r->from + r->size);
	assert_true(leaf.from <= address && address - leaf.from < leaf.size);
	assert_int_equal(leaf.to - r->to, leaf.from - r->from);
	assert_int_equal(leaf.rights, r->rights);
	assert_true(leaf.size <= r->grain);
}

/* Leaves are in order, disjoint, and cover exactly the bytes of the model. */
static uint64_t total(const struct qv_pt *pt)
{
	struct qv_pt_leaf leaf;
	uint64_t at = 0, bytes = 0;

	while (qv_pt_next(pt, at, &leaf)) {
		assert_true(leaf.from >= at);
		bytes += leaf.size;
		at = leaf.from + leaf.size;
	}
	return bytes;
}

static struct model random_range(void)
{
	static const uint64_t grains[] = { QV_PAGE_SIZE, QV_LARGE_SIZE, QV_HUGE_SIZE };
	struct model r = {
		.from = random_address(TOP), .to = random_address(END), .size = random_size(),
		.grain = grains[random64() % 3], .rights = QV_PT_READ | (uint32_t)(random64() % 16),
	};

	if (r.grain == QV_PAGE_SIZE && r.size > QV_LARGE_SIZE) /* keep the number of leaves small */
		r.size = QV_LARGE_SIZE;
	if (r.size > TOP - r.from)
		r.size = TOP - r.from;
	if (r.size > END - r.to)
		r.to = 0;
	return r;
}

/* Both ends, inside and outside of range i, and anywhere. */
static void probe_around(const struct qv_pt *pt, const struct model *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		probe(pt, m, n, m[i].from);
		probe(pt, m, n, m[i].from + m[i].size - 1);
		probe(pt, m, n, m[i].from + random64() % m[i].size);
		if (m[i].from)
			probe(pt, m, n, m[i].from - 1);
		if (m[i].from + m[i].size < TOP)
			probe(pt, m, n, m[i].from + m[i].size);
		probe(pt, m, n, random_address(TOP));
	}
}

static void one_random_set(const struct qv_pt_format *format)
{
	struct qv_pt pt = start(format, POOL_PAGES);
	struct model m[MODEL_MAX];
	uint64_t bytes = 0;
	size_t n = 0;

	while (n < MODEL_MAX) {
		struct model r = random_range();
		uint32_t before = pt.used, cost = qv_pt_cost(r.from, r.to, r.size, r.grain);
		bool overlaps = model_overlaps(m, n, &r);
		enum qv_pt_error error;

		if (cost > POOL_PAGES - pt.used)
			break;
		error = qv_pt_map(&pt, r.from, r.to, r.size, r.rights, r.grain);
		assert_int_equal(error, overlaps ? QV_PT_EEXIST : QV_PT_OK);
		if (overlaps)
			return; /* the set holds a part now and is given up */
		assert_true(pt.used - before <= cost);
		if (n == 0)
			assert_int_equal(pt.used - before, cost);
		m[n++] = r;
		bytes += r.size;
	}
	probe_around(&pt, m, n);
	assert_int_equal(total(&pt), bytes);
}

static void test_random_maps(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 700; i++)
		one_random_set(formats[i % 3]); /* the three with all rights */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats), cmocka_unit_test(test_rights_read_back), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limits_reached), cmocka_unit_test(test_overlap), cmocka_unit_test(test_pool_end),
		cmocka_unit_test(test_foreign_pointers), cmocka_unit_test(test_promised_sizes),
		cmocka_unit_test(test_random_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
