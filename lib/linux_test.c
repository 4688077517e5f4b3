/* SPDX-License-Identifier: MIT */
/* Start pages of Linux: each table is found the way the kernel finds it, each bad configuration is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <abi/call.h>
#include <lib/acpi_build.h>
#include <lib/bytes.h>
#include <lib/linux.h>

#define MIB (1ull << 20)
#define PREF 0x1000000u

static uint8_t setup[1024], dsdt[98], pages[QV_LINUX_START_SIZE] __attribute__((aligned(4096)));
static const struct qv_info_range ranges[] = {{0, 512 * MIB}, {1024 * MIB, 64 * MIB}};
static const uint32_t apic_ids[] = {2, 700};
static struct qv_linux_config config;
static struct qv_start_buffer buffer;
static struct qv_start_state state;
static const char *why;

static int fresh(void **unused)
{
	(void)unused;
	memset(setup, 0, sizeof(setup));
	memset(pages, 0xa5, sizeof(pages));
	setup[0x1f1] = 39;
	setup[0x201] = 0x6a;
	qv_put32(setup + 0x202, 0x53726448);
	qv_put16(setup + 0x206, 0x20f);
	qv_put32(setup + 0x22c, 0x7fffffff);
	qv_put16(setup + 0x236, 0x7f);
	qv_put32(setup + 0x238, 2047);
	qv_put64(setup + 0x258, PREF);
	qv_put32(setup + 0x260, 52 * MIB);
	memcpy(dsdt, "DSDT", 4);
	buffer = (struct qv_start_buffer){pages, QV_LINUX_START_GPA, sizeof(pages)};
	config = (struct qv_linux_config){
		.setup = setup, .setup_size = sizeof(setup), .range = ranges, .range_count = 2,
		.apic_id = apic_ids, .core_count = 2, .initrd_gpa = 510 * MIB, .initrd_size = MIB + 5,
		.tsc_hz = 2000000999, .dsdt = dsdt, .dsdt_size = sizeof(dsdt), .args = "qv.run=load:5",
	};
	return 0;
}

static const uint8_t *at(uint64_t gpa)
{
	assert_true(gpa >= QV_LINUX_START_GPA && gpa < QV_LINUX_START_GPA + QV_LINUX_START_SIZE);
	return pages + (gpa - QV_LINUX_START_GPA);
}

static void assert_sums_to_zero(const uint8_t *table, uint32_t length)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + table[i]);
	assert_int_equal(sum, 0);
}

static const uint8_t *table(uint64_t gpa, const char *signature)
{
	const uint8_t *t = at(gpa);

	assert_memory_equal(t, signature, 4);
	if (strcmp(signature, "DSDT") != 0)
		assert_sums_to_zero(t, qv_get32(t + 4));
	return t;
}

static void test_entry_state(void **unused)
{
	(void)unused;
	assert_true(qv_linux_start(&config, &buffer, &state, &why));
	assert_int_equal(state.rip, PREF + 0x200);
	assert_int_equal(state.rsi, QV_LINUX_START_GPA);
	assert_int_equal(state.rdi, 0);
	assert_int_equal(state.cr3 % 4096, 0);
	assert_int_equal(qv_get64(at(state.cr3)) & 0xfff, 3);
	assert_int_equal(qv_get64(at(state.gdt_base) + QV_START_CS) >> 53 & 1, 1);
}

static void test_boot_params(void **unused)
{
	const uint8_t *p = pages;
	char line[128];

	(void)unused;
	assert_true(qv_linux_start(&config, &buffer, &state, &why));
	assert_memory_equal(p + 0x236, setup + 0x236, 0x26c - 0x236);
	assert_int_equal(p[0x26c], 0);
	assert_int_equal(p[0x210], 0xff);
	assert_int_equal(qv_get32(p + 0x218), 510 * MIB);
	assert_int_equal(qv_get32(p + 0x21c), MIB + 5);
	memcpy(line, at(qv_get32(p + 0x228)), sizeof(line));
	assert_string_equal(line, "tsc_early_khz=2000000 reboot=acpi qv.run=load:5");
}

static void test_e820(void **unused)
{
	static const struct {
		uint64_t gpa, size;
		uint32_t type;
	} expected[] = {
		{0, 0x9c000, 1}, {0x9c000, 0x4000, 3}, {0xa0000, 0x60000, 2}, {MIB, 511 * MIB, 1}, {1024 * MIB, 64 * MIB, 1},
	};

	(void)unused;
	assert_true(qv_linux_start(&config, &buffer, &state, &why));
	assert_int_equal(pages[0x1e8], 5);
	for (size_t i = 0; i < 5; i++) {
		const uint8_t *entry = pages + 0x2d0 + 20 * i;

		assert_int_equal(qv_get64(entry), expected[i].gpa);
		assert_int_equal(qv_get64(entry + 8), expected[i].size);
		assert_int_equal(qv_get32(entry + 16), expected[i].type);
	}
}

static void test_acpi(void **unused)
{
	const uint8_t *rsdp, *xsdt, *fadt, *madt;

	(void)unused;
	assert_true(qv_linux_start(&config, &buffer, &state, &why));
	rsdp = at(qv_get64(pages + 0x70));
	assert_memory_equal(rsdp, "RSD PTR ", 8);
	assert_sums_to_zero(rsdp, 20);
	assert_sums_to_zero(rsdp, 36);
	xsdt = table(qv_get64(rsdp + 24), "XSDT");
	assert_int_equal(qv_get32(xsdt + 4), 36 + 16);
	fadt = table(qv_get64(xsdt + 36), "FACP");
	madt = table(qv_get64(xsdt + 44), "APIC");
	(void)table(qv_get64(fadt + 140), "DSDT");
	assert_true(qv_get32(fadt + 112) & 1u << 20);
	assert_int_equal(qv_get64(fadt + 120), QV_PORT_RESET);
	assert_int_equal(fadt[128], QV_RESET_VALUE);
	assert_int_equal(qv_get64(fadt + 248), QV_PORT_SLEEP_CONTROL);
	assert_int_equal(qv_get64(fadt + 260), QV_PORT_SLEEP_STATUS);
	assert_int_equal(madt[44], 0); /* APIC id 2: local APIC entry */
	assert_int_equal(madt[47], 2);
	assert_int_equal(madt[52], 9); /* APIC id 700: x2APIC entry */
	assert_int_equal(qv_get32(madt + 56), 700);
	assert_int_equal(qv_get32(madt + 4), 44 + 8 + 16);
}

static void refused(const char *text)
{
	assert_false(qv_linux_start(&config, &buffer, &state, &why));
	assert_non_null(why);
	assert_non_null(strstr(why, text));
	(void)fresh(NULL);
}

static void test_bad_kernels(void **unused)
{
	(void)unused;
	config.setup_size = 1023;
	refused("not a Linux bzImage");
	setup[0x202] = 'X';
	refused("not a Linux bzImage");
	qv_put16(setup + 0x206, 0x20b);
	refused("no 64-bit entry");
	qv_put16(setup + 0x236, 0x7e);
	refused("no 64-bit entry");
	setup[0x201] = 0x61;
	refused("unknown length");
	setup[0x201] = 0x8f;
	refused("unknown length");
	qv_put64(setup + 0x258, 0x80000);
	refused("too small");
	qv_put32(setup + 0x238, 20);
	refused("command line is too long");
}

static void test_bad_memory(void **unused)
{
	static const struct qv_info_range tiny = {0, MIB}, high = {4096, 512 * MIB}, small = {0, 67 * MIB};
	char args[3000];

	(void)unused;
	config.range = &tiny;
	refused("first memory range");
	config.range = &high;
	refused("first memory range");
	config.range_count = 0;
	refused("first memory range");
	config.range_count = QV_MAX_RANGES + 1;
	refused("first memory range");
	config.range = &small;
	config.range_count = 1;
	refused("too small for the Linux kernel");
	config.initrd_gpa = 20 * MIB;
	refused("and its initrd");
	config.initrd_gpa = 512 * MIB - 4096;
	refused("and its initrd");
	config.initrd_gpa = UINT64_MAX - 4095;
	refused("and its initrd");
	config.initrd_gpa = 500 * MIB + 1;
	refused("cannot take it");
	qv_put32(setup + 0x22c, 500 * MIB);
	refused("cannot take it");
	memset(args, 'a', sizeof(args));
	args[sizeof(args) - 1] = 0;
	config.args = args;
	refused("command line is too long");
}

static void test_bad_tables(void **unused)
{
	(void)unused;
	config.dsdt_size = 35;
	refused("do not fit");
	config.dsdt_size = QV_ACPI_DSDT_MAX + 1;
	refused("do not fit");
	config.core_count = 0;
	refused("do not fit");
	config.core_count = QV_MAX_CORES + 1;
	refused("do not fit");
	buffer.size -= 4096;
	refused("0x90000");
	buffer.gpa += 4096;
	refused("0x10000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_entry_state, fresh),
		cmocka_unit_test_setup(test_boot_params, fresh),
		cmocka_unit_test_setup(test_e820, fresh),
		cmocka_unit_test_setup(test_acpi, fresh),
		cmocka_unit_test_setup(test_bad_kernels, fresh),
		cmocka_unit_test_setup(test_bad_memory, fresh),
		cmocka_unit_test_setup(test_bad_tables, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
