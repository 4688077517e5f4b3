/* SPDX-License-Identifier: MIT */
/* Guest page-table walk over tables with any content. */
#include "../stubs.h"

#include <lib/walk.h>

static uint32_t reads;

static bool read_anything(void *context, uint64_t gpa, uint64_t *value)
{
	(void)context;
	prove(gpa % 8 == 0 && gpa >> 52 == 0, "reads are aligned and inside the physical address space");
	reads++;
	*value = nondet_u64();
	return nondet_u32() & 1;
}

void prove_walk(void)
{
	const struct qv_guest_memory m = {read_anything, NULL};
	uint64_t cr3 = nondet_u64(), linear = nondet_u64(), gpa;
	uint32_t levels = nondet_u32() & 1 ? 5 : 4;

	reads = 0;
	if (qv_guest_walk(&m, cr3, levels, linear, &gpa)) {
		prove((gpa & 0xfff) == (linear & 0xfff), "the offset in the page is kept");
		prove(gpa >> 52 == 0, "the result is a physical address");
		prove(reads >= levels - 2, "at least the levels without large pages were read");
	}
	prove(reads <= levels, "no level is read twice");
}

void prove_fetch(void)
{
	const struct qv_guest_memory m = {read_anything, NULL};
	uint8_t code[CODE];
	uint32_t n = qv_guest_fetch(&m, nondet_u64(), 4, nondet_u64(), code, CODE);

	prove(n <= CODE, "no more is fetched than there is room for");
}
