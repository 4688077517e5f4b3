/* SPDX-License-Identifier: MIT */
/* The picture. Integers only, so that the same view gives the same bytes everywhere; places are hundredths of a
 * pixel. */
#include "trace/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LEFT    150u /* pixels, all of these */
#define WIDTH   1000u
#define RIGHT   20u
#define TOP     44u
#define TITLE   26u
#define BOX     24u  /* height of a dispatch */
#define BUDGET  22u
#define ROW     64u
#define LEGEND  40u
#define MARKS_UP 8u /* how far marks stand out */
#define COLOURS 8u
#define MOST_TICKS 18u

struct row {
	uint32_t sandbox, core, vcpu;
	uint32_t y;
	bool titled; /* first of its core */
};

struct picture {
	const struct view *v;
	FILE *to;
	struct row *row;
	size_t rows;
	uint64_t tick; /* cycles that times are rounded to */
	uint64_t span; /* of the window, in ticks */
	uint32_t height;
};

static const char *const style =
	"text{font-family:sans-serif;font-size:12px;fill:#222}\n.s{font-size:10px;fill:#555}\n.r{text-anchor:end}\n"
	".m{text-anchor:middle}\n.g{stroke:#ddd;stroke-width:1}\n.l{stroke:#888;stroke-width:1}\n"
	".f{fill:#e8eef7;stroke:#35608f;stroke-width:1}\n.b{fill:url(#h);stroke:#999;stroke-width:.5}\n"
	".k{fill:none;stroke:#222;stroke-width:1.5}\n.x{fill:none;stroke:#c00;stroke-width:2.5}\n";
static const char *const colours[COLOURS] = {"#4c78a8", "#f58518", "#54a24b", "#b279a2", "#72b7b2", "#e45756",
	"#eeca3b", "#9d755d"};

/* Ticks from the start of the window; times outside of it are moved to its edge. */
static uint64_t ticks(const struct picture *p, uint64_t tsc)
{
	if (tsc < p->v->from)
		return 0;
	if (tsc > p->v->to)
		return p->span;
	tsc = (tsc - p->v->from + p->tick / 2) / p->tick;
	return tsc < p->span ? tsc : p->span;
}

static uint64_t place(const struct picture *p, uint64_t at)
{
	return LEFT * 100 + (uint64_t)((unsigned __int128)at * WIDTH * 100 / p->span);
}

static void print_place(FILE *to, uint64_t hundredths)
{
	(void)fprintf(to, "%" PRIu64 ".%02u", hundredths / 100, (unsigned)(hundredths % 100));
}

/* ---- rows ---- */

static bool is_in(const struct picture *p, const struct stretch *s)
{
	return s->end > p->v->from && s->start < p->v->to && ticks(p, s->end) > ticks(p, s->start);
}

static bool is_mark(const struct picture *p, const struct qv_trace_record *r)
{
	uint64_t mark = r->argument >> 32;

	return r->kind == QV_TRACE_MARK && mark != QV_MARK_BEGIN && mark != QV_MARK_END &&
	       mark_time(r) >= p->v->from && mark_time(r) <= p->v->to;
}

static void add_rows(struct picture *p, uint32_t sandbox, uint32_t core)
{
	const struct core_view *c = &p->v->core[sandbox][core];
	static bool used[UINT16_MAX + 1];
	bool titled = true;

	memset(used, 0, sizeof used);
	for (size_t i = 0; i < c->timeline.stretches; i++)
		if (is_in(p, &c->timeline.stretch[i]))
			used[c->timeline.stretch[i].vcpu] = true;
	for (size_t i = 0; i < c->ring.count; i++)
		if (is_mark(p, &c->ring.record[i]))
			used[c->ring.record[i].vcpu] = true;
	for (uint32_t id = 0; id < QV_TRACE_IDLE; id++) {
		struct row *more = used[id] ? realloc(p->row, (p->rows + 1) * sizeof *more) : NULL;

		if (!more)
			continue;
		p->row = more;
		p->height += titled ? TITLE : 0;
		p->row[p->rows++] = (struct row){sandbox, core, id, p->height, titled};
		p->height += ROW;
		titled = false;
	}
}

static void find_rows(struct picture *p)
{
	p->height = TOP;
	for (uint32_t i = 0; i < p->v->capture->header.sandboxes; i++)
		for (uint32_t core = 0; p->v->shown[i] && core < p->v->capture->header.sandbox[i].cores; core++)
			if (p->v->core[i][core].ring.count > 0)
				add_rows(p, i, core);
}

/* ---- parts ---- */

static void print_head(const struct picture *p)
{
	uint32_t width = LEFT + WIDTH + RIGHT, height = p->height + LEGEND;

	(void)fprintf(p->to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\">\n"
		      "<style>\n%s", width, height, width, height, style);
	for (uint32_t i = 0; i < COLOURS; i++)
		(void)fprintf(p->to, ".c%u{fill:%s}\n", i, colours[i]);
	(void)fprintf(p->to, "</style>\n<defs><pattern id=\"h\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
		      "patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#f4f4f4\"/>"
		      "<rect width=\"2\" height=\"6\" fill=\"#aaa\"/></pattern></defs>\n"
		      "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n", width, height);
}

/* Distance of the lines of the axis, in thousandths of the unit: 1, 2 or 5 times a power of ten. */
static uint64_t axis_step(uint64_t span)
{
	static const uint64_t factor[] = {1, 2, 5};

	for (uint64_t power = 1;; power *= 10)
		for (uint32_t i = 0; i < 3; i++)
			if (span / (power * factor[i]) <= MOST_TICKS)
				return power * factor[i];
}

static void print_axis(const struct picture *p)
{
	const struct view *v = p->v;
	uint64_t unit = view_unit(v), start = v->from - v->zero;
	uint64_t step = axis_step((uint64_t)((unsigned __int128)(v->to - v->from) * 1000 / unit));
	uint64_t k = (uint64_t)((unsigned __int128)start * 1000 / unit / step);
	char text[32];

	for (;; k++) {
		uint64_t at = (uint64_t)((unsigned __int128)k * step * unit / 1000), x;

		if (at < start)
			continue;
		if (at > v->to - v->zero + p->tick / 2)
			break;
		x = place(p, ticks(p, v->zero + at));
		(void)fputs("<line class=\"g\" x1=\"", p->to);
		print_place(p->to, x);
		(void)fputs("\" x2=\"", p->to);
		print_place(p->to, x);
		(void)fprintf(p->to, "\" y1=\"%u\" y2=\"%u\"/><text class=\"s m\" x=\"", TOP - 8, p->height);
		print_place(p->to, x);
		(void)fprintf(p->to, "\" y=\"%u\">%s</text>\n", TOP - 12, view_number(v, at, text));
	}
	(void)fprintf(p->to, "<text class=\"s r\" x=\"%u\" y=\"%u\">%s</text>\n", LEFT - 12, TOP - 12,
		      v->unit ? "units" : "ms");
}

static uint64_t nearest(const struct picture *p, uint64_t cycles)
{
	return (cycles + p->tick / 2) / p->tick * p->tick;
}

static void print_names(const struct picture *p, const struct row *r)
{
	struct vcpu_view s = view_parameters(p->v, r->sandbox, r->core, r->vcpu);
	char name[32], budget[32], period[32];

	if (r->titled)
		(void)fprintf(p->to, "<text x=\"8\" y=\"%u\">%s, core %u</text>\n", r->y - 8,
			      shown_name(p->v->capture->header.sandbox[r->sandbox].name, name), r->core);
	(void)fprintf(p->to, "<text class=\"r\" x=\"%u\" y=\"%u\">%s</text>\n", LEFT - 12, r->y + BOX - 8,
		      view_vcpu(p->v, r->sandbox, r->core, r->vcpu, name));
	if (!s.budget || !s.period)
		return;
	if (s.io)
		(void)fprintf(p->to, "<text class=\"s r\" x=\"%u\" y=\"%u\">U = %u %%</text>\n", LEFT - 12, r->y + BOX + 14,
			      (unsigned)(s.budget * 100 / s.period));
	else
		(void)fprintf(p->to, "<text class=\"s r\" x=\"%u\" y=\"%u\">C = %s, T = %s</text>\n", LEFT - 12, r->y + BOX + 14,
			      view_number(p->v, nearest(p, s.budget), budget),
			      view_number(p->v, nearest(p, s.period), period));
}

static void print_box(const struct picture *p, const struct row *r, const struct stretch *s, uint32_t colour)
{
	uint64_t x = place(p, ticks(p, s->start));
	char from[32], to[32];

	(void)fputs("<rect x=\"", p->to);
	print_place(p->to, x);
	(void)fprintf(p->to, "\" y=\"%u\" width=\"", r->y);
	print_place(p->to, place(p, ticks(p, s->end)) - x);
	(void)fprintf(p->to, "\" height=\"%u\" class=\"", BOX);
	(void)fprintf(p->to, s->background ? "b" : "c%u", colour);
	if (p->v->round)
		(void)fputs("\"/>\n", p->to);
	else
		(void)fprintf(p->to, "\"><title>%s to %s, thread %u%s</title></rect>\n", view_number(p->v, s->start - p->v->zero,
			      from), view_number(p->v, s->end - p->v->zero, to), s->thread, s->background ? ", background" : "");
}

static bool goes_on(const struct picture *p, const struct stretch *a, const struct stretch *b)
{
	return p->v->round && a->background == b->background && ticks(p, a->end) == ticks(p, b->start);
}

static void print_boxes(const struct picture *p, const struct row *r, uint32_t colour)
{
	const struct timeline *t = &p->v->core[r->sandbox][r->core].timeline;
	struct stretch pending = {.end = 0};

	for (size_t i = 0; i < t->stretches; i++) {
		const struct stretch *s = &t->stretch[i];

		if (s->vcpu != r->vcpu || !is_in(p, s))
			continue;
		if (pending.end && goes_on(p, &pending, s)) {
			pending.end = s->end;
			continue;
		}
		if (pending.end)
			print_box(p, r, &pending, colour);
		pending = *s;
	}
	if (pending.end)
		print_box(p, r, &pending, colour);
	(void)fprintf(p->to, "<line class=\"l\" x1=\"%u\" x2=\"%u\" y1=\"%u\" y2=\"%u\"/>\n", LEFT, LEFT + WIDTH, r->y + BOX,
		      r->y + BOX);
}

/* ---- budgets ---- */

struct line {
	const struct picture *p;
	const struct row *row;
	uint64_t most; /* ticks: the full height */
	uint64_t x, y; /* of the last point */
};

static void print_point(struct line *l, uint64_t tsc, uint64_t budget)
{
	uint64_t amount = (budget + l->p->tick / 2) / l->p->tick, floor = (l->row->y + BOX + 4 + BUDGET) * 100;
	uint64_t x = place(l->p, ticks(l->p, tsc)), y;

	if (amount > l->most)
		amount = l->most;
	y = floor - (uint64_t)((unsigned __int128)amount * BUDGET * 100 / l->most);
	if (x == l->x && y == l->y)
		return;
	l->x = x;
	l->y = y;
	print_place(l->p->to, x);
	(void)fputc(',', l->p->to);
	print_place(l->p->to, y);
	(void)fputc(' ', l->p->to);
}

/* On the straight line from `a` to `b`. */
static uint64_t between(const struct level *a, const struct level *b, uint64_t tsc)
{
	uint64_t part = tsc - a->tsc, whole = b->tsc - a->tsc;

	if (whole == 0)
		return b->budget;
	if (b->budget >= a->budget)
		return a->budget + (uint64_t)((unsigned __int128)(b->budget - a->budget) * part / whole);
	return a->budget - (uint64_t)((unsigned __int128)(a->budget - b->budget) * part / whole);
}

static size_t next_corner(const struct timeline *t, size_t i, uint32_t vcpu)
{
	while (i < t->levels && t->level[i].vcpu != vcpu)
		i++;
	return i;
}

/* Which corner the line begins with. What an I/O VCPU may use depends on who asks, so its level from before its first
 * dispatch in the window says nothing. */
static size_t first_corner(const struct picture *p, const struct row *r)
{
	const struct timeline *t = &p->v->core[r->sandbox][r->core].timeline;
	size_t i = next_corner(t, 0, r->vcpu), next;

	if (!view_parameters(p->v, r->sandbox, r->core, r->vcpu).io)
		return i;
	while (i < t->levels && t->level[i].tsc < p->v->from)
		i = next_corner(t, i + 1, r->vcpu);
	next = next_corner(t, i + 1, r->vcpu);
	return next < t->levels && t->level[next].tsc == t->level[i].tsc ? next : i;
}

/* In ticks. */
static uint64_t most_budget(const struct picture *p, const struct row *r)
{
	const struct timeline *t = &p->v->core[r->sandbox][r->core].timeline;
	struct vcpu_view s = view_parameters(p->v, r->sandbox, r->core, r->vcpu);
	uint64_t most = s.io ? 0 : s.budget;

	for (size_t i = first_corner(p, r); (s.io || !s.budget) && i < t->levels; i = next_corner(t, i + 1, r->vcpu))
		if (t->level[i].tsc <= p->v->to && t->level[i].budget > most)
			most = t->level[i].budget;
	return (most + p->tick / 2) / p->tick;
}

static void print_points(struct line *l)
{
	const struct view *v = l->p->v;
	const struct timeline *t = &v->core[l->row->sandbox][l->row->core].timeline;
	struct level before = {.tsc = v->from, .vcpu = l->row->vcpu};
	bool known = false; /* a budget: before the first corner it was what it is there */
	size_t i = first_corner(l->p, l->row);

	for (; i < t->levels && before.tsc < v->to; i = next_corner(t, i + 1, before.vcpu)) {
		const struct level *c = &t->level[i];

		if (ticks(l->p, c->tsc) >= ticks(l->p, v->to) && c->tsc <= v->to && c->budget > before.budget && known)
			break; /* what is replenished with the end of the picture belongs to what comes after */
		if (!known && c->tsc > v->from)
			before.budget = c->budget;
		known = true;
		if (c->tsc >= v->from && before.tsc <= v->from)
			print_point(l, v->from, between(&before, c, v->from));
		if (c->tsc >= v->from && c->tsc <= v->to)
			print_point(l, c->tsc, c->budget);
		if (c->tsc > v->to)
			print_point(l, v->to, between(&before, c, v->to));
		before = *c;
	}
	if (before.tsc <= v->to)
		print_point(l, v->to, before.budget);
}

static void print_budget(const struct picture *p, const struct row *r)
{
	struct line l = {.p = p, .row = r, .most = most_budget(p, r)};
	uint32_t floor = r->y + BOX + 4 + BUDGET;

	if (l.most == 0)
		return;
	(void)fprintf(p->to, "<polygon class=\"f\" points=\"%u,%u ", LEFT, floor);
	print_points(&l);
	(void)fprintf(p->to, "%u,%u\"/>\n", LEFT + WIDTH, floor);
}

/* ---- marks ---- */

static void print_mark(FILE *to, uint64_t mark, uint64_t x, uint32_t top)
{
	uint32_t bottom = top + MARKS_UP + BOX;

	(void)fputs("<g transform=\"translate(", to);
	print_place(to, x);
	(void)fputs(",0)\">", to);
	switch (mark) {
	case QV_MARK_RELEASE:
		(void)fprintf(to, "<path class=\"k\" d=\"M0 %uV%uM-3 %uL0 %uL3 %u\"/>", bottom, top, top + 5, top, top + 5);
		break;
	case QV_MARK_DEADLINE:
		(void)fprintf(to, "<path class=\"k\" d=\"M0 %uV%uM-3 %uL0 %uL3 %u\"/>", top, bottom, bottom - 5, bottom, bottom - 5);
		break;
	case QV_MARK_DONE:
		(void)fprintf(to, "<circle class=\"k\" cx=\"0\" cy=\"%u\" r=\"4\"/>", top + 4);
		break;
	case QV_MARK_MISSED:
		(void)fprintf(to, "<path class=\"x\" d=\"M-5 %uL5 %uM-5 %uL5 %u\"/>", top, top + 10, top + 10, top);
		break;
	default: (void)fprintf(to, "<path class=\"k\" d=\"M0 %uL4 %uL0 %uL-4 %uZ\"/>", top, top + 4, top + 8, top + 4); break;
	}
	(void)fputs("</g>\n", to);
}

static void print_marks(const struct picture *p, const struct row *row)
{
	const struct ring *ring = &p->v->core[row->sandbox][row->core].ring;

	for (size_t i = 0; i < ring->count; i++) {
		const struct qv_trace_record *r = &ring->record[i];

		if (r->vcpu == row->vcpu && is_mark(p, r))
			print_mark(p->to, r->argument >> 32, place(p, ticks(p, mark_time(r))), row->y - MARKS_UP);
	}
}

static void print_key(const struct picture *p, const char *class, uint32_t x, const char *text)
{
	uint32_t y = p->height + 18;

	(void)fprintf(p->to, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"20\" height=\"10\"/>", class, x, y - 9);
	(void)fprintf(p->to, "<text class=\"s\" x=\"%u\" y=\"%u\">%s</text>\n", x + 26, y, text);
}

static void print_legend(const struct picture *p)
{
	static const struct {
		uint32_t x, mark;
		const char *text;
	} shown[] = {{470, QV_MARK_RELEASE, "release"}, {550, QV_MARK_DEADLINE, "deadline"}, {640, QV_MARK_DONE, "done"},
		{710, QV_MARK_MISSED, "done too late"}, {830, QV_MARK_NUMBER, "event"}};
	uint32_t y = p->height + 18;

	print_key(p, "c0", LEFT, "on budget");
	print_key(p, "b", LEFT + 90, "in the background");
	print_key(p, "f", LEFT + 235, "budget");
	for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
		print_mark(p->to, shown[i].mark, shown[i].x * 100ull, shown[i].mark == QV_MARK_RELEASE ||
			shown[i].mark == QV_MARK_DEADLINE ? y - 20 : y - 9);
		(void)fprintf(p->to, "<text class=\"s\" x=\"%u\" y=\"%u\">%s</text>\n", shown[i].x + 10, y, shown[i].text);
	}
}

void svg_print(const struct view *v, FILE *to)
{
	struct picture p = {.v = v, .to = to, .tick = v->round ? view_unit(v) / 10 : 1};

	if (p.tick == 0)
		p.tick = 1;
	p.span = (v->to - v->from + p.tick / 2) / p.tick;
	if (p.span == 0)
		p.span = 1;
	find_rows(&p);
	print_head(&p);
	print_axis(&p);
	for (size_t i = 0; i < p.rows; i++) {
		print_names(&p, &p.row[i]);
		print_boxes(&p, &p.row[i], (uint32_t)(i % COLOURS));
		print_budget(&p, &p.row[i]);
		print_marks(&p, &p.row[i]);
	}
	print_legend(&p);
	(void)fputs("</svg>\n", to);
	free(p.row);
}
