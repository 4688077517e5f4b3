/* SPDX-License-Identifier: MIT */
/* Admission: known bounds and systems, against floating point, and answers that name what fails. The simulations
 * that say whether admitted systems keep their promise are in servers_test.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/admit.h>

static uint64_t seed = 1973;

static uint64_t random_below(uint64_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 17) % n;
}

static struct qv_admit_main mains[QV_ADMIT_MAX + 1];
static struct qv_admit_io ios[QV_ADMIT_MAX];
static struct qv_admit_irq irqs[4];
static struct qv_admit_core core;

static void fresh(void)
{
	core = (struct qv_admit_core){.main = mains, .io = ios, .irq = irqs};
}

static void add_main(uint64_t budget, uint64_t period)
{
	mains[core.mains] = (struct qv_admit_main){budget, period, core.mains, 1};
	core.mains++;
}

static void add_io(uint32_t num, uint32_t den)
{
	ios[core.ios] = (struct qv_admit_io){0, UINT64_MAX, 100 + core.ios, num, den};
	core.ios++;
}

/* n equal VCPUs just below and just above n (2^(1/n) - 1), to 10^-11. */
static void liu_and_layland(void **unused)
{
	static const uint32_t counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 64, 1000};

	(void)unused;
	for (uint32_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		uint32_t n = counts[c];
		double each = pow(2, 1.0 / n) - 1;

		for (int above = 0; above < 2; above++) {
			uint64_t period = QV_PERIOD_MAX;
			double step = 30 * (above ? 1 : -1);

			fresh();
			for (uint32_t i = 0; i < n; i++)
				add_main((uint64_t)(each * (double)period + (n == 1 ? (double)-above : step)), period);
			if (n > 1)
				assert_int_equal(qv_admit_utilisation(&core).bound, !above);
			else
				assert_true(qv_admit_utilisation(&core).bound);
		}
	}
}

static void whole_core_is_exact(void **unused)
{
	(void)unused;
	fresh();
	add_main(16, 16);
	assert_true(qv_admit_utilisation(&core).bound && qv_admit_utilisation(&core).hyperbolic);
	assert_int_equal(qv_admit_utilisation(&core).total, QV_UTIL_ONE);
	fresh();
	add_main(9, 16);
	add_io(1, 4); /* (2 - 1/4) 1/4 = 7/16 */
	assert_true(qv_admit_utilisation(&core).bound);
	assert_int_equal(qv_admit_utilisation(&core).total, QV_UTIL_ONE);
	assert_int_equal(qv_admit(&core, NULL).verdict, QV_ADMITTED);
	mains[0].budget = 10;
	assert_false(qv_admit_utilisation(&core).bound || qv_admit_utilisation(&core).hyperbolic);
	assert_int_equal(qv_admit(&core, NULL).verdict, QV_REFUSED_RESPONSE);
	fresh();
	add_main(81000000, 100000000); /* .81 + 1.9 * .1: full in decimal, too */
	add_io(1, 10);
	assert_int_equal(qv_admit(&core, NULL).verdict, QV_ADMITTED);
	mains[0].budget++;
	assert_int_equal(qv_admit(&core, NULL).verdict, QV_REFUSED_RESPONSE);
}

/* The examples by which the published rules were refuted do pass the bound. */
static void published_examples_pass(void **unused)
{
	(void)unused;
	fresh();
	add_main(4, 40), add_main(20, 100), add_main(4, 400);
	add_io(1, 4);
	assert_true(qv_admit_utilisation(&core).bound); /* .7475 <= .7798 */
	fresh();
	add_main(1, 20), add_main(520, 990), add_main(1, 1000);
	add_io(1, 10);
	assert_true(qv_admit_utilisation(&core).bound); /* .7663 */
}

static void response_times(void **unused)
{
	uint64_t response[8];

	(void)unused;
	fresh();
	add_main(1, 4), add_main(2, 6), add_main(3, 13);
	assert_int_equal(qv_admit(&core, response).verdict, QV_ADMITTED);
	assert_int_equal(response[0], 1);
	assert_int_equal(response[1], 3);
	assert_int_equal(response[2], 10);
	fresh();
	add_main(30, 60), add_main(20, 100);
	assert_int_equal(qv_admit(&core, response).verdict, QV_ADMITTED);
	assert_int_equal(response[1], 50);
	add_io(1, 10); /* R = (20 + 2 * 30 + 9) / .9, with ceil(R / 10) exact in cycles */
	assert_int_equal(qv_admit(&core, response).verdict, QV_ADMITTED);
	assert_int_equal(response[1], 99);
	ios[0].shortest = 61; /* cannot reach VCPU 0; of VCPU 1 it takes at most the same */
	qv_admit(&core, response);
	assert_int_equal(response[0], 30);
	ios[0].longest = 70;
	qv_admit(&core, response);
	assert_int_equal(response[1], 97); /* 20 + 60 + ceil(9.7) + ceil(6.3) */
}

static void refused(enum qv_admit_term term, uint32_t index)
{
	struct qv_admit_answer a = qv_admit(&core, NULL);

	assert_int_equal(a.verdict, QV_REFUSED_RESPONSE);
	assert_int_equal(a.index, index);
	assert_int_equal(a.id, mains[index].id);
	assert_int_equal(a.term, term);
	assert_true(a.response > a.limit && a.limit == mains[index].period);
}

static void base(void)
{
	fresh();
	add_main(100, 1000), add_main(300, 2000), add_main(500, 3000);
	assert_int_equal(qv_admit(&core, NULL).verdict, QV_ADMITTED);
}

static void answers_name_the_term(void **unused)
{
	(void)unused;
	base();
	mains[2].budget = 2600;
	refused(QV_TERM_HIGHER, 2);
	base();
	add_io(1, 4);
	assert_int_equal(qv_admit(&core, NULL).verdict, QV_ADMITTED);
	add_io(1, 2);
	refused(QV_TERM_IO, 0);
	base();
	irqs[0] = (struct qv_admit_irq){70, 100, 33};
	core.irqs = 1;
	refused(QV_TERM_TOP_HALF, 2);
	base();
	core.switch_cost = 451;
	refused(QV_TERM_SWITCH, 0);
	base();
	core.granularity = 901;
	refused(QV_TERM_GRANULARITY, 0);
	base();
	core.blocking = 901;
	refused(QV_TERM_BLOCKING, 0);
	core.blocking = 900;
	assert_int_equal(qv_admit(&core, NULL).verdict, QV_ADMITTED);
	base();
	core.blocking = core.granularity = core.switch_cost = UINT64_MAX;
	refused(QV_TERM_SWITCH, 0);
}

static void each_overhead_counts(void **unused)
{
	uint64_t response[3];

	(void)unused;
	base();
	core.switch_cost = 10;
	core.granularity = 3;
	core.blocking = 7;
	irqs[0] = (struct qv_admit_irq){5, 400, 1};
	core.irqs = 1;
	mains[1].chunks = 2;
	assert_int_equal(qv_admit(&core, response).verdict, QV_ADMITTED);
	assert_int_equal(response[0], 100 + 20 + 3 + 7 + (5 + 20));
	assert_int_equal(response[1], (300 + 40) + (100 + 20) + 2 * 3 + 7 + 2 * (5 + 20));
	assert_int_equal(response[2], (500 + 20) + 2 * (100 + 20) + (300 + 40) + 3 * 3 + 7 + 3 * (5 + 20));
	add_io(1, 10); /* 15 + 9 of a window of 150 .. 160; a burst used up in it and one from before */
	mains[0].budget = 10;
	assert_int_equal(qv_admit_response(&core, 0, QV_TERMS_ALL, response), true);
	/* R = 10 + 20 + 2 * 3 + 7 + 25 + 2 * 20 + ceil(R / 10) + 90 */
	assert_int_equal(response[0], 220);
}

static void bad_parameters(void **unused)
{
	struct qv_admit_answer a;

	(void)unused;
#define EXPECT(change, what, where)                                                                                    \
	do {                                                                                                           \
		base();                                                                                                \
		add_io(1, 10);                                                                                         \
		irqs[0] = (struct qv_admit_irq){5, 400, 7};                                                            \
		core.irqs = 1;                                                                                         \
		change;                                                                                                \
		a = qv_admit(&core, NULL);                                                                             \
		assert_int_equal(a.verdict, what);                                                                     \
		assert_int_equal(a.index, where);                                                                      \
	} while (0)
	EXPECT(mains[1].budget = 0, QV_REFUSED_MAIN, 1);
	EXPECT(mains[1].budget = 2001, QV_REFUSED_MAIN, 1);
	EXPECT(mains[2].period = QV_PERIOD_MAX + 1, QV_REFUSED_MAIN, 2);
	EXPECT(mains[2].chunks = UINT32_MAX, QV_REFUSED_MAIN, 2);
	EXPECT(mains[2].period = 1999, QV_REFUSED_ORDER, 2);
	EXPECT(mains[2].period = 2000; mains[2].id = 1, QV_REFUSED_ORDER, 2);
	EXPECT(ios[0].num = 0, QV_REFUSED_IO, 0);
	EXPECT(ios[0].num = 10, QV_REFUSED_IO, 0);
	EXPECT(ios[0].shortest = 5; ios[0].longest = 4, QV_REFUSED_IO, 0);
	EXPECT(add_io(1, 2); add_io(2, 5), QV_REFUSED_FULL, 2);
	EXPECT(irqs[0].interval = 0, QV_REFUSED_IRQ, 0);
	EXPECT(irqs[0].cost = 401, QV_REFUSED_IRQ, 0);
	EXPECT(core.mains = QV_ADMIT_MAX + 1, QV_REFUSED_COUNT, 0);
}

/* A random system of n Main VCPUs with total utilisation near u. */
static void random_mains(uint32_t n, double u, uint64_t longest)
{
	double weight[QV_ADMIT_MAX], sum = 0;
	uint64_t period = 1 + random_below(longest / n);

	for (uint32_t i = 0; i < n; i++)
		sum += weight[i] = (double)(1 + random_below(1000));
	fresh();
	for (uint32_t i = 0; i < n; i++) {
		uint64_t budget = (uint64_t)(u * weight[i] / sum * (double)period);

		add_main(budget < 1 ? 1 : budget > period ? period : budget, period);
		period += random_below(longest / n);
	}
}

static void random_system(void)
{
	uint32_t n = 1 + (uint32_t)random_below(6), m = (uint32_t)random_below(4);

	random_mains(n, .2 + (double)random_below(800) / 1000, 1000 + random_below(1ull << 44));
	for (uint32_t j = 0; j < m; j++)
		add_io(1 + (uint32_t)random_below(50), 200 + (uint32_t)random_below(200));
}

/* The same tests in long double; equal except within 10^-9 of a limit. */
static void against_floating_point(void **unused)
{
	(void)unused;
	for (int k = 0; k < 30000; k++) {
		long double total = 0, phi = 0, psi = 0, worst = 0, above = 1, lub;
		struct qv_admit_util util;

		random_system();
		for (uint32_t j = 0; j < core.ios; j++) {
			long double u = (long double)ios[j].num / ios[j].den;

			phi += u, psi += u * (1 - u);
		}
		for (uint32_t i = 0; i < core.mains; i++) {
			long double u = (long double)mains[i].budget / (long double)mains[i].period, s = 1 - phi;

			total += u;
			worst = fmaxl(worst, above * (1 + (u + psi) / s));
			above *= 1 + u / s;
		}
		total += phi + psi;
		lub = core.mains * (powl(2, 1.0L / core.mains) - 1);
		util = qv_admit_utilisation(&core);
		if (total < 4)
			assert_true(fabsl((long double)util.total / QV_UTIL_ONE - total) < 1e-9L);
		if (fabsl(total - lub) > 1e-9L)
			assert_int_equal(util.bound, total < lub);
		if (phi < .999L && fabsl(worst - 2) > 1e-9L)
			assert_int_equal(util.hyperbolic, worst < 2);
	}
}

/* Each test accepts what the coarser one accepts. */
static void tests_are_ordered(void **unused)
{
	uint32_t bound = 0, hyperbolic = 0, response = 0, undecided = 0, all = 30000;

	(void)unused;
	for (uint32_t k = 0; k < all; k++) {
		struct qv_admit_util util;
		enum qv_admit_verdict verdict;

		random_system();
		util = qv_admit_utilisation(&core);
		verdict = qv_admit(&core, NULL).verdict;
		assert_true(!util.bound || util.hyperbolic);
		assert_true(!util.hyperbolic || verdict == QV_ADMITTED);
		bound += util.bound, hyperbolic += util.hyperbolic, response += verdict == QV_ADMITTED;
		undecided += verdict == QV_REFUSED_ROUNDS;
	}
	print_message("# of %u random systems: bound admits %u, hyperbolic %u, response times %u; undecided %u\n", all, bound,
		      hyperbolic, response, undecided);
	assert_int_equal(undecided, 0);
}

/* The least fixed point, searched from 1 in single steps of what is asked. */
static uint64_t plain_response(uint32_t i)
{
	uint64_t r = mains[i].budget;

	for (;;) {
		uint64_t next = mains[i].budget;

		for (uint32_t k = 0; k < i; k++)
			next += (r + mains[k].period - 1) / mains[k].period * mains[k].budget;
		for (uint32_t j = 0; j < core.ios; j++) {
			uint64_t num = ios[j].num, den = ios[j].den;
			uint64_t part = (mains[i].period * num + den - 1) / den;

			next += (r * num + den - 1) / den + (part * (den - num) + den - 1) / den;
		}
		if (next <= r || next > mains[i].period)
			return next;
		r = next;
	}
}

static void response_is_the_least(void **unused)
{
	(void)unused;
	for (int k = 0; k < 20000; k++) {
		uint32_t n = 1 + (uint32_t)random_below(8);

		random_mains(n, .5 + (double)random_below(500) / 1000, 1000 + random_below(100000));
		for (uint64_t m = random_below(3); m > 0; m--)
			add_io(1 + (uint32_t)random_below(50), 200 + (uint32_t)random_below(200));
		for (uint32_t i = 0; i < n; i++) {
			uint64_t response, plain = plain_response(i);

			assert_int_equal(qv_admit_response(&core, i, QV_TERMS_ALL, &response), plain <= mains[i].period);
			if (plain <= mains[i].period)
				assert_int_equal(response, plain);
		}
	}
}

/* 1,000 VCPUs from microseconds to an hour: decided, and in how many steps is told by the time this test takes. */
static void large_systems(void **unused)
{
	static uint64_t response[QV_ADMIT_MAX];
	uint32_t admitted = 0;

	(void)unused;
	for (int k = 0; k < 6; k++) {
		struct qv_admit_answer a;

		random_mains(1000, .5 + .08 * k, k % 2 ? QV_PERIOD_MAX / 2 : 10000000);
		core.switch_cost = 100;
		core.granularity = 50;
		core.blocking = 2000;
		a = qv_admit(&core, response);
		assert_true(a.verdict == QV_ADMITTED || a.verdict == QV_REFUSED_RESPONSE);
		admitted += a.verdict == QV_ADMITTED;
	}
	print_message("# of 6 systems with 1000 VCPUs %u admitted\n", admitted);
	assert_true(admitted > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(liu_and_layland),        cmocka_unit_test(whole_core_is_exact),
		cmocka_unit_test(published_examples_pass), cmocka_unit_test(response_times),
		cmocka_unit_test(answers_name_the_term),  cmocka_unit_test(each_overhead_counts),
		cmocka_unit_test(bad_parameters),         cmocka_unit_test(against_floating_point),
		cmocka_unit_test(tests_are_ordered),      cmocka_unit_test(response_is_the_least),
		cmocka_unit_test(large_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
