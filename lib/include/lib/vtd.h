/* SPDX-License-Identifier: MIT */
/*
 * VT-d table entries and queue descriptors (Intel VT-d specification 4.1, chapters 5, 6 and 9), legacy mode. Entries
 * are two quadwords. A zero entry is "not present": a zeroed root table blocks every device.
 */
#ifndef LIB_VTD_H
#define LIB_VTD_H

#include <abi/types.h>

struct qv_vtd_entry {
	uint64_t low, high;
};

/* Root entry: the context table of one bus, page aligned. */
struct qv_vtd_entry qv_vtd_root(uint64_t context_hpa);
/* Context entry: one function translated by the second-level table at `table_hpa`, `levels` (3, 4 or 5) deep. */
struct qv_vtd_entry qv_vtd_context(uint64_t table_hpa, uint32_t levels, uint16_t domain);
/* Interrupt-remapping entry for extended (x2APIC) mode: fixed, edge, physical, and only from function `bdf`. */
struct qv_vtd_entry qv_vtd_irte(uint32_t apic_id, uint8_t vector, uint16_t bdf);
/* The message address that selects remapping entry `index`; its data word is 0. */
uint64_t qv_vtd_msi_address(uint16_t index);

/* Invalidation queue descriptors. */
struct qv_vtd_entry qv_vtd_flush_contexts(void);
struct qv_vtd_entry qv_vtd_flush_iotlb(void);
struct qv_vtd_entry qv_vtd_flush_interrupts(void);
/* Write `status` to the dword at `address_hpa` when everything before is done. */
struct qv_vtd_entry qv_vtd_wait(uint64_t address_hpa, uint32_t status);

/* ---- capability registers ---- */

struct qv_vtd_caps {
	uint32_t levels;        /* of second-level tables to use: 4, or 3; 0 = neither */
	uint64_t grain;         /* largest page */
	bool queue;             /* queued invalidation */
	bool remapping;         /* interrupt remapping in x2APIC mode */
	bool snoop;             /* devices that do not snoop are coherent through page walks */
	uint32_t fault_offset;  /* of the first fault record */
	uint32_t fault_records;
};
struct qv_vtd_caps qv_vtd_read_caps(uint64_t cap, uint64_t ecap);

#endif
