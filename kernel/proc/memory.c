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
static struct mm_cache action_tables = MM_CACHE(struct actions);
static struct actions defaults; /* of programs that change none, on any core: not counted, never changed */

struct memory *memory_create(uint64_t limit, struct mm_arena *arena)
{
	struct memory *m = mm_cache_take(&memories);

	if (!m)
		return NULL;
	m->references = 1;
	m->lock = (struct mutex){0};
	m->brk_start = m->brk = 0;
	m->command_bytes = 0;
	m->program[0] = '\0';
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

static void actions_get(struct actions *a)
{
	if (a != &defaults)
		a->references++;
}

static void actions_put(struct actions *a)
{
	if (a != &defaults && --a->references == 0)
		mm_cache_free(&action_tables, a);
}

struct handlers *handlers_create(const struct handlers *from)
{
	struct handlers *h = mm_cache_take(&handler_tables);

	if (!h)
		return NULL;
	h->references = 1;
	h->actions = from ? from->actions : &defaults;
	actions_get(h->actions);
	return h;
}

void handlers_put(struct handlers *h)
{
	if (--h->references)
		return;
	actions_put(h->actions);
	mm_cache_free(&handler_tables, h);
}

bool handlers_own(struct handlers *h)
{
	struct actions *own;

	if (h->actions != &defaults && h->actions->references == 1)
		return true;
	own = mm_cache_take(&action_tables);
	if (!own)
		return false;
	*own = *h->actions;
	own->references = 1;
	actions_put(h->actions);
	h->actions = own;
	return true;
}
