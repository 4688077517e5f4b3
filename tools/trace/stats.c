/* SPDX-License-Identifier: MIT */
/* The statistics of Quest sandboxes, as `quest stat` shows them. */
#include "trace/capture.h"
#include "trace/names.h"

#include <inttypes.h>
#include <string.h>

const struct qv_stats *capture_stats(const struct capture *c, uint32_t sandbox)
{
	const struct qv_stats *s = (const void *)c->slice[sandbox];

	if (!s || s->magic != QV_STATS_MAGIC || s->version != QV_STATS_VERSION ||
	    s->cores != c->header.sandbox[sandbox].cores)
		return NULL;
	return s;
}

const struct qv_stats_vcpu *capture_vcpu(const struct capture *c, uint32_t sandbox, uint32_t core, uint32_t id)
{
	const struct qv_stats *s = capture_stats(c, sandbox);

	if (!s || core >= s->cores || id >= qv_stats_room(s->cores))
		return NULL;
	return (const void *)((const uint8_t *)s + qv_stats_place(s->cores, core, id));
}

const char *shown_name(const char *name, char text[32])
{
	size_t n = 0;

	for (; n < 31 && name[n]; n++)
		text[n] = name[n] > ' ' && name[n] < 127 && !strchr("\"\\<>&", name[n]) ? name[n] : '?';
	text[n] = '\0';
	return text;
}

static double ms(const struct capture *c, uint64_t cycles)
{
	return c->header.tsc_hz ? (double)cycles * 1e3 / (double)c->header.tsc_hz : 0;
}

static void print_vcpu(const struct capture *c, uint32_t sandbox, uint32_t core, uint32_t id, FILE *to)
{
	const struct qv_stats_vcpu *v = capture_vcpu(c, sandbox, core, id);
	char name[32], what[64];

	if (v->flags & QV_STATS_IO)
		(void)snprintf(what, sizeof what, "%.3f%% for I/O", v->period ? (double)v->budget * 100 / (double)v->period : 0);
	else
		(void)snprintf(what, sizeof what, "%.3f of %.3f ms", ms(c, v->budget), ms(c, v->period));
	(void)fprintf(to, "%-12.31s %4u  %-12s %-20s %11.3f %13.3f %11" PRIu64 " %8" PRIu64 " %8.1f %6" PRIu64 "\n",
		      c->header.sandbox[sandbox].name, core, shown_name(v->name, name), what, ms(c, v->consumed),
		      ms(c, v->background), v->replenishments, v->depletions, ms(c, v->worst_wakeup) * 1e3, v->missed);
}

static void print_unknown(const struct capture *c, uint32_t sandbox, FILE *to)
{
	const struct qv_stats *s = capture_stats(c, sandbox);
	char name[32];

	if (!s || !s->unknown[0].count)
		return;
	(void)fprintf(to, "%-12.31s system calls that do not exist:", c->header.sandbox[sandbox].name);
	for (uint32_t i = 0; i < QV_STATS_UNKNOWN && s->unknown[i].count; i++)
		(void)fprintf(to, "%s %s %" PRIu64 " times", i ? "," : "", call_name(s->unknown[i].number, name),
			      s->unknown[i].count);
	(void)fprintf(to, "\n");
}

void stats_print(const struct capture *c, FILE *to)
{
	bool titled = false;

	for (uint32_t i = 0; i < c->header.sandboxes; i++) {
		const struct qv_stats *s = capture_stats(c, i);

		for (uint32_t core = 0; s && core < s->cores; core++) {
			for (uint32_t id = 0; id < qv_stats_room(s->cores); id++) {
				if (!(capture_vcpu(c, i, core, id)->flags & QV_STATS_USED))
					continue;
				if (!titled)
					(void)fprintf(to, "%-12s %4s  %-12s %-20s %11s %13s %11s %8s %8s %6s\n", "sandbox", "core", "vcpu",
						      "guarantee", "on budget ms", "background ms", "replenished", "depleted", "woken us",
						      "missed");
				titled = true;
				print_vcpu(c, i, core, id, to);
			}
		}
	}
	for (uint32_t i = 0; i < c->header.sandboxes; i++)
		print_unknown(c, i, to);
}
