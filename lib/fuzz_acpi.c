/* SPDX-License-Identifier: MIT */
/* The ACPI parsers on arbitrary tables, and the root search on arbitrary memory. */
#include <lib/acpi.h>

#include <stdlib.h>
#include <string.h>

#define BASE 0xe0000ull

struct memory {
	const uint8_t *bytes;
	size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const void *map(void *context, uint64_t at, size_t size)
{
	const struct memory *m = context;

	return at >= BASE && at - BASE <= m->size && size <= m->size - (at - BASE) ? m->bytes + (at - BASE) : NULL;
}

static void parse_all(const struct qv_acpi_table *t)
{
	static struct qv_acpi_madt madt;
	static struct qv_acpi_fadt fadt;
	static struct qv_acpi_mcfg mcfg;
	static struct qv_acpi_dmar dmar;

	(void)qv_acpi_parse_madt(t, &madt);
	(void)qv_acpi_parse_fadt(t, &fadt);
	(void)qv_acpi_parse_mcfg(t, &mcfg);
	(void)qv_acpi_parse_dmar(t, &dmar);
	if (madt.cpu_count > QV_ACPI_MAX_CPUS || mcfg.count > QV_ACPI_MAX_ECAM || dmar.unit_count > QV_ACPI_MAX_UNITS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	struct qv_acpi_reader reader = { map, &m };
	struct qv_acpi_table t = { .bytes = data, .length = (uint32_t)size };
	struct qv_acpi_root root;
	uint64_t rsdp;

	if (size >= 36)
		parse_all(&t);
	if (qv_acpi_find_rsdp(&reader, BASE, BASE + size, &rsdp) && qv_acpi_open(&reader, rsdp, &root) &&
	    qv_acpi_find(&reader, &root, "APIC", &t))
		parse_all(&t);
	return 0;
}
