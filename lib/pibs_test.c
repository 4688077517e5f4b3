/* SPDX-License-Identifier: MIT */
/* I/O server: the known sequences and the corner cases of inheritance. servers_test.c has the properties. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <lib/pibs.h>
#include <lib/ratio.h>

static struct qv_pibs fresh(uint32_t num, uint32_t den, uint64_t period)
{
	struct qv_pibs p;

	qv_pibs_init(&p, num, den, period, 0);
	return p;
}

static void job(struct qv_pibs *p, uint64_t start, uint64_t cycles)
{
	qv_pibs_charge(p, start, cycles);
	qv_pibs_block(p);
	assert_true(qv_pibs_intact(p));
}

/* U=1/4, T=16, so bursts of 4. Work at 9 of 1; at 11 and 13 of 3 in all; as in the published figure: 4@0 4@9 4@13
 * 4@25. */
static void published_sequence(void **unused)
{
	struct qv_pibs p = fresh(1, 4, 16);

	(void)unused;
	assert_int_equal(qv_pibs_budget(&p, 0), 4);
	qv_pibs_unblock(&p, 16, 9);
	assert_int_equal(qv_pibs_budget(&p, 9), 4);
	job(&p, 9, 1);
	assert_int_equal(qv_pibs_due(&p), 13);
	qv_pibs_unblock(&p, 16, 11);
	assert_int_equal(qv_pibs_budget(&p, 12), 0);
	assert_false(qv_pibs_inherit(&p, 16, 13));
	assert_int_equal(qv_pibs_budget(&p, 13), 4);
	job(&p, 13, 3);
	assert_int_equal(qv_pibs_due(&p), 25);
	assert_int_equal(qv_pibs_budget(&p, 25), 4);
}

static void used_up_and_still_at_work(void **unused)
{
	struct qv_pibs p = fresh(1, 4, 16);

	(void)unused;
	qv_pibs_unblock(&p, 16, 5);
	assert_false(qv_pibs_charge(&p, 5, 3)); /* preempted */
	assert_int_equal(qv_pibs_budget(&p, 9), 1);
	assert_true(qv_pibs_charge(&p, 9, 1));
	assert_int_equal(qv_pibs_budget(&p, 10), 0);
	assert_int_equal(qv_pibs_due(&p), 21); /* from its first dispatch at 5, not from 9 */
}

static void overrun_is_charged_once(void **unused)
{
	struct qv_pibs p = fresh(1, 4, 16);

	(void)unused;
	qv_pibs_unblock(&p, 16, 0);
	assert_true(qv_pibs_charge(&p, 0, 6));
	assert_int_equal(qv_pibs_due(&p), 24);
	assert_int_equal(qv_pibs_budget(&p, 24), 4);
	job(&p, 20, 1); /* charged without a budget */
	assert_int_equal(qv_pibs_due(&p), 28);
	assert_int_equal(qv_pibs_budget(&p, 27), 0);
}

/* It was eligible at 0 but dispatched at 40 only: those 40 are not made up for. */
static void waiting_earns_nothing(void **unused)
{
	struct qv_pibs p = fresh(1, 4, 16);

	(void)unused;
	qv_pibs_unblock(&p, 16, 0);
	assert_true(qv_pibs_charge(&p, 40, 4));
	assert_int_equal(qv_pibs_due(&p), 56);
}

static void shorter_period_cuts_the_burst(void **unused)
{
	struct qv_pibs p = fresh(1, 4, 400);

	(void)unused;
	qv_pibs_unblock(&p, 400, 0);
	assert_int_equal(qv_pibs_budget(&p, 0), 100);
	qv_pibs_charge(&p, 0, 10);
	assert_true(qv_pibs_inherit(&p, 40, 30));
	assert_int_equal(qv_pibs_budget(&p, 30), 10);
	assert_int_equal(p.eligible, 40); /* 10 consumed since 0 last until 40 */
	assert_true(qv_pibs_charge(&p, 30, 10));
	assert_int_equal(qv_pibs_due(&p), 80);
	assert_true(qv_pibs_intact(&p));
}

static void shorter_period_leaves_nothing_in_the_past(void **unused)
{
	struct qv_pibs p = fresh(1, 4, 400);

	(void)unused;
	qv_pibs_unblock(&p, 400, 0);
	qv_pibs_charge(&p, 0, 10);
	assert_true(qv_pibs_inherit(&p, 40, 300));
	assert_int_equal(p.eligible, 300);
	assert_true(qv_pibs_charge(&p, 300, 10));
	assert_int_equal(qv_pibs_due(&p), 340);
	qv_pibs_block(&p);
	qv_pibs_unblock(&p, 400, 320); /* without work before: a longer period is taken, eligibility stays */
	assert_int_equal(qv_pibs_due(&p), 340);
	assert_true(qv_pibs_inherit(&p, 40, 500)); /* waiting, eligible since 340 */
	assert_int_equal(qv_pibs_due(&p), 500);
	assert_false(qv_pibs_inherit(&p, 400, 501));
	assert_int_equal(p.period, 40);
}

static void extremes_do_not_wrap(void **unused)
{
	struct qv_pibs p = fresh(1, UINT32_MAX, QV_PERIOD_MAX);

	(void)unused;
	assert_int_equal(p.limit, QV_PERIOD_MAX / UINT32_MAX);
	qv_pibs_unblock(&p, QV_PERIOD_MAX, QV_TSC_MAX);
	assert_true(qv_pibs_charge(&p, QV_TSC_MAX, QV_TSC_MAX));
	assert_int_equal(qv_pibs_due(&p), QV_NEVER);
	qv_pibs_charge(&p, QV_TSC_MAX, QV_TSC_MAX);
	assert_true(qv_pibs_intact(&p));
	p = fresh(UINT32_MAX - 1, UINT32_MAX, 1);
	assert_int_equal(p.limit, 1);
}

/* Every split of a number against 128-bit arithmetic. */
static void ratios_are_exact(void **unused)
{
	uint64_t a = 1;

	(void)unused;
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t n, d;
		unsigned __int128 product, down, up;

		a = a * 6364136223846793005ull + 1442695040888963407ull;
		d = (uint32_t)(a >> 32 >> i % 32) | 1;
		n = (uint32_t)(a >> 7) >> i % 31;
		product = (unsigned __int128)(a >> i % 64) * n;
		down = product / d;
		up = (product + d - 1) / d;
		assert_int_equal(qv_ratio_down(a >> i % 64, n, d), down > UINT64_MAX ? UINT64_MAX : (uint64_t)down);
		assert_int_equal(qv_ratio_up(a >> i % 64, n, d), up > UINT64_MAX ? UINT64_MAX : (uint64_t)up);
		product = ((unsigned __int128)(a >> i % 64) << 48) + d - 1;
		up = product / d < 4 * QV_RATIO_ONE ? product / d : 4 * QV_RATIO_ONE;
		assert_int_equal(qv_ratio_fraction(a >> i % 64, d), (uint64_t)up);
		assert_int_equal(qv_ratio_count(a >> i % 64, d), (uint64_t)(((a >> i % 64) + (unsigned __int128)d - 1) / d));
	}
}

/* A change of parameters in a burst gives no new one, however often it is made. */
static void change_earns_nothing(void **unused)
{
	struct qv_pibs p = fresh(25, 100, 100);
	uint64_t ran = 0;

	(void)unused;
	for (uint64_t now = 0; now < 10000; now++) {
		if (qv_pibs_budget(&p, now) > 0) {
			(void)qv_pibs_charge(&p, now, 1);
			ran++;
		}
		if (now % 24 == 23)
			qv_pibs_change(&p, 25, 100, now + 1);
		assert_true(qv_pibs_intact(&p));
	}
	assert_in_range(ran, 2400, 2500 + 25);
	qv_pibs_change(&p, 1, 2, 20000);
	assert_int_equal(qv_pibs_budget(&p, 20000), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_sequence),
		cmocka_unit_test(used_up_and_still_at_work),
		cmocka_unit_test(overrun_is_charged_once),
		cmocka_unit_test(waiting_earns_nothing),
		cmocka_unit_test(shorter_period_cuts_the_burst),
		cmocka_unit_test(change_earns_nothing),
		cmocka_unit_test(shorter_period_leaves_nothing_in_the_past),
		cmocka_unit_test(extremes_do_not_wrap),
		cmocka_unit_test(ratios_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
