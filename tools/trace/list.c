/* SPDX-License-Identifier: MIT */
/* What ran when, for scripts. */
#include "trace/view.h"

struct lines {
	const struct view *v;
	FILE *to;
	uint32_t sandbox, core;
	struct stretch pending; /* end 0 = none: like stretches that touch are one line */
};

static uint64_t rounded(const struct view *v, uint64_t tsc)
{
	uint64_t tick = v->round ? view_unit(v) / 10 : 1;

	if (tsc < v->from)
		tsc = v->from;
	if (tsc > v->to)
		tsc = v->to;
	return tick > 1 ? (tsc - v->zero + tick / 2) / tick * tick : tsc - v->zero;
}

static void print_pending(struct lines *l)
{
	const struct stretch *s = &l->pending;
	char from[32], to[32], name[32];

	if (s->end == 0)
		return;
	(void)fprintf(l->to, "%s %s %s %u %s %s\n", view_number(l->v, s->start, from), view_number(l->v, s->end, to),
		      l->v->capture->header.sandbox[l->sandbox].name, l->core,
		      view_vcpu(l->v, l->sandbox, l->core, s->vcpu, name), s->background ? "background" : "budget");
	l->pending.end = 0;
}

static void add(struct lines *l, const struct stretch *s)
{
	struct stretch r = *s;

	r.start = rounded(l->v, s->start);
	r.end = rounded(l->v, s->end);
	if (s->end <= l->v->from || s->start >= l->v->to || r.end <= r.start)
		return;
	if (l->pending.end == r.start && l->pending.vcpu == r.vcpu && l->pending.background == r.background) {
		l->pending.end = r.end;
		return;
	}
	print_pending(l);
	l->pending = r;
}

void list_print(const struct view *v, FILE *to)
{
	const struct capture_header *h = &v->capture->header;

	for (uint32_t i = 0; i < h->sandboxes; i++) {
		for (uint32_t core = 0; v->shown[i] && core < h->sandbox[i].cores; core++) {
			const struct timeline *t = &v->core[i][core].timeline;
			struct lines l = {.v = v, .to = to, .sandbox = i, .core = core};

			for (size_t k = 0; k < t->stretches; k++)
				add(&l, &t->stretch[k]);
			print_pending(&l);
		}
	}
}
