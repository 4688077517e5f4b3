/* SPDX-License-Identifier: MIT */
/*
 * Restarts other sandboxes again and again: what gets a hung guest going. Arguments: target=K (index of the first, 0),
 * targets=N (that many from there on, 1), period-ms=N (500), times=N (1).
 */
#include <guest/guest.h>
#include <lib/args.h>

#define TICK_US 1000u

static void restart(uint64_t target)
{
	int64_t error = guest_call(QV_CALL_RESTART, target);

	if (error)
		guest_not_ok("restart by call", "sandbox %llu: error %lld", (unsigned long long)target, (long long)error);
	else
		guest_ok("restart by call");
}

void guest_main(void)
{
	uint64_t first = qv_args_number(guest_info->args, "target", 0);
	uint32_t targets = (uint32_t)qv_args_number(guest_info->args, "targets", 1);
	uint32_t period_ms = (uint32_t)qv_args_number(guest_info->args, "period-ms", 500);
	uint32_t times = (uint32_t)qv_args_number(guest_info->args, "times", 1);

	guest_plan(times * targets);
	guest_timer_init(false);
	guest_call(QV_CALL_READY, 0);
	for (uint32_t i = 1; i <= times; i++) {
		guest_ticks(period_ms, TICK_US, true, NULL);
		for (uint32_t target = 0; target < targets; target++)
			restart(first + target);
		*guest_word(0) = i;
	}
	guest_say("done");
}
