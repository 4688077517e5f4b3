/* SPDX-License-Identifier: MIT */
#include <lib/acpi.h>
#include <lib/string.h>

#define HEADER 36u /* bytes of the common table header (ACPI 6.5, 5.2.6) */

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static bool sums_to_zero(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum == 0;
}

static const uint8_t *map(const struct qv_acpi_reader *reader, uint64_t at, size_t size)
{
	if (at == 0 || at > UINT64_MAX - size)
		return NULL;
	return reader->map(reader->context, at, size);
}

/* ---- root ---- */

static bool is_rsdp(const struct qv_acpi_reader *reader, uint64_t at)
{
	const uint8_t *p = map(reader, at, 20);

	return p && memcmp(p, "RSD PTR ", 8) == 0 && sums_to_zero(p, 20);
}

bool qv_acpi_find_rsdp(const struct qv_acpi_reader *reader, uint64_t from, uint64_t to, uint64_t *rsdp)
{
	for (uint64_t at = from; at < to && to - at >= 20; at += 16) {
		if (is_rsdp(reader, at)) {
			*rsdp = at;
			return true;
		}
	}
	return false;
}

/* A whole table with a good checksum; any signature. */
static bool open_table(const struct qv_acpi_reader *reader, uint64_t at, struct qv_acpi_table *table)
{
	const uint8_t *p = map(reader, at, HEADER);
	uint32_t length;

	if (!p)
		return false;
	length = le32(p + 4);
	if (length < HEADER || length > QV_ACPI_TABLE_MAX)
		return false;
	p = map(reader, at, length);
	if (!p || !sums_to_zero(p, length))
		return false;
	*table = (struct qv_acpi_table){ .bytes = p, .at = at, .length = length };
	return true;
}

static bool open_root(const struct qv_acpi_reader *reader, uint64_t at, const char *signature, uint32_t entry_size,
		      struct qv_acpi_root *root)
{
	struct qv_acpi_table table;

	if (!open_table(reader, at, &table) || memcmp(table.bytes, signature, 4) != 0)
		return false;
	root->at = at;
	root->entry_size = entry_size;
	root->entries = (table.length - HEADER) / entry_size;
	return true;
}

bool qv_acpi_open(const struct qv_acpi_reader *reader, uint64_t rsdp, struct qv_acpi_root *root)
{
	const uint8_t *p;

	if (!is_rsdp(reader, rsdp))
		return false;
	p = map(reader, rsdp, 36);
	if (p && p[15] >= 2 && sums_to_zero(p, 36) && open_root(reader, le64(p + 24), "XSDT", 8, root))
		return true;
	p = map(reader, rsdp, 20);
	return p && open_root(reader, le32(p + 16), "RSDT", 4, root);
}

bool qv_acpi_find(const struct qv_acpi_reader *reader, const struct qv_acpi_root *root, const char *signature,
		  struct qv_acpi_table *table)
{
	for (uint32_t i = 0; i < root->entries; i++) {
		const uint8_t *p = map(reader, root->at + HEADER + (uint64_t)i * root->entry_size, root->entry_size);
		uint64_t at;

		if (!p)
			return false;
		at = root->entry_size == 8 ? le64(p) : le32(p);
		if (open_table(reader, at, table) && memcmp(table->bytes, signature, 4) == 0)
			return true;
	}
	return false;
}

/* ---- entry lists: sub-tables that follow a fixed part ---- */

struct list {
	const uint8_t *at;
	size_t left; /* bytes */
};

static struct list list_after(const struct qv_acpi_table *table, uint32_t fixed)
{
	if (table->length < fixed)
		return (struct list){ 0 };
	return (struct list){ table->bytes + fixed, table->length - fixed };
}

/* Cut `n` bytes off the front; false when there are fewer. */
static bool take(struct list *list, size_t n, const uint8_t **entry)
{
	if (n > list->left)
		return false;
	*entry = list->at;
	list->at += n;
	list->left -= n;
	return true;
}

/* ---- MADT (5.2.12) ---- */

enum { MADT_FIXED = 44, MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_X2APIC = 9 };
#define MADT_ENABLED 1u

static void add_cpu(struct qv_acpi_madt *madt, uint32_t apic_id, uint32_t flags)
{
	if (!(flags & MADT_ENABLED))
		return;
	for (uint32_t i = 0; i < madt->cpu_count; i++) {
		if (madt->cpu[i] == apic_id)
			return;
	}
	if (madt->cpu_count == QV_ACPI_MAX_CPUS)
		madt->dropped++;
	else
		madt->cpu[madt->cpu_count++] = apic_id;
}

static void add_ioapic(struct qv_acpi_madt *madt, uint32_t id, uint32_t address, uint32_t gsi_base)
{
	if (madt->ioapic_count == QV_ACPI_MAX_IOAPICS) {
		madt->dropped++;
		return;
	}
	madt->ioapic[madt->ioapic_count].id = id;
	madt->ioapic[madt->ioapic_count].address = address;
	madt->ioapic[madt->ioapic_count].gsi_base = gsi_base;
	madt->ioapic_count++;
}

/* 5.2.12.5: bus 0 is ISA; flags: polarity in bits 0-1 (3 = low), trigger mode in 2-3 (3 = level). */
static void override_isa(struct qv_acpi_madt *madt, uint32_t bus, uint32_t irq, uint32_t gsi, uint32_t flags)
{
	if (bus == 0 && irq < QV_ACPI_ISA_IRQS)
		madt->isa[irq] = (struct qv_acpi_isa){gsi, (flags & 3) == 3, (flags >> 2 & 3) == 3};
}

static void madt_entry(struct qv_acpi_madt *madt, const uint8_t *p)
{
	uint8_t type = p[0], length = p[1];

	if (type == MADT_LAPIC && length >= 8)
		add_cpu(madt, p[3], le32(p + 4));
	else if (type == MADT_X2APIC && length >= 16)
		add_cpu(madt, le32(p + 4), le32(p + 8));
	else if (type == MADT_IOAPIC && length >= 12)
		add_ioapic(madt, p[2], le32(p + 4), le32(p + 8));
	else if (type == MADT_OVERRIDE && length >= 10)
		override_isa(madt, p[2], p[3], le32(p + 4), p[8]);
}

bool qv_acpi_parse_madt(const struct qv_acpi_table *table, struct qv_acpi_madt *madt)
{
	struct list list = list_after(table, MADT_FIXED);
	const uint8_t *entry;

	memset(madt, 0, sizeof(*madt));
	if (table->length < MADT_FIXED)
		return false;
	for (uint32_t i = 0; i < QV_ACPI_ISA_IRQS; i++)
		madt->isa[i].gsi = i;
	madt->has_8259 = le32(table->bytes + 40) & 1;
	while (list.left > 0) {
		if (list.left < 2 || list.at[1] < 2 || !take(&list, list.at[1], &entry))
			return false;
		madt_entry(madt, entry);
	}
	return true;
}

/* ---- FADT (5.2.9) ---- */

enum { FADT_SMI_COMMAND = 48, FADT_PM_TIMER = 76, FADT_PM_TIMER_LENGTH = 91, FADT_FLAGS = 112, FADT_1_0 = 116 };
enum { FADT_RESET = 116, FADT_X_PM_TIMER = 208, FADT_SLEEP_CONTROL = 244, FADT_SLEEP_STATUS = 256, GAS_BYTES = 12 };
#define GAS_IO 1u /* address space of a generic address, 5.2.3.2 */
#define SMI_PORTS 2u /* command and the status port beside it */
#define FADT_TIMER_32BIT (1u << 8)
#define FADT_HW_REDUCED  (1u << 20)

/* Fixed register blocks: port and length in the ACPI 1.0 part, and where the extended address is. */
static const struct {
	uint8_t port, length, extended;
	const char *name;
} fixed_blocks[] = {
	{ 56, 88, 148, "PM1a event" }, { 60, 88, 160, "PM1b event" }, { 64, 89, 172, "PM1a control" },
	{ 68, 89, 184, "PM1b control" }, { 72, 90, 196, "PM2 control" }, { 76, 91, 208, "PM timer" },
	{ 80, 92, 220, "GPE0" }, { 84, 93, 232, "GPE1" },
};
#define FIXED_BLOCKS (sizeof(fixed_blocks) / sizeof(fixed_blocks[0]))

static void add_block(struct qv_acpi_fadt *fadt, uint64_t port, uint32_t bytes, const char *name)
{
	uint64_t last = port + bytes - 1;

	if (port == 0 || port > UINT16_MAX || bytes == 0)
		return;
	if (last > UINT16_MAX)
		last = UINT16_MAX;
	for (uint32_t i = 0; i < fadt->block_count; i++) {
		if (fadt->block[i].first == port && fadt->block[i].last == last)
			return;
	}
	if (fadt->block_count < QV_ACPI_MAX_BLOCKS)
		fadt->block[fadt->block_count++] = (struct qv_acpi_block){ (uint16_t)port, (uint16_t)last, name };
}

/* A generic address in I/O space: space, width in bits, offset, access size, address. */
static void add_generic(struct qv_acpi_fadt *fadt, const struct qv_acpi_table *table, uint32_t at, uint32_t bytes,
			const char *name)
{
	const uint8_t *p = table->bytes + at;

	if (table->length < at + GAS_BYTES || p[0] != GAS_IO)
		return;
	if (bytes < (p[1] + 7u) / 8)
		bytes = (p[1] + 7u) / 8;
	add_block(fadt, le64(p + 4), bytes, name);
}

/* 2 * 8 fixed blocks and the four below fit QV_ACPI_MAX_BLOCKS. */
static void find_blocks(const struct qv_acpi_table *table, struct qv_acpi_fadt *fadt)
{
	const uint8_t *p = table->bytes;

	for (size_t i = 0; i < FIXED_BLOCKS; i++) {
		uint32_t bytes = p[fixed_blocks[i].length];

		add_block(fadt, le32(p + fixed_blocks[i].port), bytes, fixed_blocks[i].name);
		add_generic(fadt, table, fixed_blocks[i].extended, bytes, fixed_blocks[i].name);
	}
	add_block(fadt, le32(p + FADT_SMI_COMMAND), SMI_PORTS, "SMI command");
	add_generic(fadt, table, FADT_RESET, 1, "reset");
	add_generic(fadt, table, FADT_SLEEP_CONTROL, 1, "sleep control");
	add_generic(fadt, table, FADT_SLEEP_STATUS, 1, "sleep status");
}
_Static_assert(2 * FIXED_BLOCKS + 4 <= QV_ACPI_MAX_BLOCKS, "all register blocks fit");

const struct qv_acpi_block *qv_acpi_block_at(const struct qv_acpi_fadt *fadt, uint16_t first, uint16_t last)
{
	for (uint32_t i = 0; i < fadt->block_count; i++) {
		if (first <= fadt->block[i].last && fadt->block[i].first <= last)
			return &fadt->block[i];
	}
	return NULL;
}

bool qv_acpi_parse_fadt(const struct qv_acpi_table *table, struct qv_acpi_fadt *fadt)
{
	const uint8_t *p = table->bytes;
	uint32_t port;

	memset(fadt, 0, sizeof(*fadt));
	if (table->length < FADT_1_0)
		return false;
	find_blocks(table, fadt);
	if (le32(p + FADT_FLAGS) & FADT_HW_REDUCED)
		return true;
	port = p[FADT_PM_TIMER_LENGTH] == 4 ? le32(p + FADT_PM_TIMER) : 0;
	/* The extended address counts when it is in I/O space (1). */
	if (port == 0 && table->length >= FADT_X_PM_TIMER + 12 && p[FADT_X_PM_TIMER] == 1 &&
	    le64(p + FADT_X_PM_TIMER + 4) <= UINT16_MAX)
		port = le32(p + FADT_X_PM_TIMER + 4);
	fadt->pm_timer_port = port <= UINT16_MAX - 3 ? (uint16_t)port : 0;
	fadt->pm_timer_32bit = le32(p + FADT_FLAGS) & FADT_TIMER_32BIT;
	return true;
}

/* ---- MCFG (PCI firmware specification 3.3, 4.1.2) ---- */

enum { MCFG_FIXED = 44, MCFG_ENTRY = 16 };

bool qv_acpi_parse_mcfg(const struct qv_acpi_table *table, struct qv_acpi_mcfg *mcfg)
{
	struct list list = list_after(table, MCFG_FIXED);
	const uint8_t *p;

	memset(mcfg, 0, sizeof(*mcfg));
	while (mcfg->count < QV_ACPI_MAX_ECAM && take(&list, MCFG_ENTRY, &p)) {
		mcfg->ecam[mcfg->count].base = le64(p);
		mcfg->ecam[mcfg->count].segment = le16(p + 8);
		mcfg->ecam[mcfg->count].first_bus = p[10];
		mcfg->ecam[mcfg->count].last_bus = p[11];
		mcfg->count++;
	}
	return mcfg->count > 0;
}

/* ---- DMAR (VT-d specification 4.1, 8.1) ---- */

enum { DMAR_FIXED = 48, DMAR_DRHD = 0, DMAR_RMRR = 1, DRHD_FIXED = 16, RMRR_FIXED = 24, SCOPE_FIXED = 6 };

/* One device scope with its path; false when the list ends or is broken. */
static bool take_scope(struct list *list, struct qv_acpi_scope *scope)
{
	const uint8_t *p;
	uint8_t length;

	if (list->left < SCOPE_FIXED)
		return false;
	length = list->at[1];
	if (length < SCOPE_FIXED + 2 || length % 2 || !take(list, length, &p))
		return false;
	scope->type = p[0];
	scope->id = p[4];
	scope->bus = p[5];
	scope->hops = (uint8_t)((length - SCOPE_FIXED) / 2);
	memset(scope->step, 0, sizeof(scope->step));
	for (uint32_t i = 0; i < QV_ACPI_MAX_HOPS && i < scope->hops; i++)
		scope->step[i] = (uint8_t)(p[6 + 2 * i] << 3 | (p[7 + 2 * i] & 7));
	return true;
}

static void add_unit(struct qv_acpi_dmar *dmar, const uint8_t *p, size_t length)
{
	struct list scopes = { p + DRHD_FIXED, length - DRHD_FIXED };
	struct qv_acpi_scope scope;
	struct qv_acpi_unit *unit;

	if (dmar->unit_count == QV_ACPI_MAX_UNITS) {
		dmar->dropped++;
		return;
	}
	unit = &dmar->unit[dmar->unit_count++];
	unit->flags = p[4];
	unit->segment = le16(p + 6);
	unit->base = le64(p + 8);
	while (take_scope(&scopes, &scope)) {
		if (unit->scope_count == QV_ACPI_MAX_SCOPES)
			dmar->dropped++;
		else
			unit->scope[unit->scope_count++] = scope;
	}
}

static void add_rmrr(struct qv_acpi_dmar *dmar, const uint8_t *p, size_t length)
{
	struct list scopes = { p + RMRR_FIXED, length - RMRR_FIXED };
	struct qv_acpi_scope scope;

	while (take_scope(&scopes, &scope)) {
		if (dmar->rmrr_count == QV_ACPI_MAX_RMRR) {
			dmar->dropped++;
			return;
		}
		dmar->rmrr[dmar->rmrr_count++] = (struct qv_acpi_rmrr){
			.segment = le16(p + 6), .base = le64(p + 8), .limit = le64(p + 16), .scope = scope };
	}
}

bool qv_acpi_parse_dmar(const struct qv_acpi_table *table, struct qv_acpi_dmar *dmar)
{
	struct list list = list_after(table, DMAR_FIXED);
	const uint8_t *p;

	memset(dmar, 0, sizeof(*dmar));
	if (table->length < DMAR_FIXED)
		return false;
	dmar->width = (uint8_t)(table->bytes[36] + 1);
	dmar->flags = table->bytes[37];
	while (list.left > 0) {
		uint16_t type, length;

		if (list.left < 4)
			return false;
		type = le16(list.at);
		length = le16(list.at + 2);
		if (length < 4 || !take(&list, length, &p))
			return false;
		if (type == DMAR_DRHD && length >= DRHD_FIXED)
			add_unit(dmar, p, length);
		else if (type == DMAR_RMRR && length >= RMRR_FIXED)
			add_rmrr(dmar, p, length);
	}
	return true;
}
