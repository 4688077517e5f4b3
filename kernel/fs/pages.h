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
/* Give up all pages from `first` on; preemptible. Returns how many there were. The caller's lock keeps others from
 * adding pages. */
uint64_t pages_cut(struct page_map *map, uint64_t first);

#endif
