/* SPDX-License-Identifier: MIT */
/* The product against an exact division, at frequencies from 1 MHz to 1 THz and times up to 500 years. */
#include <lib/clock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint64_t rates[] = {1, 3, 1000000, 3579545, 999999999, 1000000000, 1000000001, 2399998123, 4294967296,
	1ull << 39, (1ull << 40) - 1};
#define RATES (sizeof(rates) / sizeof(rates[0]))

static uint64_t exact(uint64_t cycles, uint64_t hz)
{
	return (uint64_t)((unsigned __int128)cycles * QV_CLOCK_BILLION / hz);
}

static uint64_t random_word(void)
{
	static uint64_t state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void near_the_exact_result(void **state)
{
	(void)state;
	for (size_t r = 0; r < RATES; r++) {
		struct qv_clock c;

		qv_clock_init(&c, rates[r]);
		for (int i = 0; i < 20000; i++) {
			uint64_t cycles = random_word() >> (i % 64), ns = qv_clock_ns(&c, cycles);

			if ((unsigned __int128)cycles * QV_CLOCK_BILLION / rates[r] > UINT64_MAX / 100 * 85) /* 500 years */
				continue;
			assert_true(ns >= exact(cycles, rates[r]) && ns - exact(cycles, rates[r]) <= 5);
		}
	}
}

static void never_goes_back(void **state)
{
	(void)state;
	for (size_t r = 0; r < RATES; r++) {
		struct qv_clock c;
		uint64_t last = 0;

		qv_clock_init(&c, rates[r]);
		for (uint64_t i = 0; i < 20000; i++) {
			uint64_t ns = qv_clock_ns(&c, 987654321098ull + i);

			assert_true(ns >= last);
			last = ns;
		}
	}
}

/* A deadline rounded up to cycles is not early when it is converted back. */
static void a_deadline_is_never_early(void **state)
{
	(void)state;
	for (size_t r = 2; r < RATES; r++) {
		struct qv_clock c;

		qv_clock_init(&c, rates[r]);
		for (int i = 0; i < 20000; i++) {
			uint64_t ns = random_word() >> (10 + i % 50);
			unsigned __int128 cycles = ((unsigned __int128)ns * rates[r] + QV_CLOCK_BILLION - 1) / QV_CLOCK_BILLION;

			if (cycles <= UINT64_MAX)
				assert_true(qv_clock_ns(&c, (uint64_t)cycles) >= ns);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_the_exact_result),
		cmocka_unit_test(never_goes_back),
		cmocka_unit_test(a_deadline_is_never_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
