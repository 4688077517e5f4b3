/* SPDX-License-Identifier: MIT */
#include <lib/assert.h>
#include <lib/memmap.h>

static uint64_t end_of(const struct qv_memmap_range *r)
{
	return r->base + r->size;
}

void qv_memmap_add(struct qv_memmap *map, uint64_t base, uint64_t size, uint32_t type)
{
	if (size > UINT64_MAX - base)
		size = UINT64_MAX - base;
	if (size == 0)
		return;
	if (map->count >= QV_MEMMAP_RAW) {
		map->dropped++;
		return;
	}
	if (type < QV_MEMMAP_RAM || type > QV_MEMMAP_BAD)
		type = QV_MEMMAP_RESERVED;
	map->range[map->count++] = (struct qv_memmap_range){ .base = base, .size = size, .type = type };
}

/* Strictness order: ACPI tables can be reclaimed, so they yield to reserved. */
static uint32_t rank(uint32_t type)
{
	static const uint8_t ranks[] = { 0, 1, 3, 2, 4, 5 };

	return ranks[type];
}

/* The strictest type that claims `address`. */
static uint32_t claim(const struct qv_memmap *map, uint64_t address)
{
	uint32_t best = QV_MEMMAP_HOLE;

	for (uint32_t i = 0; i < map->count; i++) {
		const struct qv_memmap_range *r = &map->range[i];

		if (address >= r->base && address - r->base < r->size && rank(r->type) > rank(best))
			best = r->type;
	}
	return best;
}

/* The smallest start or end above `address`; false when there is none. */
static bool next_edge(const struct qv_memmap *map, uint64_t address, uint64_t *edge)
{
	bool found = false;

	for (uint32_t i = 0; i < map->count; i++) {
		uint64_t edges[2] = { map->range[i].base, end_of(&map->range[i]) };

		for (int k = 0; k < 2; k++) {
			if (edges[k] > address && (!found || edges[k] < *edge)) {
				*edge = edges[k];
				found = true;
			}
		}
	}
	return found;
}

static void append(struct qv_memmap *map, uint64_t base, uint64_t end, uint32_t type)
{
	struct qv_memmap_range *last = map->count ? &map->range[map->count - 1] : 0;

	if (type == QV_MEMMAP_HOLE)
		return;
	if (last && last->type == type && end_of(last) == base) {
		last->size += end - base;
		return;
	}
	assert(map->count < QV_MEMMAP_MAX);
	map->range[map->count++] = (struct qv_memmap_range){ .base = base, .size = end - base, .type = type };
}

/* Walk the edges upwards: between two neighbouring edges the claims do not change. n raw ranges have at most 2n edges,
 * so the result has at most 2n - 1 ranges. */
void qv_memmap_normalise(struct qv_memmap *map)
{
	struct qv_memmap out = { .dropped = map->dropped };
	uint64_t at = 0, edge = 0;

	assert(map->count <= QV_MEMMAP_RAW);
	while (next_edge(map, at, &edge)) {
		append(&out, at, edge, claim(map, at));
		at = edge;
	}
	*map = out;
}

uint32_t qv_memmap_at(const struct qv_memmap *map, uint64_t address, uint64_t *until)
{
	*until = UINT64_MAX;
	for (uint32_t i = 0; i < map->count; i++) {
		const struct qv_memmap_range *r = &map->range[i];

		if (address < r->base) {
			*until = r->base;
			return QV_MEMMAP_HOLE;
		}
		if (address - r->base < r->size) {
			*until = end_of(r);
			return r->type;
		}
	}
	return QV_MEMMAP_HOLE;
}

bool qv_memmap_is_ram(const struct qv_memmap *map, uint64_t base, uint64_t size, uint64_t *bad)
{
	uint64_t at = base;

	while (at - base < size) {
		uint64_t until;

		if (qv_memmap_at(map, at, &until) != QV_MEMMAP_RAM) {
			*bad = at;
			return false;
		}
		at = until;
	}
	return true;
}

bool qv_memmap_has_ram(const struct qv_memmap *map, uint64_t base, uint64_t size)
{
	uint64_t at = base;

	while (at - base < size) {
		uint64_t until;

		if (qv_memmap_at(map, at, &until) == QV_MEMMAP_RAM)
			return true;
		if (until == UINT64_MAX)
			return false;
		at = until;
	}
	return false;
}

uint64_t qv_memmap_top(const struct qv_memmap *map)
{
	for (uint32_t i = map->count; i > 0; i--) {
		if (map->range[i - 1].type == QV_MEMMAP_RAM)
			return end_of(&map->range[i - 1]);
	}
	return 0;
}

uint64_t qv_memmap_ram(const struct qv_memmap *map)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < map->count; i++)
		sum += map->range[i].type == QV_MEMMAP_RAM ? map->range[i].size : 0;
	return sum;
}

/* Move *at past every range to avoid that [*at, *at + size) touches. True if it moved. */
static bool dodge(const struct qv_memmap_avoid *avoid, size_t n, uint64_t *at, uint64_t size)
{
	for (size_t i = 0; i < n; i++) {
		if (*at < avoid[i].base + avoid[i].size && avoid[i].base < *at + size) {
			*at = avoid[i].base + avoid[i].size;
			return true;
		}
	}
	return false;
}

static bool find_in(uint64_t low, uint64_t high, uint64_t size, uint64_t align, const struct qv_memmap_avoid *avoid,
		    size_t n, uint64_t *found)
{
	uint64_t at = low;

	do {
		if (at > UINT64_MAX - align)
			return false;
		at = (at + align - 1) & ~(align - 1);
		if (at >= high || high - at < size)
			return false;
	} while (dodge(avoid, n, &at, size));
	*found = at;
	return true;
}

bool qv_memmap_find(const struct qv_memmap *map, uint64_t low, uint64_t high, uint64_t size, uint64_t align,
		    const struct qv_memmap_avoid *avoid, size_t n, uint64_t *found)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct qv_memmap_range *r = &map->range[i];
		uint64_t from = r->base > low ? r->base : low;
		uint64_t to = end_of(r) < high ? end_of(r) : high;

		if (r->type == QV_MEMMAP_RAM && from < to && find_in(from, to, size, align, avoid, n, found))
			return true;
	}
	return false;
}
