/* SPDX-License-Identifier: MIT */
/*
 * The witness ticks while others misbehave, and writes down when. Arguments: ticks=N (5000), period-us=N (1000),
 * mode=hlt|spin, timer=periodic, forever (starts over when done), exact (a tick that comes a period late is a failure;
 * not for emulators that follow the host's clock).
 *
 * raw (takes the ticks and judges nothing: the instructions executed are then the same whatever was measured).
 *
 * Result words of the slice: 0 = rounds done, 1 = ticks, 2 = first TSC, 3 = last TSC, 4 and 5 = shortest and longest
 * interval in TSC cycles, 6 = hash over all (TSC - first), 7 = exits that were not own calls, 8 = first TSC modulo the
 * period. The trace area holds the TSC of every tick.
 */
#include <guest/guest.h>
#include <lib/args.h>
#include <lib/fmt.h>
#include <lib/string.h>

#define FNV_START 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

enum { ROUNDS, TICKS, FIRST, LAST, SHORTEST, LONGEST, HASH, EXITS, PHASE };

static struct {
	uint32_t ticks;
	uint64_t period_us;
	bool sleep;
	bool periodic;
	bool raw; /* judge nothing here: what is computed and printed must not depend on what was measured */
} options;

static void read_options(void)
{
	char text[16];

	options.ticks = (uint32_t)qv_args_number(guest_info->args, "ticks", 5000);
	if (options.ticks < 2 || options.ticks >= GUEST_TRACE_WORDS)
		options.ticks = 5000;
	options.period_us = qv_args_number(guest_info->args, "period-us", 1000);
	options.sleep = !qv_args_text(guest_info->args, "mode", text, sizeof(text)) || strcmp(text, "spin") != 0;
	options.raw = qv_args_has(guest_info->args, "raw");
	options.periodic = qv_args_text(guest_info->args, "timer", text, sizeof(text)) && strcmp(text, "periodic") == 0;
}

static void evaluate(const volatile uint64_t *stamp)
{
	uint64_t hash = FNV_START, shortest = UINT64_MAX, longest = 0;

	for (uint32_t i = 1; i < options.ticks; i++) {
		uint64_t interval = stamp[i] - stamp[i - 1];

		hash = (hash ^ (stamp[i] - stamp[0])) * FNV_PRIME;
		shortest = interval < shortest ? interval : shortest;
		longest = interval > longest ? interval : longest;
	}
	*guest_word(TICKS) = options.ticks;
	*guest_word(FIRST) = stamp[0];
	*guest_word(LAST) = stamp[options.ticks - 1];
	*guest_word(SHORTEST) = shortest;
	*guest_word(LONGEST) = longest;
	*guest_word(HASH) = hash;
	*guest_word(PHASE) = stamp[0] % guest_cycles(options.period_us);
}

/* Ticks that the span has room for but that were not taken. */
static uint64_t ticks_lost(void)
{
	uint64_t span = *guest_word(LAST) - *guest_word(FIRST), period = guest_cycles(options.period_us);
	uint64_t expected = (span + period / 2) / period + 1;

	return expected > options.ticks ? expected - options.ticks : 0;
}

static void report(void)
{
	guest_say("witness: %u ticks, intervals %llu..%llu cycles, hash %016llx", options.ticks,
		(unsigned long long)*guest_word(SHORTEST), (unsigned long long)*guest_word(LONGEST),
		(unsigned long long)*guest_word(HASH));
	if (ticks_lost() && qv_args_has(guest_info->args, "exact"))
		guest_not_ok("witness lost no tick", "%llu lost", (unsigned long long)ticks_lost());
	else
		guest_ok("witness lost no tick");
	if (*guest_word(EXITS))
		guest_not_ok("witness had no exit", "%llu exits", (unsigned long long)*guest_word(EXITS));
	else
		guest_ok("witness had no exit");
}

static void take_round(void)
{
	uint64_t before = guest_exits();

	guest_ticks(options.ticks, options.period_us, options.sleep, guest_trace());
	*guest_word(EXITS) = guest_exits() - before;
	if (options.raw) {
		guest_say("witness: ticks are over");
		return;
	}
	evaluate(guest_trace());
	if (*guest_word(ROUNDS) == 0)
		report();
	++*guest_word(ROUNDS);
}

void guest_main(void)
{
	read_options();
	*guest_word(ROUNDS) = 0;
	guest_timer_init(options.periodic);
	if (!options.raw)
		guest_plan(2);
	guest_call(QV_CALL_READY, 0);
	do {
		take_round();
	} while (qv_args_has(guest_info->args, "forever"));
	guest_say("done");
}
