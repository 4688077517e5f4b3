/* SPDX-License-Identifier: MIT */
/*
 * The last check before launch: walk every finished table and compare it with the blob. It shares no code with the
 * builder of the tables but qv_pt_next, so a mistake in building does not hide itself.
 *
 * What it establishes for the tables of one sandbox (CPU's nested tables or its devices' second-level tables):
 *  - every leaf lies inside one memory record of this sandbox, maps it at the right offset, and gives no right that the
 *    record does not give; device tables reach private memory only;
 *  - every byte of every record is mapped (CPU tables), of every private record (device tables).
 * With the disjointness of the records of different sandboxes, checked by qv_isolation_disjoint, no frame is reachable
 * from two sandboxes, and none of the trusted base from any.
 */
#ifndef LIB_ISOLATE_H
#define LIB_ISOLATE_H

#include <abi/blob.h>
#include <lib/pt.h>

struct qv_isolation_error {
	const char *what;  /* static text */
	uint32_t sandbox;
	uint32_t other;    /* sandbox or region index that collides */
	uint64_t address;  /* host-physical */
};

/* No two memory records overlap in host memory, and none touches a region of the trusted base; a console slice must lie
 * inside the black box instead, beyond `slices_hpa`. */
bool qv_isolation_disjoint(const struct qv_memory *memory, uint32_t memory_count, const struct qv_region *region,
	uint32_t region_count, uint64_t slices_hpa, struct qv_isolation_error *error);

/* Check the finished tables of `sandbox` as described above. `devices`: these are second-level tables of an IOMMU. */
bool qv_isolation_tables(const struct qv_pt *tables, uint32_t sandbox, bool devices, const struct qv_memory *memory,
	uint32_t memory_count, struct qv_isolation_error *error);

#endif
