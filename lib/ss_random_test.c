/* SPDX-License-Identifier: MIT */
/*
 * What a sporadic server guarantees, whatever the VCPU does: random and adversarial blocking, overruns, full queues.
 * At top priority, in every window of length T it consumes at most C, plus one overrun; the queue always sums to C;
 * and an overrun is charged once: a server that always has work gets C in every T in the long run.
 * QUEST_LONG=1: thirty times as many steps.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include <lib/ss.h>

#include "window_test.h"

#define SEED 2010u

static uint64_t seed;

static uint64_t random_below(uint64_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 20) % n;
}

static uint64_t steps_wanted(void)
{
	return getenv("QUEST_LONG") ? 300000000 : 10000000;
}

struct trial {
	struct qv_ss s;
	uint64_t now, overrun, steps;
	uint32_t block_often, wake_soon, piece; /* of 16, of 16, largest piece of a run: character of this trial */
	bool blocked;
};

static struct window window;

static void begin(struct trial *t, uint64_t budget, uint64_t period, uint32_t capacity, uint64_t overrun)
{
	*t = (struct trial){.overrun = overrun, .blocked = true};
	t->now = random_below(3) ? 0 : QV_TSC_MAX / 2;
	t->block_often = (uint32_t)random_below(17);
	t->wake_soon = (uint32_t)random_below(17);
	t->piece = 1u + (uint32_t)(budget / (1 + random_below(40)));
	qv_ss_init(&t->s, budget, period, capacity, t->now);
	window_reset(&window, period);
}

/* The short ways of blocking and waking come to what the long ones come to. */
static void block(struct qv_ss *s, uint64_t now)
{
	struct qv_ss rest = *s;

	qv_ss_block_rest(&rest, now);
	qv_ss_block(s, now);
	assert_memory_equal(s, &rest, sizeof(rest));
}

static void unblock(struct qv_ss *s, uint64_t now)
{
	struct qv_ss rest = *s;

	qv_ss_unblock_rest(&rest, now);
	qv_ss_unblock(s, now);
	assert_memory_equal(s, &rest, sizeof(rest));
}

/* And so does a charge with the block that follows. */
static uint64_t stopped, not_stopped;

static void try_stop(const struct qv_ss *s, uint64_t cycles, uint64_t now)
{
	struct qv_ss at_once = *s, in_steps = *s;

	if (!qv_ss_stop(&at_once, cycles)) {
		not_stopped++;
		assert_memory_equal(s, &at_once, sizeof(at_once));
		return;
	}
	stopped++;
	assert_false(qv_ss_charge(&in_steps, cycles));
	qv_ss_block_rest(&in_steps, now);
	assert_memory_equal(&in_steps, &at_once, sizeof(at_once));
}

/* Asleep: wake at once, soon, or when a replenishment is due: the moments that faulty rules give away most. */
static void sleep_or_wake(struct trial *t)
{
	uint64_t due = qv_ss_refill(&t->s, (uint32_t)random_below(t->s.count))->time;

	if (random_below(16) < t->wake_soon) {
		t->now += random_below(3) ? random_below(3) : 0;
	} else if (due > t->now && random_below(2)) {
		t->now = due - random_below(2);
	} else {
		t->now += random_below(t->s.period + 2);
	}
	t->blocked = false;
	unblock(&t->s, t->now);
}

/* It has budget: run a piece or all of it, perhaps beyond the end; charge in one or two parts; perhaps block. */
static void run(struct trial *t, uint64_t budget)
{
	uint64_t cycles = random_below(4) ? 1 + random_below(t->piece) : budget, first;

	if (cycles >= budget)
		cycles = budget + (t->overrun ? random_below(t->overrun + 1) : 0);
	window_add(&window, t->now, t->now + cycles);
	first = random_below(2) && cycles <= budget ? random_below(cycles) : 0;
	qv_ss_charge(&t->s, first);
	if (first < cycles && qv_ss_budget(&t->s, t->now))
		try_stop(&t->s, cycles - first, t->now + cycles);
	qv_ss_charge(&t->s, cycles - first);
	t->now += cycles;
	if (random_below(16) < t->block_often) {
		block(&t->s, t->now);
		t->blocked = true;
	}
}

static void step(struct trial *t)
{
	uint64_t budget = qv_ss_budget(&t->s, t->now);

	t->steps++;
	if (t->blocked) {
		sleep_or_wake(t);
	} else if (budget > 0) {
		run(t, budget);
	} else if (random_below(16) < t->block_often && random_below(2)) {
		block(&t->s, t->now);
		t->blocked = true;
	} else {
		t->now = qv_ss_due(&t->s);
	}
	assert_true(qv_ss_intact(&t->s));
}

static const uint64_t servers[][2] = {{4, 16},       {8, 16},           {5, 20},           {10, 30},  {3, 7},    {1, 5},
				      {7, 7},        {99, 100},         {50, 1000},        {1, 1000}, {400, 500}, {2, 3},
				      {20000, 99999}, {5000000, 16000000}, {1ull << 43, 1ull << 45}};

/* All servers x capacities; `overrun_of` gives the largest overrun. Returns steps taken. */
static uint64_t all_windows(bool overruns)
{
	static const uint32_t capacities[] = {2, 3, 32};
	uint64_t steps = 0, wanted = steps_wanted() / 2;
	struct trial t;

	seed = SEED + overruns;
	for (uint32_t k = 0; steps < wanted; k++) {
		const uint64_t *server = servers[k % (sizeof(servers) / sizeof(servers[0]))];

		begin(&t, server[0], server[1], capacities[random_below(3)],
		      overruns ? 1 + random_below(random_below(2) ? 3 : 2 * server[0]) : 0);
		while (t.steps < 4000)
			step(&t);
		steps += t.steps;
		if (window_worst(&window) > server[0] + t.overrun)
			print_message("# C %llu T %llu capacity %u overrun %llu: %llu in a window\n",
				      (unsigned long long)server[0], (unsigned long long)server[1], t.s.capacity,
				      (unsigned long long)t.overrun, (unsigned long long)window_worst(&window));
		assert_true(window_worst(&window) <= server[0] + t.overrun);
	}
	print_message("# seed %u, %llu steps\n", SEED + overruns, (unsigned long long)steps);
	return steps;
}

static void windows_hold_the_budget(void **unused)
{
	(void)unused;
	assert_true(all_windows(false) >= 1000000);
	assert_true(stopped > 100000 && not_stopped > 100000);
}

static void windows_hold_budget_and_overrun(void **unused)
{
	(void)unused;
	assert_true(all_windows(true) >= 1000000);
}

/* Always at work, every run too long: what it gets is C in every T, neither more nor less by more than two budgets. */
static void overruns_are_charged_once(void **unused)
{
	(void)unused;
	seed = SEED;
	for (uint32_t k = 0; k < 300; k++) {
		uint64_t period = 2 + random_below(1000), budget = 1 + random_below(period), got = 0, ideal;
		struct qv_ss s;
		uint64_t now = 0;

		qv_ss_init(&s, budget, period, QV_SS_CAPACITY_MAX, 0);
		for (uint32_t i = 0; i < 3000; i++) {
			uint64_t cycles;

			now = qv_ss_due(&s) > now ? qv_ss_due(&s) : now;
			cycles = qv_ss_budget(&s, now) + random_below(budget / 4 + 2);
			qv_ss_charge(&s, cycles);
			now += cycles;
			got += cycles;
		}
		ideal = now * budget / period;
		assert_true(got <= ideal + 2 * budget + 2 && got + 2 * budget + 2 >= ideal);
	}
}

/* From `request` on it always has work and top priority: when has it got `cycles`? */
static uint64_t served(struct trial *t, uint64_t request, uint64_t cycles)
{
	t->now = request;
	if (t->blocked)
		qv_ss_unblock(&t->s, request);
	while (cycles > 0) {
		uint64_t part = window_least(qv_ss_budget(&t->s, t->now), cycles);

		if (part == 0) {
			t->now = qv_ss_due(&t->s);
			continue;
		}
		qv_ss_charge(&t->s, part);
		t->now += part;
		cycles -= part;
	}
	return t->now - request;
}

/* Whatever it did before and however full its queue is: x cycles take at most (k - 1) T + x - (k - 1) C + (T - C), with
 * k = x / C rounded up. The bound is reached. */
static void delays_hold_with_full_queues(void **unused)
{
	static const uint32_t capacities[] = {2, 3, 8, 32};
	uint32_t reached = 0;

	(void)unused;
	seed = SEED;
	for (uint32_t k = 0; k < 24; k++) {
		uint64_t budget = 1 + random_below(40), period = budget + random_below(100), worst = 0;
		uint64_t cycles = 1 + random_below(3 * budget), rest = (cycles - 1) / budget;
		uint64_t bound = rest * period + cycles - rest * budget + period - budget;

		for (uint32_t i = 0; i < 10000; i++) {
			struct trial t;
			uint64_t request, delay;

			begin(&t, budget, period, capacities[k % 4], 0);
			t.piece = 1 + (uint32_t)random_below(4);
			request = t.now + random_below(4 * period);
			while (t.now < request)
				step(&t);
			delay = served(&t, t.now, cycles);
			worst = delay > worst ? delay : worst;
		}
		assert_true(worst <= bound);
		reached += worst == bound;
	}
	assert_true(reached > 0);
}

/* The window checker must see what it is there for: with replenishments one cycle early, it does. */
static void the_checker_sees_a_fault(void **unused)
{
	struct trial t;
	bool seen = false;

	(void)unused;
	seed = SEED;
	for (uint32_t k = 0; k < 200 && !seen; k++) {
		begin(&t, 4, 16, 32, 0);
		t.s.period = 15;
		while (t.steps < 1000)
			step(&t);
		seen = window_worst(&window) > 4;
	}
	assert_true(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_hold_the_budget),
		cmocka_unit_test(windows_hold_budget_and_overrun),
		cmocka_unit_test(overruns_are_charged_once),
		cmocka_unit_test(delays_hold_with_full_queues),
		cmocka_unit_test(the_checker_sees_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
