/* SPDX-License-Identifier: MIT */
/* The table of `quest trace` without a file. */
#include "trace/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct sums { /* of a VCPU in the window; cycles */
	uint64_t budget, background, runs, wakes, late, depleted, replenished, calls, missed;
};

static void count_record(struct sums *s, const struct qv_trace_record *r)
{
	s->runs += r->kind == QV_TRACE_DISPATCH;
	s->wakes += r->kind == QV_TRACE_WAKE;
	s->depleted += r->kind == QV_TRACE_DEPLETED;
	s->replenished += r->kind == QV_TRACE_REPLENISH;
	s->calls += r->kind == QV_TRACE_SYSCALL;
	s->missed += r->kind == QV_TRACE_MARK && r->argument >> 32 == QV_MARK_MISSED;
}

static struct sums *add_up(const struct view *v, const struct core_view *c)
{
	struct sums *sums = calloc(UINT16_MAX + 1u, sizeof *sums);

	for (size_t i = 0; sums && i < c->ring.count; i++)
		if (c->ring.record[i].tsc >= v->from && c->ring.record[i].tsc <= v->to)
			count_record(&sums[c->ring.record[i].vcpu], &c->ring.record[i]);
	for (size_t i = 0; sums && i < c->timeline.stretches; i++) {
		const struct stretch *s = &c->timeline.stretch[i];
		uint64_t start = s->start < v->from ? v->from : s->start, end = s->end > v->to ? v->to : s->end;

		if (end > start)
			*(s->background ? &sums[s->vcpu].background : &sums[s->vcpu].budget) += end - start;
	}
	return sums;
}

static void print_core(const struct view *v, uint32_t sandbox, uint32_t core, FILE *to)
{
	const struct core_view *c = &v->core[sandbox][core];
	struct sums *sums = add_up(v, c);
	char name[32], on_budget[32], background[32];

	(void)fprintf(to, "\n%s, core %u: %zu records, %" PRIu64 " older ones overwritten",
		      v->capture->header.sandbox[sandbox].name, core, c->ring.count, c->ring.lost);
	(void)fprintf(to, c->ring.lives > 1 ? ", %u lives\n" : "\n", c->ring.lives);
	(void)fprintf(to, "  %-12s %9s %13s %13s %9s %9s %11s %9s %9s\n", "vcpu", "runs", "on budget", "background", "wakes",
		      "depleted", "replenished", "calls", "too late");
	for (uint32_t id = 0; sums && id < QV_TRACE_IDLE; id++) {
		const struct sums *s = &sums[id];

		if (!(s->runs | s->wakes | s->budget | s->background | s->replenished))
			continue;
		(void)fprintf(to, "  %-12s %9" PRIu64 " %13s %13s %9" PRIu64, view_vcpu(v, sandbox, core, id, name), s->runs,
			      view_number(v, s->budget, on_budget), view_number(v, s->background, background), s->wakes);
		(void)fprintf(to, " %9" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", s->depleted,
			      s->replenished, s->calls, s->missed);
	}
	free(sums);
}

void text_print(const struct view *v, FILE *to)
{
	const struct capture_header *h = &v->capture->header;
	char name[32], from[32], until[32];

	(void)fprintf(to, "%s, from %s to %s %s\n", shown_name(h->system, name), view_number(v, v->from - v->zero, from),
		      view_number(v, v->to - v->zero, until), v->unit ? "units" : "ms");
	for (uint32_t i = 0; i < h->sandboxes; i++)
		for (uint32_t core = 0; v->shown[i] && core < h->sandbox[i].cores; core++)
			if (v->core[i][core].ring.count > 0)
				print_core(v, i, core, to);
}
