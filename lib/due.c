/* SPDX-License-Identifier: MIT */
/* Leftist heap (Crane 1972; Knuth, TAOCP 3, 5.2.3): the right spine is never longer than log2(n + 1). */
#include <lib/assert.h>
#include <lib/due.h>

static uint32_t distance(const struct qv_due *n)
{
	return n ? n->distance : 0;
}

/* The shorter side goes right. */
static void balance(struct qv_due *n)
{
	if (distance(n->left) < distance(n->right)) {
		struct qv_due *left = n->left;

		n->left = n->right;
		n->right = left;
	}
	n->distance = distance(n->right) + 1;
}

static void hang(struct qv_due **root, struct qv_due *parent, struct qv_due *n)
{
	if (parent)
		parent->right = n;
	else
		*root = n;
	if (n)
		n->up = parent;
}

/* Down both right spines, the earlier node first; then up again, balancing. */
static struct qv_due *merge(struct qv_due *a, struct qv_due *b)
{
	struct qv_due *root = NULL, *parent = NULL;

	while (a && b) {
		if (b->when < a->when) {
			struct qv_due *later = a;

			a = b;
			b = later;
		}
		hang(&root, parent, a);
		parent = a;
		a = a->right;
	}
	hang(&root, parent, a ? a : b);
	for (; parent; parent = parent->up)
		balance(parent);
	return root;
}

void qv_due_insert(struct qv_due **root, struct qv_due *n, uint64_t when)
{
	assert(!qv_due_has(n));
	*n = (struct qv_due){.when = when, .distance = 1};
	*root = merge(*root, n);
}

void qv_due_remove(struct qv_due **root, struct qv_due *n)
{
	struct qv_due *below = n->left, *parent = n->up;
	uint32_t before;

	assert(qv_due_has(n));
	if (n->right)
		below = merge(n->left, n->right);
	if (below)
		below->up = parent;
	if (!parent)
		*root = below;
	else if (parent->left == n)
		parent->left = below;
	else
		parent->right = below;
	for (; parent; parent = parent->up) {
		before = parent->distance;
		balance(parent);
		if (parent->distance == before)
			break;
	}
	n->distance = 0;
}

bool qv_due_intact(const struct qv_due *root)
{
	const struct qv_due *child[2];

	if (!root)
		return true;
	child[0] = root->left;
	child[1] = root->right;
	for (unsigned i = 0; i < 2; i++) {
		if (child[i] && (child[i]->up != root || child[i]->when < root->when || !qv_due_intact(child[i])))
			return false;
	}
	return distance(root->left) >= distance(root->right) && root->distance == distance(root->right) + 1;
}
