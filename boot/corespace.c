/* SPDX-License-Identifier: MIT */
/*
 * One core's monitor: a private copy of the image, stack, control pages, tables, hand-over; all in its CORE region.
 *
 *   image | hand-over | guard | stack | control, host, scratch | page tables ...
 *
 * Everything up to the tables is mapped at QV_MON_PRIVATE + offset (the image a second time is not: only at
 * QV_MON_IMAGE, with the rights of its segments). Of the tables only the top one is mapped, so that the monitor can
 * drop the page it was entered through.
 */
#include "partition.h"
#include "pci.h"

#include <lib/string.h>

#define STACK_PAGES  4u
#define CONTROL_PAGES 3u

struct space { /* under construction */
	const struct boot_machine *m;
	const struct qv_sandbox *sandbox;
	uint32_t core, s;
	struct qv_pt pt;
	uint64_t base, size;  /* CORE region */
	uint64_t handover, stack_top, control; /* host-physical */
	struct qv_handover *h;
};

static const char recompile[] = "recompile the system file with this version's tools";

static uint64_t page_up(uint64_t n)
{
	return (n + QV_PAGE_SIZE - 1) & ~(QV_PAGE_SIZE - 1);
}

static void map(struct space *sp, uint64_t va, uint64_t hpa, uint64_t size, uint32_t rights)
{
	enum qv_pt_error e = qv_pt_map(&sp->pt, va & 0xffffffffffffull, hpa, size, rights,
		sp->m->huge_pages ? QV_HUGE_SIZE : QV_LARGE_SIZE);

	if (e)
		boot_refuse(recompile, "core %u: monitor tables: 0x%lx cannot be mapped (error %d, %u of %u pages used)",
			sp->core, va, (int)e, sp->pt.used, sp->pt.pages);
}

/* Map host memory at QV_MON_HOST + hpa; returns the virtual address. */
static uint64_t map_host(struct space *sp, uint64_t hpa, uint64_t size, uint32_t rights)
{
	map(sp, QV_MON_HOST + hpa, hpa, size, rights);
	return QV_MON_HOST + hpa;
}

static uint64_t private_va(const struct space *sp, uint64_t hpa)
{
	return QV_MON_PRIVATE + (hpa - sp->base);
}

static bool is_monitor_load(const struct boot_machine *m, const struct qv_load *l)
{
	return l->target == (m->vendor == QV_VENDOR_SVM ? QV_LOAD_MONITOR_SVM : QV_LOAD_MONITOR_VMX);
}

static uint64_t image_bytes(const struct boot_machine *m)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < m->blob.load_count; i++) {
		const struct qv_load *l = &m->blob.load[i];

		if (is_monitor_load(m, l) && l->address - QV_MON_IMAGE + l->mem_size > end)
			end = l->address - QV_MON_IMAGE + l->mem_size;
	}
	return page_up(end);
}

/* Divide the region; the rest becomes the pool of page tables. */
static void lay_out(struct space *sp, uint64_t image)
{
	uint64_t pool;

	sp->handover = sp->base + image;
	sp->stack_top = sp->handover + page_up(sizeof(struct qv_handover)) + (1 + STACK_PAGES) * QV_PAGE_SIZE;
	sp->control = sp->stack_top;
	pool = sp->control + CONTROL_PAGES * QV_PAGE_SIZE;
	if (image == 0 || pool + 8 * QV_PAGE_SIZE > sp->base + sp->size)
		boot_refuse(recompile, "core %u: %lu bytes of monitor image do not fit a region of %lu bytes", sp->core,
			image, sp->size);
	memset((void *)sp->base, 0, sp->size);
	sp->h = (void *)sp->handover;
	qv_pt_init(&sp->pt, &qv_pt_x86, (void *)pool, pool, (uint32_t)((sp->base + sp->size - pool) / QV_PAGE_SIZE));
}

static uint64_t load_image(struct space *sp)
{
	const struct boot_machine *m = sp->m;
	uint64_t entry = 0;

	for (uint32_t i = 0; i < m->blob.load_count; i++) {
		const struct qv_load *l = &m->blob.load[i];
		uint64_t to = sp->base + (l->address - QV_MON_IMAGE);
		uint32_t rights = QV_PT_READ;

		if (!is_monitor_load(m, l))
			continue;
		memcpy((void *)to, m->blob.bytes + m->blob.file[l->file].offset + l->file_offset, l->file_size);
		if (l->flags & QV_MEM_WRITE)
			rights |= QV_PT_WRITE;
		if (l->flags & QV_MEM_EXEC)
			rights |= QV_PT_EXEC;
		map(sp, l->address, to, page_up(l->mem_size), rights);
		entry = l->entry;
	}
	return entry;
}

static void map_private(struct space *sp)
{
	uint64_t stack = sp->stack_top - STACK_PAGES * QV_PAGE_SIZE;

	map(sp, private_va(sp, sp->handover), sp->handover, page_up(sizeof(struct qv_handover)), QV_PT_READ | QV_PT_WRITE);
	map(sp, private_va(sp, stack), stack, sp->control + CONTROL_PAGES * QV_PAGE_SIZE - stack,
		QV_PT_READ | QV_PT_WRITE);
	map(sp, private_va(sp, sp->pt.base_hpa), sp->pt.base_hpa, QV_PAGE_SIZE, QV_PT_READ | QV_PT_WRITE);
	sp->h->pml4_va = private_va(sp, sp->pt.base_hpa);
	/* The page of boot_handoff, at its boot address, until the monitor drops it. */
	map(sp, (uint64_t)boot_handoff, (uint64_t)boot_handoff, QV_PAGE_SIZE, QV_PT_READ | QV_PT_EXEC);
}

static void map_guest(struct space *sp)
{
	const struct boot_machine *m = sp->m;

	for (uint32_t i = 0; i < m->blob.memory_count; i++) {
		const struct qv_memory *mem = &m->blob.memory[i];

		if (mem->sandbox != sp->s || !qv_memory_scrubbed(mem))
			continue;
		if (sp->h->range_count == QV_MAX_RANGES)
			boot_refuse(recompile, "sandbox %s has more than %u memory ranges", sp->sandbox->name, QV_MAX_RANGES);
		map(sp, QV_MON_GUEST + mem->gpa, mem->hpa, mem->size, QV_PT_READ | QV_PT_WRITE);
		sp->h->range[sp->h->range_count++] = *mem;
	}
}

static void map_machine(struct space *sp)
{
	const struct qv_region *area = qv_blob_region(&sp->m->blob, QV_REGION_MACHINE, 0);
	const struct qv_region *box = qv_blob_region(&sp->m->blob, QV_REGION_BLACKBOX, 0);
	uint64_t outboxes = area->hpa + sizeof(struct qv_machine_locks);

	sp->h->locks = (void *)map_host(sp, area->hpa, sizeof(struct qv_machine_locks), QV_PT_READ | QV_PT_WRITE);
	for (uint32_t c = 0; c < sp->m->blob.system->core_count; c++)
		(void)map_host(sp, outboxes + c * sizeof(struct qv_outbox), sizeof(struct qv_outbox),
			QV_PT_READ | (c == sp->core ? QV_PT_WRITE : 0));
	sp->h->outbox = (void *)(QV_MON_HOST + outboxes);
	sp->h->own_page = (void *)map_host(sp, box->hpa + QV_BB_CORE_OFF + sp->core * sizeof(struct qv_bb_core),
		sizeof(struct qv_bb_core), QV_PT_READ | QV_PT_WRITE);
}

static void add_copy(struct space *sp, uint64_t source, uint64_t gpa, uint64_t length)
{
	if (sp->h->copy_count == QV_MAX_COPIES)
		boot_refuse("give the sandbox fewer images", "sandbox %s needs more than %u copies at launch",
			sp->sandbox->name, QV_MAX_COPIES);
	sp->h->copy[sp->h->copy_count++] = (struct qv_copy){ source, gpa, length };
}

/* Pristine images of the sandbox, read-only; one payload file may serve several records. */
static void map_images(struct space *sp)
{
	const struct boot_machine *m = sp->m;
	const struct qv_region *archive = qv_blob_region(&m->blob, QV_REGION_ARCHIVE, 0);
	const struct qv_region *start = qv_blob_region(&m->blob, QV_REGION_START, sp->s);
	uint64_t mapped = 0; /* bit per file */

	for (uint32_t i = 0; i < m->blob.load_count; i++) {
		const struct qv_load *l = &m->blob.load[i];
		const struct qv_file *f = &m->blob.file[l->file];
		uint64_t hpa = archive->hpa + f->offset;

		if (l->target != QV_LOAD_SANDBOX || l->index != sp->s || l->file_size == 0)
			continue;
		if (!(mapped & 1ull << (l->file % 64)))
			(void)map_host(sp, hpa, page_up(f->size), QV_PT_READ);
		mapped |= 1ull << (l->file % 64);
		add_copy(sp, QV_MON_HOST + hpa + l->file_offset, l->address, l->file_size);
	}
	add_copy(sp, map_host(sp, start->hpa, start->size, QV_PT_READ), sp->sandbox->start_gpa, sp->sandbox->start_size);
}

/* Tables of devices and of the IOMMU that this monitor writes for its sandbox. */
static void map_devices(struct space *sp)
{
	struct boot_host_range range[BOOT_MAX_HOST_RANGES];
	uint32_t n = boot_device_ranges(sp->m, sp->s, range);

	for (uint32_t i = 0; i < n; i++)
		(void)map_host(sp, range[i].hpa, range[i].size,
			QV_PT_READ | QV_PT_WRITE | (range[i].uncached ? QV_PT_UNCACHED : 0));
	boot_device_handover(sp->m, sp->s, sp->h);
}

static void fill_identity(struct space *sp)
{
	struct qv_handover *h = sp->h;

	h->version = QV_HANDOVER_VERSION;
	h->vendor = sp->m->vendor;
	h->core = sp->core;
	h->core_count = sp->m->blob.system->core_count;
	for (uint32_t c = 0; c < h->core_count; c++)
		h->apic_id[c] = sp->m->madt.cpu[c];
	h->sandbox = sp->s;
	h->first_core = sp->sandbox->first_core;
	h->own_cores = sp->sandbox->core_count;
	h->sandbox_count = sp->m->blob.sandbox_count;
	memcpy(h->all, sp->m->blob.sandbox, h->sandbox_count * sizeof(h->all[0]));
	h->tsc_hz = sp->m->tsc_hz;
	h->flags = sp->m->info_flags;
}

static void fill_pages(struct space *sp, const struct boot_tables *t)
{
	struct qv_vendor_pages *p = &sp->h->pages;

	p->control_hpa = sp->control;
	p->control_va = private_va(sp, sp->control);
	p->host_hpa = sp->control + QV_PAGE_SIZE;
	p->host_va = private_va(sp, p->host_hpa);
	p->scratch_hpa = sp->control + 2 * QV_PAGE_SIZE;
	p->scratch_va = private_va(sp, p->scratch_hpa);
	p->nested_root_hpa = t->nested.base_hpa;
	p->io_bitmap_hpa = t->io_bitmap_hpa;
	p->msr_bitmap_hpa = t->msr_bitmap_hpa;
}

static uint32_t sandbox_of(const struct boot_machine *m, uint32_t core)
{
	uint32_t s = 0;

	while (core - m->blob.sandbox[s].first_core >= m->blob.sandbox[s].core_count)
		s++; /* ends: the blob check made sandboxes cover all cores */
	return s;
}

void boot_build_core(const struct boot_machine *m, uint32_t core, const struct boot_tables *tables,
	const struct qv_start_state *start, struct boot_launch *launch)
{
	const struct qv_region *r = qv_blob_region(&m->blob, QV_REGION_CORE, core);
	uint32_t s = sandbox_of(m, core);
	struct space sp = { .m = m, .core = core, .s = s, .sandbox = &m->blob.sandbox[s] };

	if (!r)
		boot_refuse(recompile, "no memory region for the monitor of core %u", core);
	sp.base = r->hpa;
	sp.size = r->size;
	lay_out(&sp, image_bytes(m));
	launch->entry = load_image(&sp);
	map_private(&sp);
	map_guest(&sp);
	map_machine(&sp);
	map_images(&sp);
	map_devices(&sp);
	fill_identity(&sp);
	fill_pages(&sp, &tables[s]);
	sp.h->start = start[s];
	sp.h->magic = QV_HANDOVER_MAGIC;
	boot_check_space(m, core, s, &sp.pt);
	launch->cr3 = sp.pt.base_hpa;
	launch->stack = private_va(&sp, sp.stack_top);
	launch->handover = private_va(&sp, sp.handover);
}
