/* SPDX-License-Identifier: MIT */
/*
 * Kernel stacks of threads. Each has a slot of its own; all of the slot below it is a hole. A stack given back keeps
 * frames and mapping: every core may go on using its TLB entry, and the next thread pays for neither.
 */
#include "frames.h"

#include <base/init.h>
#include <base/layout.h>
#include <base/lock.h>
#include <base/sections.h>
#include <lib/assert.h>
#include <mm/heap.h>
#include <mm/mm.h>

#define STACK_ORDER 1u
#define SLOT_PAGES (STACK_SLOT / QV_PAGE_SIZE)
#define ENTRY_STACK 0x8000000000000163ull /* present, writable, accessed, dirty, global, not executable */

_Static_assert(MM_STACK_BYTES == QV_PAGE_SIZE << STACK_ORDER, "a stack is one block");
_Static_assert(MM_STACK_BYTES < STACK_SLOT, "a hole is left");

static struct {
	struct lock lock;
	uint64_t free; /* top of a stack whose highest word is the next one's top */
	uint32_t made;
	uint32_t limit;
	volatile uint64_t *entries;
} stacks;

INIT void stacks_init(volatile uint64_t *entries, uint32_t limit)
{
	stacks.entries = entries;
	stacks.limit = limit;
}

static uint64_t *link_of(uint64_t top)
{
	return (uint64_t *)top - 1;
}

/* From not present to present: no TLB holds anything about it. */
static uint64_t make_stack(void)
{
	uint32_t end = (stacks.made + 1) * (uint32_t)SLOT_PAGES;
	uint64_t gpa;

	if (stacks.made == stacks.limit || !mm_alloc(STACK_ORDER, &gpa))
		return 0;
	stacks.entries[end - 2] = gpa | ENTRY_STACK;
	stacks.entries[end - 1] = (gpa + QV_PAGE_SIZE) | ENTRY_STACK;
	stacks.made++;
	return THREAD_STACK_BASE + (uint64_t)stacks.made * STACK_SLOT;
}

uint64_t mm_stack_alloc(void)
{
	uint64_t flags = lock_hold(&stacks.lock), top = stacks.free;

	if (top)
		stacks.free = *link_of(top);
	else
		top = make_stack();
	lock_drop(&stacks.lock, flags);
	return top;
}

void mm_stack_free(uint64_t top)
{
	uint64_t flags = lock_hold(&stacks.lock);

	assert(top > THREAD_STACK_BASE && top <= THREAD_STACK_BASE + (uint64_t)stacks.made * STACK_SLOT);
	assert(top % STACK_SLOT == 0);
	*link_of(top) = stacks.free;
	stacks.free = top;
	lock_drop(&stacks.lock, flags);
}

uint32_t mm_stack_limit(void)
{
	return stacks.limit;
}

uint32_t mm_stack_made(void)
{
	return stacks.made;
}
