/* SPDX-License-Identifier: MIT */
/*
 * Data structures of a core's scheduler: which ready VCPU has the shortest period, and what happens next.
 *
 * qv_order  the Main VCPUs of the core by (period, id), each with its rank: 0 is the shortest period. Changes only
 *           when a VCPU is created, destroyed or gets another period: O(n).
 * qv_ready  a set of ranks: two levels of bitmaps, find-first by count-trailing-zeros. O(1), a few instructions.
 * qv_heap   ids by a 64-bit key, smallest first, equal keys by id: next replenishment times; also the ready I/O
 *           VCPUs by the period they inherit, which changes too often for ranks. O(log n); each id is at most once
 *           in it.
 *
 * All storage is the caller's; nothing allocates. No locking: one core's scheduler, interrupts off.
 * A decision takes the better of qv_ready_first() and qv_heap_top(); between equal periods the I/O VCPU goes first.
 */
#ifndef LIB_PRIO_H
#define LIB_PRIO_H

#include <abi/types.h>

#define QV_PRIO_MAX  1024u /* VCPUs of one core */
#define QV_PRIO_NONE 0xffffu

struct qv_ready {
	uint64_t words; /* bit w: word w is not 0 */
	uint64_t word[QV_PRIO_MAX / 64];
};

static inline void qv_ready_set(struct qv_ready *r, uint32_t rank)
{
	r->word[rank / 64] |= 1ull << rank % 64;
	r->words |= 1ull << rank / 64;
}

static inline void qv_ready_clear(struct qv_ready *r, uint32_t rank)
{
	r->word[rank / 64] &= ~(1ull << rank % 64);
	if (r->word[rank / 64] == 0)
		r->words &= ~(1ull << rank / 64);
}

static inline bool qv_ready_has(const struct qv_ready *r, uint32_t rank)
{
	return r->word[rank / 64] >> rank % 64 & 1;
}

/* Lowest rank of the set, which is not empty. */
static inline uint32_t qv_ready_first_of(const struct qv_ready *r)
{
	uint32_t w = (uint32_t)__builtin_ctzll(r->words);

	return w * 64 + (uint32_t)__builtin_ctzll(r->word[w]);
}

/* Lowest rank of the set; QV_PRIO_NONE if it is empty. */
static inline uint32_t qv_ready_first(const struct qv_ready *r)
{
	return r->words ? qv_ready_first_of(r) : QV_PRIO_NONE;
}

/* Make room for a new rank: ranks >= `rank` move up by one, `rank` is not in the set. Rank QV_PRIO_MAX - 1 must be
 * free. */
void qv_ready_open(struct qv_ready *r, uint32_t rank);
/* The rank is gone: it leaves the set, ranks above it move down by one. */
void qv_ready_close(struct qv_ready *r, uint32_t rank);

struct qv_order {
	uint16_t *id_at;     /* rank -> id; `capacity` entries */
	uint16_t *rank_of;   /* id -> rank, QV_PRIO_NONE if absent; `capacity` entries */
	uint64_t *period_of; /* id -> period, valid if present; `capacity` entries */
	uint16_t count;
	uint16_t capacity;
};

/* An empty order for ids below `capacity` (<= QV_PRIO_MAX), in the caller's arrays. */
void qv_order_init(struct qv_order *o, uint16_t *id_at, uint16_t *rank_of, uint64_t *period_of, uint16_t capacity);
/* Add `id`, which is not in it. Returns its rank; the caller then calls qv_ready_open() on each set that uses the
 * ranks. */
uint32_t qv_order_insert(struct qv_order *o, uint32_t id, uint64_t period);
/* Take out `id`. Returns the rank it had; the caller then calls qv_ready_close(). */
uint32_t qv_order_remove(struct qv_order *o, uint32_t id);

struct qv_heap_node {
	uint64_t key;
	uint32_t id;
};

struct qv_heap {
	struct qv_heap_node *node; /* `capacity` entries: a binary heap */
	uint16_t *place_of;        /* id -> index in node, QV_PRIO_NONE if absent; `capacity` entries */
	uint16_t count;
	uint16_t capacity;
};

/* An empty heap for ids below `capacity` (<= QV_PRIO_MAX), in the caller's arrays. */
void qv_heap_init(struct qv_heap *h, struct qv_heap_node *node, uint16_t *place_of, uint16_t capacity);
/* Put `id` in with `key`, or give it that key if it is there. */
void qv_heap_set(struct qv_heap *h, uint32_t id, uint64_t key);
/* Take `id` out; nothing happens if it is not there. */
void qv_heap_remove(struct qv_heap *h, uint32_t id);

static inline bool qv_heap_has(const struct qv_heap *h, uint32_t id)
{
	return h->place_of[id] != QV_PRIO_NONE;
}

/* Id with the smallest key, QV_PRIO_NONE if empty. */
static inline uint32_t qv_heap_top(const struct qv_heap *h)
{
	return h->count > 0 ? h->node[0].id : QV_PRIO_NONE;
}

/* Smallest key, UINT64_MAX if empty. */
static inline uint64_t qv_heap_key(const struct qv_heap *h)
{
	return h->count > 0 ? h->node[0].key : UINT64_MAX;
}

#endif
