/* SPDX-License-Identifier: MIT */
/* What the tests of files share: a loaded user space, and a core without threads. */
#ifndef WORLD_H
#define WORLD_H

#include <fs/fs.h>
#include <ktest/test.h>

#define PAGE 4096ull
#define USER 0x10000000ull /* USER_BYTES of zero pages in the loaded space */
#define USER_BYTES (4ull << 20)

extern struct space *world_space;
extern struct path_context *world_context;
extern struct fd_table *world_table;

/* TSC at the last preemption point, and the longest way between two since world_watch. */
void world_watch(void);
uint64_t world_longest(void);
/* Kernel bytes to user memory, and their comparison. */
void put(uint64_t at, const void *bytes, size_t n);
bool holds(uint64_t at, const void *bytes, size_t n);
/* Open or give NULL. */
struct file *world_open(const char *path, uint32_t flags);

/* The groups of points, in their order. */
void test_archive(void);
void test_mappings(void);
void test_pipes(void);
void test_memory(void);
void test_costs(void);

#endif
