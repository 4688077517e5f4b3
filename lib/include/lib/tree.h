/* SPDX-License-Identifier: MIT */
/*
 * A balanced search tree whose nodes lie in the caller's records (AVL: heights of two siblings differ by at most one).
 * The caller finds the place by its own order; every operation is O(log n) and allocates nothing.
 */
#ifndef LIB_TREE_H
#define LIB_TREE_H

#include <abi/types.h>

struct qv_tree_node {
	struct qv_tree_node *parent;
	struct qv_tree_node *child[2]; /* [0] before, [1] after */
	uint32_t height;               /* 1 = no children */
};

struct qv_tree { /* zero-initialised = empty */
	struct qv_tree_node *root;
};

/* Make `node` the child on `side` (0 before, 1 after) of `parent`, where there is none yet; NULL = the root. */
void qv_tree_insert(struct qv_tree *tree, struct qv_tree_node *node, struct qv_tree_node *parent, uint32_t side);
void qv_tree_erase(struct qv_tree *tree, struct qv_tree_node *node);
/* In order; NULL at the end. */
struct qv_tree_node *qv_tree_first(const struct qv_tree *tree);
struct qv_tree_node *qv_tree_next(const struct qv_tree_node *node);

#endif
