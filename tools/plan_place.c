/* SPDX-License-Identifier: MIT */
/* Sizes -> addresses: first fit from 16 MiB up, pins first, then the trusted base, then sandbox memory. */
#include "plan.h"
#include "units.h"

#include <lib/assert.h>
#include <lib/place.h>
#include <lib/pt.h>

#include <abi/handover.h>
#include <abi/machine.h>

#include <stdlib.h>
#include <string.h>

/* What `machine: auto` may rely on: PCs have RAM from 1 MiB to at least here before the PCI hole (QEMU's q35 ends low
 * RAM at 2 GiB), firmware keeps some of its top, and the rest begins at 4 GiB. Boot checks all against the real map. */
#define AUTO_LOW_TOP  (1984ull << 20)
#define AUTO_HIGH     (4ull << 30)
#define AUTO_TOP      (64ull << 30)
#define BARE_LOW_TOP  0x9f000ull /* the EBDA and the video hole lie above */
#define MIB           (1ull << 20)
#define TABLE_SLACK   16u /* pages for device memory that boot maps */
#define BITMAP_PAGES  5u  /* I/O 12 KiB, MSR 8 KiB */
#define DEVICE_PAGES  24u /* nested tables for the registers of one device, at most */
#define IOMMU_BYTES   (256ull << 10)

static uint64_t page_up(uint64_t size)
{
	return (size + QV_PAGE_SIZE - 1) & ~(QV_PAGE_SIZE - 1);
}

static uint64_t monitor_span(const struct plan *plan)
{
	uint64_t span = 0;

	for (uint32_t i = 0; i < plan->load_count; i++) {
		const struct qv_load *l = &plan->load[i];

		if (l->target != QV_LOAD_SANDBOX && l->address + l->mem_size - QV_MON_IMAGE > span)
			span = l->address + l->mem_size - QV_MON_IMAGE;
	}
	return page_up(span);
}

static void add_region(struct plan *plan, uint32_t kind, uint32_t index, uint64_t size)
{
	plan->region[plan->region_count++] = (struct qv_region){ .kind = kind, .index = index, .size = page_up(size) };
}

static uint64_t grain_of(const struct config_sandbox *s)
{
	return s->grain.given ? s->grain.value : QV_HUGE_SIZE;
}

/* hpa is filled in later; a pinned part has it already. */
static void add_memory(struct plan *plan, uint32_t i, uint64_t gpa, const struct config_memory *part)
{
	plan->memory[plan->memory_count++] = (struct qv_memory){ .sandbox = i, .kind = QV_MEMORY_PRIVATE, .gpa = gpa,
		.hpa = part->pin.given ? part->pin.value : 0, .size = part->size.value, .grain = grain_of(plan->source[i]),
		.flags = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC };
}

static void add_bare_memory(struct plan *plan)
{
	const uint64_t start[2] = { 0, MIB }, end[2] = { BARE_LOW_TOP, plan->memory_size[0] };

	for (int i = 0; i < 2; i++)
		plan->memory[plan->memory_count++] = (struct qv_memory){ .kind = QV_MEMORY_PRIVATE, .gpa = start[i], .hpa = start[i],
			.size = end[i] - start[i], .grain = QV_LARGE_SIZE, .flags = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC };
}

/* Linux reaches no black box: it has its serial console. Its slice stays reserved. */
static void add_console(struct plan *plan, uint32_t i)
{
	if (plan->sandbox[i].kernel == QV_KERNEL_QUEST)
		plan->memory[plan->memory_count++] = (struct qv_memory){ .sandbox = i, .kind = QV_MEMORY_CONSOLE,
			.size = QV_LARGE_SIZE,
			.grain = QV_LARGE_SIZE, .flags = QV_MEM_READ | QV_MEM_WRITE };
}

/* What its processes that may migrate live in; in the window, so outside every pristine image. */
static void add_arena(struct plan *plan, uint32_t i)
{
	uint64_t bytes = 0;

	for (int j = 0; j < plan->source[i]->vcpu_count; j++)
		bytes += plan->source[i]->vcpu[j].migratable.value;
	if (bytes)
		plan->memory[plan->memory_count++] = (struct qv_memory){ .sandbox = i, .kind = QV_MEMORY_ARENA, .size = bytes,
			.grain = QV_LARGE_SIZE, .flags = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC };
}

static void add_memories(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->sandbox_count; i++) {
		uint64_t gpa = 0;

		if (plan->system.flags & QV_SYSTEM_BARE)
			add_bare_memory(plan);
		for (int j = 0; j < plan->source[i]->memory_count && !(plan->system.flags & QV_SYSTEM_BARE); j++) {
			add_memory(plan, i, gpa, &plan->source[i]->memory[j]);
			gpa += plan->source[i]->memory[j].size.value;
		}
		add_console(plan, i);
		add_arena(plan, i);
	}
}

/* Most pages the nested tables of a sandbox can need; places are not known yet, so the worst alignment counts. */
static uint64_t worst_table_pages(const struct plan *plan, uint32_t sandbox)
{
	uint64_t pages = 1;

	for (uint32_t i = 0; i < plan->memory_count; i++) {
		const struct qv_memory *m = &plan->memory[i];
		uint64_t grain = m->grain > QV_LARGE_SIZE ? QV_LARGE_SIZE : m->grain;

		if (m->sandbox == sandbox)
			pages += qv_pt_cost(m->gpa, m->hpa % QV_LARGE_SIZE, m->size, grain) + 4;
	}
	return pages;
}

static uint32_t pci_devices(const struct plan *plan, uint32_t sandbox)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < plan->device_count; i++)
		if (plan->device[i].sandbox == sandbox)
			n += plan->device[i].kind == QV_DEVICE_REST ? 4 : 1;
	return n;
}

/* Core regions come first: they lie in one run that begins at a 2 MiB boundary. */
static void add_regions(struct plan *plan)
{
	uint64_t iommu = IOMMU_BYTES;

	for (uint32_t i = 0; i < plan->system.core_count; i++) {
		uint64_t size = monitor_span(plan) + QV_CORE_REGION_MIN;

		add_region(plan, QV_REGION_CORE, i, size > 512 * 1024 ? size : 512 * 1024);
	}
	add_region(plan, QV_REGION_MACHINE, 0,
		   sizeof(struct qv_machine_locks) + plan->system.core_count * sizeof(struct qv_outbox));
	add_region(plan, QV_REGION_BLACKBOX, 0, (1 + plan->sandbox_count) * QV_LARGE_SIZE);
	for (uint32_t i = 0; i < plan->sandbox_count; i++) {
		uint64_t pages = worst_table_pages(plan, i);

		add_region(plan, QV_REGION_TABLES, i,
			(pages + BITMAP_PAGES + TABLE_SLACK + pci_devices(plan, i) * DEVICE_PAGES) * QV_PAGE_SIZE);
		if (pci_devices(plan, i))
			iommu += pages * QV_PAGE_SIZE;
	}
	add_region(plan, QV_REGION_IOMMU, 0, iommu);
	for (uint32_t i = 0; i < plan->sandbox_count; i++)
		add_region(plan, QV_REGION_START, i, plan->sandbox[i].start_size);
	add_region(plan, QV_REGION_ARCHIVE, 0, QV_PAGE_SIZE);
	plan->region[plan->region_count - 1].size = page_up(plan_blob_size(plan));
}

/* ---- free memory ---- */

/* Everything from 16 MiB up; below lie boot code and what firmware needs. */
static void free_memory(struct qv_place *ram, const struct config *config)
{
	const struct config_machine *machine = &config->machine;

	for (int i = 0; i < machine->ram_count; i++)
		(void)qv_place_add(ram, machine->ram[i].pin.value, machine->ram[i].size.value);
	if (!machine->core_count.given) {
		(void)qv_place_add(ram, MIB, AUTO_LOW_TOP - MIB);
		(void)qv_place_add(ram, AUTO_HIGH, AUTO_TOP - AUTO_HIGH);
	}
	while (ram->count && ram->free[0].start < QV_PLACE_FLOOR) {
		uint64_t end = ram->free[0].start + ram->free[0].size;

		(void)qv_place_reserve(ram, ram->free[0].start, (end < QV_PLACE_FLOOR ? end : QV_PLACE_FLOOR) - ram->free[0].start);
	}
}

static void place_pins(struct plan *plan, struct qv_place *ram, struct diag *d)
{
	for (uint32_t i = 0; i < plan->sandbox_count; i++)
		for (int j = 0; j < plan->source[i]->memory_count; j++) {
			const struct config_memory *m = &plan->source[i]->memory[j];

			if (m->pin.given && m->pin.value < QV_PLACE_FLOOR)
				diag_error(d, m->pin.at, "memory below 16 MiB belongs to boot code; pin it higher");
			else if (m->pin.given && !qv_place_reserve(ram, m->pin.value, m->size.value))
				diag_error(d, m->pin.at, "0x%llx to 0x%llx is not all free RAM, or another `at` overlaps it; pin it elsewhere",
					(unsigned long long)m->pin.value, (unsigned long long)(m->pin.value + m->size.value));
		}
}

static uint64_t region_align(uint32_t kind, uint32_t index)
{
	bool coarse = kind == QV_REGION_BLACKBOX || (kind == QV_REGION_CORE && index == 0);

	return coarse ? QV_LARGE_SIZE : QV_PAGE_SIZE;
}

static bool place_regions(struct plan *plan, struct qv_place *ram)
{
	for (uint32_t i = 0; i < plan->region_count; i++) {
		struct qv_region *r = &plan->region[i];

		if (!qv_place_take(ram, r->size, region_align(r->kind, r->index), &r->hpa))
			return false;
	}
	return true;
}

static bool place_part(struct qv_memory *m, struct qv_place *ram)
{
	if (m->hpa)
		return true;
	if (m->size >= QV_HUGE_SIZE && m->grain >= QV_HUGE_SIZE && qv_place_take(ram, m->size, QV_HUGE_SIZE, &m->hpa))
		return true;
	return qv_place_take(ram, m->size, QV_LARGE_SIZE, &m->hpa);
}

static void no_room(const struct plan *plan, const struct qv_place *ram, uint32_t sandbox, uint64_t size,
	struct diag *d)
{
	char want[32];

	diag_error(d, plan->source[sandbox]->memory_text.at,
		"no room for %s of memory: the largest free block has %llu MiB; make it smaller, or split it into parts",
		units_print_size(want, size), (unsigned long long)(qv_place_largest(ram, QV_LARGE_SIZE) >> 20));
}

static void place_memories(struct plan *plan, struct qv_place *ram, struct diag *d)
{
	uint64_t box = qv_blob_region(&(struct qv_blob){ .region = plan->region, .region_count = plan->region_count },
		QV_REGION_BLACKBOX, 0)->hpa;
	bool bare = plan->system.flags & QV_SYSTEM_BARE;

	for (uint32_t i = 0; i < plan->memory_count; i++) {
		struct qv_memory *m = &plan->memory[i];

		if (m->kind == QV_MEMORY_CONSOLE) {
			m->hpa = box + (1 + m->sandbox) * QV_LARGE_SIZE;
			m->gpa = bare ? m->hpa : QV_WINDOW + m->hpa;
		} else if (m->kind == QV_MEMORY_ARENA) {
			if (!qv_place_take(ram, m->size, QV_LARGE_SIZE, &m->hpa))
				no_room(plan, ram, m->sandbox, m->size, d);
			m->gpa = bare ? m->hpa : QV_WINDOW + m->hpa;
		} else if (!bare && !place_part(m, ram)) {
			no_room(plan, ram, m->sandbox, m->size, d);
		}
	}
}

static void set_memory_top(struct plan *plan)
{
	uint64_t top = 0;

	for (uint32_t i = 0; i < plan->region_count; i++)
		top = plan->region[i].hpa + plan->region[i].size > top ? plan->region[i].hpa + plan->region[i].size : top;
	for (uint32_t i = 0; i < plan->memory_count; i++)
		top = plan->memory[i].hpa + plan->memory[i].size > top ? plan->memory[i].hpa + plan->memory[i].size : top;
	plan->system.memory_top = top;
}

/* Build the sandbox's nested tables here as boot will, to count their pages. */
static void measure_tables(struct plan *plan, uint32_t sandbox)
{
	uint64_t pages = worst_table_pages(plan, sandbox);
	void *pool = aligned_alloc(QV_PAGE_SIZE, pages * QV_PAGE_SIZE);
	struct qv_pt pt;

	if (!pool)
		return;
	qv_pt_init(&pt, &qv_pt_npt, pool, 0, (uint32_t)pages);
	for (uint32_t i = 0; i < plan->memory_count; i++) {
		const struct qv_memory *m = &plan->memory[i];
		enum qv_pt_error e = m->sandbox == sandbox ? qv_pt_map(&pt, m->gpa, m->hpa, m->size, m->flags, m->grain) : QV_PT_OK;

		assert(e == QV_PT_OK);
	}
	plan->table_bytes[sandbox] = pt.used * QV_PAGE_SIZE;
	free(pool);
}

bool plan_place(struct plan *plan, const struct config *config, struct diag *d)
{
	struct qv_place ram = { 0 };
	bool bare = plan->system.flags & QV_SYSTEM_BARE;

	free_memory(&ram, config);
	if (bare && plan->memory_size[0] > QV_PLACE_FLOOR &&
	    !qv_place_reserve(&ram, QV_PLACE_FLOOR, plan->memory_size[0] - QV_PLACE_FLOOR))
		no_room(plan, &ram, 0, plan->memory_size[0], d);
	add_memories(plan);
	add_regions(plan);
	if (!bare)
		place_pins(plan, &ram, d);
	if (d->count == 0 && !place_regions(plan, &ram))
		diag_error(d, config->sandboxes.at, "no room for the monitors and the black box; leave more memory free");
	if (d->count)
		return false;
	place_memories(plan, &ram, d);
	set_memory_top(plan);
	for (uint32_t i = 0; i < plan->sandbox_count && d->count == 0 && !bare; i++)
		measure_tables(plan, i);
	return d->count == 0;
}
