/* SPDX-License-Identifier: MIT */
/*
 * From a checked blob and a checked machine to running monitors. Order (boot/partition.c):
 * nested tables and bitmaps of each sandbox -> start pages -> check -> IOMMU tables, check, on -> address space and
 * hand-over of each core, check -> jump. Private to boot/.
 */
#ifndef BOOT_PARTITION_H
#define BOOT_PARTITION_H

#include "boot.h"

#include <abi/blackbox.h>
#include <abi/handover.h>
#include <lib/pt.h>

struct boot_tables { /* of one sandbox, in its TABLES region */
	struct qv_pt nested;
	uint64_t io_bitmap_hpa;
	uint64_t msr_bitmap_hpa;
};

/* Build nested tables, I/O and MSR bitmaps of sandbox `s`; refuses with a message when the region is too small. */
void boot_build_tables(const struct boot_machine *m, uint32_t s, struct boot_tables *t);
/* Compare all finished nested tables and bitmaps with the blob and the policy; refuses on any difference. */
void boot_check_isolation(const struct boot_machine *m, const struct boot_tables *tables);
/* The same for the finished page tables of the monitor of `core`, which runs sandbox `s`. */
void boot_check_space(const struct boot_machine *m, uint32_t core, uint32_t s, const struct qv_pt *tables);
/* Fill the pristine start pages of sandbox `s`; *start gets the entry state. */
void boot_build_start(const struct boot_machine *m, uint32_t s, struct qv_start_state *start);
/* Last strokes before launch: clear the monitors' pages, note table sizes and the time. `tables` is NULL when bare. */
void boot_seal_blackbox(const struct boot_machine *m, const struct boot_tables *tables);

struct boot_launch { /* all a core needs to jump into its monitor */
	uint64_t handover;
	uint64_t cr3;
	uint64_t stack;
	uint64_t entry;
};

/* Build the address space, the private copy of the monitor image and the hand-over of core ordinal `core`. */
void boot_build_core(const struct boot_machine *m, uint32_t core, const struct boot_tables *tables,
	const struct qv_start_state *start, struct boot_launch *launch);

/* Run the one sandbox of a bare system on the machine itself. Does not return. */
_Noreturn void boot_bare(struct boot_machine *m);

/* Switch to the monitor's tables and stack and jump; alone on its page, mapped at the same address in both. */
_Noreturn void boot_handoff(uint64_t handover, uint64_t cr3, uint64_t stack, uint64_t entry);

#endif
