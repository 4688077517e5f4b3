/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <lib/sysreg.h>

static void xcr0(void **state)
{
	const uint64_t all = 0x602ff;

	(void)state;
	assert_true(qv_xcr0_valid(1, all));
	assert_true(qv_xcr0_valid(3, all));
	assert_true(qv_xcr0_valid(7, all));
	assert_true(qv_xcr0_valid(all, all));
	assert_false(qv_xcr0_valid(0, all));       /* x87 is not optional */
	assert_false(qv_xcr0_valid(2, all));
	assert_false(qv_xcr0_valid(5, all));       /* AVX without SSE */
	assert_false(qv_xcr0_valid(0xe3, all));    /* AVX-512 without AVX */
	assert_false(qv_xcr0_valid(0x67, all));    /* a part of AVX-512 */
	assert_false(qv_xcr0_valid(0x0f, all));    /* half of MPX */
	assert_false(qv_xcr0_valid(0x20007, all)); /* half of AMX */
	assert_false(qv_xcr0_valid(7, 3));
	assert_false(qv_xcr0_valid(1ull << 63 | 1, all));
}

static void pat(void **state)
{
	(void)state;
	assert_true(qv_pat_valid(0x0007040600070406ull));
	assert_true(qv_pat_valid(0x0407050600070106ull));
	assert_false(qv_pat_valid(0x0007040600070402ull));
	assert_false(qv_pat_valid(0x0307040600070406ull));
	assert_false(qv_pat_valid(0x0007040608070406ull));
	assert_false(qv_pat_valid(0xff07040600070406ull));
}

static void efer(void **state)
{
	const uint64_t writable = 0x901; /* SCE, LME, NXE */
	uint64_t value;

	(void)state;
	value = 0xd01;
	assert_true(qv_efer_write(0x500, &value, writable, true));
	assert_int_equal(value, 0xd01);
	value = 0x901; /* LMA is not the guest's to clear */
	assert_true(qv_efer_write(0x500, &value, writable, true));
	assert_int_equal(value, 0xd01);
	value = 0x400; /* nor to set */
	assert_true(qv_efer_write(0, &value, writable, false));
	assert_int_equal(value, 0);
	value = 0x100;
	assert_true(qv_efer_write(0, &value, writable, false));
	value = 0x100;
	assert_false(qv_efer_write(0, &value, writable, true));
	value = 0x401;
	assert_false(qv_efer_write(0x500, &value, writable, true));
	value = 0x1500; /* SVME */
	assert_false(qv_efer_write(0x500, &value, writable, true));
	value = 1ull << 40 | 0x500;
	assert_false(qv_efer_write(0x500, &value, writable, true));
}

static void svr(void **state)
{
	(void)state;
	assert_true(qv_svr_valid(0x1ff, false));
	assert_true(qv_svr_valid(0xff, false));
	assert_true(qv_svr_valid(0x11ff, true));
	assert_false(qv_svr_valid(0x11ff, false));
	assert_false(qv_svr_valid(0x101ff, true));
	assert_false(qv_svr_valid(1ull << 32, true));
}

static const struct qv_lvt_caps full = { .last = 6, .tsc_deadline = true };
static const struct qv_lvt_caps small = { .last = 3, .tsc_deadline = false };

static enum qv_lvt_verdict lvt(uint32_t msr, uint64_t value, const struct qv_lvt_caps *caps, uint64_t *result)
{
	enum qv_lvt_verdict verdict;

	*result = value;
	verdict = qv_lvt_write(msr, result, caps);
	if (verdict == QV_LVT_REFUSE)
		assert_int_equal(*result, value);
	return verdict;
}

static void lvt_timer(void **state)
{
	uint64_t r;

	(void)state;
	assert_int_equal(lvt(0x832, 0x20040, &small, &r), QV_LVT_ACCEPT);
	assert_int_equal(r, 0x20040);
	assert_int_equal(lvt(0x832, 0x40040, &small, &r), QV_LVT_REFUSE);
	assert_int_equal(lvt(0x832, 0x40040, &full, &r), QV_LVT_ACCEPT);
	assert_int_equal(lvt(0x832, 0x60040, &full, &r), QV_LVT_REFUSE);
	assert_int_equal(lvt(0x832, 0x11040, &full, &r), QV_LVT_ACCEPT); /* read-only status bit written back */
	assert_int_equal(r, 0x10040);
	assert_int_equal(lvt(0x832, 0x400, &full, &r), QV_LVT_REFUSE);
	assert_int_equal(lvt(0x832, 1ull << 32, &full, &r), QV_LVT_REFUSE);
}

static void lvt_modes(void **state)
{
	uint64_t r;

	(void)state;
	assert_int_equal(lvt(0x835, 0x700, &small, &r), QV_LVT_MASK);
	assert_int_equal(r, 0x10700);
	assert_int_equal(lvt(0x836, 0x400, &small, &r), QV_LVT_MASK);
	assert_int_equal(r, 0x10400);
	assert_int_equal(lvt(0x836, 0x10400, &small, &r), QV_LVT_ACCEPT);
	assert_int_equal(lvt(0x835, 0x200, &small, &r), QV_LVT_REFUSE);  /* SMI */
	assert_int_equal(lvt(0x833, 0x10200, &full, &r), QV_LVT_REFUSE); /* SMI, though masked */
	assert_int_equal(lvt(0x834, 0x500, &full, &r), QV_LVT_REFUSE);   /* INIT */
	assert_int_equal(lvt(0x834, 0x100, &full, &r), QV_LVT_REFUSE);
	assert_int_equal(lvt(0x834, 0x400, &full, &r), QV_LVT_MASK);
}

static void lvt_entries(void **state)
{
	uint64_t r;

	(void)state;
	assert_int_equal(lvt(0x82f, 0x10000, &full, &r), QV_LVT_ACCEPT);
	assert_int_equal(lvt(0x82f, 0x10000, &small, &r), QV_LVT_REFUSE);
	assert_int_equal(lvt(0x834, 0x10000, &small, &r), QV_LVT_REFUSE);
	assert_int_equal(lvt(0x837, 0x000fe, &small, &r), QV_LVT_ACCEPT);
	assert_int_equal(lvt(0x837, 0x004fe, &small, &r), QV_LVT_REFUSE);
	assert_int_equal(lvt(0x838, 0, &full, &r), QV_LVT_REFUSE);
	assert_int_equal(lvt(0x831, 0, &full, &r), QV_LVT_REFUSE);
}

/* Whatever is asked, nothing but fixed delivery comes out unmasked. */
static void lvt_never_open(void **state)
{
	uint64_t r;

	(void)state;
	for (uint32_t msr = 0x82e; msr < 0x83a; msr++) {
		for (uint64_t value = 0; value < 0x100000; value += 0x40) {
			if (lvt(msr, value, &full, &r) != QV_LVT_REFUSE)
				assert_true((r & 0x700) == 0 || (r & 0x10000) != 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xcr0), cmocka_unit_test(pat), cmocka_unit_test(efer), cmocka_unit_test(svr),
		cmocka_unit_test(lvt_timer), cmocka_unit_test(lvt_modes), cmocka_unit_test(lvt_entries),
		cmocka_unit_test(lvt_never_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
