/* SPDX-License-Identifier: MIT */
#include "trace/timeline.h"

#include <stdlib.h>
#include <string.h>

#define AS_BEFORE 1u /* argument of a dispatch inside a VCPU */
#define IDS (UINT16_MAX + 1u)
#define UNKNOWN UINT64_MAX

struct builder {
	struct timeline *t;
	struct stretch now; /* what runs; vcpu QV_TRACE_IDLE = nothing */
	uint64_t *budget;   /* of each VCPU */
};

static void corner(struct builder *b, uint64_t tsc, uint32_t vcpu, uint64_t budget)
{
	b->budget[vcpu] = budget;
	b->t->level[b->t->levels++] = (struct level){tsc, budget, vcpu};
}

/* A VCPU has another budget at once: two corners. */
static void step(struct builder *b, uint64_t tsc, uint32_t vcpu, uint64_t budget)
{
	if (b->budget[vcpu] != budget && b->budget[vcpu] != UNKNOWN)
		corner(b, tsc, vcpu, b->budget[vcpu]);
	corner(b, tsc, vcpu, budget);
}

/* What runs has run until `tsc`. It goes on as a stretch of its own unless something else is set. */
static void cut(struct builder *b, uint64_t tsc)
{
	struct stretch *now = &b->now;
	uint64_t ran = tsc - now->start, *budget = &b->budget[now->vcpu];

	if (now->vcpu == QV_TRACE_IDLE || ran == 0)
		return;
	now->end = tsc;
	b->t->stretch[b->t->stretches++] = *now;
	if (!now->background && *budget != UNKNOWN)
		corner(b, tsc, now->vcpu, *budget > ran ? *budget - ran : 0);
	now->start = tsc;
}

static void dispatch(struct builder *b, const struct qv_trace_record *r)
{
	bool inside = r->argument == AS_BEFORE && r->vcpu == b->now.vcpu;

	cut(b, r->tsc);
	b->now = (struct stretch){.start = r->tsc, .vcpu = r->vcpu, .thread = r->thread,
		.background = inside ? b->now.background : r->argument == 0};
	if (r->vcpu != QV_TRACE_IDLE && !inside && r->argument > AS_BEFORE)
		step(b, r->tsc, r->vcpu, r->argument);
}

/* Of the VCPU that runs: it goes on in the background, or on budget again. */
static void change(struct builder *b, const struct qv_trace_record *r, uint64_t budget)
{
	if (r->vcpu == b->now.vcpu) {
		cut(b, r->tsc);
		b->now.start = r->tsc;
		b->now.background = budget == 0;
	}
	step(b, r->tsc, r->vcpu, budget);
}

/* A new life: what ran before was last seen at `seen`. */
static void restart(struct builder *b, const struct qv_trace_record *r, uint64_t seen)
{
	cut(b, seen);
	b->now = (struct stretch){.start = r->tsc, .vcpu = QV_TRACE_IDLE};
	memset(b->budget, 0xff, IDS * sizeof *b->budget); /* UNKNOWN */
}

static void build(struct builder *b, const struct ring *ring)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < ring->count; i++) {
		const struct qv_trace_record *r = &ring->record[i];

		if (r->kind == QV_TRACE_DISPATCH)
			dispatch(b, r);
		else if (r->kind == QV_TRACE_DEPLETED)
			change(b, r, 0);
		else if (r->kind == QV_TRACE_REPLENISH)
			change(b, r, r->budget);
		else if (r->kind == QV_TRACE_START)
			restart(b, r, seen);
		seen = r->tsc;
	}
}

bool timeline_make(struct timeline *t, const struct ring *ring, uint64_t end)
{
	struct builder b = {.t = t, .now.vcpu = QV_TRACE_IDLE};

	t->stretches = t->levels = 0;
	t->stretch = calloc(ring->count + 1, sizeof *t->stretch);
	t->level = calloc(3 * ring->count + 1, sizeof *t->level);
	b.budget = malloc(IDS * sizeof *b.budget);
	if (!t->stretch || !t->level || !b.budget) {
		free(b.budget);
		return false;
	}
	memset(b.budget, 0xff, IDS * sizeof *b.budget);
	build(&b, ring);
	if (ring->count > 0 && end > ring->record[ring->count - 1].tsc)
		cut(&b, end);
	else if (ring->count > 0)
		cut(&b, ring->record[ring->count - 1].tsc);
	free(b.budget);
	return true;
}

void timeline_free(struct timeline *t)
{
	free(t->stretch);
	free(t->level);
	memset(t, 0, sizeof *t);
}
