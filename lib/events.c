/* SPDX-License-Identifier: MIT */
/* Tournament tree: see the header. */
#include <lib/events.h>

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void qv_events_init(struct qv_events *e, uint64_t *time, uint32_t capacity)
{
	assert(capacity >= 2 && (capacity & (capacity - 1)) == 0);
	*e = (struct qv_events){time, 2, capacity};
	for (uint32_t i = 1; i < 4; i++)
		time[i] = QV_EVENT_NEVER;
}

void qv_events_rebuild(struct qv_events *e, uint32_t count, qv_events_leaf *leaf, void *context)
{
	assert(count <= e->capacity);
	for (e->size = 2; e->size < count; e->size *= 2) {
	}
	for (uint32_t i = 0; i < e->size; i++)
		e->time[e->size + i] = i < count ? leaf(context, i) : QV_EVENT_NEVER;
	for (uint32_t i = e->size - 1; i > 0; i--)
		e->time[i] = earlier(e->time[2 * i], e->time[2 * i + 1]);
}
