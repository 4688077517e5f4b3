/* SPDX-License-Identifier: MIT */
/*
 * The last check before launch: walk everything finished that hardware will obey and compare it with the blob and the
 * policy. It shares no code with the builders but the table walker of lib/pt and the memory map, so a mistake in
 * building does not hide itself. All functions: false, and *error filled, at the first difference.
 *
 * What it establishes for the tables of one sandbox (CPU's nested tables or its devices' second-level tables):
 *  - every entry is one that the builder writes (qv_pt_sound), so a processor finds what this walk finds;
 *  - every leaf lies inside one memory record of this sandbox, maps it at the right offset, and gives exactly the
 *    rights of the record; device tables reach private memory only;
 *  - every byte of every record is mapped (CPU tables), of every private record (device tables).
 * With the disjointness of the records of different sandboxes, checked by qv_isolation_disjoint, no frame is reachable
 * from two sandboxes, and none of the trusted base from any.
 */
#ifndef LIB_ISOLATE_H
#define LIB_ISOLATE_H

#include <lib/blob.h>
#include <lib/memmap.h>
#include <lib/pt.h>
#include <lib/vtd.h>

struct qv_isolation_error {
	const char *what;  /* static text */
	uint32_t sandbox;
	uint32_t other;    /* sandbox, region or record index that collides */
	uint64_t address;  /* host-physical; of a bad entry the address under it; port, MSR or function for those */
};

/* No two memory records overlap in host memory, and none touches a region of the trusted base; a console slice must lie
 * inside the black box instead, beyond `slices_hpa`. */
bool qv_isolation_disjoint(const struct qv_memory *memory, uint32_t memory_count, const struct qv_region *region,
	uint32_t region_count, uint64_t slices_hpa, struct qv_isolation_error *error);

/* Check the finished tables of `sandbox` as described above. `devices`: these are second-level tables of an IOMMU. */
bool qv_isolation_tables(const struct qv_pt *tables, uint32_t sandbox, bool devices, const struct qv_memory *memory,
	uint32_t memory_count, struct qv_isolation_error *error);

/* ---- monitors ---- */

struct qv_isolation_reach { /* host-physical range, mapped at QV_MON_HOST + hpa */
	uint64_t hpa, size;
	uint32_t rights; /* QV_PT_* */
};

struct qv_isolation_space { /* address space of one core's monitor, to be judged */
	const struct qv_pt *tables;
	const struct qv_blob *blob;
	const struct qv_memmap *map; /* of the machine */
	uint32_t vendor; /* enum qv_vendor */
	uint32_t core, sandbox;
	uint64_t handoff_hpa; /* the one boot page it is entered through, mapped at its own address */
	uint64_t irt_hpa, irt_bytes; /* the part of the IOMMU region that device ranges may name */
	const struct qv_isolation_reach *device;
	uint32_t device_count;
};

/* The monitor maps: its image, each segment with its own rights and nowhere else; its private data, of its own tables
 * the root only; its sandbox's private memory, all of it, not executable; lock page, outboxes (only its own writable);
 * its own page of the black box; its sandbox's pristine files and start pages, read-only; the device ranges; the
 * hand-off page. Nothing else, nothing both writable and executable, and no device range touches RAM of
 * anyone, the part of the IOMMU region excepted. */
bool qv_isolation_monitor(const struct qv_isolation_space *sp, struct qv_isolation_error *error);

/* ---- intercept bitmaps, bit by bit ---- */

/* Exactly the ports of `sandbox` pass, none of them is one that monitors keep, and what lies past the last port is
 * closed. bytes >= 8192. */
bool qv_isolation_ports(const uint8_t *map, size_t bytes, uint32_t sandbox, const struct qv_port_range *port,
	uint32_t port_count, struct qv_isolation_error *error);
/* Exactly the accesses that lib/policy lets pass do; bits without an MSR are set. The map has the vendor's size. */
bool qv_isolation_msrs(const uint8_t *map, uint32_t vendor, uint32_t sandbox, struct qv_isolation_error *error);

/* ---- IOMMU ---- */

struct qv_isolation_device { /* a function that may reach memory through the IOMMU */
	uint16_t bdf;
	uint16_t sandbox;
};

struct qv_isolation_iommu {
	const uint8_t *base; /* the region, host-physical base_hpa; the root table is its first page */
	uint64_t base_hpa, bytes;
	uint64_t fixed_bytes; /* root table and other pages of fixed use; context and domain tables follow */
	uint32_t levels;      /* of the domain tables */
	const struct qv_vtd_entry *irt;
	uint32_t irt_entries;
	const struct qv_pt *domain[QV_MAX_SANDBOXES]; /* by sandbox, NULL = has none */
	const struct qv_isolation_device *device;
	uint32_t device_count;
};

/* Each root entry is empty or names a context table of its own; each context entry is empty, or its function is listed
 * and it names the tables and the domain number of its owner, bit by bit; each listed function has one. Context and
 * domain tables do not overlap. No interrupt-remapping entry is present yet. */
bool qv_isolation_contexts(const struct qv_isolation_iommu *u, struct qv_isolation_error *error);

#endif
