/* SPDX-License-Identifier: MIT */
/* Sporadic server: the known sequences, step by step. ss_random_test.c has the properties. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <lib/ss.h>

static struct qv_ss fresh(uint64_t budget, uint64_t period)
{
	struct qv_ss s;

	qv_ss_init(&s, budget, period, QV_SS_CAPACITY_MAX, 0);
	return s;
}

/* The queue as text, `(t,b)(t,b)...`, must read `expected`. */
static void queue_is(const struct qv_ss *s, const char *expected)
{
	char text[1000] = "";
	size_t n = 0;

	assert_true(qv_ss_intact(s));
	for (uint32_t i = 0; i < s->count; i++) {
		const struct qv_refill *r = qv_ss_refill(s, i);

		n += (size_t)snprintf(text + n, sizeof(text) - n, "(%llu,%llu)", (unsigned long long)r->time,
				      (unsigned long long)r->amount);
	}
	assert_string_equal(text, expected);
}

static void job(struct qv_ss *s, uint64_t start, uint64_t cycles)
{
	qv_ss_charge(s, cycles);
	qv_ss_block(s, start + cycles);
}

/* C=4, T=16, jobs of 1 at 9, 11, 13, 25, 27: replenishments that touch are merged. */
static void jobs_with_merging_at_touch(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	qv_ss_unblock(&s, 9);
	queue_is(&s, "(9,4)");
	job(&s, 9, 1);
	queue_is(&s, "(9,3)(25,1)");
	qv_ss_unblock(&s, 11);
	job(&s, 11, 1);
	queue_is(&s, "(11,2)(25,1)(27,1)");
	qv_ss_unblock(&s, 13);
	job(&s, 13, 1);
	queue_is(&s, "(13,1)(25,1)(27,1)(29,1)");
	qv_ss_unblock(&s, 25);
	queue_is(&s, "(25,3)(29,1)");
	job(&s, 25, 1);
	queue_is(&s, "(25,2)(29,1)(41,1)");
	qv_ss_unblock(&s, 27);
	queue_is(&s, "(27,3)(41,1)");
	job(&s, 27, 1);
	queue_is(&s, "(27,2)(41,1)(43,1)");
}

/* The same jobs as the published figure has them: merged only when they overlap. */
static void jobs_with_strict_merging(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	s.strict = true;
	queue_is(&s, "(0,4)");
	qv_ss_unblock(&s, 9);
	queue_is(&s, "(9,4)");
	job(&s, 9, 1);
	queue_is(&s, "(9,3)(25,1)");
	qv_ss_unblock(&s, 11);
	queue_is(&s, "(11,3)(25,1)");
	job(&s, 11, 1);
	queue_is(&s, "(11,2)(25,1)(27,1)");
	qv_ss_unblock(&s, 13);
	job(&s, 13, 1);
	qv_ss_unblock(&s, 25);
	queue_is(&s, "(25,2)(27,1)(29,1)");
	job(&s, 25, 1);
	qv_ss_unblock(&s, 27);
	queue_is(&s, "(27,2)(29,1)(41,1)");
}

/* Run 5 of 4. Quest's published rule gives (17,4) with 1 used: the chunk comes one later and is one smaller.
 * Charging it once is enough: in [0,32) the server gets 5 + 3 = 2 C, and no window of length T sees more than C plus
 * the overrun. */
static void overrun_is_charged_once(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	assert_true(qv_ss_charge(&s, 5));
	queue_is(&s, "(16,4)");
	assert_int_equal(s.used, 1);
	assert_int_equal(qv_ss_budget(&s, 15), 0);
	assert_int_equal(qv_ss_due(&s), 16);
	assert_int_equal(qv_ss_budget(&s, 16), 3);
	assert_true(qv_ss_charge(&s, 3));
	queue_is(&s, "(32,4)");
	assert_int_equal(qv_ss_budget(&s, 32), 4);
}

static void overrun_and_block(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	qv_ss_charge(&s, 5);
	qv_ss_block(&s, 5); /* nothing is due: the debt stays with (16,4) */
	queue_is(&s, "(16,4)");
	qv_ss_unblock(&s, 10);
	queue_is(&s, "(16,4)");
	qv_ss_block(&s, 11);
	qv_ss_unblock(&s, 20); /* the debt is posted one period after its replenishment, the rest counts from now */
	queue_is(&s, "(20,3)(32,1)");
	assert_int_equal(qv_ss_budget(&s, 20), 3);
}

/* An overrun that eats several replenishments, and part of one that is not due. */
static void overrun_over_several(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	for (uint64_t t = 9; t <= 13; t += 2) {
		qv_ss_unblock(&s, t);
		job(&s, t, 1);
	}
	qv_ss_unblock(&s, 14);
	queue_is(&s, "(14,1)(25,1)(27,1)(29,1)");
	assert_true(qv_ss_charge(&s, 3));
	queue_is(&s, "(29,2)(41,1)(43,1)"); /* 14+16 touches (29,1) */
	assert_int_equal(s.used, 0);
	assert_int_equal(qv_ss_budget(&s, 28), 0);
}

static void overrun_of_many_budgets(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	qv_ss_charge(&s, 4 * 1000 + 1);
	queue_is(&s, "(16000,4)");
	assert_int_equal(s.used, 1);
	qv_ss_charge(&s, QV_TSC_MAX); /* more than any machine lives: never again, and nothing wraps */
	assert_true(qv_ss_intact(&s) && qv_ss_due(&s) > QV_TSC_MAX);
	qv_ss_charge(&s, QV_TSC_MAX);
	assert_true(qv_ss_intact(&s) && qv_ss_due(&s) > QV_TSC_MAX);
}

static void block_splits_and_unblock_merges(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	job(&s, 0, 2);
	queue_is(&s, "(0,2)(16,2)");
	qv_ss_unblock(&s, 3);
	queue_is(&s, "(3,2)(16,2)");
	assert_true(qv_ss_charge(&s, 2));
	queue_is(&s, "(16,2)(19,2)");
}

/* Preempted after every cycle or not at all: the same queue. */
static void preemption_does_not_fragment(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	assert_false(qv_ss_charge(&s, 1));
	assert_false(qv_ss_charge(&s, 1));
	assert_false(qv_ss_charge(&s, 1));
	queue_is(&s, "(0,4)");
	assert_int_equal(qv_ss_budget(&s, 50), 1);
	assert_true(qv_ss_charge(&s, 1));
	queue_is(&s, "(16,4)");
}

/* With two entries at most, a third postpones the last until it touches; what is due first stays. */
static void full_queue_postpones_the_tail(void **unused)
{
	struct qv_ss s;

	(void)unused;
	qv_ss_init(&s, 10, 100, 2, 0);
	job(&s, 0, 2);
	queue_is(&s, "(0,8)(100,2)");
	qv_ss_unblock(&s, 20);
	job(&s, 20, 3);
	queue_is(&s, "(20,5)(118,5)"); /* (120,3) is due at 120; 2 + 3 from 118 on are not earlier than either */
	qv_ss_unblock(&s, 30);
	qv_ss_charge(&s, 5);
	queue_is(&s, "(118,5)(130,5)");
}

static void whole_period_budget_never_runs_out(void **unused)
{
	struct qv_ss s = fresh(16, 16);

	(void)unused;
	for (uint64_t t = 0; t < 1000; t += 16) {
		assert_int_equal(qv_ss_budget(&s, t), 16);
		assert_true(qv_ss_charge(&s, 16));
	}
	job(&s, 1008, 5);
	qv_ss_unblock(&s, 1013);
	queue_is(&s, "(1013,16)");
}

static void change_waits_for_what_was_consumed(void **unused)
{
	struct qv_ss s = fresh(4, 16);

	(void)unused;
	qv_ss_change(&s, 6, 20, s.capacity, 3);
	queue_is(&s, "(3,6)");
	job(&s, 3, 2);
	qv_ss_change(&s, 5, 10, 2, 6);
	queue_is(&s, "(23,5)");
	qv_ss_charge(&s, 1);
	qv_ss_change(&s, 4, 16, s.capacity, 25);
	queue_is(&s, "(33,4)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_with_merging_at_touch),
		cmocka_unit_test(jobs_with_strict_merging),
		cmocka_unit_test(overrun_is_charged_once),
		cmocka_unit_test(overrun_and_block),
		cmocka_unit_test(overrun_over_several),
		cmocka_unit_test(overrun_of_many_budgets),
		cmocka_unit_test(block_splits_and_unblock_merges),
		cmocka_unit_test(preemption_does_not_fragment),
		cmocka_unit_test(full_queue_postpones_the_tail),
		cmocka_unit_test(whole_period_budget_never_runs_out),
		cmocka_unit_test(change_waits_for_what_was_consumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
