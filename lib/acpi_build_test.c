/* SPDX-License-Identifier: MIT */
/* Tables of a sandbox, read back by the reader that boot code trusts firmware with; and what cannot be built. */
#include <lib/acpi.h>
#include <lib/acpi_build.h>

#include <abi/call.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define GPA 0x7000ull

static uint8_t block[QV_ACPI_BUILD_BYTES], dsdt[QV_ACPI_DSDT_MAX + 1];
static const struct qv_start_buffer whole = { block, GPA, sizeof(block) };

static const void *map(void *context, uint64_t at, size_t size)
{
	(void)context;
	return at >= GPA && at - GPA <= sizeof(block) && size <= sizeof(block) - (at - GPA) ? block + (at - GPA) : NULL;
}

static const struct qv_acpi_reader reader = { map, NULL };

static struct qv_acpi_table built(const struct qv_acpi_config *c, const char *signature)
{
	struct qv_acpi_root root;
	struct qv_acpi_table table;
	uint64_t rsdp;

	memset(block, 0xa5, sizeof(block));
	assert_true(qv_acpi_build(c, &whole));
	assert_true(qv_acpi_find_rsdp(&reader, GPA, GPA + 64, &rsdp));
	assert_int_equal(rsdp, GPA);
	assert_true(qv_acpi_open(&reader, rsdp, &root));
	assert_true(qv_acpi_find(&reader, &root, signature, &table));
	return table;
}

/* As many cores as there can be, on both sides of the id that no longer fits the old entry. */
static void test_cores(void **state)
{
	uint32_t ids[QV_MAX_CORES];
	struct qv_acpi_config c = { dsdt, 36, ids, QV_MAX_CORES };
	struct qv_acpi_table table;
	struct qv_acpi_madt madt;

	(void)state;
	for (uint32_t i = 0; i < QV_MAX_CORES; i++)
		ids[i] = 247 + i;
	table = built(&c, "APIC");
	assert_true(qv_acpi_parse_madt(&table, &madt));
	assert_int_equal(madt.cpu_count, QV_MAX_CORES);
	assert_memory_equal(madt.cpu, ids, sizeof(ids));
	assert_int_equal(madt.ioapic_count, 0);
	assert_int_equal(madt.dropped, 0);
	assert_false(madt.has_8259);
}

static void test_fixed_hardware(void **state)
{
	static const uint32_t id = 3;
	struct qv_acpi_config c = { dsdt, QV_ACPI_DSDT_MAX, &id, 1 };
	struct qv_acpi_table table;
	struct qv_acpi_fadt fadt;
	uint32_t dsdt_gpa;

	(void)state;
	for (size_t i = 0; i < sizeof(dsdt); i++)
		dsdt[i] = (uint8_t)i;
	table = built(&c, "FACP");
	assert_true(qv_acpi_parse_fadt(&table, &fadt));
	assert_int_equal(fadt.pm_timer_port, 0);
	assert_int_equal(table.bytes[116], 1); /* the reset register is a port */
	assert_int_equal(table.bytes[120] | table.bytes[121] << 8, QV_PORT_RESET);
	assert_int_equal(table.bytes[128], QV_RESET_VALUE);
	memcpy(&dsdt_gpa, table.bytes + 40, sizeof(dsdt_gpa));
	assert_memory_equal(map(NULL, dsdt_gpa, QV_ACPI_DSDT_MAX), dsdt, QV_ACPI_DSDT_MAX);
}

static void test_refusals(void **state)
{
	static const uint32_t ids[QV_MAX_CORES + 1];
	const struct qv_start_buffer small = { block, GPA, sizeof(block) - 1 };
	const struct qv_acpi_config good = { dsdt, 36, ids, 1 }, bad[] = {
		{ dsdt, 35, ids, 1 }, { dsdt, QV_ACPI_DSDT_MAX + 1, ids, 1 }, { dsdt, 36, ids, 0 },
		{ dsdt, 36, ids, QV_MAX_CORES + 1 },
	};

	(void)state;
	assert_false(qv_acpi_build(&good, &small));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(qv_acpi_build(&bad[i], &whole));
	assert_true(qv_acpi_build(&good, &whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cores), cmocka_unit_test(test_fixed_hardware), cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
