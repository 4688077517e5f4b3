/* SPDX-License-Identifier: MIT */
/* Kernel objects: fixed-size caches over page frames, bounded time, and kernel stacks with a hole below each. */
#ifndef MM_HEAP_H
#define MM_HEAP_H

#include <abi/types.h>

#define MM_STACK_BYTES 8192u

struct mm_cache { /* MM_CACHE(struct x) */
	uint32_t size;  /* of an object; rounded up to 64 */
	uint32_t count; /* objects in use */
	void *free;
	const char *name;
};
#define MM_CACHE(type) {.size = (sizeof(type) + 63u) & ~63u, .name = #type}

/* A zeroed object, 64-byte aligned, or NULL when memory is gone. Thread context. */
void *mm_cache_alloc(struct mm_cache *cache);
void mm_cache_free(struct mm_cache *cache, void *object);
/* Up to 2 MiB, zeroed, page-aligned when >= 4 KiB; NULL when memory is gone. `bytes` must be given back. */
void *mm_heap_alloc(size_t bytes);
void mm_heap_free(void *block, size_t bytes);
/* Top of a new kernel stack, 0 when memory is gone. A hole lies below; running into it is a double fault that is
 * told. */
uint64_t mm_stack_alloc(void);
void mm_stack_free(uint64_t top);

#endif
