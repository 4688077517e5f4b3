/* SPDX-License-Identifier: MIT */
/* Private to the room: the frame allocator without and with reference counts, and set-up of the thread stacks. */
#ifndef MM_FRAMES_H
#define MM_FRAMES_H

#include <abi/limits.h>
#include <base/cpu.h>
#include <base/memory.h>
#include <lib/string.h>
#include <sched/thread.h>

/* Fill the allocator from the ranges of the entry information. */
void frames_init(void);
/* mm_alloc and mm_free without the stores of the cores. */
bool frames_alloc(uint32_t order, uint64_t *gpa);
void frames_free(uint64_t gpa, uint32_t order);

/* References of each frame from address 0 on. */
struct frame_references {
	uint32_t *count;
	uint64_t frames;
};
extern struct frame_references frame_references;

#define FRAME_STORE 256u
#define FRAME_CLEAN 32u

/* Frames at hand of one core, touched by it only. */
struct frame_store {
	uint32_t count, clean_count;
	uint64_t frame[FRAME_STORE];
	uint64_t clean[FRAME_CLEAN]; /* all zero: page tables given back empty */
} __attribute__((aligned(64)));
extern struct frame_store frame_stores[QUEST_CORES];

/* Put some frames into an empty store. False: memory is gone. */
bool frame_refill(struct frame_store *s);

/* mm_frame_new for the page-fault path. */
static inline bool frame_take(uint64_t *gpa)
{
	struct frame_store *s = &frame_stores[this_cpu()->index];

	if (s->count == 0 && !frame_refill(s))
		return false;
	*gpa = s->frame[--s->count];
	frame_references.count[*gpa / QV_PAGE_SIZE] = 1;
	return true;
}

/* The last reference went: `before` was 1, or the count is wrong. True if the allocator got the frame. */
bool frame_last(uint64_t gpa, uint32_t before);

/* mm_frame_get and mm_frame_put for loops. */
static inline void frame_get(uint64_t gpa)
{
	uint64_t index = gpa / QV_PAGE_SIZE;

	if (index < frame_references.frames)
		__atomic_fetch_add(&frame_references.count[index], 1, __ATOMIC_RELAXED);
}

#define FRAME_WORK 12u /* what the allocator costs at most, in units of some 30 instructions; it may join blocks */

/* What that cost, in the same units. */
static inline uint32_t frame_put(uint64_t gpa)
{
	uint64_t index = gpa / QV_PAGE_SIZE;
	uint32_t before;

	if (index >= frame_references.frames)
		return 1;
	before = __atomic_fetch_sub(&frame_references.count[index], 1, __ATOMIC_ACQ_REL);
	return before > 1 || !frame_last(gpa, before) ? 1 : FRAME_WORK;
}

/* A page that nobody else knows yet, in two pieces: others run in between. Tables are made three at a time. */
static inline void frame_clear(uint64_t gpa)
{
	memset(memory_at(gpa), 0, QV_PAGE_SIZE / 2);
	sched_preempt_point();
	memset(memory_at(gpa + QV_PAGE_SIZE / 2), 0, QV_PAGE_SIZE / 2);
}

/* In one piece, a quarter of what is allowed between two preemption points: for the page of a fault, which is all. */
static inline void frame_clear_whole(uint64_t gpa)
{
	void *at = memory_at(gpa);
	uint64_t words = QV_PAGE_SIZE / 8;

	__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(0) : "memory");
}

static inline void frame_copy(uint64_t to, uint64_t from)
{
	void *at = memory_at(to), *source = memory_at(from);
	uint64_t words = QV_PAGE_SIZE / 8;

	__asm__ volatile("rep movsq" : "+D"(at), "+S"(source), "+c"(words) : : "memory");
}

/* One counter for each of `frames` frames from address 0 on. */
void frame_init(void *counts, uint64_t frames);
/* Frames at hand in all stores. */
uint64_t frame_stored(void);
/* Give this core's store back. */
void frame_drain(void);
/* A page for a page table: zeroed, and to be given back zeroed, so that the next one need not be cleared. */
bool frame_new_table(uint64_t *gpa);
void frame_put_table(uint64_t gpa);
/* Pages [from, to) of the block at `gpa` have one reference each from now on. */
void frame_count_block(uint64_t gpa, uint32_t from, uint32_t to);

/* Let the kernel half of a root table be the kernel's; clear it again. */
void paging_share_kernel(uint64_t *root);
void paging_unshare_kernel(uint64_t *root);

/* Entries of the page tables at THREAD_STACK_BASE, as many as stacks can be had times pages of a slot. */
void stacks_init(volatile uint64_t *entries, uint32_t limit);

#endif
