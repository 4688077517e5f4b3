/* SPDX-License-Identifier: MIT */
/* IPI filter: each delivery mode and destination form, and random values against the rule "own cores or nothing". */
#include <lib/icr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define TO(id) ((uint64_t)(id) << 32)
#define LOGICAL 0x800u

static const struct qv_icr_cores own = { .count = 3, .self = 1, .apic_id = { 2, 3, 0x15 } };

static const struct {
	uint64_t value;
	enum qv_icr_action action;
	uint32_t targets;
	uint8_t vector;
} cases[] = {
	{ TO(2) | 0x40, QV_ICR_SEND, 1, 0x40 },
	{ TO(3) | 0x10, QV_ICR_SEND, 2, 0x10 },
	{ TO(0x15) | 0xff, QV_ICR_SEND, 4, 0xff },
	{ TO(2) | 0x4000 | 0x40, QV_ICR_SEND, 1, 0x40 },
	{ TO(2) | 0x0f, QV_ICR_REFUSE, 0, 0 },        /* illegal vector */
	{ TO(0) | 0x40, QV_ICR_REFUSE, 0, 0 },        /* foreign */
	{ TO(4) | 0x40, QV_ICR_REFUSE, 0, 0 },
	{ TO(0x102) | 0x40, QV_ICR_REFUSE, 0, 0 },
	{ TO(0xff) | 0x40, QV_ICR_REFUSE, 0, 0 },     /* the broadcast of xAPIC mode is an id here */
	{ TO(0xffffffff) | 0x40, QV_ICR_SEND, 7, 0x40 },
	{ TO(0xffffffff) | LOGICAL | 0x40, QV_ICR_SEND, 7, 0x40 },
	{ TO(0x4) | LOGICAL | 0x40, QV_ICR_SEND, 1, 0x40 },
	{ TO(0xc) | LOGICAL | 0x40, QV_ICR_SEND, 3, 0x40 },
	{ TO(0xd) | LOGICAL | 0x40, QV_ICR_REFUSE, 0, 0 },
	{ TO(0x10020) | LOGICAL | 0x40, QV_ICR_SEND, 4, 0x40 },
	{ TO(0x10004) | LOGICAL | 0x40, QV_ICR_REFUSE, 0, 0 },
	{ TO(0x0) | LOGICAL | 0x40, QV_ICR_IGNORE, 0, 0x40 }, /* names nobody */
	{ TO(0) | 0x40000 | 0x40, QV_ICR_SEND, 2, 0x40 },     /* self */
	{ TO(0) | 0x80000 | 0x40, QV_ICR_SEND, 7, 0x40 },     /* all */
	{ TO(0) | 0xc0000 | 0x40, QV_ICR_SEND, 5, 0x40 },     /* all but self */
	{ TO(2) | 0x400, QV_ICR_NMI, 1, 0 },
	{ TO(0) | 0x400, QV_ICR_REFUSE, 0, 0 },
	{ 0xc0400, QV_ICR_NMI, 5, 0 },
	{ 0x40400, QV_ICR_REFUSE, 0, 0 },                     /* NMI by shorthand to self */
	{ 0x80400, QV_ICR_REFUSE, 0, 0 },
	{ TO(2) | 0xc500, QV_ICR_INIT, 1, 0 },
	{ TO(2) | 0x4500, QV_ICR_INIT, 1, 0 },
	{ TO(0) | 0x4500, QV_ICR_REFUSE, 0, 0 },
	{ TO(2) | 0x8500, QV_ICR_IGNORE, 0, 0 },              /* de-assert */
	{ TO(0) | 0x8500, QV_ICR_IGNORE, 0, 0 },
	{ 0xc4500, QV_ICR_INIT, 5, 0 },
	{ TO(0x15) | 0x4608, QV_ICR_SIPI, 4, 8 },
	{ TO(0x16) | 0x4608, QV_ICR_REFUSE, 0, 0 },
	{ TO(2) | 0x140, QV_ICR_REFUSE, 0, 0 },               /* lowest priority */
	{ TO(2) | 0x200, QV_ICR_REFUSE, 0, 0 },               /* SMI */
	{ TO(2) | 0x300, QV_ICR_REFUSE, 0, 0 },
	{ TO(2) | 0x740, QV_ICR_REFUSE, 0, 0 },               /* external */
	{ TO(2) | 0x1040, QV_ICR_REFUSE, 0, 0 },              /* reserved bits */
	{ TO(2) | 0x2040, QV_ICR_REFUSE, 0, 0 },
	{ TO(2) | 0x10040, QV_ICR_REFUSE, 0, 0 },
	{ TO(2) | 0x80000040, QV_ICR_REFUSE, 0, 0 },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qv_icr_decision d = qv_icr_decide(cases[i].value, &own);

		if (d.action != cases[i].action || d.targets != cases[i].targets)
			fail_msg("case %zu: action %d, targets %x", i, (int)d.action, d.targets);
		if (d.action == QV_ICR_SEND || d.action == QV_ICR_SIPI)
			assert_int_equal(d.vector, cases[i].vector);
	}
}

static void test_single_core(void **state)
{
	const struct qv_icr_cores one = { .count = 1, .apic_id = { 7 } };

	(void)state;
	assert_int_equal(qv_icr_decide(0xc0040, &one).action, QV_ICR_IGNORE); /* all but self: nobody */
	assert_int_equal(qv_icr_decide(0x80040, &one).targets, 1);
	assert_int_equal(qv_icr_decide(TO(7) | 0x40, &one).action, QV_ICR_SEND);
}

static void test_largest_sandbox(void **state)
{
	struct qv_icr_cores all = { .count = QV_MAX_CORES, .self = 15 };

	(void)state;
	for (uint32_t i = 0; i < QV_MAX_CORES; i++)
		all.apic_id[i] = 0x20 + i;
	assert_int_equal(qv_icr_decide(TO(0x2ffff) | LOGICAL | 0x40, &all).targets, 0xffff);
	assert_int_equal(qv_icr_decide(0xc0040, &all).targets, 0x7fff);
}

static void test_random(void **state)
{
	uint64_t value = 88172645463325252ull;

	(void)state;
	for (unsigned int i = 0; i < 2000000; i++) {
		struct qv_icr_decision d;

		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
		/* small destinations, so that many are own cores */
		d = qv_icr_decide(value & (i % 2 ? UINT64_MAX : 0x0000001f000cffffull), &own);
		assert_int_equal(d.targets & ~7u, 0);
		assert_int_equal(d.targets != 0, d.action != QV_ICR_REFUSE && d.action != QV_ICR_IGNORE);
		if (d.action == QV_ICR_SEND)
			assert_true(d.vector >= 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_single_core), cmocka_unit_test(test_largest_sandbox),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
