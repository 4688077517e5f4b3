/* SPDX-License-Identifier: MIT */
/*
 * Instructions that may fault. A page fault of the kernel at a ring-3 address in an instruction marked `from` goes to
 * the fault hook (base/irq.h); if that does not handle it, and for every other exception there, execution goes on at
 * `to`. Nothing else changes: a REP instruction has its registers where it stopped. Holds no state, so the hook may
 * block.
 */
#ifndef BASE_EXTABLE_H
#define BASE_EXTABLE_H

#include <abi/types.h>

/* For inline assembly: EXTABLE("1b", "2f"). */
#define EXTABLE(from, to) ".pushsection .extable, \"a\"\n.quad " from ", " to "\n.popsection\n"

struct extable_entry {
	uint64_t from;
	uint64_t to;
};

/* Where to go on after a fault at `rip`; 0 = it was not expected. */
uint64_t extable_find(uint64_t rip);

#endif
