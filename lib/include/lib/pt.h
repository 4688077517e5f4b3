/* SPDX-License-Identifier: MIT */
/*
 * One page-table builder and walker for every four-level radix format; a format is data (qv_pt_format).
 *
 * A table set lives in a pool: a run of pages with virtual address `base` and host-physical address `base_hpa`.
 * Page 0 of the pool is the root. Entries hold host-physical addresses. Nothing is freed; a set is built once.
 * Sizes are compile-time parameters so that proofs can shrink them: QV_PT_BITS index bits a level (9).
 */
#ifndef LIB_PT_H
#define LIB_PT_H

#include <abi/limits.h>

#ifndef QV_PT_BITS
#define QV_PT_BITS 9u
#endif
#define QV_PT_ENTRIES (1u << QV_PT_BITS)
#define QV_PT_LEVELS  4u

/* Rights and kind of a mapping, format-neutral. */
#define QV_PT_READ     (1u << 0)
#define QV_PT_WRITE    (1u << 1)
#define QV_PT_EXEC     (1u << 2)
#define QV_PT_UNCACHED (1u << 3)

struct qv_pt_format { /* const data, one per hardware format */
	const char *name;
	uint64_t present_mask;   /* entry is present if any of these bits is set */
	uint64_t table_bits;     /* bits of an entry that points to a table */
	uint64_t leaf_bits;      /* bits of every leaf */
	uint64_t large_bit;      /* set in leaves above level 0 */
	uint64_t bit_read, bit_write; /* set when the right is given; 0 = always given */
	uint64_t bit_exec;       /* set when execution is allowed; 0 = see bit_noexec */
	uint64_t bit_noexec;     /* set when execution is not allowed; 0 = see bit_exec */
	uint64_t uncached_bits;  /* memory type of an uncached leaf */
	uint64_t cached_bits;    /* memory type of a write-back leaf */
	uint64_t address_mask;
};

extern const struct qv_pt_format qv_pt_x86; /* host page tables, supervisor */
extern const struct qv_pt_format qv_pt_npt; /* AMD-V nested: every entry needs the user bit (APM 2, 15.25.5) */
extern const struct qv_pt_format qv_pt_ept; /* VT-x (SDM 3, 29.3) */
extern const struct qv_pt_format qv_pt_vtd; /* VT-d second level */

struct qv_pt {
	const struct qv_pt_format *format;
	uint64_t *base;     /* pool, page aligned */
	uint64_t base_hpa;
	uint32_t pages;     /* of the pool */
	uint32_t used;      /* pages handed out, root included */
};

enum qv_pt_error { QV_PT_OK = 0, QV_PT_EINVAL, QV_PT_ENOMEM, QV_PT_EEXIST };

/* Start an empty set in a pool of `pages` >= 1 pages; clears the root. */
void qv_pt_init(struct qv_pt *pt, const struct qv_pt_format *format, void *base, uint64_t base_hpa, uint32_t pages);
/* Map [from, from + size) to [to, ...) with the largest pages that alignment, size and `grain` (4 KiB, 2 MiB, 1 GiB)
 * allow. EINVAL: not page aligned, empty, wraps, above 2^48, no rights, bad grain. EEXIST: overlaps. ENOMEM: pool.
 * After an error the set may hold a part of the range: the caller gives the set up. */
enum qv_pt_error qv_pt_map(struct qv_pt *pt, uint64_t from, uint64_t to, uint64_t size, uint32_t rights,
			   uint64_t grain);
/* Pages a qv_pt_map of this shape would need at most, root excluded; for pool sizing by the system compiler. */
uint32_t qv_pt_cost(uint64_t from, uint64_t to, uint64_t size, uint64_t grain);

struct qv_pt_leaf {
	uint64_t from;   /* first address the leaf covers */
	uint64_t to;
	uint64_t size;
	uint32_t rights; /* QV_PT_* */
};
/* Look one address up. False if unmapped or the tables point outside the pool. */
bool qv_pt_lookup(const struct qv_pt *pt, uint64_t address, struct qv_pt_leaf *leaf);
/* First leaf at or above `address`; false when there is none. Iterate with leaf.from + leaf.size. */
bool qv_pt_next(const struct qv_pt *pt, uint64_t address, struct qv_pt_leaf *leaf);

/* Is every entry reachable from the root zero, a leaf as qv_pt_map writes it, bit by bit, or a pointer to a table of
 * the pool, and every used page reached? A processor follows entries that the functions above call unmapped. False:
 * *address is the first one under a bad entry. Time grows with `used`; for tables that no processor has used yet. */
bool qv_pt_sound(const struct qv_pt *pt, uint64_t *address);

#endif
