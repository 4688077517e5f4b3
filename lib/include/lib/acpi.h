/* SPDX-License-Identifier: MIT */
/*
 * The few ACPI tables that the boot code needs (ACPI 6.5, chapter 5; VT-d specification, chapter 8). Firmware is not
 * trusted: every length is checked against what may be read, checksums are verified, counts are capped, and a table
 * that does not hold is treated as absent.
 */
#ifndef LIB_ACPI_H
#define LIB_ACPI_H

#include <abi/types.h>

/* `size` readable bytes at physical address `at`, or NULL when they cannot all be read. */
struct qv_acpi_reader {
	const void *(*map)(void *context, uint64_t at, size_t size);
	void *context;
};

struct qv_acpi_root { /* XSDT, or RSDT of ACPI 1.0 */
	uint64_t at;
	uint32_t entries;
	uint32_t entry_size; /* bytes: 8 or 4 */
};

struct qv_acpi_table { /* whole table, checksum good; length >= 36 */
	const uint8_t *bytes;
	uint64_t at;
	uint32_t length;
};

#define QV_ACPI_TABLE_MAX (1u << 20) /* bytes; a longer table is not believed */

/* Look for the RSDP on 16-byte steps in [from, to). */
bool qv_acpi_find_rsdp(const struct qv_acpi_reader *reader, uint64_t from, uint64_t to, uint64_t *rsdp);
/* Check the RSDP at `rsdp` and the root table it names (XSDT first). */
bool qv_acpi_open(const struct qv_acpi_reader *reader, uint64_t rsdp, struct qv_acpi_root *root);
/* The first good table with this four-character signature. */
bool qv_acpi_find(const struct qv_acpi_reader *reader, const struct qv_acpi_root *root, const char *signature,
		  struct qv_acpi_table *table);

#define QV_ACPI_MAX_CPUS    256u
#define QV_ACPI_MAX_IOAPICS 16u
#define QV_ACPI_ISA_IRQS    16u

struct qv_acpi_madt {
	uint32_t cpu_count;
	uint32_t cpu[QV_ACPI_MAX_CPUS]; /* APIC ids of enabled processors in table order, each once */
	uint32_t ioapic_count;
	struct {
		uint32_t address;
		uint32_t gsi_base;
		uint32_t id;
	} ioapic[QV_ACPI_MAX_IOAPICS];
	struct qv_acpi_isa {
		uint32_t gsi;
		bool low;   /* active low */
		bool level; /* level-triggered */
	} isa[QV_ACPI_ISA_IRQS]; /* where the interrupts of the ISA bus arrive, overrides applied */
	uint32_t dropped; /* entries beyond the caps */
	bool has_8259;
};
/* False: an entry runs past the table or has length < 2. */
bool qv_acpi_parse_madt(const struct qv_acpi_table *table, struct qv_acpi_madt *madt);

#define QV_ACPI_MAX_BLOCKS 20u
struct qv_acpi_block { /* I/O ports of a fixed register block: they act on the whole machine */
	uint16_t first, last; /* inclusive */
	const char *name;
};
struct qv_acpi_fadt {
	uint16_t pm_timer_port; /* 0 = none */
	bool pm_timer_32bit;    /* else 24 bits */
	uint32_t block_count;
	struct qv_acpi_block block[QV_ACPI_MAX_BLOCKS];
};
bool qv_acpi_parse_fadt(const struct qv_acpi_table *table, struct qv_acpi_fadt *fadt);
/* The first fixed register block that shares a port with [first, last], NULL = none. */
const struct qv_acpi_block *qv_acpi_block_at(const struct qv_acpi_fadt *fadt, uint16_t first, uint16_t last);

#define QV_ACPI_MAX_ECAM 4u
struct qv_acpi_mcfg {
	uint32_t count;
	struct {
		uint64_t base; /* of bus 0 of the segment */
		uint16_t segment;
		uint8_t first_bus, last_bus;
	} ecam[QV_ACPI_MAX_ECAM];
};
bool qv_acpi_parse_mcfg(const struct qv_acpi_table *table, struct qv_acpi_mcfg *mcfg);

#define QV_ACPI_MAX_UNITS  8u
#define QV_ACPI_MAX_SCOPES 16u
#define QV_ACPI_MAX_RMRR   16u
#define QV_ACPI_MAX_HOPS   4u
#define QV_DMAR_INTR_REMAP     (1u << 0) /* flags of the table */
#define QV_DMAR_X2APIC_OPT_OUT (1u << 1)
#define QV_DRHD_INCLUDE_ALL    (1u << 0) /* flags of a unit */

struct qv_acpi_scope {
	uint8_t type; /* 1 endpoint, 2 bridge, 3 IO-APIC, 4 HPET */
	uint8_t id;   /* of the IO-APIC or HPET */
	uint8_t bus;  /* start bus; the path below it has `hops` steps */
	uint8_t hops; /* more than QV_ACPI_MAX_HOPS: the path is not kept */
	uint8_t step[QV_ACPI_MAX_HOPS]; /* device << 3 | function; each but the last is a bridge to the next */
};
struct qv_acpi_unit {
	uint64_t base; /* registers, page aligned */
	uint16_t segment;
	uint8_t flags; /* QV_DRHD_* */
	uint8_t scope_count;
	struct qv_acpi_scope scope[QV_ACPI_MAX_SCOPES];
};
struct qv_acpi_rmrr { /* memory that firmware keeps for DMA of one device; one record for each device that shares it */
	uint64_t base;
	uint64_t limit; /* inclusive */
	uint16_t segment;
	struct qv_acpi_scope scope;
};
struct qv_acpi_dmar {
	uint8_t width; /* host address width in bits */
	uint8_t flags; /* QV_DMAR_* */
	uint32_t unit_count, rmrr_count;
	uint32_t dropped; /* units, scopes and RMRRs beyond the caps */
	struct qv_acpi_unit unit[QV_ACPI_MAX_UNITS];
	struct qv_acpi_rmrr rmrr[QV_ACPI_MAX_RMRR];
};
bool qv_acpi_parse_dmar(const struct qv_acpi_table *table, struct qv_acpi_dmar *dmar);

#endif
