/* SPDX-License-Identifier: MIT */
/* What tasks share: address spaces and handler tables, by reference. */
#include "proc.h"

#include <lib/assert.h>
#include <lib/string.h>
#include <mm/arena.h>
#include <mm/mm.h>
#include <sched/registers.h>

static struct mm_cache memories = MM_CACHE(struct memory);
static struct mm_cache handler_tables = MM_CACHE(struct handlers);

struct memory *memory_create(uint64_t limit, struct mm_arena *arena)
{
	struct memory *m = mm_cache_alloc(&memories);

	if (!m)
		return NULL;
	m->references = 1;
	m->space = arena ? space_create_migratable(limit, arena) : space_create(limit);
	if (m->space)
		return m;
	mm_cache_free(&memories, m);
	return NULL;
}

void memory_put(struct memory *m)
{
	assert(m->references);
	if (--m->references)
		return;
	space_destroy(m->space);
	mm_cache_free(&memories, m);
}

struct memory *memory_switch(struct memory *m)
{
	struct task *t = task_self();
	struct memory *old = t->process->memory;

	assert(t->process->task_count == 1);
	t->process->memory = m;
	thread_set_root(m ? space_root(m->space) : mm_root());
	return old;
}

struct handlers *handlers_create(const struct handlers *from)
{
	struct handlers *h = mm_cache_alloc(&handler_tables);

	if (!h)
		return NULL;
	if (from)
		*h = *from;
	h->references = 1;
	return h;
}

void handlers_put(struct handlers *h)
{
	if (--h->references == 0)
		mm_cache_free(&handler_tables, h);
}
