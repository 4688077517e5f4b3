/* SPDX-License-Identifier: MIT */
/* ACPI tables into boot_machine. Everything boot needs later is copied here; the tables are not read again. */
#include "boot.h"

#include <hw/apic.h>
#include <lib/processor.h>
#include <lib/string.h>

#define EBDA_SEGMENT 0x40eu /* BIOS data area: segment of the extended BIOS data area */

static const void *map_physical(void *context, uint64_t at, size_t size)
{
	const struct boot_machine *m = context;

	return at < m->mapped_top && size <= m->mapped_top - at ? (const void *)(uintptr_t)at : NULL;
}

static uint64_t ebda(void)
{
	uint64_t segment_at = EBDA_SEGMENT;

	/* The address is laundered: compilers take small constants for null pointers. */
	__asm__("" : "+r"(segment_at));
	return (uint64_t)*(const volatile uint16_t *)(uintptr_t)segment_at << 4;
}

static bool find_root(struct boot_machine *m, const struct qv_acpi_reader *reader, struct qv_acpi_root *root)
{
	uint64_t area = ebda();

	if (m->rsdp && qv_acpi_open(reader, m->rsdp, root))
		return true;
	/* ACPI 6.5, 5.2.5.1: first KiB of the EBDA, then the BIOS area. */
	if (area >= 0x80000 && area < 0xa0000 && qv_acpi_find_rsdp(reader, area, area + 1024, &m->rsdp) &&
	    qv_acpi_open(reader, m->rsdp, root))
		return true;
	return qv_acpi_find_rsdp(reader, 0xe0000, 0x100000, &m->rsdp) && qv_acpi_open(reader, m->rsdp, root);
}

/* Ordinal 0 is the core we run on; the others keep the order of the table. */
static void put_boot_core_first(struct qv_acpi_madt *madt, uint32_t own)
{
	uint32_t i = 0;

	while (i < madt->cpu_count && madt->cpu[i] != own)
		i++;
	if (i == madt->cpu_count)
		boot_refuse("update the firmware of this machine",
			    "the ACPI processor list does not name the running core (APIC id %u)", own);
	memmove(&madt->cpu[1], &madt->cpu[0], i * sizeof(madt->cpu[0]));
	madt->cpu[0] = own;
}

/* Initial APIC id before x2APIC mode is on (SDM 2, CPUID leaf 0xb, or leaf 1). */
static uint32_t own_apic_id(void)
{
	if (hw_cpuid(0, 0).eax >= 0xb && hw_cpuid(0xb, 0).ebx)
		return hw_cpuid(0xb, 0).edx;
	return hw_cpuid(1, 0).ebx >> 24;
}

/*
 * Low bits of an APIC id that tell the hardware threads of a core apart (SDM 2, CPUID leaf 0xb: level type 1). A core
 * made with one thread has none, whatever the shift says: Bochs 3 then reports a shift of 1 and cores 0, 1, 2.
 */
static uint32_t thread_bits(void)
{
	struct hw_cpuid r;

	if (hw_cpuid(0, 0).eax < 0xb)
		return 0;
	r = hw_cpuid(0xb, 0);
	return (r.ecx >> 8 & 0xff) == 1 && (r.ebx & 0xffff) > 1 ? r.eax & 0x1f : 0;
}

static void read_optional(struct boot_machine *m, const struct qv_acpi_reader *reader,
			  const struct qv_acpi_root *root)
{
	struct qv_acpi_table table;

	if (qv_acpi_find(reader, root, "FACP", &table))
		(void)qv_acpi_parse_fadt(&table, &m->fadt);
	if (qv_acpi_find(reader, root, "MCFG", &table))
		(void)qv_acpi_parse_mcfg(&table, &m->mcfg);
	if (qv_acpi_find(reader, root, "DMAR", &table) && !qv_acpi_parse_dmar(&table, &m->dmar))
		boot_refuse("update the firmware of this machine, or turn VT-d off in its set-up",
			    "the ACPI table DMAR (IOMMU) is damaged");
}

void boot_read_firmware(struct boot_machine *m)
{
	struct qv_acpi_reader reader = { .map = map_physical, .context = m };
	struct qv_acpi_root root;
	struct qv_acpi_table table;

	if (!find_root(m, &reader, &root))
		boot_refuse("turn ACPI on in the firmware set-up", "no ACPI tables found");
	if (!qv_acpi_find(&reader, &root, "APIC", &table) || !qv_acpi_parse_madt(&table, &m->madt) ||
	    m->madt.cpu_count == 0)
		boot_refuse("update the firmware of this machine",
			    "the ACPI table APIC (processors) is missing or damaged");
	put_boot_core_first(&m->madt, own_apic_id());
	m->physical_cores = qv_order_cores(m->madt.cpu, m->madt.cpu_count, thread_bits());
	read_optional(m, &reader, &root);
	boot_log("%u core%s with %u hardware thread%s, %llu MiB of RAM, %s\n", m->physical_cores,
		 boot_plural(m->physical_cores), m->madt.cpu_count, boot_plural(m->madt.cpu_count),
		 (unsigned long long)(qv_memmap_ram(&m->map) >> 20),
		 m->dmar.unit_count ? "IOMMU (VT-d)" : "no IOMMU");
}
