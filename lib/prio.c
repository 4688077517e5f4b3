/* SPDX-License-Identifier: MIT */
/* Ranks, sets of ranks and an indexed binary heap: prio.h. */
#include <lib/assert.h>
#include <lib/prio.h>

#define WORDS (QV_PRIO_MAX / 64)

static void store(struct qv_ready *r, uint32_t w, uint64_t bits)
{
	r->word[w] = bits;
	r->words = (r->words & ~(1ull << w)) | (uint64_t)(bits != 0) << w;
}

void qv_ready_open(struct qv_ready *r, uint32_t rank)
{
	uint32_t w = rank / 64;
	uint64_t below = (1ull << rank % 64) - 1;

	assert(rank < QV_PRIO_MAX && !qv_ready_has(r, QV_PRIO_MAX - 1));
	for (uint32_t i = WORDS - 1; i > w; i--)
		store(r, i, r->word[i] << 1 | r->word[i - 1] >> 63);
	store(r, w, (r->word[w] & below) | (r->word[w] & ~below) << 1);
}

void qv_ready_close(struct qv_ready *r, uint32_t rank)
{
	uint32_t w = rank / 64;
	uint64_t below = (1ull << rank % 64) - 1;

	assert(rank < QV_PRIO_MAX);
	store(r, w, (r->word[w] & below) | (r->word[w] >> 1 & ~below));
	for (uint32_t i = w + 1; i < WORDS; i++) {
		store(r, i - 1, r->word[i - 1] | r->word[i] << 63);
		store(r, i, r->word[i] >> 1);
	}
}

void qv_order_init(struct qv_order *o, uint16_t *id_at, uint16_t *rank_of, uint64_t *period_of, uint16_t capacity)
{
	assert(capacity <= QV_PRIO_MAX);
	*o = (struct qv_order){id_at, rank_of, period_of, 0, capacity};
	for (uint32_t id = 0; id < capacity; id++)
		rank_of[id] = QV_PRIO_NONE;
}

static bool before(const struct qv_order *o, uint32_t a, uint32_t b)
{
	return o->period_of[a] != o->period_of[b] ? o->period_of[a] < o->period_of[b] : a < b;
}

uint32_t qv_order_insert(struct qv_order *o, uint32_t id, uint64_t period)
{
	uint32_t rank = o->count;

	assert(id < o->capacity && o->rank_of[id] == QV_PRIO_NONE);
	o->period_of[id] = period;
	for (; rank > 0 && before(o, id, o->id_at[rank - 1]); rank--) {
		o->id_at[rank] = o->id_at[rank - 1];
		o->rank_of[o->id_at[rank]] = (uint16_t)rank;
	}
	o->id_at[rank] = (uint16_t)id;
	o->rank_of[id] = (uint16_t)rank;
	o->count++;
	return rank;
}

uint32_t qv_order_remove(struct qv_order *o, uint32_t id)
{
	uint32_t rank = o->rank_of[id];

	assert(id < o->capacity && rank < o->count);
	o->count--;
	for (uint32_t i = rank; i < o->count; i++) {
		o->id_at[i] = o->id_at[i + 1];
		o->rank_of[o->id_at[i]] = (uint16_t)i;
	}
	o->rank_of[id] = QV_PRIO_NONE;
	return rank;
}

void qv_heap_init(struct qv_heap *h, struct qv_heap_node *node, uint16_t *place_of, uint16_t capacity)
{
	assert(capacity <= QV_PRIO_MAX);
	*h = (struct qv_heap){node, place_of, 0, capacity};
	for (uint32_t id = 0; id < capacity; id++)
		place_of[id] = QV_PRIO_NONE;
}

static bool less(struct qv_heap_node a, struct qv_heap_node b)
{
	return a.key != b.key ? a.key < b.key : a.id < b.id;
}

static void place(struct qv_heap *h, uint32_t i, struct qv_heap_node n)
{
	h->node[i] = n;
	h->place_of[n.id] = (uint16_t)i;
}

/* Place i is free and `n` is not below its children: move it towards the root. */
static void sift_up(struct qv_heap *h, uint32_t i, struct qv_heap_node n)
{
	while (i > 0 && less(n, h->node[(i - 1) / 2])) {
		place(h, i, h->node[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(h, i, n);
}

/* Place i is free and `n` is not above its parent: move it away from the root. */
static void sift_down(struct qv_heap *h, uint32_t i, struct qv_heap_node n)
{
	for (uint32_t child = 2 * i + 1; child < h->count; child = 2 * i + 1) {
		if (child + 1 < h->count && less(h->node[child + 1], h->node[child]))
			child++;
		if (!less(h->node[child], n))
			break;
		place(h, i, h->node[child]);
		i = child;
	}
	place(h, i, n);
}

static void put(struct qv_heap *h, uint32_t i, struct qv_heap_node n)
{
	if (i > 0 && less(n, h->node[(i - 1) / 2]))
		sift_up(h, i, n);
	else
		sift_down(h, i, n);
}

void qv_heap_set(struct qv_heap *h, uint32_t id, uint64_t key)
{
	struct qv_heap_node n = {key, id};

	assert(id < h->capacity);
	if (qv_heap_has(h, id))
		put(h, h->place_of[id], n);
	else
		sift_up(h, h->count++, n);
}

void qv_heap_remove(struct qv_heap *h, uint32_t id)
{
	uint32_t i = h->place_of[id];

	if (i == QV_PRIO_NONE)
		return;
	h->place_of[id] = QV_PRIO_NONE;
	if (i < --h->count)
		put(h, i, h->node[h->count]);
}
