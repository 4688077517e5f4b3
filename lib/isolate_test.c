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

static struct qv_pt build(uint32_t sandbox)
{
	struct qv_pt pt;
	void *pool = aligned_alloc(4096, 64 * 4096);

	qv_pt_init(&pt, &qv_pt_ept, pool, (uint64_t)pool, 64);
	for (size_t i = 0; i < MEMORIES; i++) {
		if (memory[i].sandbox == sandbox)
			assert_int_equal(qv_pt_map(&pt, memory[i].gpa, memory[i].hpa, memory[i].size, memory[i].flags & 7,
				memory[i].grain), QV_PT_OK);
	}
	return pt;
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
		cmocka_unit_test(disjoint_records_pass),
		cmocka_unit_test(overlap_is_found),
	};

	return cmocka_run_group_tests_name("lib/isolate", tests, NULL, NULL);
}
