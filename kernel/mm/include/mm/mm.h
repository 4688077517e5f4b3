/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own memory: a frame allocator over the sandbox's ranges, and page tables with W^X and holes below
 * every stack. Frames are addressed by guest-physical address; base/memory.h turns one into a pointer.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include <abi/limits.h>

/* Take over from the boot tables; once, on core 0, early. Afterwards only image, stacks, direct map and slice are
 * mapped. Panics if the memory given cannot hold the kernel's tables. */
void mm_init(void);
/* The end of the boot's code (base/init.h), in this order: one core unmaps it when no core runs it any more, each core
 * forgets where it was (its TLB), then one core makes its pages free memory. */
void mm_unmap_boot(void);
void mm_forget_boot(void);
void mm_release_boot(void);
/* A block of 2^order pages, contents undefined. False if there is none. Any core, thread context. */
bool mm_alloc(uint32_t order, uint64_t *gpa);
void mm_free(uint64_t gpa, uint32_t order);
/* Free pages, those the cores keep at hand included, and pages managed at all. */
uint64_t mm_free_pages(void);
uint64_t mm_total_pages(void);
/* CR3 of the kernel, and one that also maps `page` < 4 GiB one-to-one for a core that is just switching paging on. */
uint64_t mm_root(void);
uint64_t mm_start_root(uint64_t page);
/* Are lists and counters of the frame allocator in order? For the self-test. */
bool mm_frames_intact(void);

#endif
