/* SPDX-License-Identifier: MIT */
/* What readings of two counters prove about their difference, and what they do not. */
#include <lib/tsc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIMIT 2000 /* cycles */

/* A reading in which the other counter is `ahead` and the way there and back took `there` and `back` cycles. */
static void reading(struct qv_tsc_bounds *b, uint64_t now, int64_t ahead, uint64_t there, uint64_t back)
{
	qv_tsc_note(b, now, now + there + (uint64_t)ahead, now + there + back);
}

static void nothing_is_proved_without_a_reading(void **state)
{
	struct qv_tsc_bounds b = qv_tsc_begin();

	(void)state;
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_UNSURE);
	assert_int_equal(qv_tsc_skew(&b), 0);
}

static void one_short_reading_is_enough(void **state)
{
	struct qv_tsc_bounds b = qv_tsc_begin();

	(void)state;
	reading(&b, 1000000, 100, 150, 200);
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_AGREE);
	assert_int_equal(qv_tsc_skew(&b), 0); /* explained by the time it took */
}

static void a_long_reading_proves_nothing(void **state)
{
	struct qv_tsc_bounds b = qv_tsc_begin();

	(void)state;
	reading(&b, 1000000, 3000, 50000, 50000);
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_UNSURE);
	reading(&b, 2000000, 3000, 50000, 500); /* slow there, fast back */
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_DIFFER);
	assert_int_equal(qv_tsc_skew(&b), 2500);
}

static void two_long_readings_complete_each_other(void **state)
{
	struct qv_tsc_bounds b = qv_tsc_begin();

	(void)state;
	reading(&b, 1000000, 0, 90000, 300); /* slow there: bounds it from below */
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_UNSURE);
	reading(&b, 2000000, 0, 300, 90000); /* slow back: from above */
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_AGREE);
}

static void a_difference_is_found_in_both_directions(void **state)
{
	(void)state;
	for (int64_t sign = -1; sign <= 1; sign += 2) {
		struct qv_tsc_bounds b = qv_tsc_begin();

		for (uint64_t i = 0; i < 16; i++)
			reading(&b, 1000000 * i, sign * 5000, 400 + i, 400 + i);
		assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_DIFFER);
		assert_int_equal(qv_tsc_skew(&b), sign * 4600);
	}
}

static void limit_itself_is_accepted(void **state)
{
	struct qv_tsc_bounds b = qv_tsc_begin();

	(void)state;
	reading(&b, 1000000, LIMIT, 0, 0);
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_AGREE);
	reading(&b, 2000000, LIMIT + 1, 0, 0);
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_DIFFER);
}

static void counters_far_apart_do_not_wrap(void **state)
{
	struct qv_tsc_bounds b = qv_tsc_begin();

	(void)state;
	qv_tsc_note(&b, 1ull << 62, 5, (1ull << 62) + 300); /* the other core was reset */
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_DIFFER);
	assert_true(qv_tsc_skew(&b) < -(1ll << 61));
}

/* Each reading alone is within the limit; together they show that the counters run at different rates. */
static void drift_is_found(void **state)
{
	struct qv_tsc_bounds b = qv_tsc_begin();

	(void)state;
	reading(&b, 1000000, -1500, 0, 0);
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_AGREE);
	reading(&b, 2000000, 1500, 0, 0);
	assert_int_equal(qv_tsc_judge(&b, LIMIT), QV_TSC_DIFFER);
	assert_int_equal(qv_tsc_skew(&b), -1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_proved_without_a_reading),
		cmocka_unit_test(one_short_reading_is_enough),
		cmocka_unit_test(a_long_reading_proves_nothing),
		cmocka_unit_test(two_long_readings_complete_each_other),
		cmocka_unit_test(a_difference_is_found_in_both_directions),
		cmocka_unit_test(limit_itself_is_accepted),
		cmocka_unit_test(counters_far_apart_do_not_wrap),
		cmocka_unit_test(drift_is_found),
	};

	return cmocka_run_group_tests_name("lib/tsc", tests, NULL, NULL);
}
