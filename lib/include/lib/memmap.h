/* SPDX-License-Identifier: MIT */
/*
 * The machine's physical memory map. Firmware gives ranges unsorted and overlapping; after qv_memmap_normalise they are
 * sorted and disjoint, touching ranges of one type are merged, and where two types claim a byte the stricter one wins
 * (RAM is the weakest).
 */
#ifndef LIB_MEMMAP_H
#define LIB_MEMMAP_H

#include <abi/types.h>

/* Types as in the E820 map (ACPI 6.5, table 15.3); any other number is taken as reserved. */
enum qv_memmap_type {
	QV_MEMMAP_HOLE = 0, /* nobody claims it; only in answers */
	QV_MEMMAP_RAM = 1,
	QV_MEMMAP_RESERVED = 2,
	QV_MEMMAP_ACPI = 3,
	QV_MEMMAP_NVS = 4,
	QV_MEMMAP_BAD = 5
};

struct qv_memmap_range {
	uint64_t base;
	uint64_t size; /* > 0; base + size does not wrap */
	uint32_t type;
	uint32_t reserved;
};

#define QV_MEMMAP_RAW 128u /* ranges accepted from firmware */
#define QV_MEMMAP_MAX (2 * QV_MEMMAP_RAW)

struct qv_memmap {
	uint32_t count;
	uint32_t dropped; /* ranges that found no place: the caller must refuse, since a reserved one may be missing */
	struct qv_memmap_range range[QV_MEMMAP_MAX];
};

/* Add one raw range; an empty one is ignored, one that wraps is cut at 2^64 - 1. */
void qv_memmap_add(struct qv_memmap *map, uint64_t base, uint64_t size, uint32_t type);
/* Sort, resolve overlaps, merge. At most QV_MEMMAP_RAW raw ranges before. */
void qv_memmap_normalise(struct qv_memmap *map);

/* The questions below need a normalised map. */

/* Type at `address`; *until = first address where the answer changes (or the end of the address space). */
uint32_t qv_memmap_at(const struct qv_memmap *map, uint64_t address, uint64_t *until);
/* Is every byte of [base, base + size) RAM? If not, *bad is the first address that is not. */
bool qv_memmap_is_ram(const struct qv_memmap *map, uint64_t base, uint64_t size, uint64_t *bad);
/* Is any byte of [base, base + size) RAM? */
bool qv_memmap_has_ram(const struct qv_memmap *map, uint64_t base, uint64_t size);
/* First address above the last RAM; 0 without RAM. */
uint64_t qv_memmap_top(const struct qv_memmap *map);
/* Bytes of RAM. */
uint64_t qv_memmap_ram(const struct qv_memmap *map);

struct qv_memmap_avoid {
	uint64_t base;
	uint64_t size;
};
/* Lowest RAM block of `size` bytes, aligned to `align` (a power of two), inside [low, high), that touches none of the
 * `n` ranges to avoid. False if there is none. */
bool qv_memmap_find(const struct qv_memmap *map, uint64_t low, uint64_t high, uint64_t size, uint64_t align,
		    const struct qv_memmap_avoid *avoid, size_t n, uint64_t *found);

#endif
