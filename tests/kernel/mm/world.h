/* SPDX-License-Identifier: MIT */
/* What the memory tests share: accesses to the loaded space, a file in memory, numbers at random. */
#ifndef WORLD_H
#define WORLD_H

#include <ktest/test.h>
#include <mm/arena.h>

#define PAGE 4096ull
#define LARGE 0x200000ull

/* Load `space`; user accesses go there from now on. NULL: the kernel's own. */
void world_load(struct space *space);
/* Access the loaded space as ring 3's copies do, faults handled. False: not allowed, or no memory. */
bool peek(uint64_t at, uint64_t *value);
bool poke(uint64_t at, uint64_t value);
/* How the last fault that was not handled ended. */
extern enum space_fault world_last;

/* A "file" of FILE_PAGES pages; the first 8 bytes of page i are file_value(i). Counts its references. */
#define FILE_PAGES 600u
struct space_backing *file_open(void);
uint64_t file_value(uint64_t page);
int file_references(void);
/* Give its frames back. */
void file_close(void);

uint32_t random_below(uint32_t n);

/* The groups of points, in their order. */
void test_heap(void);
void test_spaces(void);
void test_moves(void);
void test_rights(void);
void test_copies(void);
void test_shortage(void);
void test_arena(void);
void test_costs(void);

/* TSC at the last preemption point, and the longest way between two since world_watch. */
void world_watch(void);
uint64_t world_longest(void);

/* Run `steps` random operations on several spaces beside a model of what they must hold; `limit` bytes each, 0 = none:
 * then nothing may fail. With an arena all but one of them may migrate. False, with a message, at the first
 * difference. */
bool model_run(uint32_t steps, uint64_t limit, struct mm_arena *arena);

#endif
