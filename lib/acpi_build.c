/* SPDX-License-Identifier: MIT */
/* ACPI tables for a sandbox. Hardware-reduced: power and reset are the trapped ports of abi/call.h. */
#include <lib/acpi_build.h>

#include <abi/call.h>
#include <lib/bytes.h>

enum { /* offsets in the block */
	AT_RSDP = 0,
	AT_XSDT = 0x100,
	AT_FADT = 0x200,
	AT_MADT = 0x400,
	AT_DSDT = 0x1000
};

enum { /* ACPI 6.5, table 5.9 */
	FADT_DSDT = 40,
	FADT_IAPC_BOOT_ARCH = 109,
	FADT_FLAGS = 112,
	FADT_RESET_REG = 116,
	FADT_RESET_VALUE = 128,
	FADT_MINOR = 131,
	FADT_X_DSDT = 140,
	FADT_SLEEP_CONTROL = 244,
	FADT_SLEEP_STATUS = 256,
	FADT_BYTES = 276
};

#define FADT_WBINVD     (1u << 0)
#define FADT_NO_BUTTONS ((1u << 4) | (1u << 5)) /* power and sleep button are not fixed hardware */
#define FADT_RESET_SUPPORTED  (1u << 10)
#define FADT_PHYSICAL   (1u << 19) /* interrupts name one core by its APIC id: the form that monitors check */
#define FADT_HW_REDUCED (1u << 20)
#define IAPC_NO_VGA     (1u << 2)
#define IAPC_NO_ASPM    (1u << 4)
#define IAPC_NO_CMOS_RTC (1u << 5)

#define HEADER_BYTES 36u
#define MADT_ENTRIES 44u
#define APIC_PAGE    0xfee00000u
_Static_assert(MADT_ENTRIES + 16 * QV_MAX_CORES <= AT_DSDT - AT_MADT, "MADT fits");

/* Set the byte at `at` so that the first `length` bytes add up to zero. */
static void checksum(uint8_t *table, uint32_t length, uint32_t at)
{
	uint8_t sum = 0;

	table[at] = 0;
	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + table[i]);
	table[at] = (uint8_t)(0u - sum);
}

static void header(uint8_t *table, const char *signature, uint8_t revision)
{
	memcpy(table, signature, 4);
	table[8] = revision;
	memcpy(table + 10, "QUESTVSANDBOX ", 14);
	qv_put32(table + 24, 1);
	memcpy(table + 28, "QSTV", 4);
	qv_put32(table + 32, 1);
}

static void finish(uint8_t *table, uint32_t length)
{
	qv_put32(table + 4, length);
	checksum(table, length, 9);
}

/* Generic address structure of one byte-wide I/O port (ACPI 6.5, table 5.1). */
static void port(uint8_t *to, uint16_t address)
{
	to[0] = 1; /* I/O space */
	to[1] = 8; /* bits */
	to[3] = 1; /* byte access */
	qv_put64(to + 4, address);
}

static void fadt(uint8_t *t, uint64_t dsdt)
{
	header(t, "FACP", 6);
	t[FADT_MINOR] = 3;
	qv_put32(t + FADT_DSDT, (uint32_t)dsdt);
	qv_put64(t + FADT_X_DSDT, dsdt);
	qv_put16(t + FADT_IAPC_BOOT_ARCH, IAPC_NO_VGA | IAPC_NO_ASPM | IAPC_NO_CMOS_RTC);
	qv_put32(t + FADT_FLAGS, FADT_WBINVD | FADT_NO_BUTTONS | FADT_RESET_SUPPORTED | FADT_PHYSICAL |
		FADT_HW_REDUCED);
	port(t + FADT_RESET_REG, QV_PORT_RESET);
	t[FADT_RESET_VALUE] = QV_RESET_VALUE;
	port(t + FADT_SLEEP_CONTROL, QV_PORT_SLEEP_CONTROL);
	port(t + FADT_SLEEP_STATUS, QV_PORT_SLEEP_STATUS);
	finish(t, FADT_BYTES);
}

/* Local APIC entry: type 0 for the ids that fit, x2APIC type 9 for the rest (ACPI 6.5, 5.2.12). */
static uint32_t madt_core(uint8_t *entry, uint32_t uid, uint32_t apic_id)
{
	if (apic_id < 255) {
		entry[1] = 8;
		entry[2] = (uint8_t)uid;
		entry[3] = (uint8_t)apic_id;
		qv_put32(entry + 4, 1);
	} else {
		entry[0] = 9;
		entry[1] = 16;
		qv_put32(entry + 4, apic_id);
		qv_put32(entry + 8, 1);
		qv_put32(entry + 12, uid);
	}
	return entry[1];
}

static void madt(uint8_t *t, const struct qv_acpi_config *c)
{
	uint32_t length = MADT_ENTRIES;

	header(t, "APIC", 4);
	qv_put32(t + HEADER_BYTES, APIC_PAGE); /* no PC-AT compatible flag: there is no 8259 */
	for (uint32_t i = 0; i < c->core_count; i++)
		length += madt_core(t + length, i, c->apic_id[i]);
	finish(t, length);
}

static void xsdt(uint8_t *t, uint64_t block)
{
	header(t, "XSDT", 1);
	qv_put64(t + HEADER_BYTES, block + AT_FADT);
	qv_put64(t + HEADER_BYTES + 8, block + AT_MADT);
	finish(t, HEADER_BYTES + 16);
}

static void rsdp(uint8_t *t, uint64_t block)
{
	memcpy(t, "RSD PTR ", 8);
	memcpy(t + 9, "QUESTV", 6);
	t[15] = 2;
	qv_put32(t + 20, HEADER_BYTES);
	qv_put64(t + 24, block + AT_XSDT);
	checksum(t, 20, 8);
	checksum(t, HEADER_BYTES, 32);
}

bool qv_acpi_build(const struct qv_acpi_config *c, const struct qv_start_buffer *b)
{
	if (b->size < QV_ACPI_BUILD_BYTES || c->dsdt_size > QV_ACPI_DSDT_MAX || c->dsdt_size < HEADER_BYTES)
		return false;
	if (c->core_count == 0 || c->core_count > QV_MAX_CORES)
		return false;
	memset(b->bytes, 0, QV_ACPI_BUILD_BYTES);
	rsdp(b->bytes + AT_RSDP, b->gpa);
	xsdt(b->bytes + AT_XSDT, b->gpa);
	fadt(b->bytes + AT_FADT, b->gpa + AT_DSDT);
	madt(b->bytes + AT_MADT, c);
	memcpy(b->bytes + AT_DSDT, c->dsdt, c->dsdt_size);
	return true;
}
