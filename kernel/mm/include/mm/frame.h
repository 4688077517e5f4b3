/* SPDX-License-Identifier: MIT */
/*
 * Page frames with reference counts: what address spaces and page caches hold. Thread context of any core. Each core
 * keeps a few frames at hand, so that the common case takes no lock.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include <abi/types.h>

/* A frame with one reference, its contents undefined. False: memory is gone. */
bool mm_frame_new(uint64_t *gpa);
/* The same, all zero. */
bool mm_frame_new_zeroed(uint64_t *gpa);
/* One more reference. Memory that is not the allocator's (channels) is not counted. */
void mm_frame_get(uint64_t gpa);
/* One less; the last one frees the frame. */
void mm_frame_put(uint64_t gpa);
/* References; 2 for memory that is not the allocator's, since nobody owns it alone. */
uint32_t mm_frame_count(uint64_t gpa);

#endif
