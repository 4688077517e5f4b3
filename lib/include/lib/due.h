/* SPDX-License-Identifier: MIT */
/*
 * Timers by time, smallest first: a leftist heap of nodes that the caller embeds in what it times. Nothing allocates,
 * nothing recurses, every operation takes O(log n) steps for n nodes. The order of equal times is repeatable, not
 * more.
 */
#ifndef LIB_DUE_H
#define LIB_DUE_H

#include <abi/types.h>

struct qv_due { /* zero-initialised = in no heap */
	uint64_t when;
	struct qv_due *left, *right, *up;
	uint32_t distance; /* to the nearest missing child, 1 = a child is missing; 0 = in no heap */
};

static inline bool qv_due_has(const struct qv_due *n)
{
	return n->distance != 0;
}

/* When the first one is due; UINT64_MAX for an empty heap (NULL). */
static inline uint64_t qv_due_first(const struct qv_due *root)
{
	return root ? root->when : UINT64_MAX;
}

/* Put `n`, which is in no heap, into the heap of `*root` at time `when`. */
void qv_due_insert(struct qv_due **root, struct qv_due *n, uint64_t when);
/* Take `n` out of the heap of `*root`, which it is in. */
void qv_due_remove(struct qv_due **root, struct qv_due *n);
/* Are order, links and distances right? O(n), recursive: tests. */
bool qv_due_intact(const struct qv_due *root);

#endif
