/* SPDX-License-Identifier: MIT */
/*
 * Nested tables. The invariant of a table set is `well_formed`: a tree of tables inside the pool, each with exactly
 * one parent, whose leaves are aligned and none of which covers `foreign`: a host frame that was never given to the
 * set. As that frame is any, two sets that are never given the same frame share none.
 *
 * map_leaf is descend (once a level) and then put_leaf; each keeps the invariant, so every map does. Empty sets do.
 */
#include "../stubs.h"

#include "pt.c" /* the file under proof: its steps are static */

#ifndef POOL
#define POOL 5u
#endif
#ifndef LEAVES
#define LEAVES 1u /* most small pages that one request maps */
#endif
#ifndef FORMAT
#define FORMAT qv_pt_ept
#endif
#define SLOTS (POOL * QV_PT_ENTRIES)
#define TOP   TOP_LEVEL

struct set {
	struct qv_pt pt;
	uint64_t *slot;
	uint8_t level[POOL];  /* ghost: level of each table in use */
	uint8_t parent[POOL]; /* ghost: place of the entry that points to it */
};

static bool covers(uint64_t to, uint64_t size, uint64_t frame)
{
	return ((to ^ frame) & ~(size - 1)) == 0; /* leaves are aligned to their size */
}

static bool leaf_good(const struct set *s, uint64_t entry, uint32_t level, uint64_t foreign)
{
	uint64_t to = entry & s->pt.format->address_mask;

	return level <= LEAF_TOP && (to & (level_size(level) - 1)) == 0 && !covers(to, level_size(level), foreign);
}

/* Page of the pool that a table entry points to; POOL if none. */
static uint32_t child(const struct set *s, uint64_t entry)
{
	uint64_t at = (entry & s->pt.format->address_mask) ^ s->pt.base_hpa; /* a difference: the pool is aligned */

	return (at & (QV_PAGE_SIZE - 1)) == 0 && at >> 12 < s->pt.used ? (uint32_t)(at >> 12) : POOL;
}

static bool entry_good(const struct set *s, uint32_t slot, uint64_t foreign)
{
	uint64_t entry = s->slot[slot];
	uint32_t level = s->level[slot / QV_PT_ENTRIES], to;

	if (!(entry & s->pt.format->present_mask))
		return true;
	if (is_leaf(&s->pt, entry, level))
		return leaf_good(s, entry, level, foreign);
	to = child(s, entry);
	if (to == 0 || to >= POOL || s->level[to] != level - 1 || s->parent[to] != slot)
		return false;
	/* rights are decided by leaves alone */
	return (entry & s->pt.format->table_bits) == s->pt.format->table_bits;
}

/* Each table but the root is where its one parent says. */
static bool parent_good(const struct set *s, uint32_t page)
{
	uint32_t slot = s->parent[page];
	uint64_t entry;

	if (slot >= s->pt.used * QV_PT_ENTRIES)
		return false;
	entry = s->slot[slot];
	return (entry & s->pt.format->present_mask) && !is_leaf(&s->pt, entry, s->level[slot / QV_PT_ENTRIES]) &&
	       child(s, entry) == page;
}

static bool well_formed(const struct set *s, uint64_t foreign)
{
	bool good = s->pt.used >= 1 && s->pt.used <= POOL && s->level[0] == TOP;

	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (good && slot / QV_PT_ENTRIES < s->pt.used)
			good = entry_good(s, slot, foreign);
	}
	for (uint32_t page = 1; page < POOL; page++) {
		if (good && page < s->pt.used)
			good = parent_good(s, page);
	}
	return good;
}

/* Any set that holds the invariant, with anything in the unused pages. */
static void any_set(struct set *s, uint64_t *slot, uint64_t foreign)
{
	s->slot = slot;
	s->pt = (struct qv_pt){ &FORMAT, slot, nondet_u64(), POOL, nondet_u32() };
	for (uint32_t i = 0; i < SLOTS; i++)
		slot[i] = nondet_u64();
	for (uint32_t i = 0; i < POOL; i++) {
		s->level[i] = nondet_u8();
		s->parent[i] = nondet_u8();
		assume(s->level[i] <= TOP && s->parent[i] < SLOTS);
	}
	assume((s->pt.base_hpa & ~FRAME_MASK) == 0 && s->pt.base_hpa % (8 * QV_PAGE_SIZE) == 0);
	assume(well_formed(s, foreign));
}

/* Parents and levels of the tables made since `used`. */
static void ghost_update(struct set *s, uint32_t used)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint32_t page = slot / QV_PT_ENTRIES, to;
		uint64_t entry = s->slot[slot];

		if (page >= s->pt.used || !(entry & s->pt.format->present_mask))
			continue;
		if (is_leaf(&s->pt, entry, s->level[page]))
			continue;
		to = child(s, entry);
		if (to < POOL && to >= used && page < to) {
			s->level[to] = (uint8_t)(s->level[page] - 1);
			s->parent[to] = (uint8_t)slot;
		}
	}
}

void prove_empty(void)
{
	uint64_t slot[SLOTS], base_hpa = nondet_u64();
	struct set s = { .slot = slot };
	struct qv_pt_leaf leaf;

	assume(base_hpa % QV_PAGE_SIZE == 0 && base_hpa <= (1ull << 52) - POOL * QV_PAGE_SIZE);
	s.level[0] = TOP;
	qv_pt_init(&s.pt, &FORMAT, slot, base_hpa, POOL);
	prove(well_formed(&s, nondet_u64()), "an empty set is well-formed");
	prove(!qv_pt_lookup(&s.pt, nondet_u64(), &leaf), "an empty set maps nothing");
}

/* The rights that the format can tell apart; VT-d has neither execution nor memory types. */
static uint32_t expressible(uint32_t rights)
{
	if (!FORMAT.bit_exec && !FORMAT.bit_noexec)
		rights &= ~QV_PT_EXEC;
	return FORMAT.uncached_bits == FORMAT.cached_bits ? rights & ~QV_PT_UNCACHED : rights;
}

static bool same(bool was, const struct qv_pt_leaf *a, bool is, const struct qv_pt_leaf *b)
{
	if (was != is)
		return false;
	return !is || (a->from == b->from && a->to == b->to && a->size == b->size && a->rights == b->rights);
}

/* Is `page` the table of that level on the way to `address`? */
static bool on_the_way(const struct set *s, uint32_t page, uint64_t address, uint32_t level)
{
	uint32_t at = 0;

	for (uint32_t l = TOP; l > level; l--) {
		uint64_t entry = s->slot[place(at, address, l)];

		if (!is_present(&s->pt, entry) || is_leaf(&s->pt, entry, l))
			return false;
		at = child(s, entry);
		if (at >= POOL)
			return false;
	}
	return at == page;
}

/* Any frame of that level's size that does not cover the foreign one. */
static uint64_t any_frame(uint32_t level, uint64_t foreign)
{
	uint64_t to = nondet_u64(), size = level_size(level);

	assume((to & ~FRAME_MASK) == 0 && (to & (size - 1)) == 0 && !covers(to, size, foreign));
	return to;
}

/* Any leaf that does not cover the foreign frame. */
static uint64_t any_leaf(const struct qv_pt_format *format, uint32_t level, uint64_t foreign)
{
	return leaf_entry(format, any_frame(level, foreign), level, nondet_u32() & RIGHTS);
}

void prove_descend_invariant(void)
{
	uint64_t slot[SLOTS], foreign = nondet_u64(), from = nondet_u64();
	uint32_t page = nondet_u32(), level = nondet_u32(), used;
	struct set s;

	any_set(&s, slot, foreign);
	used = s.pt.used;
	assume(page < used && level >= 1 && level == s.level[page]);
	if (descend(&s.pt, &page, from, level) == QV_PT_OK)
		prove(page < s.pt.used, "a step down arrives at a table of the set");
	ghost_update(&s, used);
	prove(well_formed(&s, foreign), "a step down keeps the set well-formed");
}

void prove_leaf_invariant(void)
{
	uint64_t slot[SLOTS], foreign = nondet_u64(), from = nondet_u64();
	uint32_t page = nondet_u32(), level = nondet_u32();
	struct set s;

	any_set(&s, slot, foreign);
	assume(page < s.pt.used && level <= LEAF_TOP && level == s.level[page]);
	(void)put_leaf(&s.pt, place(page, from, level), any_leaf(&FORMAT, level, foreign));
	prove(well_formed(&s, foreign), "a new leaf keeps the set well-formed");
}

void prove_invariant(void)
{
	uint64_t slot[SLOTS], foreign = nondet_u64();
	uint32_t level = nondet_u32(), used;
	struct set s;

	any_set(&s, slot, foreign);
	used = s.pt.used;
	assume(level <= LEAF_TOP);
	(void)map_leaf(&s.pt, nondet_u64(), any_frame(level, foreign), level, nondet_u32() & RIGHTS);
	ghost_update(&s, used);
	prove(well_formed(&s, foreign), "mapping keeps the set well-formed");
}

void prove_exact(void)
{
	uint64_t slot[SLOTS], foreign = nondet_u64(), probe = nondet_u64();
	uint64_t from = nondet_u64(), to;
	uint32_t level = nondet_u32(), rights = QV_PT_READ | (nondet_u32() & RIGHTS);
	struct qv_pt_leaf before, after;
	enum qv_pt_error error;
	bool was, is, in;
	struct set s;

	any_set(&s, slot, foreign);
	assume(level <= LEAF_TOP && from < ADDRESSES && (from & (level_size(level) - 1)) == 0);
	to = any_frame(level, foreign);
	in = covers(from, level_size(level), probe);
	was = qv_pt_lookup(&s.pt, probe, &before);
	error = map_leaf(&s.pt, from, to, level, rights);
	is = qv_pt_lookup(&s.pt, probe, &after);
	if (!in || error != QV_PT_OK)
		prove(same(was, &before, is, &after), "other addresses keep their mapping");
	else {
		prove(!was, "nothing is mapped over");
		prove(is && after.from == from && after.to == to, "exactly that frame");
		prove(after.size == level_size(level), "exactly that size");
		prove(after.rights == expressible(rights), "the rights are those asked for");
	}
}

void prove_confined(void)
{
	uint64_t slot[SLOTS], foreign = nondet_u64();
	struct qv_pt_leaf leaf;
	struct set s;

	any_set(&s, slot, foreign);
	if (qv_pt_lookup(&s.pt, nondet_u64(), &leaf))
		prove(!covers(leaf.to, leaf.size, foreign), "no address reaches a frame that was never given");
}

struct request {
	uint64_t from, to, size, grain;
	uint32_t rights;
};

/* Any request of up to LEAVES small pages, bad ones included. */
static struct request any_request(void)
{
	struct request q = { nondet_u64(), nondet_u64(), nondet_u64(), nondet_u64(), nondet_u32() };

	assume(q.size <= LEAVES * QV_PAGE_SIZE);
	return q;
}

void prove_request(void)
{
	uint64_t slot[SLOTS], probe = nondet_u64(), base_hpa = nondet_u64();
	struct request q = any_request();
	struct qv_pt_leaf leaf;
	enum qv_pt_error error;
	struct qv_pt pt;
	bool in = probe >= q.from && probe - q.from < q.size, is;

	assume((base_hpa & ~FRAME_MASK) == 0 && base_hpa % (8 * QV_PAGE_SIZE) == 0);
	qv_pt_init(&pt, &FORMAT, slot, base_hpa, POOL);
	error = qv_pt_map(&pt, q.from, q.to, q.size, q.rights, q.grain);
	is = qv_pt_lookup(&pt, probe, &leaf);
	prove(pt.used <= POOL, "the pool is never overrun");
	if (is) {
		prove(in, "nothing else is mapped");
		prove(leaf.to - q.to == leaf.from - q.from, "each address gets its own frame");
		prove(leaf.rights == expressible(q.rights), "the rights are those asked for");
		prove(leaf.size <= q.grain, "no leaf is larger than the grain");
	}
	if (error == QV_PT_OK && in)
		prove(is, "the whole range is mapped");
}
