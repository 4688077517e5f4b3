/* SPDX-License-Identifier: MIT */
/*
 * A restart that was promised (the call returned 0) happens, whatever the sandbox was doing: one sandbox stops itself,
 * the other restarts it at very nearly the same time, a little later in each round. Both see the same TSC, so they meet
 * at its multiples of `period-us`, which must be longer than a restart takes. Arguments: role=stops or role=restarts,
 * target=K, rounds=N, period-us=N, step=N cycles (per round).
 *
 * Result words: 0 = restarts promised, 1 = calls refused, 2 = lives (role=stops).
 */
#include <guest/guest.h>
#include <hw/cpu.h>
#include <lib/args.h>
#include <lib/string.h>

#define WAKE_US 50u /* before the time, spin */

enum { PROMISED, REFUSED, LIVES };

static uint64_t period, rounds, step;

/* Sleeps for most of the time: an emulator is slow at spinning. */
static void wait_until(uint64_t tsc)
{
	int64_t left = (int64_t)(tsc - hw_rdtsc() - guest_cycles(WAKE_US));

	if (left > 0 && (uint64_t)left > guest_cycles(1))
		guest_ticks(1, (uint64_t)left / guest_cycles(1), true, NULL);
	while ((int64_t)(hw_rdtsc() - tsc) < 0)
		;
}

static uint64_t next_meeting(void)
{
	return (hw_rdtsc() / period + 1) * period;
}

/* Earlier than the other's call by up to rounds * step: its mail then arrives while this sandbox is going down. */
static void stop_at_meeting(void)
{
	uint64_t life = (uint64_t)guest_call(QV_CALL_LAUNCHES, 0);

	*guest_word(LIVES) = life;
	if (guest_info->core_count > 1 && !guest_start_core(1, guest_sleep)) {
		guest_not_ok("core 1 starts", "not in life %llu", (unsigned long long)life);
		return;
	}
	guest_call(QV_CALL_READY, 0);
	wait_until(next_meeting() - life % rounds * step);
	guest_call(QV_CALL_STOP, 0);
}

static void restart_at_meetings(uint64_t target)
{
	guest_call(QV_CALL_READY, 0);
	*guest_word(PROMISED) = *guest_word(REFUSED) = 0;
	wait_until(next_meeting() + 2 * period); /* the other one is up */
	for (uint64_t i = 0; i < rounds; i++) {
		wait_until(next_meeting());
		++*guest_word(guest_call(QV_CALL_RESTART, target) == 0 ? PROMISED : REFUSED);
	}
	wait_until(next_meeting() + 2 * period);
	guest_say("done");
}

void guest_main(void)
{
	char role[16] = "";

	period = guest_cycles(qv_args_number(guest_info->args, "period-us", 20000));
	rounds = qv_args_number(guest_info->args, "rounds", 40);
	step = qv_args_number(guest_info->args, "step", 1000);
	(void)qv_args_text(guest_info->args, "role", role, sizeof(role));
	guest_timer_init(false);
	if (strcmp(role, "stops") == 0)
		stop_at_meeting();
	else
		restart_at_meetings(qv_args_number(guest_info->args, "target", 0));
}
