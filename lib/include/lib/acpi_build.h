/* SPDX-License-Identifier: MIT */
/* The ACPI tables of a sandbox (ACPI 6.5, chapter 5): RSDP, XSDT, FADT, MADT and a given DSDT. */
#ifndef LIB_ACPI_BUILD_H
#define LIB_ACPI_BUILD_H

#include <lib/start.h>

#define QV_ACPI_BUILD_BYTES 0x4000u
#define QV_ACPI_DSDT_MAX    0x3000u

struct qv_acpi_config {
	const uint8_t *dsdt;
	uint64_t dsdt_size;
	const uint32_t *apic_id; /* the sandbox's cores; entry 0 is the one that boots */
	uint32_t core_count;     /* 1..QV_MAX_CORES */
};

/* Build into the QV_ACPI_BUILD_BYTES bytes of `b`; the RSDP is at b->gpa. False if the DSDT is longer than
 * QV_ACPI_DSDT_MAX or shorter than a table header, or b->size is too small. */
bool qv_acpi_build(const struct qv_acpi_config *c, const struct qv_start_buffer *b);

#endif
