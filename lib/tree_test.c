/* SPDX-License-Identifier: MIT */
/* Random insertions and removals against a sorted reference; balance and links are checked after each. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lib/tree.h>

#define KEYS 500u

struct item {
	struct qv_tree_node node; /* first: an item is its node */
	uint32_t key;
	bool in;
};

static uint32_t check_below(const struct qv_tree_node *n, const struct qv_tree_node *parent)
{
	uint32_t before, after;

	if (!n)
		return 0;
	assert_ptr_equal(n->parent, parent);
	before = check_below(n->child[0], n);
	after = check_below(n->child[1], n);
	assert_true(before <= after + 1 && after <= before + 1);
	assert_int_equal(n->height, (before > after ? before : after) + 1);
	return n->height;
}

static void check(const struct qv_tree *tree, const struct item *items)
{
	const struct qv_tree_node *n = qv_tree_first(tree);

	check_below(tree->root, NULL);
	for (uint32_t i = 0; i < KEYS; i++) {
		if (!items[i].in)
			continue;
		assert_ptr_equal(n, &items[i].node);
		n = qv_tree_next(n);
	}
	assert_null(n);
}

static void put(struct qv_tree *tree, struct item *item)
{
	struct qv_tree_node *parent = NULL, *at = tree->root;
	uint32_t side = 0;

	while (at) {
		parent = at;
		side = ((struct item *)at)->key < item->key;
		at = at->child[side];
	}
	qv_tree_insert(tree, &item->node, parent, side);
	item->in = true;
}

static void toggle(struct qv_tree *tree, struct item *item)
{
	if (item->in) {
		qv_tree_erase(tree, &item->node);
		item->in = false;
	} else {
		put(tree, item);
	}
}

static void random_steps(void **unused)
{
	struct item *items = calloc(KEYS, sizeof(*items));
	struct qv_tree tree = { 0 };

	(void)unused;
	srand(1);
	for (uint32_t i = 0; i < KEYS; i++)
		items[i].key = i;
	for (uint32_t step = 0; step < 20000; step++) {
		toggle(&tree, &items[(uint32_t)rand() % KEYS]);
		if (step % 16 == 0)
			check(&tree, items);
	}
	check(&tree, items);
	free(items);
}

static void orders_that_lean(void **unused)
{
	struct item *items = calloc(KEYS, sizeof(*items));
	struct qv_tree tree = { 0 };

	(void)unused;
	for (uint32_t i = 0; i < KEYS; i++) {
		items[i].key = i;
		put(&tree, &items[i]);
		check(&tree, items);
	}
	assert_true(tree.root->height <= 10);
	for (uint32_t i = KEYS; i-- > 0;) {
		toggle(&tree, &items[i]);
		check(&tree, items);
	}
	assert_null(tree.root);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_steps),
		cmocka_unit_test(orders_that_lean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
