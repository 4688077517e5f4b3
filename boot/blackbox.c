/* SPDX-License-Identifier: MIT */
/* The black box: header and boot log are boot's, core pages the monitors', slices the sandboxes' (abi/blackbox.h). */
#include "partition.h"

#include <hw/cpu.h>
#include <lib/string.h>

static void describe_sandboxes(const struct boot_machine *m, const struct boot_tables *tables, struct qv_bb_header *h)
{
	for (uint32_t s = 0; s < m->blob.sandbox_count; s++) {
		const struct qv_sandbox *from = &m->blob.sandbox[s];
		struct qv_bb_sandbox *to = &h->sandbox[s];

		memcpy(to->name, from->name, sizeof(to->name));
		to->kernel = from->kernel;
		to->first_core = from->first_core;
		to->core_count = from->core_count;
		h->table_bytes[s] = !tables ? 0 : tables[s].nested.used * (uint32_t)QV_PAGE_SIZE;
	}
}

void boot_init_blackbox(const struct boot_machine *m, const struct boot_tables *tables)
{
	const struct qv_region *r = qv_blob_region(&m->blob, QV_REGION_BLACKBOX, 0);
	struct qv_bb_header *h = (void *)r->hpa;

	memset(h, 0, sizeof(*h));
	memset((void *)(r->hpa + QV_BB_CORE_OFF), 0, QV_MAX_CORES * sizeof(struct qv_bb_core));
	h->version = QV_BB_VERSION;
	h->vendor = m->vendor;
	h->size = r->size;
	h->tsc_hz = m->tsc_hz;
	h->core_count = m->blob.system->core_count;
	h->sandbox_count = m->blob.sandbox_count;
	h->boot_off = QV_BB_BOOT_OFF;
	h->core_off = QV_BB_CORE_OFF;
	h->slice_off = QV_BB_SLICE_OFF;
	memcpy(h->system, m->blob.system->name, sizeof(h->system));
	describe_sandboxes(m, tables, h);
	h->launch_tsc = hw_rdtsc();
	hw_barrier();
	h->magic = QV_BB_MAGIC; /* last: a reader that sees it sees the rest */
}
