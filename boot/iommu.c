/* SPDX-License-Identifier: MIT */
/*
 * VT-d: every device is blocked but the owned ones, which reach their sandbox's private memory at the sandbox's own
 * addresses and interrupt its cores only (Intel VT-d specification 4.1, chapters 3, 5, 6, 11).
 *
 * IOMMU region: root table | interrupt-remapping table | status page | one invalidation queue per unit | tables.
 * One unit translates, the one for all remaining devices if there is such (its queue is the first); others block all.
 */
#include "pci.h"

#include <lib/string.h>
#include <lib/vtd.h>

enum { /* registers, 11.4 */
	CAP = 0x08,
	ECAP = 0x10,
	GCMD = 0x18,
	GSTS = 0x1c,
	RTADDR = 0x20,
	FSTS = 0x34,
	FECTL = 0x38,
	PMEN = 0x64,
	IQH = 0x80,
	IQT = 0x88,
	IQA = 0x90,
	IRTA = 0xb8
};

#define G_TRANSLATE (1u << 31)
#define G_ROOT      (1u << 30)
#define G_QUEUE     (1u << 26)
#define G_REMAP     (1u << 25)
#define G_REMAP_TABLE (1u << 24)
#define G_STICKY    0x96ffffffu /* status bits that a command must repeat, 11.4.4.1 */
#define PMEN_ENABLE (1u << 31)
#define PMEN_STATUS 1u
#define IRTA_X2APIC (1u << 11)
#define IRTA_SIZE_256 7u
#define FSTS_CLEAR  0x7fu
#define SCOPE_IOAPIC 3u
#define FECTL_MASKED (1u << 31)
#define FAULT_CLEAR (1u << 31)

enum { PAGE_ROOT, PAGE_IRT, PAGE_STATUS, PAGE_QUEUE, PAGE_TABLES = PAGE_QUEUE + 1 + QV_ACPI_MAX_UNITS };
#define MONITORS_PAGES 3u /* from PAGE_IRT on: what monitors write, to set up and invalidate entries */
#define ROUNDS 1000000u /* register reads before a unit is called dead */
_Static_assert(BOOT_IRT_ENTRIES * sizeof(struct qv_vtd_entry) == QV_PAGE_SIZE, "the remapping table is a page");

struct domain {
	struct qv_pt pt;
	bool used;
};

static struct {
	const struct qv_acpi_unit *unit; /* the translating one, NULL = none usable */
	struct qv_vtd_caps caps;
	uint64_t base;      /* IOMMU region */
	uint32_t pages, used;
	struct domain domain[QV_MAX_SANDBOXES];
} iommu;

static volatile uint32_t *reg32(const struct qv_acpi_unit *u, uint32_t offset)
{
	return (volatile uint32_t *)(u->base + offset);
}

static volatile uint64_t *reg64(const struct qv_acpi_unit *u, uint32_t offset)
{
	return (volatile uint64_t *)(u->base + offset);
}

static struct qv_vtd_caps unit_caps(const struct qv_acpi_unit *u)
{
	return qv_vtd_read_caps(*reg64(u, CAP), *reg64(u, ECAP));
}

static bool reachable(const struct boot_machine *m, const struct qv_acpi_unit *u)
{
	return u->segment == 0 && u->base % QV_PAGE_SIZE == 0 && u->base + QV_PAGE_SIZE <= m->mapped_top;
}

static bool usable(const struct boot_machine *m, const struct qv_acpi_unit *u)
{
	struct qv_vtd_caps caps;

	if (!reachable(m, u))
		return false;
	caps = unit_caps(u);
	return caps.levels != 0 && caps.queue;
}

void boot_iommu_find(const struct boot_machine *m)
{
	memset(&iommu, 0, sizeof(iommu));
	for (uint32_t i = 0; i < m->dmar.unit_count; i++) {
		const struct qv_acpi_unit *u = &m->dmar.unit[i];

		if (usable(m, u) && (!iommu.unit || u->flags & QV_DRHD_INCLUDE_ALL))
			iommu.unit = u;
	}
	if (!iommu.unit)
		return;
	iommu.caps = unit_caps(iommu.unit);
	boot_log("iommu: VT-d at 0x%lx, %u-level tables, interrupt remapping %s\n", iommu.unit->base, iommu.caps.levels,
		iommu.caps.remapping ? "yes" : "no");
}

/* The unit that translates `bdf`: the one that names it, else the one for all the rest; NULL = none, or not known. */
static const struct qv_acpi_unit *unit_of(const struct boot_machine *m, uint16_t bdf)
{
	const struct qv_acpi_unit *rest = NULL;

	for (uint32_t i = 0; i < m->dmar.unit_count; i++) {
		const struct qv_acpi_unit *u = &m->dmar.unit[i];

		if (u->segment != 0)
			continue;
		for (uint32_t k = 0; k < u->scope_count; k++) {
			enum boot_cover c = boot_scope_covers(&u->scope[k], bdf);

			if (c != BOOT_COVERS_NOT)
				return c == BOOT_COVERS ? u : NULL;
		}
		if (u->flags & QV_DRHD_INCLUDE_ALL)
			rest = u;
	}
	return m->dmar.dropped ? NULL : rest;
}

bool boot_iommu_translates(const struct boot_machine *m, uint16_t bdf)
{
	return iommu.unit && unit_of(m, bdf) == iommu.unit;
}

bool boot_iommu_remaps(const struct boot_machine *m, uint16_t bdf)
{
	return boot_iommu_translates(m, bdf) && iommu.caps.remapping && m->dmar.flags & QV_DMAR_INTR_REMAP;
}

static void *page(uint32_t n)
{
	return (void *)(iommu.base + n * QV_PAGE_SIZE);
}

static uint32_t take_pages(uint32_t n)
{
	uint32_t first = iommu.used;

	if (n > iommu.pages - iommu.used)
		boot_refuse("give the sandboxes fewer devices", "the IOMMU tables need more than %u pages", iommu.pages);
	iommu.used += n;
	return first;
}

static void map_private(const struct boot_machine *m, uint32_t s, struct qv_pt *pt)
{
	for (uint32_t i = 0; i < m->blob.memory_count; i++) {
		const struct qv_memory *r = &m->blob.memory[i];
		uint64_t grain = r->grain < iommu.caps.grain ? r->grain : iommu.caps.grain;

		if (r->sandbox == s && r->kind == QV_MEMORY_PRIVATE &&
		    qv_pt_map(pt, r->gpa, r->hpa, r->size, QV_PT_READ | QV_PT_WRITE, grain))
			boot_refuse("give the sandbox larger, aligned memory", "sandbox %s: its memory does not fit the IOMMU tables",
				m->blob.sandbox[s].name);
	}
}

static void build_domain(const struct boot_machine *m, uint32_t s)
{
	struct domain *d = &iommu.domain[s];
	struct qv_isolation_error e;

	if (d->used)
		return;
	d->used = true;
	qv_pt_init(&d->pt, &qv_pt_vtd, page(iommu.used), iommu.base + iommu.used * QV_PAGE_SIZE,
		iommu.pages - iommu.used);
	map_private(m, s, &d->pt);
	(void)take_pages(d->pt.used);
	if (!qv_isolation_tables(&d->pt, s, true, m->blob.memory, m->blob.memory_count, &e))
		boot_isolation_broken(&e);
}

/* Table the context entry points to: with three levels the top table has one entry, and its target is the root. */
static uint64_t domain_root(const struct domain *d)
{
	return iommu.caps.levels == 4 ? d->pt.base_hpa : d->pt.base[0] & d->pt.format->address_mask;
}

static struct qv_vtd_entry *context_table(uint32_t bus)
{
	struct qv_vtd_entry *root = page(PAGE_ROOT);

	if (root[bus].low == 0) {
		uint32_t n = take_pages(1);

		memset(page(n), 0, QV_PAGE_SIZE);
		root[bus] = qv_vtd_root(iommu.base + n * QV_PAGE_SIZE);
	}
	return (struct qv_vtd_entry *)(root[bus].low & ~(QV_PAGE_SIZE - 1));
}

static void admit(const struct boot_machine *m, const struct boot_function *f)
{
	build_domain(m, f->sandbox);
	context_table(f->pci.bdf >> 8)[f->pci.bdf & 0xff] =
		qv_vtd_context(domain_root(&iommu.domain[f->sandbox]), iommu.caps.levels, (uint16_t)(f->sandbox + 1));
}

static void wait(const struct qv_acpi_unit *u, uint32_t offset, uint32_t mask, uint32_t value)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		if ((*reg32(u, offset) & mask) == value)
			return;
	}
	boot_refuse("switch VT-d off in the firmware set-up, or update the firmware",
		"the IOMMU at 0x%lx does not answer (register 0x%x)", u->base, offset);
}

static void command(const struct qv_acpi_unit *u, uint32_t bit, bool on)
{
	uint32_t keep = *reg32(u, GSTS) & G_STICKY;

	*reg32(u, GCMD) = on ? keep | bit : keep & ~bit;
	wait(u, GSTS, bit, on ? bit : 0);
}

/* Whatever firmware left switched on. */
static void switch_off(const struct qv_acpi_unit *u)
{
	static const uint32_t bits[] = { G_REMAP, G_TRANSLATE, G_QUEUE };

	for (uint32_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (*reg32(u, GSTS) & bits[i])
			command(u, bits[i], false);
	}
}

/* Submit one descriptor and wait until the unit has carried it out. */
static void submit(const struct qv_acpi_unit *u, struct qv_vtd_entry *queue, struct qv_vtd_entry what)
{
	volatile uint32_t *status = page(PAGE_STATUS);
	uint64_t tail = *reg64(u, IQT) / sizeof(*queue);

	*status = 0;
	queue[tail % BOOT_IRT_ENTRIES] = what;
	queue[(tail + 1) % BOOT_IRT_ENTRIES] = qv_vtd_wait((uint64_t)status, 1);
	__asm__ volatile("wbinvd" : : : "memory"); /* units that do not snoop */
	*reg64(u, IQT) = (tail + 2) % BOOT_IRT_ENTRIES * sizeof(*queue);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		if (*status)
			return;
	}
	boot_refuse("switch VT-d off in the firmware set-up, or update the firmware",
		"the IOMMU at 0x%lx does not carry out invalidations", u->base);
}

static void clear_faults(const struct qv_acpi_unit *u, const struct qv_vtd_caps *caps)
{
	for (uint32_t i = 0; i < caps->fault_records; i++)
		*reg32(u, caps->fault_offset + 16 * i + 12) = FAULT_CLEAR;
	*reg32(u, FSTS) = FSTS_CLEAR;
	*reg32(u, FECTL) = FECTL_MASKED; /* faults stay in the records: an interrupt a fault would be a way to flood a core */
}

static void start_remapping(const struct qv_acpi_unit *u, struct qv_vtd_entry *queue)
{
	*reg64(u, IRTA) = (uint64_t)page(PAGE_IRT) | IRTA_X2APIC | IRTA_SIZE_256;
	command(u, G_REMAP_TABLE, true);
	submit(u, queue, qv_vtd_flush_interrupts());
	command(u, G_REMAP, true); /* compatibility format stays off: GCMD.CFI is never set */
}

static void start_unit(const struct boot_machine *m, uint32_t index)
{
	const struct qv_acpi_unit *u = &m->dmar.unit[index];
	struct qv_vtd_caps caps = unit_caps(u);
	struct qv_vtd_entry *queue = page(u == iommu.unit ? PAGE_QUEUE : PAGE_QUEUE + 1 + index);

	switch_off(u);
	if (!caps.queue)
		boot_refuse("switch VT-d off in the firmware set-up", "the IOMMU at 0x%lx has no queued invalidation", u->base);
	*reg64(u, IQT) = 0;
	*reg64(u, IQA) = (uint64_t)queue;
	command(u, G_QUEUE, true);
	*reg64(u, RTADDR) = (uint64_t)page(PAGE_ROOT);
	command(u, G_ROOT, true);
	submit(u, queue, qv_vtd_flush_contexts());
	submit(u, queue, qv_vtd_flush_iotlb());
	if (caps.remapping && m->dmar.flags & QV_DMAR_INTR_REMAP)
		start_remapping(u, queue);
	clear_faults(u, &caps);
	command(u, G_TRANSLATE, true);
	if (*reg32(u, PMEN) & PMEN_STATUS) { /* firmware's own protected range, now superfluous */
		*reg32(u, PMEN) = 0;
		wait(u, PMEN, PMEN_STATUS, 0);
	}
}

/* All root and context entries against the owners. Who is admitted is asked again, not remembered from building. */
static void check_contexts(const struct boot_machine *m)
{
	static struct qv_isolation_device device[BOOT_MAX_FUNCTIONS];
	struct qv_isolation_iommu u = {
		.base = page(PAGE_ROOT), .base_hpa = iommu.base, .bytes = iommu.pages * QV_PAGE_SIZE,
		.fixed_bytes = PAGE_TABLES * QV_PAGE_SIZE, .levels = iommu.caps.levels,
		.irt = page(PAGE_IRT), .irt_entries = BOOT_IRT_ENTRIES, .device = device,
	};
	struct qv_isolation_error e;

	for (uint32_t s = 0; s < QV_MAX_SANDBOXES; s++)
		u.domain[s] = iommu.domain[s].used ? &iommu.domain[s].pt : NULL;
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		const struct boot_function *f = &boot_pci.function[i];

		if (f->sandbox != BOOT_NOBODY && boot_iommu_translates(m, f->pci.bdf))
			device[u.device_count++] = (struct qv_isolation_device){ f->pci.bdf, (uint16_t)f->sandbox };
	}
	if (!qv_isolation_contexts(&u, &e))
		boot_isolation_broken(&e);
}

/* What is behind a unit of another segment is never given away, and boot code cannot reach it: said, not hidden. */
static uint32_t start_units(const struct boot_machine *m)
{
	uint32_t started = 0;

	for (uint32_t i = 0; i < m->dmar.unit_count; i++) {
		const struct qv_acpi_unit *u = &m->dmar.unit[i];

		if (u->segment != 0) {
			boot_log("iommu: VT-d at 0x%lx is left as it is: the devices of PCI segment %u are not blocked\n", u->base,
				 u->segment);
			continue;
		}
		start_unit(m, i);
		started++;
	}
	if (m->dmar.dropped)
		boot_log("iommu: the DMAR table has %u entries more than are read: devices of units among them are not blocked\n",
			 m->dmar.dropped);
	return started;
}

/* Before any is switched on. */
static void check_units(const struct boot_machine *m)
{
	for (uint32_t i = 0; i < m->dmar.unit_count; i++) {
		const struct qv_acpi_unit *u = &m->dmar.unit[i];

		if (u->segment == 0 && !reachable(m, u))
			boot_refuse("use a processor with 1 GiB pages, update the firmware, or switch VT-d off in its set-up",
				    "the IOMMU at 0x%lx cannot be reached, so that what is behind it would not be blocked", u->base);
	}
}

void boot_iommu_start(const struct boot_machine *m)
{
	const struct qv_region *r = qv_blob_region(&m->blob, QV_REGION_IOMMU, 0);
	uint32_t admitted = 0, started;

	if (!iommu.unit || !r)
		return;
	iommu.base = r->hpa;
	iommu.pages = (uint32_t)(r->size / QV_PAGE_SIZE);
	check_units(m);
	if (iommu.pages <= PAGE_TABLES)
		boot_refuse("recompile the system file with this version's tools", "no room for the IOMMU tables");
	memset((void *)r->hpa, 0, PAGE_TABLES * QV_PAGE_SIZE);
	iommu.used = PAGE_TABLES;
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		const struct boot_function *f = &boot_pci.function[i];

		if (f->sandbox == BOOT_NOBODY || !boot_iommu_translates(m, f->pci.bdf))
			continue;
		admit(m, f);
		admitted++;
	}
	check_contexts(m);
	started = start_units(m);
	boot_log("iommu: on in %u unit%s; %u function%s admitted, all others behind %s blocked\n", started,
		 boot_plural(started), admitted, boot_plural(admitted), started == 1 ? "it" : "them");
}

/* ---- IO-APIC pins ---- */

/* The requester id of an IO-APIC's interrupts (VT-d specification 4.1, 8.3.1.1): it is a device of a unit's scope. */
static bool ioapic_source(const struct boot_machine *m, uint32_t ioapic, const struct qv_acpi_unit **unit,
	uint16_t *bdf)
{
	for (uint32_t i = 0; i < m->dmar.unit_count; i++) {
		const struct qv_acpi_unit *u = &m->dmar.unit[i];

		for (uint32_t k = 0; k < u->scope_count; k++) {
			const struct qv_acpi_scope *sc = &u->scope[k];

			if (sc->type != SCOPE_IOAPIC || sc->id != ioapic || sc->hops != 1)
				continue;
			*unit = u;
			*bdf = (uint16_t)(sc->bus << 8 | sc->step[0]);
			return true;
		}
	}
	return false;
}

bool boot_iommu_remap_pin(const struct boot_machine *m, uint32_t s, uint32_t ioapic, uint32_t apic_id, uint8_t vector,
	uint32_t *handle)
{
	struct qv_vtd_entry *irt = page(PAGE_IRT);
	const struct qv_acpi_unit *u;
	uint32_t index;
	uint16_t bdf;

	if (!iommu.base || !ioapic_source(m, ioapic, &u, &bdf) || !(*reg32(u, GSTS) & G_REMAP))
		return false;
	*handle = BOOT_IRT_PINS + s;
	irt[*handle] = qv_vtd_irte(apic_id, vector, bdf);
	index = u == iommu.unit ? PAGE_QUEUE : (uint32_t)(PAGE_QUEUE + 1 + (u - m->dmar.unit));
	submit(u, page(index), qv_vtd_flush_interrupts());
	return true;
}

/* ---- what monitors get ---- */

static bool has_remapped(uint32_t sandbox)
{
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		const struct boot_function *f = &boot_pci.function[i];

		if (f->sandbox == sandbox && f->pci.irte_count)
			return true;
	}
	return false;
}

uint32_t boot_device_ranges(const struct boot_machine *m, uint32_t sandbox, struct boot_host_range *range)
{
	uint32_t n = 0;

	(void)m;
	if (has_remapped(sandbox)) {
		range[n++] = (struct boot_host_range){ iommu.unit->base, QV_PAGE_SIZE, true };
		range[n++] = (struct boot_host_range){ iommu.base + PAGE_IRT * QV_PAGE_SIZE, MONITORS_PAGES * QV_PAGE_SIZE,
			false };
	}
	for (uint32_t i = 0; i < boot_pci.count && n < BOOT_MAX_HOST_RANGES; i++) {
		const struct boot_function *f = &boot_pci.function[i];
		uint64_t first = f->pci.msix_table & ~(QV_PAGE_SIZE - 1);
		uint64_t end = f->pci.msix_table + f->pci.msix_count * 16ull;

		if (f->sandbox == sandbox && f->pci.msix_cap)
			range[n++] = (struct boot_host_range){ first, ((end - first) + QV_PAGE_SIZE - 1) & ~(QV_PAGE_SIZE - 1), true };
	}
	return n;
}

void boot_iommu_monitors_part(uint64_t *hpa, uint64_t *bytes)
{
	*hpa = iommu.base + PAGE_IRT * QV_PAGE_SIZE;
	*bytes = iommu.unit ? MONITORS_PAGES * QV_PAGE_SIZE : 0;
}

void boot_device_handover(const struct boot_machine *m, uint32_t sandbox, struct qv_handover *h)
{
	(void)m;
	h->function_count = 0;
	for (uint32_t i = 0; i < boot_pci.count && h->function_count < QV_MAX_DEVICES; i++) {
		struct qv_pci_function *f = &h->function[h->function_count];

		if (boot_pci.function[i].sandbox != sandbox)
			continue;
		*f = boot_pci.function[i].pci;
		if (f->msix_cap)
			f->msix_table_va = QV_MON_HOST + f->msix_table;
		h->function_count++;
	}
	if (!has_remapped(sandbox))
		return;
	h->iommu_va = QV_MON_HOST + iommu.unit->base;
	h->irt_va = QV_MON_HOST + iommu.base + PAGE_IRT * QV_PAGE_SIZE;
}
