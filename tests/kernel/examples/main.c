/* SPDX-License-Identifier: MIT */
/* The example schedules with the kernel's own rules. */
#include <ktest/schedules.h>

void test_main(void)
{
	uint64_t took;

	schedules_begin();
	took = schedule_io(false);
	test_point(took >= 163 && took <= 165, "with sporadic servers only, the deadline is missed",
		"%llu tenths of a unit after the release, deadline 160", (unsigned long long)took);
	took = schedule_io(true);
	test_point(took >= 153 && took <= 155, "with PIBS for I/O it is met", "%llu tenths after the release",
		(unsigned long long)took);
	took = schedule_replenishments();
	test_point(took >= 399 && took <= 401, "a VCPU of 20 in 50 gets 40 %% of [0, 100]", "%llu tenths",
		(unsigned long long)took);
}
