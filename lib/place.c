/* SPDX-License-Identifier: MIT */
/* Free ranges are kept sorted and merged, so first fit is one pass and equal inputs give equal placements. */
#include <lib/assert.h>
#include <lib/place.h>
#include <lib/string.h>

static uint64_t end_of(const struct qv_place_range *r)
{
	return r->start + r->size;
}

static uint64_t align_up(uint64_t value, uint64_t align)
{
	assert(align > 0 && (align & (align - 1)) == 0);
	return (value + align - 1) & ~(align - 1);
}

static void remove_at(struct qv_place *p, uint32_t i)
{
	assert(i < p->count);
	memmove(&p->free[i], &p->free[i + 1], (p->count - i - 1) * sizeof(p->free[0]));
	p->count--;
}

static void insert_at(struct qv_place *p, uint32_t i, struct qv_place_range r)
{
	assert(i <= p->count && p->count < QV_PLACE_MAX);
	memmove(&p->free[i + 1], &p->free[i], (p->count - i) * sizeof(p->free[0]));
	p->free[i] = r;
	p->count++;
}

/* First range that ends above `start`. */
static uint32_t find(const struct qv_place *p, uint64_t start)
{
	uint32_t i = 0;

	while (i < p->count && end_of(&p->free[i]) <= start)
		i++;
	return i;
}

bool qv_place_add(struct qv_place *p, uint64_t start, uint64_t size)
{
	uint32_t i = find(p, start);

	if (size == 0 || start + size < start || (i < p->count && p->free[i].start < start + size))
		return false;
	if (i > 0 && end_of(&p->free[i - 1]) == start) {
		p->free[i - 1].size += size;
		if (i < p->count && p->free[i].start == start + size) {
			p->free[i - 1].size += p->free[i].size;
			remove_at(p, i);
		}
		return true;
	}
	if (i < p->count && p->free[i].start == start + size) {
		p->free[i] = (struct qv_place_range){ start, size + p->free[i].size };
		return true;
	}
	if (p->count == QV_PLACE_MAX)
		return false;
	insert_at(p, i, (struct qv_place_range){ start, size });
	return true;
}

bool qv_place_reserve(struct qv_place *p, uint64_t start, uint64_t size)
{
	uint32_t i = find(p, start);
	uint64_t before, after;

	if (size == 0 || start + size < start || i == p->count || p->free[i].start > start ||
		end_of(&p->free[i]) < start + size)
		return false;
	before = start - p->free[i].start;
	after = end_of(&p->free[i]) - (start + size);
	if (before && after && p->count == QV_PLACE_MAX)
		return false;
	if (before) {
		p->free[i].size = before;
		i++;
	} else {
		remove_at(p, i);
	}
	if (after)
		insert_at(p, i, (struct qv_place_range){ start + size, after });
	return true;
}

bool qv_place_take(struct qv_place *p, uint64_t size, uint64_t align, uint64_t *start)
{
	for (uint32_t i = 0; i < p->count; i++) {
		uint64_t at = align_up(p->free[i].start, align);

		if (at < p->free[i].start || at >= end_of(&p->free[i]) || end_of(&p->free[i]) - at < size)
			continue;
		*start = at;
		return qv_place_reserve(p, at, size);
	}
	return false;
}

uint64_t qv_place_largest(const struct qv_place *p, uint64_t align)
{
	uint64_t largest = 0;

	for (uint32_t i = 0; i < p->count; i++) {
		uint64_t at = align_up(p->free[i].start, align), end = end_of(&p->free[i]);

		if (at >= p->free[i].start && at < end && end - at > largest)
			largest = end - at;
	}
	return largest;
}
