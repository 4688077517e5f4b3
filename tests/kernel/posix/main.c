/* SPDX-License-Identifier: MIT */
/* The example with the replenishments of POSIX in place of lib/ss.c: everything else is the same kernel. */
#include <ktest/schedules.h>

void test_main(void)
{
	uint64_t got;

	schedules_begin();
	got = schedule_replenishments();
	test_point(got >= 459 && got <= 461, "by the rules of POSIX a VCPU of 20 in 50 gets 46 %% of [0, 100]", "%llu tenths",
		(unsigned long long)got);
}
