/* SPDX-License-Identifier: MIT */
/* Good tables pass; each kind of damage is found. */
#include <lib/isolate.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB (1ull << 20)
#define RWX (QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC)

static const struct qv_memory memory[] = {
	{ .sandbox = 0, .kind = QV_MEMORY_PRIVATE, .gpa = 0, .hpa = 64 * MIB, .size = 8 * MIB, .grain = 2 * MIB,
	  .flags = RWX },
	{ .sandbox = 0, .kind = QV_MEMORY_CONSOLE, .gpa = QV_WINDOW + 34 * MIB, .hpa = 34 * MIB, .size = 2 * MIB,
		.grain = 2 * MIB, .flags = QV_MEM_READ | QV_MEM_WRITE },
	{ .sandbox = 1, .kind = QV_MEMORY_PRIVATE, .gpa = 0, .hpa = 72 * MIB, .size = 4 * MIB, .grain = 4096, .flags = RWX },
};
#define MEMORIES (sizeof(memory) / sizeof(memory[0]))
static const struct qv_region region[] = {
	{ .kind = QV_REGION_BLACKBOX, .hpa = 32 * MIB, .size = 6 * MIB },
	{ .kind = QV_REGION_CORE, .hpa = 48 * MIB, .size = MIB },
};

static struct qv_pt build_as(const struct qv_pt_format *format, uint32_t sandbox, bool devices)
{
	struct qv_pt pt;
	void *pool = aligned_alloc(4096, 64 * 4096);

	qv_pt_init(&pt, format, pool, (uint64_t)pool, 64);
	for (size_t i = 0; i < MEMORIES; i++) {
		if (memory[i].sandbox == sandbox && (!devices || memory[i].kind == QV_MEMORY_PRIVATE))
			assert_int_equal(qv_pt_map(&pt, memory[i].gpa, memory[i].hpa, memory[i].size,
				memory[i].flags & (devices ? 3 : 7), memory[i].grain), QV_PT_OK);
	}
	return pt;
}

static struct qv_pt build(uint32_t sandbox)
{
	return build_as(&qv_pt_ept, sandbox, false);
}

static bool tables_good(struct qv_pt *pt, uint32_t sandbox, bool devices)
{
	struct qv_isolation_error e;
	bool good = qv_isolation_tables(pt, sandbox, devices, memory, MEMORIES, &e);

	free(pt->base);
	return good;
}

static void good_tables_pass(void **state)
{
	(void)state;
	for (uint32_t s = 0; s < 2; s++) {
		struct qv_pt pt = build(s);

		assert_true(tables_good(&pt, s, false));
	}
}

static void foreign_leaf_is_found(void **state)
{
	struct qv_pt pt = build(0);

	(void)state;
	assert_int_equal(qv_pt_map(&pt, 512 * MIB, 72 * MIB, 4096, QV_PT_READ, 4096), QV_PT_OK);
	assert_false(tables_good(&pt, 0, false));
}

static void wrong_offset_is_found(void **state)
{
	struct qv_pt pt = build(0);

	(void)state;
	assert_int_equal(qv_pt_map(&pt, 512 * MIB, 64 * MIB, 4096, QV_PT_READ, 4096), QV_PT_OK);
	assert_false(tables_good(&pt, 0, false));
}

static void hole_is_found(void **state)
{
	struct qv_pt pt = build(1);

	(void)state;
	pt.base[0] = 0;
	assert_false(tables_good(&pt, 1, false));
}

static void console_in_device_tables_is_found(void **state)
{
	struct qv_pt pt = build(0);

	(void)state;
	assert_false(tables_good(&pt, 0, true));
}

static void fewer_rights_are_found(void **state)
{
	struct qv_pt pt = build(1);
	struct qv_pt_leaf leaf;

	(void)state;
	assert_true(qv_pt_lookup(&pt, 0, &leaf));
	for (uint64_t i = 0; i < pt.used * QV_PT_ENTRIES; i++) {
		if (pt.base[i] >> 12 == leaf.to >> 12)
			pt.base[i] &= ~4ull; /* execute */
	}
	assert_false(tables_good(&pt, 1, false));
}

/* A table outside the pool: a walk by software that stops there would not see what a processor sees. */
static void stray_table_is_found(void **state)
{
	struct qv_pt pt = build(0);

	(void)state;
	pt.base[400] = 72 * MIB | 7;
	assert_false(tables_good(&pt, 0, false));
}

/* Any one wrong bit, in entries that are used and in those that are not. */
static void flip_everything(const struct qv_pt_format *format, bool devices)
{
	struct qv_pt pt = build_as(format, 0, devices);
	struct qv_isolation_error e;

	assert_true(qv_isolation_tables(&pt, 0, devices, memory, MEMORIES, &e));
	for (uint64_t i = 0; i < pt.used * QV_PT_ENTRIES; i++) {
		for (uint32_t bit = 0; bit < 64; bit += pt.base[i] ? 1 : 11) {
			pt.base[i] ^= 1ull << bit;
			assert_false(qv_isolation_tables(&pt, 0, devices, memory, MEMORIES, &e));
			pt.base[i] ^= 1ull << bit;
		}
	}
	assert_true(tables_good(&pt, 0, devices));
}

static void every_wrong_bit_is_found(void **state)
{
	(void)state;
	flip_everything(&qv_pt_ept, false);
	flip_everything(&qv_pt_npt, false);
	flip_everything(&qv_pt_vtd, true);
}

static void disjoint_records_pass(void **state)
{
	struct qv_isolation_error e;

	(void)state;
	assert_true(qv_isolation_disjoint(memory, MEMORIES, region, 2, 34 * MIB, &e));
}

static void overlap_is_found(void **state)
{
	struct qv_memory bad[MEMORIES];
	struct qv_isolation_error e;

	(void)state;
	memcpy(bad, memory, sizeof(bad));
	bad[2].hpa = 71 * MIB;
	assert_false(qv_isolation_disjoint(bad, MEMORIES, region, 2, 34 * MIB, &e));
	bad[2].hpa = 48 * MIB + 4096; /* a monitor's region */
	assert_false(qv_isolation_disjoint(bad, MEMORIES, region, 2, 34 * MIB, &e));
	memcpy(bad, memory, sizeof(bad));
	assert_false(qv_isolation_disjoint(bad, MEMORIES, region, 2, 36 * MIB, &e)); /* slice on monitors' pages */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_tables_pass),
		cmocka_unit_test(foreign_leaf_is_found),
		cmocka_unit_test(wrong_offset_is_found),
		cmocka_unit_test(hole_is_found),
		cmocka_unit_test(console_in_device_tables_is_found),
		cmocka_unit_test(fewer_rights_are_found),
		cmocka_unit_test(stray_table_is_found),
		cmocka_unit_test(every_wrong_bit_is_found),
		cmocka_unit_test(disjoint_records_pass),
		cmocka_unit_test(overlap_is_found),
	};

	return cmocka_run_group_tests_name("lib/isolate", tests, NULL, NULL);
}
