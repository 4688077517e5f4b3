/* SPDX-License-Identifier: MIT */
/* From the records of one core to what ran when, and to the budget of each VCPU over time. */
#ifndef TRACE_TIMELINE_H
#define TRACE_TIMELINE_H

#include "trace/decode.h"

struct stretch { /* of one thread on one VCPU */
	uint64_t start, end;
	uint32_t vcpu, thread;
	bool background;
};

struct level { /* a corner of the line of a VCPU's budget */
	uint64_t tsc, budget;
	uint32_t vcpu;
};

struct timeline {
	struct stretch *stretch; /* in order of time, none empty, none overlapping */
	size_t stretches;
	struct level *level;     /* in order of time; between two of a VCPU the line is straight */
	size_t levels;
};

/* What still runs at the last record does so until `end`. False: out of memory. To be freed in both cases. */
bool timeline_make(struct timeline *t, const struct ring *ring, uint64_t end);
void timeline_free(struct timeline *t);

#endif
