/* SPDX-License-Identifier: MIT */
#include "trace/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESTART "restart the sandbox, then trace again"

/* What is wrong with the head of a ring; false = nothing. */
static bool refused(struct ring *ring, const struct qv_trace *t, uint32_t core, uint64_t room, uint64_t after)
{
	char *why = ring->why;
	size_t size = sizeof ring->why;

	if (t->magic == 0)
		(void)snprintf(why, size, "has no trace: its kernel has not started the scheduler of this core (yet); wait until "
			       "it is ready");
	else if (t->magic != QV_TRACE_MAGIC)
		(void)snprintf(why, size, "has no trace ring any more: it begins with 0x%" PRIx64 "; the sandbox overwrote it; "
			       RESTART, t->magic);
	else if (t->version != QV_TRACE_VERSION)
		(void)snprintf(why, size, "has a trace of version %u, this program reads version %u; use tool and kernel of the "
			       "same build", t->version, QV_TRACE_VERSION);
	else if (t->core != core || t->records != room)
		(void)snprintf(why, size, "has a damaged trace: its head says core %u with room for %" PRIu64 " records, not core "
			       "%u with %" PRIu64 "; " RESTART, t->core, t->records, core, room);
	else if (t->head >= 1ull << 63 || after < t->head)
		(void)snprintf(why, size, "has a damaged trace: its head counts %" PRIu64 " records, then %" PRIu64 "; " RESTART,
			       (uint64_t)t->head, after);
	return why[0] != '\0';
}

/* Could the kernel have written this after something at `before`, and before `last`? */
static bool makes_sense(const struct qv_trace_record *r, uint64_t before, uint64_t last)
{
	return r->kind > QV_TRACE_NONE && r->kind < QV_TRACE_KINDS && r->tsc >= before && r->tsc <= last;
}

static void take(struct ring *ring, const struct qv_trace *t, uint64_t from, uint64_t head)
{
	uint64_t before = 0, last = head > from ? t->record[(head - 1) % t->records].tsc : 0;

	for (uint64_t k = from; k < head; k++) {
		const struct qv_trace_record *r = &t->record[k % t->records];

		if (!makes_sense(r, before, last)) {
			ring->senseless++;
			continue;
		}
		before = r->tsc;
		ring->lives += r->kind == QV_TRACE_START;
		ring->record[ring->count++] = *r;
	}
}

void ring_decode(struct ring *ring, const void *bytes, uint32_t core, uint32_t cores, uint64_t head_after)
{
	const struct qv_trace *t = bytes;
	uint64_t room = qv_trace_room(cores), head, from;

	memset(ring, 0, sizeof *ring);
	if (refused(ring, t, core, room, head_after))
		return;
	head = t->head;
	/* The slot of the next record may be half written. */
	from = head_after >= room ? head_after - room + 1 : 0;
	if (from > head)
		from = head;
	if (head > 0 && from == head) {
		(void)snprintf(ring->why, sizeof ring->why, "was traced too fast: all its records were overwritten while they "
			       "were read; trace again, or on a computer with less to do");
		return;
	}
	ring->record = calloc(room, sizeof *ring->record);
	if (!ring->record) {
		(void)snprintf(ring->why, sizeof ring->why, "does not fit this computer's memory; end other programs");
		return;
	}
	ring->lost = from;
	take(ring, t, from, head);
}

void ring_free(struct ring *ring)
{
	free(ring->record);
	ring->record = NULL;
	ring->count = 0;
}
