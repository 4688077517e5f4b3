/* SPDX-License-Identifier: MIT */
/* A radix tree of 512 entries per node, with the first pages beside it: small files have no node. */
#include "pages.h"

#include <mm/frame.h>
#include <mm/heap.h>
#include <sched/thread.h>

#define STEP  32u /* entries looked at between two preemption points */
#define DROPS 2u  /* frames given up between two: the allocator may have to join blocks for each */

/* Pages that a node of `level` (1 = leaf) spans. */
static uint64_t span(uint32_t level)
{
	return 1ull << 9 * level;
}

static uint32_t part(uint64_t index, uint32_t level)
{
	return (uint32_t)(index >> 9 * (level - 1)) % PAGES_FAN;
}

uint64_t pages_find(const struct page_map *map, uint64_t index)
{
	const uint64_t *node = map->root;

	if (index < PAGES_DIRECT)
		return map->direct[index];
	if (map->levels == 0 || index >= span(map->levels))
		return 0;
	for (uint32_t level = map->levels; level > 1 && node; level--)
		node = (const uint64_t *)node[part(index, level)];
	return node ? node[part(index, 1)] : 0;
}

static uint64_t *make_node(struct page_map *map)
{
	uint64_t *node = mm_heap_alloc(PAGES_FAN * sizeof(*node));

	map->nodes += node != NULL;
	return node;
}

/* More levels until the tree spans `index`. */
static bool raise(struct page_map *map, uint64_t index)
{
	while (map->levels == 0 || index >= span(map->levels)) {
		uint64_t *node = make_node(map);

		if (!node)
			return false;
		node[0] = (uint64_t)map->root;
		map->root = node;
		map->levels++;
	}
	return true;
}

uint64_t *pages_slot(struct page_map *map, uint64_t index)
{
	uint64_t *node;

	if (index < PAGES_DIRECT)
		return &map->direct[index];
	if (!raise(map, index))
		return NULL;
	node = map->root;
	for (uint32_t level = map->levels; level > 1; level--) {
		uint64_t *next = (uint64_t *)node[part(index, level)];

		if (!next) {
			next = make_node(map);
			if (!next)
				return NULL;
			node[part(index, level)] = (uint64_t)next;
		}
		node = next;
	}
	return &node[part(index, 1)];
}

static uint64_t drop(uint64_t *slot)
{
	uint64_t frame = *slot;

	*slot = 0;
	if (frame)
		mm_frame_put(frame);
	return frame != 0;
}

static void free_node(struct page_map *map, uint64_t *slot)
{
	mm_heap_free((void *)*slot, PAGES_FAN * sizeof(uint64_t));
	*slot = 0;
	map->nodes--;
}

/* Cut the part of the tree below `node`, whose first page is `base`. Depth is at most three. */
static void cut_node(struct page_map *map, uint64_t *node, uint32_t level, uint64_t base, uint64_t first,
	struct page_cut *cut)
{
	for (uint32_t i = 0; i < PAGES_FAN; i++) {
		uint64_t start = base + i * span(level - 1);

		if (i % STEP == 0)
			sched_preempt_point();
		if (start + span(level - 1) <= first || !node[i])
			continue;
		if (level == 1) {
			cut->pages += drop(&node[i]);
			if (cut->pages % DROPS == 0)
				sched_preempt_point();
			continue;
		}
		cut_node(map, (uint64_t *)node[i], level - 1, start, first, cut);
		if (start >= first) {
			free_node(map, &node[i]);
			cut->nodes++;
		}
	}
}

struct page_cut pages_cut(struct page_map *map, uint64_t first)
{
	struct page_cut cut = {0};
	uint64_t root = (uint64_t)map->root;

	for (uint64_t i = first; i < PAGES_DIRECT; i++)
		cut.pages += drop(&map->direct[i]);
	if (root)
		cut_node(map, map->root, map->levels, 0, first, &cut);
	if (root && first == 0) {
		free_node(map, &root);
		map->root = NULL;
		map->levels = 0;
		cut.nodes++;
	}
	return cut;
}
