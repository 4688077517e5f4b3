/* SPDX-License-Identifier: MIT */
/*
 * Start pages of a stock Linux: boot_params, command line, four ACPI tables, GDT and identity tables, for the 64-bit
 * boot protocol (Linux Documentation/arch/x86/boot.rst). Hardware-reduced ACPI without an IO-APIC: the kernel then
 * keeps x2APIC mode, needs no PIT, HPET or PM timer and touches no memory-mapped device.
 */
#ifndef LIB_LINUX_H
#define LIB_LINUX_H

#include <abi/info.h>
#include <lib/start.h>

#define QV_LINUX_START_GPA  0x10000ull
#define QV_LINUX_START_SIZE 0x90000ull /* up to 0xA0000; the ACPI tables fill the end */
#define QV_LINUX_SETUP_BYTES 1024u     /* of the bzImage file: boot sector and setup header */

struct qv_linux_config {
	const uint8_t *setup;  /* start of the bzImage file */
	uint64_t setup_size;   /* bytes readable there, >= QV_LINUX_SETUP_BYTES */
	const struct qv_info_range *range; /* RAM; range 0 starts at 0 and reaches beyond 1 MiB */
	uint32_t range_count;
	uint32_t core_count;
	const uint32_t *apic_id;
	uint64_t initrd_gpa;   /* page aligned; size 0 = none */
	uint64_t initrd_size;
	uint64_t tsc_hz;
	const uint8_t *dsdt;   /* AML with its header */
	uint64_t dsdt_size;
	const char *args;      /* the command line; TSC rate and way to reboot are put before it */
};

/* Fill the whole of `b` (gpa and size as above) and *state. False: *why says what is wrong with the configuration. */
bool qv_linux_start(const struct qv_linux_config *c, const struct qv_start_buffer *b, struct qv_start_state *state,
	const char **why);

/* Where the kernel's 64-bit entry point is: the payload's load address + 0x200. */
#define QV_LINUX_ENTRY_64 0x200u

#endif
