/* SPDX-License-Identifier: MIT */
/* Trace Event Format, JSON object form: docs/trace.md says what becomes what. Times are microseconds with three
 * digits. */
#include "trace/names.h"
#include "trace/view.h"

#include <inttypes.h>

#define TRACKS 2000u /* of one core: its own, then its VCPUs */

struct place { /* whose events are printed */
	const struct view *v;
	FILE *to;
	uint32_t sandbox, core;
};

static uint64_t ns(const struct view *v, uint64_t cycles)
{
	uint64_t hz = v->capture->header.tsc_hz ? v->capture->header.tsc_hz : 1000000000;

	return (uint64_t)((unsigned __int128)cycles * 1000000000u / hz);
}

static void print_us(FILE *to, const char *key, uint64_t of_ns)
{
	(void)fprintf(to, "\"%s\":%" PRIu64 ".%03u", key, of_ns / 1000, (unsigned)(of_ns % 1000));
}

static uint32_t core_track(const struct place *p)
{
	return p->core * TRACKS + 1;
}

static uint32_t vcpu_track(const struct place *p, uint32_t vcpu)
{
	return p->core * TRACKS + 2 + vcpu % (TRACKS - 2);
}

/* The head of an event, up to its time. */
static void begin(const struct place *p, const char *type, uint32_t track, uint64_t tsc)
{
	(void)fprintf(p->to, ",\n{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u,", type, p->sandbox + 1, track);
	print_us(p->to, "ts", ns(p->v, tsc - p->v->zero));
}

static void name_track(const struct place *p, uint32_t track, const char *name)
{
	(void)fprintf(p->to, ",\n{\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":\"%s\"}}",
		      p->sandbox + 1, track, name);
	(void)fprintf(p->to, ",\n{\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":"
		      "%u}}", p->sandbox + 1, track, track);
}

static void name_tracks(const struct place *p)
{
	const struct ring *ring = &p->v->core[p->sandbox][p->core].ring;
	static bool named[UINT16_MAX + 1];
	char name[32], text[64];

	(void)snprintf(text, sizeof text, "core %u", p->core);
	name_track(p, core_track(p), text);
	for (size_t i = 0; i < ring->count; i++)
		named[ring->record[i].vcpu] = true;
	named[QV_TRACE_IDLE] = false;
	for (uint32_t id = 0; id < QV_TRACE_IDLE; id++) {
		if (!named[id])
			continue;
		named[id] = false;
		(void)snprintf(text, sizeof text, "%s on core %u", view_vcpu(p->v, p->sandbox, p->core, id, name), p->core);
		name_track(p, vcpu_track(p, id), text);
	}
}

static bool visible(const struct view *v, uint64_t tsc)
{
	return tsc >= v->from && tsc <= v->to;
}

static void slice(const struct place *p, uint32_t track, const struct stretch *s)
{
	uint64_t start = s->start < p->v->from ? p->v->from : s->start, end = s->end > p->v->to ? p->v->to : s->end;

	begin(p, "X", track, start);
	(void)fputs(",", p->to);
	print_us(p->to, "dur", ns(p->v, end - p->v->zero) - ns(p->v, start - p->v->zero));
	(void)fprintf(p->to, ",\"cat\":\"%s\"", s->background ? "background" : "budget");
}

static void print_stretches(const struct place *p)
{
	const struct timeline *t = &p->v->core[p->sandbox][p->core].timeline;
	char name[32];

	for (size_t i = 0; i < t->stretches; i++) {
		const struct stretch *s = &t->stretch[i];

		if (s->end <= p->v->from || s->start >= p->v->to)
			continue;
		slice(p, core_track(p), s);
		(void)fprintf(p->to, ",\"name\":\"%s\",\"args\":{\"thread\":%u}}",
			      view_vcpu(p->v, p->sandbox, p->core, s->vcpu, name), s->thread);
		slice(p, vcpu_track(p, s->vcpu), s);
		(void)fprintf(p->to, ",\"name\":\"thread %u%s\"}", s->thread, s->background ? " (background)" : "");
	}
}

static void print_budgets(const struct place *p)
{
	const struct timeline *t = &p->v->core[p->sandbox][p->core].timeline;
	char name[32];

	for (size_t i = 0; i < t->levels; i++) {
		const struct level *l = &t->level[i];

		if (!visible(p->v, l->tsc))
			continue;
		begin(p, "C", vcpu_track(p, l->vcpu), l->tsc);
		(void)fprintf(p->to, ",\"name\":\"budget of %s on core %u\",\"args\":{",
			      view_vcpu(p->v, p->sandbox, p->core, l->vcpu, name), p->core);
		print_us(p->to, "us", ns(p->v, l->budget));
		(void)fputs("}}", p->to);
	}
}

static void instant(const struct place *p, const struct qv_trace_record *r, const char *name)
{
	begin(p, "i", r->vcpu == QV_TRACE_IDLE ? core_track(p) : vcpu_track(p, r->vcpu), r->tsc);
	(void)fprintf(p->to, ",\"s\":\"t\",\"name\":\"%s\",\"args\":{", name);
}

static void print_record(const struct place *p, const struct qv_trace_record *r)
{
	char text[32];

	switch (r->kind) {
	case QV_TRACE_WAKE:
		instant(p, r, "wake");
		(void)fprintf(p->to, "\"thread\":%u,", r->thread);
		print_us(p->to, "after_us", ns(p->v, r->tsc > r->argument ? r->tsc - r->argument : 0));
		break;
	case QV_TRACE_BLOCK:
		instant(p, r, "block");
		(void)fprintf(p->to, "\"thread\":%u", r->thread);
		break;
	case QV_TRACE_DEPLETED: instant(p, r, "depleted"); break;
	case QV_TRACE_REPLENISH: instant(p, r, "replenished"); break;
	case QV_TRACE_INTERRUPT:
		instant(p, r, "interrupts");
		print_us(p->to, "took_us", ns(p->v, r->argument));
		break;
	case QV_TRACE_VCPU: instant(p, r, "created or changed"); break;
	case QV_TRACE_START: instant(p, r, "kernel starts"); break;
	case QV_TRACE_SYSCALL:
		instant(p, r, call_name(r->argument, text));
		(void)fprintf(p->to, "\"thread\":%u,\"number\":%" PRIu64, r->thread, r->argument);
		break;
	case QV_TRACE_MARK:
		instant(p, r, mark_name(r->argument));
		(void)fprintf(p->to, "\"thread\":%u,\"number\":%u,", r->thread, (uint32_t)r->argument);
		print_us(p->to, "of_us", mark_time(r) > p->v->zero ? ns(p->v, mark_time(r) - p->v->zero) : 0);
		break;
	default: return; /* dispatches are slices */
	}
	(void)fputs("}}", p->to);
}

static void print_core(const struct place *p)
{
	const struct ring *ring = &p->v->core[p->sandbox][p->core].ring;

	if (ring->count == 0)
		return;
	name_tracks(p);
	print_stretches(p);
	print_budgets(p);
	for (size_t i = 0; i < ring->count; i++)
		if (visible(p->v, ring->record[i].tsc))
			print_record(p, &ring->record[i]);
}

void json_print(const struct view *v, FILE *to)
{
	const struct capture_header *h = &v->capture->header;
	const char *separator = "";
	char name[32];

	(void)fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", to);
	for (uint32_t i = 0; i < h->sandboxes; i++) {
		if (!v->shown[i])
			continue;
		(void)fprintf(to, "%s\n{\"ph\":\"M\",\"pid\":%u,\"name\":\"process_name\",\"args\":{\"name\":\"%s\"}}", separator,
			      i + 1, shown_name(h->sandbox[i].name, name));
		separator = ",";
		for (uint32_t core = 0; core < h->sandbox[i].cores; core++)
			print_core(&(struct place){v, to, i, core});
	}
	(void)fputs("\n]}\n", to);
}
