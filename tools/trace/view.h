/* SPDX-License-Identifier: MIT */
/* What is to be shown: a capture, decoded, and a window of time; and the ways to show it. */
#ifndef TRACE_VIEW_H
#define TRACE_VIEW_H

#include "trace/capture.h"
#include "trace/timeline.h"

struct vcpu_view { /* as its last record in or before the window has it; all 0 if there is none */
	uint64_t budget, period; /* cycles; I/O: numerator and denominator */
	bool io;
	char name[9];
};

struct core_view {
	struct ring ring;
	struct timeline timeline;
	struct vcpu_view *vcpu; /* QV_STATS_VCPUS of them */
};

struct view {
	const struct capture *capture;
	bool shown[QV_MAX_SANDBOXES]; /* which sandboxes */
	struct core_view core[QV_MAX_SANDBOXES][QV_MAX_CORES];
	uint64_t zero;     /* TSC that counts as 0 */
	uint64_t from, to; /* TSC: the window, both inclusive */
	uint64_t unit;     /* cycles; the axis counts these; 0 = milliseconds */
	bool round;        /* times in pictures and lists to a tenth of the unit */
};

struct wanted { /* by the options */
	const char *sandbox; /* NULL = all */
	double last_ms;      /* only the last milliseconds; 0 = all */
	uint32_t marked;     /* only what lies between the N-th mark `begin` and the next `end`; 0 = all */
	bool round;
};

/* Decode what is wanted. False, with a message in `why`, if there is nothing to show; rings that cannot be read while
 * others can are told on stderr. To be freed in both cases. */
bool view_make(struct view *v, const struct capture *c, const struct wanted *wanted, char *why, size_t size);
void view_free(struct view *v);
/* Of such a VCPU. */
struct vcpu_view view_parameters(const struct view *v, uint32_t sandbox, uint32_t core, uint32_t vcpu);
/* Name of a VCPU: from the trace or the statistics, else by its number. */
const char *view_vcpu(const struct view *v, uint32_t sandbox, uint32_t core, uint32_t vcpu, char text[32]);

/* What a mark says: `release`, `deadline`, ...; and the TSC it is about. */
const char *mark_name(uint64_t argument);
uint64_t mark_time(const struct qv_trace_record *r);
/* Cycles of what the axis counts. */
uint64_t view_unit(const struct view *v);
/* Cycles in that unit, to the nearest thousandth, without zeros at the end. */
const char *view_number(const struct view *v, uint64_t cycles, char text[32]);

/* Chrome's trace event format, which ui.perfetto.dev reads: a process for each sandbox, a track for each core and each
 * VCPU, a counter for each budget. */
void json_print(const struct view *v, FILE *to);
/* A picture: a row for each VCPU, its budget below. The same view always gives the same bytes. */
void svg_print(const struct view *v, FILE *to);
/* What ran when, a stretch a line: start, end, sandbox, core, VCPU, budget or background. */
void list_print(const struct view *v, FILE *to);
/* A table for a terminal. */
void text_print(const struct view *v, FILE *to);

#endif
