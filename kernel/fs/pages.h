/* SPDX-License-Identifier: MIT */
/* Private: the pages of a RAM file, by index. Single steps are atomic between preemption points. */
#ifndef FS_PAGES_H
#define FS_PAGES_H

#include <abi/limits.h>

#define PAGES_DIRECT 4u
#define PAGES_FAN    512u
#define PAGES_MOST   (1ull << 27) /* 512 GiB: three levels */

struct page_map { /* zero-initialised = empty */
	uint64_t direct[PAGES_DIRECT]; /* frames of the first pages, 0 = a hole */
	uint64_t *root;                /* node of a radix tree for the others */
	uint32_t levels;               /* of it; 0 = no tree */
	uint32_t nodes;
};

/* The frame of page `index`, 0 = a hole. */
uint64_t pages_find(const struct page_map *map, uint64_t index);
/* Where the frame of page `index` < PAGES_MOST is noted; nodes are made as needed. NULL: no memory. */
uint64_t *pages_slot(struct page_map *map, uint64_t index);
struct page_cut { /* what was given up */
	uint64_t pages, nodes;
};
/* Give up all pages from `first` on; preemptible. The caller keeps others from adding such pages; pages below, and the
 * nodes they need, may come meanwhile. */
struct page_cut pages_cut(struct page_map *map, uint64_t first);

#endif
