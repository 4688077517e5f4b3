/* SPDX-License-Identifier: MIT */
#include <lib/tree.h>

static uint32_t height(const struct qv_tree_node *n)
{
	return n ? n->height : 0;
}

static void update(struct qv_tree_node *n)
{
	uint32_t before = height(n->child[0]), after = height(n->child[1]);

	n->height = (before > after ? before : after) + 1;
}

/* Whoever pointed down to `old` points to `new` now. */
static void replace(struct qv_tree *tree, struct qv_tree_node *parent, struct qv_tree_node *old,
	struct qv_tree_node *new)
{
	if (!parent)
		tree->root = new;
	else
		parent->child[parent->child[1] == old] = new;
	if (new)
		new->parent = parent;
}

static void adopt(struct qv_tree_node *parent, uint32_t side, struct qv_tree_node *child)
{
	parent->child[side] = child;
	if (child)
		child->parent = parent;
}

/* The child of `n` on the other side rises, `n` goes down on `side`. Returns who stands in n's place. */
static struct qv_tree_node *rotate(struct qv_tree *tree, struct qv_tree_node *n, uint32_t side)
{
	struct qv_tree_node *riser = n->child[!side];

	replace(tree, n->parent, n, riser);
	adopt(n, !side, riser->child[side]);
	adopt(riser, side, n);
	update(n);
	update(riser);
	return riser;
}

/* Put heights and balance right from `n` upwards, as long as heights change. */
static void rebalance(struct qv_tree *tree, struct qv_tree_node *n)
{
	for (; n; n = n->parent) {
		uint32_t before = height(n->child[0]), after = height(n->child[1]), own = n->height;
		uint32_t heavy = after > before;

		update(n);
		if ((heavy ? after - before : before - after) >= 2) {
			if (height(n->child[heavy]->child[!heavy]) > height(n->child[heavy]->child[heavy]))
				rotate(tree, n->child[heavy], heavy);
			n = rotate(tree, n, !heavy);
		}
		if (n->height == own)
			return;
	}
}

void qv_tree_insert(struct qv_tree *tree, struct qv_tree_node *node, struct qv_tree_node *parent, uint32_t side)
{
	*node = (struct qv_tree_node){.parent = parent, .height = 1};
	if (parent)
		parent->child[side] = node;
	else
		tree->root = node;
	rebalance(tree, parent);
}

void qv_tree_erase(struct qv_tree *tree, struct qv_tree_node *node)
{
	struct qv_tree_node *next = node->child[1], *from;

	if (!node->child[0] || !node->child[1]) {
		replace(tree, node->parent, node, node->child[node->child[0] == NULL]);
		rebalance(tree, node->parent);
		return;
	}
	while (next->child[0])
		next = next->child[0];
	from = next->parent == node ? next : next->parent;
	replace(tree, next->parent, next, next->child[1]);
	adopt(next, 0, node->child[0]);
	adopt(next, 1, node->child[1]);
	next->height = node->height;
	replace(tree, node->parent, node, next);
	rebalance(tree, from);
}

struct qv_tree_node *qv_tree_first(const struct qv_tree *tree)
{
	struct qv_tree_node *n = tree->root;

	while (n && n->child[0])
		n = n->child[0];
	return n;
}

struct qv_tree_node *qv_tree_next(const struct qv_tree_node *node)
{
	struct qv_tree_node *n = node->child[1];

	if (n) {
		while (n->child[0])
			n = n->child[0];
		return n;
	}
	for (n = node->parent; n && n->child[1] == node; n = n->parent)
		node = n;
	return n;
}
