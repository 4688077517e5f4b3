/* SPDX-License-Identifier: MIT */
/*
 * Memory of processes that may migrate: frames and page tables of such a process lie in 2 MiB blocks that nobody else
 * has anything in, so that they can be handed over as they are. A page there has one owner: what would be shared with
 * a file or with a forked child is copied.
 */
#ifndef MM_ARENA_H
#define MM_ARENA_H

#include <mm/space.h>

struct mm_arena;

/* An arena of `count` >= 1 blocks at guest-physical `block`, multiples of 2 MiB in the direct map that the caller owns,
 * all within some 680 MiB of each other. NULL: no memory for the records. */
struct mm_arena *mm_arena_create(const uint64_t *block, uint32_t count);
/* The blocks are the caller's again. All spaces in it are destroyed. */
void mm_arena_destroy(struct mm_arena *arena);
uint64_t mm_arena_pages(const struct mm_arena *arena);
uint64_t mm_arena_free_pages(struct mm_arena *arena);
/* As space_create, with all that is its own in `arena`. SPACE_SHARED mappings are refused with -EOPNOTSUPP. */
struct space *space_create_migratable(uint64_t limit, struct mm_arena *arena);

#endif
