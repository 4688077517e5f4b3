/* SPDX-License-Identifier: MIT */
/* Kernel objects: fixed-size caches over page frames, bounded time, and kernel stacks with a hole below each. */
#ifndef MM_HEAP_H
#define MM_HEAP_H

#include <abi/types.h>

#define MM_STACK_BYTES 8192u

struct mm_slab;

/* All objects of one size. Static: MM_CACHE(struct x); else mm_cache_init. */
struct mm_cache {
	uint32_t size;  /* of an object; a multiple of 64 */
	uint32_t order; /* of the frame blocks it lives on */
	uint32_t count; /* objects in use */
	struct mm_slab *partial; /* blocks with a place left */
	struct mm_slab *spare;   /* one empty block, kept so that a lone object coming and going costs no block */
	const char *name;
};
#define MM_CACHE_SIZE(bytes) (((uint32_t)(bytes) + 63u) & ~63u)
/* Blocks hold at least seven objects: 64 bytes of the first page are the block's own. */
#define MM_CACHE_ORDER(bytes) \
	(MM_CACHE_SIZE(bytes) <= 576u ? 0u : MM_CACHE_SIZE(bytes) <= 1152u ? 1u : MM_CACHE_SIZE(bytes) <= 2304u ? 2u : 3u)
#define MM_CACHE(type) {.size = MM_CACHE_SIZE(sizeof(type)), .order = MM_CACHE_ORDER(sizeof(type)), .name = #type}
#define MM_CACHE_MAX 4608u

/* A cache whose object size is known at boot only: 1 to MM_CACHE_MAX bytes. */
void mm_cache_init(struct mm_cache *cache, uint32_t bytes, const char *name);
/* A zeroed object, 64-byte aligned, or NULL when memory is gone. Thread context. */
void *mm_cache_alloc(struct mm_cache *cache);
/* The same with undefined contents, for those who set every field: clearing costs as much as the rest. */
void *mm_cache_take(struct mm_cache *cache);
void mm_cache_free(struct mm_cache *cache, void *object);
/* Up to 2 MiB, zeroed, page-aligned when > 2 KiB; NULL when memory is gone. `bytes` must be given back. Thread context;
 * more than a page: preemptible. Whole pages are taken above 2 KiB, no more than `bytes` need. */
void *mm_heap_alloc(size_t bytes);
/* Undefined contents, up to 2,048 bytes. */
void *mm_heap_take(size_t bytes);
void mm_heap_free(void *block, size_t bytes);
/* Is every cache block that is reached in order? Walks `cache`; for tests and debug builds. */
bool mm_cache_intact(struct mm_cache *cache);
/* Top of a new kernel stack, 0 when memory is gone. A hole lies below; running into it is a double fault that is
 * told. */
uint64_t mm_stack_alloc(void);
void mm_stack_free(uint64_t top);
/* Stacks that can be had at most, and those ever made: a stack given back keeps its frames for the next. */
uint32_t mm_stack_limit(void);
uint32_t mm_stack_made(void);

#endif
