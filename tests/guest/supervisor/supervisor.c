/* SPDX-License-Identifier: MIT */
/*
 * Restarts another sandbox again and again: what gets a hung guest going. Arguments: target=K (index of a sandbox, 0),
 * period-ms=N (500), times=N (1).
 */
#include <guest/guest.h>
#include <lib/args.h>

#define TICK_US 1000u

void guest_main(void)
{
	uint64_t target = qv_args_number(guest_info->args, "target", 0);
	uint32_t period_ms = (uint32_t)qv_args_number(guest_info->args, "period-ms", 500);
	uint32_t times = (uint32_t)qv_args_number(guest_info->args, "times", 1);

	guest_plan(times);
	guest_timer_init(false);
	guest_call(QV_CALL_READY, 0);
	for (uint32_t i = 1; i <= times; i++) {
		int64_t error;

		guest_ticks(period_ms, TICK_US, true, NULL);
		error = guest_call(QV_CALL_RESTART, target);
		*guest_word(0) = i;
		if (error)
			guest_not_ok("restart by call", "error %lld", (long long)error);
		else
			guest_ok("restart by call");
	}
	guest_say("done");
}
