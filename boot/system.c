/* SPDX-License-Identifier: MIT */
/* The system blob: whole, and every place it names is RAM of this machine. Then it moves to where it may stay. */
#include "boot.h"

#include <hw/cpu.h>
#include <lib/fmt.h>
#include <lib/ring.h>
#include <lib/string.h>

static const char *section_name(uint32_t type)
{
	static const char *const names[QV_SECTION_TYPE_END] = {
		"header", "system", "sandbox", "memory", "region", "device",
		"port", "load", "file", "string", "signature", "vcpu",
	};

	return type < QV_SECTION_TYPE_END ? names[type] : "unknown";
}

static void open_blob(struct boot_machine *m, uint64_t at, uint64_t size)
{
	struct qv_blob_error error = { 0 };

	if (!qv_blob_check((const void *)(uintptr_t)at, size, &m->blob, &error))
		boot_refuse(error.remedy, "the system blob is damaged: %s (section %s, entry %u)", error.what,
			    section_name(error.section), error.entry);
	m->blob_size = ((const struct qv_blob_header *)m->blob.bytes)->total_size;
}

void boot_check_blob(struct boot_machine *m)
{
	if (m->module_count == 0)
		boot_refuse("load the system blob: QEMU -initrd FILE, or GRUB module2 FILE", "no system blob given");
	if (m->module.base % 8 || m->module.base > m->mapped_top || m->module.size > m->mapped_top - m->module.base)
		boot_refuse("use a boot loader that puts modules on page boundaries below 4 GiB",
			    "the system blob lies at 0x%llx", (unsigned long long)m->module.base);
	open_blob(m, m->module.base, m->module.size);
	for (uint32_t i = 0; i < m->blob.file_count; i++) {
		if (!qv_blob_file_intact(&m->blob, i))
			boot_refuse("pack the system again and copy it afresh",
				    "the system blob is damaged: contents of %s do not match their digest",
				    m->blob.file[i].name);
	}
	boot_log("system %s: %u sandbox%s on %u core%s, %llu KiB, digests match\n", m->blob.system->name,
		 m->blob.sandbox_count, m->blob.sandbox_count == 1 ? "" : "es", m->blob.system->core_count,
		 boot_plural(m->blob.system->core_count), (unsigned long long)(m->blob_size >> 10));
}

/* ---- memory ---- */

static const char *region_name(uint32_t kind)
{
	switch (kind) {
	case QV_REGION_MACHINE: return "the machine area";
	case QV_REGION_BLACKBOX: return "the black box";
	case QV_REGION_CORE: return "the monitor of core";
	case QV_REGION_TABLES: return "the page tables of sandbox";
	case QV_REGION_IOMMU: return "the IOMMU tables";
	case QV_REGION_ARCHIVE: return "the archive";
	case QV_REGION_START: return "the start pages of sandbox";
	default: return "a region";
	}
}

static const char *type_name(uint32_t type)
{
	switch (type) {
	case QV_MEMMAP_HOLE: return "no memory there";
	case QV_MEMMAP_ACPI:
	case QV_MEMMAP_NVS: return "ACPI data of the firmware";
	case QV_MEMMAP_BAD: return "bad memory";
	default: return "reserved by the firmware";
	}
}

struct place {
	char name[QV_NAME_LEN + 48]; /* for messages */
	uint64_t base, size;
};

static void check_place(const struct boot_machine *m, const struct place *p)
{
	uint64_t bad, until, end = p->base + p->size, top = qv_memmap_top(&m->map);
	uint32_t type;

	if (p->base < BOOT_PLACED_MIN)
		boot_refuse("place it at 16 MiB or above", "%s is placed at 0x%llx, in memory of the boot code", p->name,
			    (unsigned long long)p->base);
	if (end > top)
		boot_refuse("give the machine more memory, or lower `memory:` of a sandbox in the system file",
			    "%s needs memory up to %llu MiB, this machine has it up to %llu MiB", p->name,
			    (unsigned long long)((end + 0xfffff) >> 20), (unsigned long long)(top >> 20));
	if (end > m->mapped_top)
		boot_refuse("use a processor with 1 GiB pages, or less memory in the system file",
			    "%s lies above 4 GiB, and this processor has no 1 GiB pages", p->name);
	if (qv_memmap_is_ram(&m->map, p->base, p->size, &bad))
		return;
	type = qv_memmap_at(&m->map, bad, &until);
	boot_refuse("describe this machine's memory in a machine file, or pin the memory elsewhere with `at:`",
		    "%s needs 0x%llx-0x%llx, but 0x%llx-0x%llx is not free: %s", p->name,
		    (unsigned long long)p->base, (unsigned long long)end, (unsigned long long)bad,
		    (unsigned long long)until, type_name(type));
}

static void check_region(const struct boot_machine *m, const struct qv_region *r)
{
	struct place p = { .base = r->hpa, .size = r->size };

	if (r->kind == QV_REGION_TABLES || r->kind == QV_REGION_START)
		qv_snprintf(p.name, sizeof(p.name), "%s %s", region_name(r->kind), m->blob.sandbox[r->index].name);
	else if (r->kind == QV_REGION_CORE)
		qv_snprintf(p.name, sizeof(p.name), "%s %u", region_name(r->kind), r->index);
	else
		qv_snprintf(p.name, sizeof(p.name), "%s", region_name(r->kind));
	check_place(m, &p);
}

static void check_sandbox_memory(const struct boot_machine *m, const struct qv_memory *r)
{
	struct place p = { .base = r->hpa, .size = r->size };

	qv_snprintf(p.name, sizeof(p.name), "sandbox %s", m->blob.sandbox[r->sandbox].name);
	if (r->kind == QV_MEMORY_MMIO)
		return;
	/* A bare sandbox owns the machine from address 0: what lies below 16 MiB is checked where it is used. */
	if (m->blob.system->flags & QV_SYSTEM_BARE && r->hpa < BOOT_PLACED_MIN) {
		uint64_t below = BOOT_PLACED_MIN - r->hpa;

		if (r->size <= below)
			return;
		p.base += below;
		p.size -= below;
	}
	check_place(m, &p);
}

void boot_check_memory(const struct boot_machine *m)
{
	for (uint32_t i = 0; i < m->blob.region_count; i++)
		check_region(m, &m->blob.region[i]);
	for (uint32_t i = 0; i < m->blob.memory_count; i++)
		check_sandbox_memory(m, &m->blob.memory[i]);
}

/* ---- archive and black box ---- */

void boot_move_archive(struct boot_machine *m)
{
	const struct qv_region *archive = qv_blob_region(&m->blob, QV_REGION_ARCHIVE, 0);
	uint64_t to;

	if (!archive || archive->size < m->blob_size)
		boot_refuse("pack the system again", "the system blob has no archive region of its own size");
	to = archive->hpa;
	memmove((void *)(uintptr_t)to, m->blob.bytes, m->blob_size);
	open_blob(m, to, m->blob_size);
}

static void describe_sandboxes(struct qv_bb_header *h, const struct qv_blob *blob)
{
	for (uint32_t i = 0; i < blob->sandbox_count; i++) {
		const struct qv_sandbox *s = &blob->sandbox[i];

		memcpy(h->sandbox[i].name, s->name, QV_NAME_LEN);
		h->sandbox[i].kernel = s->kernel;
		h->sandbox[i].first_core = s->first_core;
		h->sandbox[i].core_count = s->core_count;
	}
}

/* Header page, boot ring, core pages (abi/blackbox.h). The ring goes on after what an earlier boot left in it. */
void boot_open_blackbox(struct boot_machine *m)
{
	const struct qv_region *box = qv_blob_region(&m->blob, QV_REGION_BLACKBOX, 0);
	struct qv_bb_header *h;
	struct qv_ring *ring;

	if (!box || box->size < QV_BB_SLICE_OFF)
		boot_refuse("pack the system again", "the system blob has no black box of sufficient size");
	h = (struct qv_bb_header *)(uintptr_t)box->hpa;
	memset(h, 0, sizeof(*h));
	h->version = QV_BB_VERSION;
	h->vendor = m->vendor;
	h->size = box->size;
	h->tsc_hz = m->tsc_hz;
	h->core_count = m->core_count;
	h->sandbox_count = m->blob.sandbox_count;
	h->boot_off = QV_BB_BOOT_OFF;
	h->core_off = QV_BB_CORE_OFF;
	h->slice_off = QV_BB_SLICE_OFF;
	memcpy(h->system, m->blob.system->name, QV_NAME_LEN);
	describe_sandboxes(h, &m->blob);
	ring = (struct qv_ring *)(uintptr_t)(box->hpa + h->boot_off);
	if (!qv_ring_valid(ring, QV_BOOT_LOG_BYTES))
		qv_ring_init(ring, QV_BOOT_LOG_BYTES);
	boot_console_to_ring(ring);
	hw_barrier();
	h->magic = QV_BB_MAGIC;
	m->blackbox = h;
}
