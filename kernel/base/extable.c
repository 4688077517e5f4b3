/* SPDX-License-Identifier: MIT */
/* The table is short and only faults of the kernel read it: no order, no index. */
#include <base/extable.h>

extern const struct extable_entry extable_start[], extable_end[]; /* linker script */

uint64_t extable_find(uint64_t rip)
{
	for (const struct extable_entry *e = extable_start; e < extable_end; e++) {
		if (e->from == rip)
			return e->to;
	}
	return 0;
}
