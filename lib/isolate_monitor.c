/* SPDX-License-Identifier: MIT */
/* Exhaustive check of a monitor's own page tables: see lib/isolate.h. Each thing it may map is one small function. */
#include <lib/isolate.h>

#include <abi/blackbox.h>
#include <abi/handover.h>
#include <abi/machine.h>

#define VA48 0xffffffffffffull /* tables are built and walked by the low 48 bits */
#define RW   (QV_PT_READ | QV_PT_WRITE)

static bool fail(struct qv_isolation_error *error, const struct qv_isolation_space *sp, const char *what,
	uint64_t address)
{
	*error = (struct qv_isolation_error){ what, sp->sandbox, sp->core, address };
	return false;
}

static uint64_t page_up(uint64_t n)
{
	return (n + QV_PAGE_SIZE - 1) & ~(QV_PAGE_SIZE - 1);
}

/* Does the leaf map a part of [hpa, hpa + size) where it belongs, with exactly these rights? */
static bool maps(const struct qv_pt_leaf *leaf, uint64_t va, uint64_t hpa, uint64_t size, uint32_t rights)
{
	uint64_t at = leaf->to - hpa;

	return leaf->to >= hpa && at <= size && leaf->size <= size - at && leaf->from == (va & VA48) + at &&
		leaf->rights == rights;
}

static bool maps_host(const struct qv_pt_leaf *leaf, uint64_t hpa, uint64_t size, uint32_t rights)
{
	return maps(leaf, QV_MON_HOST + hpa, hpa, size, rights);
}

static bool meets(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static const struct qv_region *region(const struct qv_isolation_space *sp, uint32_t kind, uint32_t index)
{
	return qv_blob_region(sp->blob, kind, index); /* never NULL: qv_blob_check has seen all of them */
}

static bool is_image(const struct qv_isolation_space *sp, const struct qv_load *l)
{
	return l->target == (sp->vendor == QV_VENDOR_SVM ? QV_LOAD_MONITOR_SVM : QV_LOAD_MONITOR_VMX);
}

/* Bytes at the start of the core's region that hold its copy of the image. */
static uint64_t image_bytes(const struct qv_isolation_space *sp)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < sp->blob->load_count; i++) {
		const struct qv_load *l = &sp->blob->load[i];

		if (is_image(sp, l) && page_up(l->address + l->mem_size) - QV_MON_IMAGE > end)
			end = page_up(l->address + l->mem_size) - QV_MON_IMAGE;
	}
	return end;
}

static bool in_image(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	uint64_t base = region(sp, QV_REGION_CORE, sp->core)->hpa;

	for (uint32_t i = 0; i < sp->blob->load_count; i++) {
		const struct qv_load *l = &sp->blob->load[i];
		uint32_t rights = QV_PT_READ | (l->flags & QV_MEM_WRITE ? QV_PT_WRITE : 0) |
			(l->flags & QV_MEM_EXEC ? QV_PT_EXEC : 0);

		if (is_image(sp, l) &&
		    maps(leaf, l->address, base + (l->address - QV_MON_IMAGE), page_up(l->mem_size), rights))
			return true;
	}
	return false;
}

/* Hand-over, stack and control pages, between the image and the tables; of the tables the root. */
static bool in_private(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	const struct qv_region *r = region(sp, QV_REGION_CORE, sp->core);
	uint64_t data = r->hpa + image_bytes(sp), root = sp->tables->base_hpa;

	if (root < data || root - r->hpa > r->size - QV_PAGE_SIZE)
		return false;
	return maps(leaf, QV_MON_PRIVATE + (data - r->hpa), data, root - data, RW) ||
		maps(leaf, QV_MON_PRIVATE + (root - r->hpa), root, QV_PAGE_SIZE, RW);
}

static bool is_scrubbed(const struct qv_isolation_space *sp, const struct qv_memory *m)
{
	return m->sandbox == sp->sandbox && qv_memory_scrubbed(m);
}

static bool in_guest(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	for (uint32_t i = 0; i < sp->blob->memory_count; i++) {
		const struct qv_memory *m = &sp->blob->memory[i];

		if (is_scrubbed(sp, m) && maps(leaf, QV_MON_GUEST + m->gpa, m->hpa, m->size, RW))
			return true;
	}
	return false;
}

static bool in_machine_area(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	uint64_t locks = region(sp, QV_REGION_MACHINE, 0)->hpa, outbox = locks + sizeof(struct qv_machine_locks);

	if (maps_host(leaf, locks, sizeof(struct qv_machine_locks), RW))
		return true;
	for (uint32_t c = 0; c < sp->blob->system->core_count; c++, outbox += sizeof(struct qv_outbox)) {
		if (maps_host(leaf, outbox, sizeof(struct qv_outbox), c == sp->core ? RW : QV_PT_READ))
			return true;
	}
	return false;
}

static bool in_black_box(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	uint64_t own = region(sp, QV_REGION_BLACKBOX, 0)->hpa + QV_BB_CORE_OFF + sp->core * sizeof(struct qv_bb_core);

	return maps_host(leaf, own, sizeof(struct qv_bb_core), RW);
}

/* Files start on pages of their own, so a whole last page shows nothing of the next. */
static bool in_pristine(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	const struct qv_region *start = region(sp, QV_REGION_START, sp->sandbox);
	uint64_t archive = region(sp, QV_REGION_ARCHIVE, 0)->hpa;

	for (uint32_t i = 0; i < sp->blob->load_count; i++) {
		const struct qv_load *l = &sp->blob->load[i];
		const struct qv_file *f = &sp->blob->file[l->file];

		if (l->target == QV_LOAD_SANDBOX && l->index == sp->sandbox &&
		    maps_host(leaf, archive + f->offset, page_up(f->size), QV_PT_READ))
			return true;
	}
	return maps_host(leaf, start->hpa, start->size, QV_PT_READ);
}

static bool in_devices(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	for (uint32_t i = 0; i < sp->device_count; i++) {
		const struct qv_isolation_reach *d = &sp->device[i];

		if (maps_host(leaf, d->hpa, d->size, d->rights))
			return true;
	}
	return false;
}

static bool is_handoff(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	return maps(leaf, sp->handoff_hpa, sp->handoff_hpa, QV_PAGE_SIZE, QV_PT_READ | QV_PT_EXEC);
}

static bool allowed(const struct qv_isolation_space *sp, const struct qv_pt_leaf *leaf)
{
	return in_guest(sp, leaf) || in_image(sp, leaf) || in_private(sp, leaf) || in_machine_area(sp, leaf) ||
		in_black_box(sp, leaf) || in_pristine(sp, leaf) || in_devices(sp, leaf) || is_handoff(sp, leaf);
}

/* A device range is device memory, or the part of the IOMMU region that monitors write. RAM that no record names is not
 * device memory either: boot code and firmware tables lie there. */
static bool device_range_good(const struct qv_isolation_space *sp, const struct qv_isolation_reach *d)
{
	bool remapping = d->hpa >= sp->irt_hpa && d->hpa + d->size <= sp->irt_hpa + sp->irt_bytes;

	for (uint32_t i = 0; i < sp->blob->region_count; i++) {
		const struct qv_region *r = &sp->blob->region[i];

		if (meets(d->hpa, d->size, r->hpa, r->size) && !(r->kind == QV_REGION_IOMMU && remapping))
			return false;
	}
	for (uint32_t i = 0; i < sp->blob->memory_count; i++) {
		const struct qv_memory *m = &sp->blob->memory[i];

		if (meets(d->hpa, d->size, m->hpa, m->size))
			return false;
	}
	if (!remapping && qv_memmap_has_ram(sp->map, d->hpa, d->size))
		return false;
	return !(d->rights & QV_PT_EXEC);
}

static bool covered(const struct qv_pt *tables, uint64_t va, uint64_t size)
{
	struct qv_pt_leaf leaf;

	for (uint64_t at = va & VA48; at < (va & VA48) + size; at = leaf.from + leaf.size) {
		if (!qv_pt_lookup(tables, at, &leaf))
			return false;
	}
	return true;
}

/* Scrubbing at restart must reach all of it. */
static bool guest_covered(const struct qv_isolation_space *sp, struct qv_isolation_error *error)
{
	for (uint32_t i = 0; i < sp->blob->memory_count; i++) {
		const struct qv_memory *m = &sp->blob->memory[i];

		if (is_scrubbed(sp, m) && !covered(sp->tables, QV_MON_GUEST + m->gpa, m->size))
			return fail(error, sp, "a monitor does not map all of its sandbox", m->hpa);
	}
	return true;
}

bool qv_isolation_monitor(const struct qv_isolation_space *sp, struct qv_isolation_error *error)
{
	struct qv_pt_leaf leaf;
	uint64_t bad;

	for (uint32_t i = 0; i < sp->device_count; i++) {
		if (!device_range_good(sp, &sp->device[i]))
			return fail(error, sp, "a device range of a monitor is not device memory", sp->device[i].hpa);
	}
	if (!qv_pt_sound(sp->tables, &bad))
		return fail(error, sp, "a monitor's table has an entry that its builder never writes", bad);
	for (uint64_t at = 0; qv_pt_next(sp->tables, at, &leaf); at = leaf.from + leaf.size) {
		if (leaf.rights & QV_PT_WRITE && leaf.rights & QV_PT_EXEC)
			return fail(error, sp, "a monitor maps a page writable and executable", leaf.to);
		if (!allowed(sp, &leaf))
			return fail(error, sp, "a monitor maps what is not its own", leaf.to);
	}
	return guest_covered(sp, error);
}
