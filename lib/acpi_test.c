/* SPDX-License-Identifier: MIT */
/* Tables made by hand, whole and broken, in a small physical memory whose every read outside is refused. */
#include <lib/acpi.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define BASE 0xe0000ull
#define SIZE 8192u

static uint8_t memory[SIZE];

/* A fresh copy of exactly the bytes asked for, so that the address sanitizer sees every step past them. */
static const void *map(void *context, uint64_t at, size_t size)
{
	static void *copies[4096];
	static uint32_t next;

	(void)context;
	if (at < BASE || at - BASE > SIZE || size > SIZE - (at - BASE))
		return NULL;
	free(copies[next % 4096]);
	copies[next % 4096] = malloc(size ? size : 1);
	memcpy(copies[next % 4096], memory + (at - BASE), size);
	return copies[next++ % 4096];
}

static const struct qv_acpi_reader reader = { map, NULL };

static uint8_t *at(uint64_t address)
{
	return memory + (address - BASE);
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

static void seal(uint8_t *p, size_t n, size_t checksum_at)
{
	uint8_t sum = 0;

	p[checksum_at] = 0;
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	p[checksum_at] = (uint8_t)(0 - sum);
}

static uint8_t *table(uint64_t address, const char *signature, uint32_t length)
{
	uint8_t *p = at(address);

	memcpy(p, signature, 4);
	put32(p + 4, length);
	seal(p, length, 9);
	return p;
}

#define RSDP  (BASE + 0x40)
#define XSDT  (BASE + 0x100)
#define RSDT  (BASE + 0x180)
#define MADT  (BASE + 0x200)
#define FACP  (BASE + 0x400)
#define MCFG  (BASE + 0x600)
#define DMAR  (BASE + 0x700)
#define MADT_BYTES (44 + 8 + 8 + 12 + 16 + 16 + 8 + 10 + 10)

static void make_madt(void)
{
	static const uint8_t entries[] = {
		0, 8, 0, 4, 1, 0, 0, 0, /* CPU, APIC id 4 */
		0, 8, 1, 2, 0, 0, 0, 0, /* disabled */
		1, 12, 6, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0, /* IO-APIC at fec00000 */
		9, 16, 0, 0, 0x2c, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, /* x2APIC id 300 */
		9, 16, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, /* id 4 again */
		0, 8, 2, 9, 1, 0, 0, 0,
		2, 10, 0, 4, 20, 0, 0, 0, 0x0f, 0, /* IRQ 4 arrives at pin 20, active low, level-triggered */
		2, 10, 1, 3, 21, 0, 0, 0, 0, 0, /* of another bus */
	};

	put32(at(MADT) + 40, 1);
	memcpy(at(MADT) + 44, entries, sizeof(entries));
	table(MADT, "APIC", MADT_BYTES);
}

static void make_dmar(void)
{
	static const uint8_t entries[] = {
		0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0xd9, 0xfe, 0, 0, 0, 0, /* DRHD at fed90000 */
		1, 8, 0, 0, 0, 0, 2, 1, /* endpoint 00:02.1 */
		3, 8, 0, 0, 5, 0xf0, 0x1f, 0, /* IO-APIC 5 */
		0, 0, 16, 0, 1, 0, 0, 0, 0, 0x10, 0xd9, 0xfe, 0, 0, 0, 0, /* INCLUDE_ALL */
		1, 0, 42, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0xff, 0xff, 0x0f, 0x7f, 0, 0, 0, 0,
		1, 8, 0, 0, 0, 0, 0x1d, 0, /* RMRR for 00:1d.0 */
		1, 10, 0, 0, 0, 0, 0x1c, 0, 3, 1, /* and for 03.1 behind the bridge 00:1c.0 */
	};

	at(DMAR)[36] = 38;
	at(DMAR)[37] = QV_DMAR_INTR_REMAP;
	memcpy(at(DMAR) + 48, entries, sizeof(entries));
	table(DMAR, "DMAR", 48 + sizeof(entries));
}

static int make(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	memcpy(at(RSDP), "RSD PTR ", 8);
	at(RSDP)[15] = 2;
	put32(at(RSDP) + 16, (uint32_t)RSDT);
	put64(at(RSDP) + 24, XSDT);
	seal(at(RSDP), 20, 8);
	put32(at(RSDP) + 20, 36);
	seal(at(RSDP), 36, 32);
	put64(at(XSDT) + 36, MADT);
	put64(at(XSDT) + 44, FACP);
	put64(at(XSDT) + 52, MCFG);
	put64(at(XSDT) + 60, DMAR);
	table(XSDT, "XSDT", 36 + 4 * 8);
	put32(at(RSDT) + 36, (uint32_t)MADT);
	table(RSDT, "RSDT", 40);
	make_madt();
	put32(at(FACP) + 48, 0xb2);
	put32(at(FACP) + 56, 0x600);
	at(FACP)[88] = 4;
	put32(at(FACP) + 76, 0x608);
	at(FACP)[91] = 4;
	at(FACP)[116] = 1; /* reset register: I/O port 0xcf9, 8 bits */
	at(FACP)[117] = 8;
	put64(at(FACP) + 120, 0xcf9);
	at(FACP)[220] = 1; /* extended GPE0: 16 bytes at 0xb020 */
	at(FACP)[221] = 128;
	put64(at(FACP) + 224, 0xb020);
	table(FACP, "FACP", 244);
	put64(at(MCFG) + 44, 0xb0000000);
	at(MCFG)[55] = 0xff;
	table(MCFG, "MCFG", 60);
	make_dmar();
	return 0;
}

static bool open_and_find(const char *signature, struct qv_acpi_table *t)
{
	struct qv_acpi_root root;
	uint64_t rsdp;

	return qv_acpi_find_rsdp(&reader, BASE, BASE + SIZE, &rsdp) && rsdp == RSDP &&
	       qv_acpi_open(&reader, rsdp, &root) && qv_acpi_find(&reader, &root, signature, t);
}

static void reads_madt(void **state)
{
	struct qv_acpi_table t;
	struct qv_acpi_madt madt;

	(void)state;
	assert_true(open_and_find("APIC", &t));
	assert_true(qv_acpi_parse_madt(&t, &madt));
	assert_int_equal(madt.cpu_count, 3);
	assert_int_equal(madt.cpu[0], 4);
	assert_int_equal(madt.cpu[1], 300);
	assert_int_equal(madt.cpu[2], 9);
	assert_int_equal(madt.ioapic_count, 1);
	assert_int_equal(madt.ioapic[0].address, 0xfec00000);
	assert_int_equal(madt.ioapic[0].id, 6);
	assert_true(madt.isa[4].gsi == 20 && madt.isa[4].low && madt.isa[4].level);
	assert_true(madt.isa[3].gsi == 3 && !madt.isa[3].low && !madt.isa[3].level);
	assert_true(madt.has_8259);
}

static void reads_others(void **state)
{
	struct qv_acpi_table t;
	struct qv_acpi_fadt fadt;
	struct qv_acpi_mcfg mcfg;

	(void)state;
	assert_true(open_and_find("FACP", &t) && qv_acpi_parse_fadt(&t, &fadt));
	assert_int_equal(fadt.pm_timer_port, 0x608);
	assert_false(fadt.pm_timer_32bit);
	assert_true(open_and_find("MCFG", &t) && qv_acpi_parse_mcfg(&t, &mcfg));
	assert_int_equal(mcfg.count, 1);
	assert_int_equal(mcfg.ecam[0].base, 0xb0000000);
	assert_int_equal(mcfg.ecam[0].last_bus, 0xff);
	assert_false(open_and_find("HPET", &t));
}

static void finds_register_blocks(void **state)
{
	static const struct {
		uint16_t first, last;
		const char *name;
	} hits[] = {
		{ 0x600, 0x600, "PM1a event" }, { 0x5f0, 0x603, "PM1a event" }, { 0x60b, 0x60b, "PM timer" },
		{ 0xb3, 0xb3, "SMI command" }, { 0xcf8, 0xcff, "reset" }, { 0xb02f, 0xb02f, "GPE0" }, { 0, 0xffff, "PM1a event" },
	}, misses[] = { { 0x5ff, 0x5ff, "" }, { 0x604, 0x607, "" }, { 0xb030, 0xffff, "" }, { 0xb1, 0xb1, "" } };
	struct qv_acpi_table t;
	struct qv_acpi_fadt fadt;

	(void)state;
	assert_true(open_and_find("FACP", &t) && qv_acpi_parse_fadt(&t, &fadt));
	for (size_t i = 0; i < sizeof(hits) / sizeof(hits[0]); i++) {
		const struct qv_acpi_block *b = qv_acpi_block_at(&fadt, hits[i].first, hits[i].last);

		assert_non_null(b);
		assert_string_equal(b->name, hits[i].name);
	}
	for (size_t i = 0; i < sizeof(misses) / sizeof(misses[0]); i++)
		assert_null(qv_acpi_block_at(&fadt, misses[i].first, misses[i].last));
}

static void reads_dmar(void **state)
{
	struct qv_acpi_table t;
	struct qv_acpi_dmar dmar;

	(void)state;
	assert_true(open_and_find("DMAR", &t) && qv_acpi_parse_dmar(&t, &dmar));
	assert_int_equal(dmar.width, 39);
	assert_int_equal(dmar.unit_count, 2);
	assert_int_equal(dmar.unit[0].base, 0xfed90000);
	assert_int_equal(dmar.unit[0].scope_count, 2);
	assert_int_equal(dmar.unit[0].scope[0].step[0], 2 << 3 | 1);
	assert_int_equal(dmar.unit[0].scope[1].id, 5);
	assert_int_equal(dmar.unit[1].flags, QV_DRHD_INCLUDE_ALL);
	assert_int_equal(dmar.rmrr_count, 2);
	assert_int_equal(dmar.rmrr[0].limit, 0x7f0fffff);
	assert_int_equal(dmar.rmrr[0].scope.hops, 1);
	assert_int_equal(dmar.rmrr[0].scope.step[0], 0x1d << 3);
	assert_int_equal(dmar.rmrr[1].limit, 0x7f0fffff);
	assert_int_equal(dmar.rmrr[1].scope.hops, 2);
	assert_int_equal(dmar.rmrr[1].scope.step[0], 0x1c << 3);
	assert_int_equal(dmar.rmrr[1].scope.step[1], 3 << 3 | 1);
}

static void falls_back_to_rsdt(void **state)
{
	struct qv_acpi_table t;

	(void)state;
	at(XSDT)[40] ^= 1; /* checksum no longer holds */
	assert_true(open_and_find("APIC", &t));
	assert_false(open_and_find("FACP", &t));
	at(RSDT)[9] ^= 1;
	assert_false(open_and_find("APIC", &t));
}

static void refuses_bad_checksums(void **state)
{
	struct qv_acpi_table t;

	(void)state;
	at(MADT)[50] ^= 0x80;
	assert_false(open_and_find("APIC", &t));
	at(RSDP)[9] ^= 1;
	assert_false(open_and_find("MCFG", &t));
}

static void refuses_bad_lengths(void **state)
{
	static const uint32_t lengths[] = { 0, 35, SIZE, 1u << 21, UINT32_MAX };
	struct qv_acpi_table t;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put32(at(MADT) + 4, lengths[i]);
		assert_false(open_and_find("APIC", &t));
	}
}

static void refuses_bad_entries(void **state)
{
	static const uint8_t lengths[] = { 0, 1, 255 };
	struct qv_acpi_table t;
	struct qv_acpi_madt madt;
	struct qv_acpi_dmar dmar;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		at(MADT)[45] = lengths[i];
		table(MADT, "APIC", MADT_BYTES);
		assert_true(open_and_find("APIC", &t));
		assert_false(qv_acpi_parse_madt(&t, &madt));
	}
	at(DMAR)[50] = 3;
	table(DMAR, "DMAR", 48 + 80);
	assert_true(open_and_find("DMAR", &t));
	assert_false(qv_acpi_parse_dmar(&t, &dmar));
}

static void caps_counts(void **state)
{
	static uint8_t bytes[44 + 300 * 16];
	const struct qv_acpi_table t = { bytes, 0, sizeof(bytes) };
	struct qv_acpi_madt madt;

	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		uint8_t *p = bytes + 44 + i * 16;

		p[0] = 9;
		p[1] = 16;
		put32(p + 4, i);
		put32(p + 8, 1);
	}
	assert_true(qv_acpi_parse_madt(&t, &madt));
	assert_int_equal(madt.cpu_count, QV_ACPI_MAX_CPUS);
	assert_int_equal(madt.dropped, 300 - QV_ACPI_MAX_CPUS);
}

/* Every one-byte change of the memory, checksums mended or not, is survived. */
static void survives_any_byte(void **state)
{
	static const uint64_t tables[] = { XSDT, MADT, FACP, MCFG, DMAR };
	struct qv_acpi_table t;
	struct qv_acpi_madt madt;
	struct qv_acpi_fadt fadt;
	struct qv_acpi_mcfg mcfg;
	struct qv_acpi_dmar dmar;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		uint64_t where = tables[rand() % 5];
		uint32_t length;

		make(NULL);
		at(where)[rand() % 160] = (uint8_t)rand();
		memcpy(&length, at(where) + 4, 4);
		if (length >= 36 && length <= SIZE - (where - BASE))
			seal(at(where), length, 9);
		if (open_and_find("APIC", &t) && qv_acpi_parse_madt(&t, &madt))
			assert_true(madt.cpu_count <= QV_ACPI_MAX_CPUS);
		if (open_and_find("FACP", &t))
			(void)qv_acpi_parse_fadt(&t, &fadt);
		if (open_and_find("MCFG", &t))
			(void)qv_acpi_parse_mcfg(&t, &mcfg);
		if (open_and_find("DMAR", &t) && qv_acpi_parse_dmar(&t, &dmar))
			assert_true(dmar.unit_count <= QV_ACPI_MAX_UNITS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_madt, make), cmocka_unit_test_setup(reads_others, make),
		cmocka_unit_test_setup(finds_register_blocks, make),
		cmocka_unit_test_setup(reads_dmar, make), cmocka_unit_test_setup(falls_back_to_rsdt, make),
		cmocka_unit_test_setup(refuses_bad_checksums, make), cmocka_unit_test_setup(refuses_bad_lengths, make),
		cmocka_unit_test_setup(refuses_bad_entries, make), cmocka_unit_test(caps_counts),
		cmocka_unit_test(survives_any_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
