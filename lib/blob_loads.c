/* SPDX-License-Identifier: MIT */
/* Rules of the blob checker about LOAD records: what is copied where at each launch. */
#include "blob_rules.h"

#include <abi/handover.h>

#define MONITOR_SPAN_LIMIT (64ull << 20) /* no monitor image reaches further; keeps sums small */

typedef struct qv_blob_check_context context;

#define REFUSE(section, entry, what) qv_blob_refuse(c, QV_SECTION_##section, entry, what, QV_REBUILD)

static bool load_shape_good(const context *c, const struct qv_load *l, uint32_t i)
{
	const struct qv_blob *b = c->blob;
	uint32_t targets = l->target == QV_LOAD_SANDBOX ? b->sandbox_count : 1;

	if (l->target < QV_LOAD_SANDBOX || l->target > QV_LOAD_MONITOR_VMX || l->index >= targets)
		return REFUSE(LOAD, i, "the load's target is unknown");
	if (l->file >= b->file_count)
		return REFUSE(LOAD, i, "the load's file is not in the blob");
	if (l->file_offset > b->file[l->file].size || l->file_size > b->file[l->file].size - l->file_offset)
		return REFUSE(LOAD, i, "the load reaches past the end of its file");
	if (l->mem_size == 0 || l->mem_size < l->file_size || l->address + l->mem_size < l->address)
		return REFUSE(LOAD, i, "the load's size is impossible");
	if (l->flags == 0 || (l->flags & ~(QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC)))
		return REFUSE(LOAD, i, "the load's rights are unknown");
	return true;
}

static bool meets_start_pages(const struct qv_sandbox *s, const struct qv_load *l)
{
	return qv_ranges_meet(s->start_gpa, s->start_size, l->address, l->mem_size);
}

static bool sandbox_load_good(const context *c, const struct qv_load *l, uint32_t i)
{
	const struct qv_sandbox *s = &c->blob->sandbox[l->index];

	if (l->entry)
		return REFUSE(LOAD, i, "the load has an entry point of its own");
	if (!qv_blob_private(c->blob, l->index, l->address, l->mem_size))
		return REFUSE(LOAD, i, "the load reaches outside the sandbox's memory");
	if (meets_start_pages(s, l))
		return REFUSE(LOAD, i, "the load overwrites the start pages");
	for (uint32_t j = 0; j < i; j++) {
		const struct qv_load *o = &c->blob->load[j];

		if (o->target == QV_LOAD_SANDBOX && o->index == l->index &&
		    qv_ranges_meet(o->address, o->mem_size, l->address, l->mem_size))
			return REFUSE(LOAD, i, "two loads of one sandbox overlap");
	}
	return true;
}

/* Does any load of the sandbox cover the bytes, with these rights? */
static bool loaded(const struct qv_blob *b, uint32_t sandbox, uint64_t gpa, uint64_t size, uint32_t rights)
{
	uint64_t end = gpa + size;

	for (uint32_t i = 0; i < b->load_count && gpa < end; i++) {
		const struct qv_load *l = &b->load[i];

		if (l->target == QV_LOAD_SANDBOX && l->index == sandbox && (l->flags & rights) == rights &&
		    l->address <= gpa && gpa < l->address + l->mem_size)
			gpa = l->address + l->mem_size;
	}
	return gpa >= end;
}

static bool sandbox_loads_complete(const context *c, uint32_t i)
{
	const struct qv_blob *b = c->blob;
	const struct qv_sandbox *s = &b->sandbox[i];
	uint32_t loads = 0;

	for (uint32_t j = 0; j < b->load_count; j++)
		loads += b->load[j].target == QV_LOAD_SANDBOX && b->load[j].index == i;
	if (loads == 0 || loads > QV_SANDBOX_MAX_LOADS)
		return REFUSE(SANDBOX, i, "the sandbox has no load or more than 16");
	if (!loaded(b, i, s->entry, 1, QV_MEM_EXEC))
		return REFUSE(SANDBOX, i, "the sandbox's entry point is not in executable code");
	if (!qv_blob_private(b, i, s->start_gpa, s->start_size))
		return REFUSE(SANDBOX, i, "the start pages lie outside the sandbox's memory");
	if (s->initrd_size == 0 ? s->initrd_gpa != 0 : !loaded(b, i, s->initrd_gpa, 1, QV_MEM_READ) ||
	    !loaded(b, i, s->initrd_gpa + s->initrd_size - 1, 1, QV_MEM_READ))
		return REFUSE(SANDBOX, i, "the sandbox's initrd is not loaded");
	return true;
}

struct monitor_span { /* of the records of one vendor seen so far */
	uint64_t entry, end;
	bool entry_loaded;
};

static bool monitor_load_good(const context *c, const struct qv_load *l, uint32_t i, struct monitor_span *span)
{
	if (c->blob->system->flags & QV_SYSTEM_BARE)
		return REFUSE(LOAD, i, "a bare system has a monitor");
	if (l->address % QV_PAGE_SIZE || l->address < QV_MON_IMAGE || l->address - QV_MON_IMAGE > MONITOR_SPAN_LIMIT ||
	    l->mem_size > MONITOR_SPAN_LIMIT)
		return REFUSE(LOAD, i, "a monitor segment lies at an impossible address");
	if (l->address < span->end)
		return REFUSE(LOAD, i, "monitor segments overlap or are not in order");
	if (span->end && l->entry != span->entry)
		return REFUSE(LOAD, i, "a monitor has two entry points");
	span->entry = l->entry;
	span->end = (l->address + l->mem_size + QV_PAGE_SIZE - 1) & ~(QV_PAGE_SIZE - 1);
	if ((l->flags & QV_MEM_EXEC) && l->entry >= l->address && l->entry - l->address < l->mem_size)
		span->entry_loaded = true;
	return true;
}

static bool monitors_fit(const context *c, const struct monitor_span span[QV_LOAD_MONITOR_VMX + 1])
{
	for (uint32_t vendor = QV_LOAD_MONITOR_SVM; vendor <= QV_LOAD_MONITOR_VMX; vendor++) {
		uint64_t bytes = span[vendor].end ? span[vendor].end - QV_MON_IMAGE : 0;

		if (!bytes && !(c->blob->system->flags & QV_SYSTEM_BARE))
			return REFUSE(LOAD, 0, "a vendor's monitor is missing");
		if (bytes && !span[vendor].entry_loaded)
			return REFUSE(LOAD, 0, "a monitor's entry point is not in executable code");
		for (uint32_t core = 0; core < c->blob->system->core_count; core++)
			if (qv_blob_region(c->blob, QV_REGION_CORE, core)->size < bytes + QV_CORE_REGION_MIN)
				return REFUSE(REGION, core, "a core's region is too small for the monitor");
	}
	return true;
}

bool qv_blob_load_rules(const context *c)
{
	const struct qv_blob *b = c->blob;
	struct monitor_span span[QV_LOAD_MONITOR_VMX + 1] = { 0 };

	for (uint32_t i = 0; i < b->load_count; i++) {
		const struct qv_load *l = &b->load[i];

		if (!load_shape_good(c, l, i))
			return false;
		if (!(l->target == QV_LOAD_SANDBOX ? sandbox_load_good(c, l, i) : monitor_load_good(c, l, i, &span[l->target])))
			return false;
	}
	for (uint32_t i = 0; i < b->sandbox_count; i++)
		if (!sandbox_loads_complete(c, i))
			return false;
	return monitors_fit(c, span);
}
