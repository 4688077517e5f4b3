/* SPDX-License-Identifier: MIT */
/* First-fit placement in a sorted list of free address ranges. The same input always gives the same output. */
#ifndef LIB_PLACE_H
#define LIB_PLACE_H

#include <abi/types.h>

#define QV_PLACE_MAX 96u

struct qv_place_range {
	uint64_t start;
	uint64_t size; /* > 0 */
};

struct qv_place { /* invariant: sorted by start, disjoint, never touching */
	uint32_t count;
	struct qv_place_range free[QV_PLACE_MAX];
};

/* Add free memory. False: empty, wraps, overlaps what is there, or the list is full. */
bool qv_place_add(struct qv_place *p, uint64_t start, uint64_t size);
/* Take exactly [start, start + size). False, and nothing changed, if a part of it is not free or the list is full. */
bool qv_place_reserve(struct qv_place *p, uint64_t start, uint64_t size);
/* Take the lowest `size` bytes aligned to `align` (a power of two). False: no range is large enough. */
bool qv_place_take(struct qv_place *p, uint64_t size, uint64_t align, uint64_t *start);
/* Largest block that qv_place_take could give at this alignment, bytes. */
uint64_t qv_place_largest(const struct qv_place *p, uint64_t align);

#endif
