/* SPDX-License-Identifier: MIT */
#include "trace/view.h"

#include <stdlib.h>
#include <string.h>

static const char *const marks[QV_MARKS] = {
	[QV_MARK_NUMBER] = "mark", [QV_MARK_RELEASE] = "release", [QV_MARK_DEADLINE] = "deadline", [QV_MARK_DONE] = "done",
	[QV_MARK_MISSED] = "missed", [QV_MARK_BEGIN] = "begin", [QV_MARK_END] = "end",
};

const char *mark_name(uint64_t argument)
{
	return argument >> 32 < QV_MARKS ? marks[argument >> 32] : "mark";
}

uint64_t mark_time(const struct qv_trace_record *r)
{
	uint32_t number = (uint32_t)r->argument;

	if (r->argument >> 32 == QV_MARK_DEADLINE)
		return r->tsc + number;
	return r->argument >> 32 == QV_MARK_RELEASE && number <= r->tsc ? r->tsc - number : r->tsc;
}

uint64_t view_unit(const struct view *v)
{
	uint64_t hz = v->capture->header.tsc_hz;

	if (v->unit)
		return v->unit;
	return hz >= 1000 ? hz / 1000 : 1;
}

const char *view_number(const struct view *v, uint64_t cycles, char text[32])
{
	uint64_t unit = view_unit(v), thousandths = (uint64_t)(((unsigned __int128)cycles * 1000 + unit / 2) / unit);
	int n = snprintf(text, 32, "%llu.%03u", (unsigned long long)(thousandths / 1000), (unsigned)(thousandths % 1000));

	while (n > 0 && text[n - 1] == '0')
		text[--n] = '\0';
	if (n > 0 && text[n - 1] == '.')
		text[n - 1] = '\0';
	return text;
}

static uint64_t cycles_of(const struct view *v, uint64_t us)
{
	return (uint64_t)((unsigned __int128)us * v->capture->header.tsc_hz / 1000000u);
}

static bool find_parameters(struct view *v, struct core_view *c)
{
	c->vcpu = calloc(QV_STATS_VCPUS, sizeof *c->vcpu);
	for (size_t i = 0; c->vcpu && i < c->ring.count && c->ring.record[i].tsc <= v->to; i++) {
		const struct qv_trace_record *r = &c->ring.record[i];
		struct vcpu_view *p = &c->vcpu[r->vcpu % QV_STATS_VCPUS];

		if (r->kind != QV_TRACE_VCPU || r->vcpu >= QV_STATS_VCPUS)
			continue;
		p->io = r->thread == 1;
		p->budget = p->io ? r->argument >> 32 : cycles_of(v, r->argument >> 32);
		p->period = p->io ? (uint32_t)r->argument : cycles_of(v, (uint32_t)r->argument);
		memcpy(p->name, &r->budget, 8);
	}
	return c->vcpu != NULL;
}

struct vcpu_view view_parameters(const struct view *v, uint32_t sandbox, uint32_t core, uint32_t vcpu)
{
	const struct vcpu_view *p = v->core[sandbox][core].vcpu;

	return p && vcpu < QV_STATS_VCPUS ? p[vcpu] : (struct vcpu_view){.budget = 0};
}

const char *view_vcpu(const struct view *v, uint32_t sandbox, uint32_t core, uint32_t vcpu, char text[32])
{
	const struct qv_stats_vcpu *s = capture_vcpu(v->capture, sandbox, core, vcpu);
	struct vcpu_view p = view_parameters(v, sandbox, core, vcpu);

	/* The number may have been given anew since; the name in the trace may be cut. */
	if (s && s->name[0] && (!p.name[0] || strncmp(s->name, p.name, 8) == 0))
		return shown_name(s->name, text);
	if (p.name[0])
		return shown_name(p.name, text);
	(void)snprintf(text, 32, "vcpu %u", vcpu);
	return text;
}

static const struct qv_trace_record *last_of(const struct ring *ring)
{
	return ring->count > 0 ? &ring->record[ring->count - 1] : NULL;
}

/* Decode the rings of a sandbox; how many could be read. */
static uint32_t decode(struct view *v, uint32_t i, char *why, size_t size)
{
	const struct capture_sandbox *s = &v->capture->header.sandbox[i];
	uint32_t good = 0;

	for (uint32_t core = 0; core < s->cores; core++) {
		struct ring *ring = &v->core[i][core].ring;

		ring_decode(ring, v->capture->slice[i] + CAPTURE_RINGS + core * qv_trace_stride(s->cores), core, s->cores,
			    s->heads[core]);
		if (ring->why[0])
			(void)snprintf(why, size, "core %u of sandbox %s %s", core, s->name, ring->why);
		if (ring->why[0] && ((const struct qv_trace *)(const void *)(v->capture->slice[i] + CAPTURE_RINGS +
				core * qv_trace_stride(s->cores)))->magic != 0)
			(void)fprintf(stderr, "quest: %s\n", why);
		if (ring->senseless)
			(void)fprintf(stderr, "quest: core %u of sandbox %s: %llu records make no sense and were left out; has "
				      "something overwritten its trace?\n", core, s->name, (unsigned long long)ring->senseless);
		good += ring->count > 0;
	}
	return good;
}

/* Between the `wanted`-th `begin` that a core of the sandboxes marked and the `end` after it. */
static bool find_marks(struct view *v, uint32_t wanted)
{
	const struct ring *open = NULL; /* of the core that began: another's end is another stretch's */
	uint32_t seen = 0;

	for (uint32_t i = 0; i < QV_MAX_SANDBOXES; i++) {
		for (uint32_t core = 0; core < QV_MAX_CORES; core++) {
			const struct ring *ring = &v->core[i][core].ring;

			for (size_t k = 0; k < ring->count; k++) {
				const struct qv_trace_record *r = &ring->record[k];
				bool mark = r->kind == QV_TRACE_MARK;

				if (mark && r->argument >> 32 == QV_MARK_BEGIN && ++seen == wanted) {
					v->zero = v->from = r->tsc;
					v->unit = (uint32_t)r->argument;
					v->to = UINT64_MAX;
					open = ring;
				} else if (mark && r->argument >> 32 == QV_MARK_END && open == ring) {
					v->to = r->tsc;
					open = NULL;
				}
			}
		}
	}
	return seen >= wanted;
}

/* All time of which there are records. */
static void find_window(struct view *v)
{
	v->from = UINT64_MAX;
	v->to = 0;
	for (uint32_t i = 0; i < QV_MAX_SANDBOXES; i++) {
		for (uint32_t core = 0; core < QV_MAX_CORES; core++) {
			const struct ring *ring = &v->core[i][core].ring;
			const struct qv_trace_record *last = last_of(ring);

			if (last && ring->record[0].tsc < v->from)
				v->from = ring->record[0].tsc;
			if (last && last->tsc > v->to)
				v->to = last->tsc;
		}
	}
	v->zero = v->capture->header.launch_tsc <= v->from ? v->capture->header.launch_tsc : v->from;
}

static bool make_timelines(struct view *v, uint64_t end)
{
	bool good = true;

	for (uint32_t i = 0; i < QV_MAX_SANDBOXES; i++)
		for (uint32_t core = 0; core < QV_MAX_CORES; core++)
			if (v->core[i][core].ring.count > 0)
				good = timeline_make(&v->core[i][core].timeline, &v->core[i][core].ring, end) &&
				       find_parameters(v, &v->core[i][core]) && good;
	return good;
}

static bool decode_all(struct view *v, const struct wanted *w, char *why, size_t size)
{
	const struct capture_header *h = &v->capture->header;
	uint32_t good = 0, found = 0;

	(void)snprintf(why, size, "no Quest sandbox has been launched yet; Linux has no such trace");
	for (uint32_t i = 0; i < h->sandboxes; i++) {
		if (w->sandbox && strcmp(w->sandbox, h->sandbox[i].name) != 0)
			continue;
		found++;
		v->shown[i] = v->capture->slice[i];
		if (v->shown[i])
			good += decode(v, i, why, size);
		else if (w->sandbox)
			(void)snprintf(why, size, "sandbox %s is not Quest, or not launched yet; only Quest sandboxes have a trace",
				       w->sandbox);
	}
	if (w->sandbox && !found)
		(void)snprintf(why, size, "there is no sandbox %s in this machine; `./quest stat` names them", w->sandbox);
	return good > 0;
}

bool view_make(struct view *v, const struct capture *c, const struct wanted *wanted, char *why, size_t size)
{
	uint64_t end, last = (uint64_t)(wanted->last_ms * (double)c->header.tsc_hz / 1e3);

	memset(v, 0, sizeof *v);
	v->capture = c;
	if (!decode_all(v, wanted, why, size))
		return false;
	find_window(v);
	end = v->to;
	if (wanted->marked && !find_marks(v, wanted->marked)) {
		(void)snprintf(why, size, "there are no %u marks `begin` in the trace; leave --marked out, or let a program make "
			       "them (quest_trace_mark)", wanted->marked);
		return false;
	}
	if (v->to > end)
		v->to = end;
	v->round = wanted->round;
	if (last > 0 && v->to - v->from > last)
		v->from = v->to - last;
	if (!make_timelines(v, end)) {
		(void)snprintf(why, size, "out of memory; end other programs");
		return false;
	}
	return true;
}

void view_free(struct view *v)
{
	for (uint32_t i = 0; i < QV_MAX_SANDBOXES; i++)
		for (uint32_t core = 0; core < QV_MAX_CORES; core++) {
			ring_free(&v->core[i][core].ring);
			timeline_free(&v->core[i][core].timeline);
			free(v->core[i][core].vcpu);
		}
}
