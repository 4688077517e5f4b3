/* SPDX-License-Identifier: MIT */
/*
 * Disjoint ranges of addresses in order: the areas of an address space. A balanced tree (Andersson 1993, "Balanced
 * search trees made simple") over nodes that the caller owns and embeds; each subtree knows its outer bounds and its
 * widest gap, so looking one address up, adding, removing and finding room are all O(log n). Neighbours are linked.
 */
#ifndef LIB_AREAS_H
#define LIB_AREAS_H

#include <abi/types.h>

#define QV_AREAS_MAX 65536u /* areas of a set; bounds the depth of the tree */

struct qv_area {
	uint64_t start, end; /* [start, end), not empty; changed by qv_areas_resize only */
	struct qv_area *next, *prev;
	/* Private to the tree. */
	struct qv_area *left, *right;
	uint64_t first, last; /* bounds of the subtree */
	uint64_t gap;         /* widest gap between two areas of the subtree */
	uint32_t level;
	struct qv_area *twin; /* of qv_areas_twin */
};

struct qv_areas { /* zero-initialised = empty */
	struct qv_area *root;
	struct qv_area *head; /* lowest */
	uint32_t count;
};

/* Add `area`, whose start and end are set. It overlaps none of the set; the set has less than QV_AREAS_MAX. */
void qv_areas_insert(struct qv_areas *set, struct qv_area *area);
/* Take `area`, a member, out. */
void qv_areas_remove(struct qv_areas *set, struct qv_area *area);
/* Give a member new bounds that keep it between its neighbours. */
void qv_areas_resize(struct qv_areas *set, struct qv_area *area, uint64_t start, uint64_t end);
/* The first area that ends above `address`: the one that holds it, or the next one, or NULL. */
struct qv_area *qv_areas_from(const struct qv_areas *set, uint64_t address);
/* The highest area, or NULL. */
struct qv_area *qv_areas_last(const struct qv_areas *set);
/* Is [start, end) free? */
bool qv_areas_free(const struct qv_areas *set, uint64_t start, uint64_t end);
/* The highest address in [low, high - size] from which `size` > 0 bytes are free. False if there is none. */
bool qv_areas_room(const struct qv_areas *set, uint64_t low, uint64_t high, uint64_t size, uint64_t *address);
/*
 * Copy a set of n areas in n steps of constant cost: for each area a new one of the copy is a->twin; then
 * qv_area_twin(a) for each, and `copy` is set by qv_areas_twin. The set does not change meanwhile.
 */
void qv_area_twin(const struct qv_area *a);
void qv_areas_twin(struct qv_areas *copy, const struct qv_areas *set);
/* Fill an empty set with `count` areas at once: a chain in order from `head` on, whose bounds and links are set.
 * Some 40 instructions each: many of them are better inserted one by one, with others let in between. */
void qv_areas_build(struct qv_areas *set, struct qv_area *head, uint32_t count);
/* Are order, links, balance and bounds right? Walks everything: tests and debug builds. */
bool qv_areas_intact(const struct qv_areas *set);

#endif
