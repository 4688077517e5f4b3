/* SPDX-License-Identifier: MIT */
/* The black box before launch: header and boot log are boot's, core pages the monitors', slices the sandboxes'. */
#include "partition.h"

#include <hw/cpu.h>
#include <lib/string.h>

void boot_seal_blackbox(const struct boot_machine *m, const struct boot_tables *tables)
{
	struct qv_bb_header *h = m->blackbox;

	memset((uint8_t *)h + QV_BB_CORE_OFF, 0, QV_MAX_CORES * sizeof(struct qv_bb_core));
	for (uint32_t s = 0; tables && s < m->blob.sandbox_count; s++)
		h->table_bytes[s] = tables[s].nested.used * (uint32_t)QV_PAGE_SIZE;
	h->launch_tsc = hw_rdtsc();
}
