/* SPDX-License-Identifier: MIT */
/*
 * Page-frame allocator: a buddy system over one span of physical addresses, bounded time for every operation.
 *
 * Blocks of order k hold 2^k pages and are aligned to their size (in pages from the start of the span, so give a base
 * aligned to the largest block). Orders 0..9: 4 KiB to 2 MiB. The caller provides the bookkeeping memory and all
 * locking. One record per frame; free blocks of each order form a doubly linked list through their first records.
 */
#ifndef LIB_FRAMES_H
#define LIB_FRAMES_H

#include <abi/limits.h>

#define QV_FRAME_ORDERS 10u

struct qv_frame {
	uint32_t next; /* free block list, FRAME_NONE ends it */
	uint32_t prev;
	uint32_t state; /* FRAME_FREE | order in the first frame of a free block, else 0 */
};

struct qv_frames {
	struct qv_frame *frame;
	uint64_t base;  /* address of frame 0 */
	uint32_t count; /* frames of the span */
	uint32_t free;  /* free pages */
	uint32_t head[QV_FRAME_ORDERS];
};

/* Bytes of bookkeeping for `count` frames. */
size_t qv_frames_storage(uint32_t count);
/* An allocator with nothing free. `storage` holds qv_frames_storage(count) bytes; count < 2^31. */
void qv_frames_init(struct qv_frames *f, void *storage, uint64_t base, uint32_t count);
/* Make the whole pages of [address, address + size) free. They must lie in the span and not be free already. */
void qv_frames_add(struct qv_frames *f, uint64_t address, uint64_t size);
/* Take every free page that [address, address + size) touches out; pages that are not free are left alone.
 * For boot: time grows with size. */
void qv_frames_reserve(struct qv_frames *f, uint64_t address, uint64_t size);
/* Take a block of 2^order pages, the lowest list entry of the smallest order that fits. False if there is none. */
bool qv_frames_alloc(struct qv_frames *f, uint32_t order, uint64_t *address);
/* Give a block from qv_frames_alloc back and merge it with its free buddies. */
void qv_frames_free(struct qv_frames *f, uint64_t address, uint32_t order);
/* Smallest order whose block holds `pages` >= 1 pages; QV_FRAME_ORDERS if none does. */
uint32_t qv_frames_order(uint64_t pages);
/* Do lists, states and the free count agree? Walks everything: tests and self-tests only. */
bool qv_frames_intact(const struct qv_frames *f);

#endif
