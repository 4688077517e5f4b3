/* SPDX-License-Identifier: MIT */
/* From checked blob and machine to running monitors; see partition.h for the order. */
#include "partition.h"
#include "pci.h"

#include <hw/cpu.h>
#include <lib/string.h>

static struct boot_tables tables[QV_MAX_SANDBOXES];
static struct qv_start_state start[QV_MAX_SANDBOXES];
static struct boot_launch launch[QV_MAX_CORES];

static void clear_machine_area(const struct boot_machine *m)
{
	const struct qv_region *r = qv_blob_region(&m->blob, QV_REGION_MACHINE, 0);

	memset((void *)r->hpa, 0, r->size);
}

/* Runs on its core: the job never returns. */
static void leave(void *arg)
{
	const struct boot_launch *l = arg;

	boot_handoff(l->handover, l->cr3, l->stack, l->entry);
}

static void launch_cores(const struct boot_machine *m)
{
	for (uint32_t c = 1; c < m->blob.system->core_count; c++)
		boot_on_core(c, leave, &launch[c]);
	leave(&launch[0]);
}

void boot_partition(struct boot_machine *m)
{
	const char *es = m->blob.sandbox_count == 1 ? "" : "es";

	if (m->blob.system->flags & QV_SYSTEM_BARE)
		boot_bare(m);
	for (uint32_t s = 0; s < m->blob.sandbox_count; s++) {
		boot_build_tables(m, s, &tables[s]);
		boot_build_start(m, s, &start[s]);
	}
	boot_check_isolation(m, tables);
	boot_iommu_start(m);
	boot_route_pins(m);
	clear_machine_area(m);
	for (uint32_t c = 0; c < m->blob.system->core_count; c++)
		boot_build_core(m, c, tables, start, &launch[c]);
	boot_log("isolation check: every leaf of %u sandbox%s agrees with the system file\n", m->blob.sandbox_count, es);
	boot_log("launching %u sandbox%s on %u core%s\n", m->blob.sandbox_count, es, m->blob.system->core_count,
		 boot_plural(m->blob.system->core_count));
	boot_seal_blackbox(m, tables);
	launch_cores(m);
}
