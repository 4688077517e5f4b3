/* SPDX-License-Identifier: MIT */
/* Guest page-table walk. Every address comes from the guest: each is checked by the reader before it is used. */
#include <lib/walk.h>

#include <lib/assert.h>

#define PRESENT 1u
#define LARGE   (1u << 7)
#define ADDRESS_MASK 0x000ffffffffff000ull
#define INDEX_BITS   9u
#define PAGE_BITS    12u
#define HIGHEST_LARGE 2u /* levels above the last that may hold a leaf: 2 MiB and 1 GiB */

static bool canonical(uint64_t linear, uint32_t levels)
{
	uint32_t unused = 64 - (PAGE_BITS + INDEX_BITS * levels);

	return (uint64_t)((int64_t)(linear << unused) >> unused) == linear;
}

bool qv_guest_walk(const struct qv_guest_memory *m, uint64_t cr3, uint32_t levels, uint64_t linear, uint64_t *gpa)
{
	uint64_t table = cr3 & ADDRESS_MASK;

	assert(levels == 4 || levels == 5);
	if (!canonical(linear, levels))
		return false;
	for (uint32_t level = levels; level-- > 0;) {
		uint32_t shift = PAGE_BITS + INDEX_BITS * level;
		uint64_t entry, offset = (1ull << shift) - 1;

		if (!m->read(m->context, table + (linear >> shift & 0x1ff) * 8, &entry) || !(entry & PRESENT))
			return false;
		if (level == 0 || (level <= HIGHEST_LARGE && entry & LARGE)) {
			*gpa = (entry & ADDRESS_MASK & ~offset) | (linear & offset);
			return true;
		}
		table = entry & ADDRESS_MASK;
	}
	return false;
}

uint32_t qv_guest_fetch(const struct qv_guest_memory *m, uint64_t cr3, uint32_t levels, uint64_t linear, uint8_t *to,
	uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t gpa, quad;

		if (!qv_guest_walk(m, cr3, levels, linear + i, &gpa) || !m->read(m->context, gpa & ~7ull, &quad))
			return i;
		to[i] = (uint8_t)(quad >> 8 * (gpa & 7));
	}
	return n;
}
