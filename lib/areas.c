/* SPDX-License-Identifier: MIT */
/*
 * AA tree (Andersson 1993): a node's left child is one level below it, its right child on its level or one below, its
 * right grandchild below it. The depth is thus at most twice the logarithm of the size.
 */
#include <lib/areas.h>
#include <lib/assert.h>

#define DEPTH_MAX 40u /* 2 * log2(QV_AREAS_MAX) and some */
#define STILL 2u /* nodes without a change, one above the other: what is above them stays as it is */

/* The links from the root down to a place in the tree. */
struct path {
	struct qv_area **link[DEPTH_MAX];
	unsigned depth;
};

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint32_t level_of(const struct qv_area *a)
{
	return a ? a->level : 0;
}

/* What the node knows of its subtree. True if that changed. */
static bool update(struct qv_area *a)
{
	uint64_t first = a->start, last = a->end, gap = 0;
	bool changed;

	if (a->left) {
		first = a->left->first;
		gap = max(a->left->gap, a->start - a->left->last);
	}
	if (a->right) {
		last = a->right->last;
		gap = max(gap, max(a->right->gap, a->right->first - a->end));
	}
	changed = first != a->first || last != a->last || gap != a->gap;
	a->first = first;
	a->last = last;
	a->gap = gap;
	return changed;
}

/* `a`, which was up to date, stands in the place of `old` now, which is below it. */
static void rise(struct qv_area *a, struct qv_area *old)
{
	a->first = old->first;
	a->last = old->last;
	a->gap = old->gap;
	(void)update(old);
}

/* A left child on its parent's level becomes the parent. */
static struct qv_area *skew(struct qv_area *a)
{
	struct qv_area *l = a->left;

	if (!l || l->level != a->level)
		return a;
	a->left = l->right;
	l->right = a;
	rise(l, a);
	return l;
}

/* Of three on one level the middle one rises. */
static struct qv_area *split(struct qv_area *a)
{
	struct qv_area *r = a->right;

	if (!r || !r->right || r->right->level != a->level)
		return a;
	a->right = r->left;
	r->left = a;
	r->level++;
	rise(r, a);
	return r;
}

static void push(struct path *p, struct qv_area **link)
{
	assert(p->depth < DEPTH_MAX);
	p->link[p->depth++] = link;
}

/* From the root to the link that holds, or would hold, an area that starts at `start`. The last one passed that starts
 * below, which is the one before if there is none at `start`. */
static struct qv_area *descend(struct qv_areas *set, uint64_t start, struct path *p)
{
	struct qv_area **link = &set->root, *below = NULL, *a;

	p->depth = 0;
	push(p, link);
	while ((a = *link) != NULL && a->start != start) {
		if (start > a->start)
			below = a;
		link = start < a->start ? &a->left : &a->right;
		push(p, link);
	}
	return below;
}

static void chain(struct qv_areas *set, struct qv_area *area, struct qv_area *prev)
{
	area->prev = prev;
	area->next = prev ? prev->next : set->head;
	assert(area->start < area->end && (!prev || prev->end <= area->start) &&
		(!area->next || area->end <= area->next->start));
	if (prev)
		prev->next = area;
	else
		set->head = area;
	if (area->next)
		area->next->prev = area;
}

void qv_areas_insert(struct qv_areas *set, struct qv_area *area)
{
	struct path p;

	assert(set->count < QV_AREAS_MAX);
	chain(set, area, descend(set, area->start, &p));
	area->left = area->right = NULL;
	area->level = 1;
	update(area);
	*p.link[--p.depth] = area;
	for (unsigned still = 0; p.depth > 0 && still < STILL;) {
		struct qv_area **link = p.link[--p.depth], *a = *link;
		uint32_t level = a->level;
		bool changed = update(a);

		*link = split(skew(a));
		still = changed || *link != a || a->level != level ? 0 : still + 1;
	}
	set->count++;
}

/* After a removal below: lower `*link` to one above its children and restore the shape. True if anything changed. */
static bool rebalance(struct qv_area **link)
{
	struct qv_area *a = *link;
	uint32_t left = level_of(a->left), right = level_of(a->right), wanted = (left < right ? left : right) + 1;
	bool changed = update(a);

	if (wanted >= a->level)
		return changed;
	a->level = wanted;
	if (wanted < right)
		a->right->level = wanted;
	a = skew(a); /* what a node knows of its subtree does not depend on the shape of that */
	if (a->right) {
		a->right = skew(a->right);
		if (a->right->right)
			a->right->right = skew(a->right->right);
	}
	a = split(a);
	if (a->right)
		a->right = split(a->right);
	*link = a;
	return true;
}

/* Put the successor of the node at the end of the path, which has two children, in its place; the path then leads to
 * where the successor was. */
static void swap_successor(struct path *p)
{
	struct qv_area **at = p->link[p->depth - 1], *area = *at, *heir;
	unsigned place = p->depth;

	for (struct qv_area **link = &area->right; *link; link = &(*link)->left)
		push(p, link);
	heir = *p->link[p->depth - 1];
	*p->link[p->depth - 1] = heir->right;
	heir->left = area->left;
	heir->right = area->right;
	heir->level = area->level;
	heir->first = area->first;
	heir->last = area->last;
	heir->gap = area->gap;
	*at = heir;
	p->link[place] = &heir->right; /* was &area->right */
}

static void unchain(struct qv_areas *set, struct qv_area *area)
{
	if (area->prev)
		area->prev->next = area->next;
	else
		set->head = area->next;
	if (area->next)
		area->next->prev = area->prev;
}

void qv_areas_remove(struct qv_areas *set, struct qv_area *area)
{
	struct path p;
	unsigned place; /* where an heir may stand then */

	descend(set, area->start, &p);
	place = p.depth;
	assert(*p.link[p.depth - 1] == area);
	unchain(set, area);
	if (area->left && area->right)
		swap_successor(&p);
	else
		*p.link[p.depth - 1] = area->left ? area->left : area->right;
	p.depth--;
	for (unsigned still = 0; p.depth > 0 && (still < STILL || p.depth >= place);)
		still = rebalance(p.link[--p.depth]) ? 0 : still + 1;
	set->count--;
}

void qv_areas_resize(struct qv_areas *set, struct qv_area *area, uint64_t start, uint64_t end)
{
	struct path p;

	assert(start < end && (!area->prev || area->prev->end <= start) && (!area->next || end <= area->next->start));
	descend(set, area->start, &p);
	assert(*p.link[p.depth - 1] == area);
	area->start = start;
	area->end = end;
	while (p.depth > 0 && update(*p.link[--p.depth]))
		;
}

struct qv_area *qv_areas_from(const struct qv_areas *set, uint64_t address)
{
	struct qv_area *a = set->root, *found = NULL;

	while (a) {
		if (a->end > address)
			found = a;
		a = a->end > address ? a->left : a->right;
	}
	return found;
}

struct qv_area *qv_areas_last(const struct qv_areas *set)
{
	struct qv_area *a = set->root;

	while (a && a->right)
		a = a->right;
	return a;
}

bool qv_areas_free(const struct qv_areas *set, uint64_t start, uint64_t end)
{
	const struct qv_area *a = qv_areas_from(set, start);

	return !a || a->start >= end;
}

/* The part of [from, to) in [low, high) has room at its top? */
static bool fits(uint64_t from, uint64_t to, uint64_t low, uint64_t high, uint64_t size, uint64_t *address)
{
	from = max(from, low);
	to = to < high ? to : high;
	if (to < from || to - from < size)
		return false;
	*address = to - size;
	return true;
}

/*
 * The gaps of a subtree from above: those right of the node, the one above it, the one below it, those left of it.
 * Where bounds cut no gap, the recorded width decides and the walk goes straight down; a bound cuts at most one gap, so
 * a subtree is entered in vain at most along the path to each bound.
 */
static bool room_in(const struct qv_area *a, uint64_t low, uint64_t high, uint64_t size, uint64_t *address)
{
	while (a && a->gap >= size && a->last > low && a->first < high) {
		if (a->right && a->end < high) {
			if (room_in(a->right, low, high, size, address) ||
				fits(a->end, a->right->first, low, high, size, address))
				return true;
		}
		if (a->left && fits(a->left->last, a->start, low, high, size, address))
			return true;
		a = a->left;
	}
	return false;
}

bool qv_areas_room(const struct qv_areas *set, uint64_t low, uint64_t high, uint64_t size, uint64_t *address)
{
	const struct qv_area *root = set->root;

	assert(size > 0);
	if (!root)
		return fits(low, high, low, high, size, address);
	return fits(root->last, high, low, high, size, address) || room_in(root, low, high, size, address) ||
		fits(low, root->first, low, high, size, address);
}

static struct qv_area *twin_of(const struct qv_area *a)
{
	return a ? a->twin : NULL;
}

void qv_area_twin(const struct qv_area *a)
{
	struct qv_area *t = a->twin;

	*t = *a;
	t->next = twin_of(a->next);
	t->prev = twin_of(a->prev);
	t->left = twin_of(a->left);
	t->right = twin_of(a->right);
}

void qv_areas_twin(struct qv_areas *copy, const struct qv_areas *set)
{
	*copy = (struct qv_areas){.root = twin_of(set->root), .head = twin_of(set->head), .count = set->count};
}

/* The next n areas of the chain as a subtree. The right half is the larger one by at most one area, so it is as high as
 * the left half or one level higher, which is the node's own. */
static struct qv_area *build(struct qv_area **chain, uint32_t n)
{
	struct qv_area *left, *a;

	if (n == 0)
		return NULL;
	left = build(chain, (n - 1) / 2);
	a = *chain;
	*chain = a->next;
	a->left = left;
	a->right = build(chain, n - 1 - (n - 1) / 2);
	a->level = level_of(left) + 1;
	update(a);
	return a;
}

void qv_areas_build(struct qv_areas *set, struct qv_area *head, uint32_t count)
{
	assert(!set->root && count <= QV_AREAS_MAX);
	set->head = head;
	set->count = count;
	set->root = build(&head, count);
	assert(!head);
}

static bool shape_intact(const struct qv_area *a)
{
	uint32_t left = level_of(a->left), right = level_of(a->right);

	return left + 1 == a->level && (right == a->level || right + 1 == a->level) &&
		(!a->right || level_of(a->right->right) < a->level) && (a->level == 1 || (a->left && a->right));
}

static bool node_intact(const struct qv_area *a, uint32_t *count)
{
	struct qv_area copy;

	if (!a)
		return true;
	copy = *a;
	update(&copy);
	(*count)++;
	if (copy.first != a->first || copy.last != a->last || copy.gap != a->gap)
		return false;
	return a->start < a->end && shape_intact(a) && node_intact(a->left, count) && node_intact(a->right, count);
}

bool qv_areas_intact(const struct qv_areas *set)
{
	uint32_t listed = 0, found = 0;
	const struct qv_area *prev = NULL;

	for (const struct qv_area *a = set->head; a && listed <= set->count; a = a->next) {
		if (a->prev != prev || (prev && prev->end > a->start) || qv_areas_from(set, a->start) != a)
			return false;
		prev = a;
		listed++;
	}
	return node_intact(set->root, &found) && found == set->count && listed == set->count;
}
