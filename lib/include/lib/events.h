/* SPDX-License-Identifier: MIT */
/*
 * When does what happen to whom: one time for each rank (prio.h), as a tournament tree. It answers the three questions
 * of a fixed-priority scheduler in O(log n): the earliest time of all, the earliest of the ranks better than one, and
 * the best rank whose time has come. So what happens to a lower rank need not interrupt a higher one.
 */
#ifndef LIB_EVENTS_H
#define LIB_EVENTS_H

#include <abi/types.h>
#include <lib/assert.h>

#define QV_EVENT_NEVER UINT64_MAX
#define QV_EVENT_NONE  UINT32_MAX

struct qv_events {
	uint64_t *time; /* 2 x capacity entries of the caller; [1] is the root, leaves start at `size` */
	uint32_t size;  /* leaves in use, a power of two, at least 2 */
	uint32_t capacity;
};

/* No events. `capacity` is a power of two, at least 2. */
void qv_events_init(struct qv_events *e, uint64_t *time, uint32_t capacity);
/* Give room to `count` <= capacity ranks, with the times that leaf() tells. O(count). */
typedef uint64_t qv_events_leaf(void *context, uint32_t rank);
void qv_events_rebuild(struct qv_events *e, uint32_t count, qv_events_leaf *leaf, void *context);
/* Set the time of `rank` < size. */
static inline void qv_events_set(struct qv_events *e, uint32_t rank, uint64_t time)
{
	uint32_t i = e->size + rank;

	assert(rank < e->size);
	e->time[i] = time;
	while (i > 1) {
		uint64_t other = e->time[i ^ 1], first = time < other ? time : other;

		i /= 2;
		if (e->time[i] == first)
			break;
		e->time[i] = first;
		time = first;
	}
}

/* Earliest time of all. */
static inline uint64_t qv_events_first(const struct qv_events *e)
{
	return e->time[1];
}

/* Earliest time of the ranks below `rank` (<= size). */
static inline uint64_t qv_events_before(const struct qv_events *e, uint32_t rank)
{
	uint64_t first = QV_EVENT_NEVER;

	if (rank >= e->size)
		return e->time[1];
	for (uint32_t i = e->size + rank; i > 1; i /= 2) {
		if (i % 2 && e->time[i - 1] < first)
			first = e->time[i - 1];
	}
	return first;
}

/* Lowest rank whose time is at most `now`; QV_EVENT_NONE if there is none. */
static inline uint32_t qv_events_due(const struct qv_events *e, uint64_t now)
{
	uint32_t i = 1;

	if (e->time[1] > now)
		return QV_EVENT_NONE;
	while (i < e->size) {
		i *= 2;
		i += e->time[i] > now;
	}
	return i - e->size;
}

#endif
