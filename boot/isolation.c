/* SPDX-License-Identifier: MIT */
/* The last check before launch: everything that hardware will obey, compared with the system file (lib/isolate.h). */
#include "partition.h"
#include "pci.h"

#include <lib/bitmap.h>
#include <lib/isolate.h>

static const char defect[] = "this is a defect of the tools or of the boot code: report it with the system file";

_Noreturn void boot_isolation_broken(const struct qv_isolation_error *e)
{
	boot_refuse(defect, "isolation check: %s (sandbox %u, other %u, address 0x%lx)", e->what, e->sandbox, e->other,
		e->address);
}

static bool sandbox_good(const struct boot_machine *m, uint32_t s, const struct boot_tables *t,
	struct qv_isolation_error *e)
{
	return qv_isolation_tables(&t->nested, s, false, m->blob.memory, m->blob.memory_count, e) &&
		qv_isolation_ports((const uint8_t *)t->io_bitmap_hpa, QV_SVM_IOPM_BYTES, s, m->blob.port,
			m->blob.port_count, e) &&
		qv_isolation_msrs((const uint8_t *)t->msr_bitmap_hpa, m->vendor, s, e);
}

void boot_check_isolation(const struct boot_machine *m, const struct boot_tables *tables)
{
	const struct qv_region *box = qv_blob_region(&m->blob, QV_REGION_BLACKBOX, 0);
	struct qv_isolation_error e;
	bool good = qv_isolation_disjoint(m->blob.memory, m->blob.memory_count, m->blob.region, m->blob.region_count,
		box->hpa + QV_BB_SLICE_OFF, &e);

	for (uint32_t s = 0; good && s < m->blob.sandbox_count; s++)
		good = sandbox_good(m, s, &tables[s], &e);
	if (!good)
		boot_isolation_broken(&e);
}

void boot_check_space(const struct boot_machine *m, uint32_t core, uint32_t s, const struct qv_pt *tables)
{
	struct boot_host_range range[BOOT_MAX_HOST_RANGES];
	struct qv_isolation_reach reach[BOOT_MAX_HOST_RANGES];
	struct qv_isolation_space sp = {
		.tables = tables, .blob = &m->blob, .map = &m->map, .vendor = m->vendor, .core = core, .sandbox = s,
		.handoff_hpa = (uint64_t)boot_handoff, .device = reach,
		.device_count = boot_device_ranges(m, s, range),
	};
	struct qv_isolation_error e;

	boot_iommu_monitors_part(&sp.irt_hpa, &sp.irt_bytes);
	for (uint32_t i = 0; i < sp.device_count; i++)
		reach[i] = (struct qv_isolation_reach){ range[i].hpa, range[i].size,
			QV_PT_READ | QV_PT_WRITE | (range[i].uncached ? QV_PT_UNCACHED : 0) };
	if (!qv_isolation_monitor(&sp, &e))
		boot_isolation_broken(&e);
}
