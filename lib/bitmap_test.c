/* SPDX-License-Identifier: MIT */
/* Intercept bitmaps: bit positions as the manuals give them, and nothing else changes. */
#include <lib/bitmap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static size_t clear_bits(const uint8_t *map, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes * 8; i++)
		n += !(map[i / 8] & 1u << i % 8);
	return n;
}

static void test_svm_positions(void **state)
{
	static const struct {
		uint32_t msr, byte, bit;
	} where[] = { /* read bit; the write bit follows */
		{ 0, 0, 0 }, { 0x10, 4, 0 }, { 0x830, 0x20c, 0 }, { 0x1fff, 0x7ff, 6 }, { 0xc0000000, 0x800, 0 },
		{ 0xc0000080, 0x820, 0 }, { 0xc0000103, 0x840, 6 }, { 0xc0010000, 0x1000, 0 },
		{ 0xc0010117, 0x1045, 6 }, { 0xc0011fff, 0x17ff, 6 },
	};
	uint8_t map[QV_SVM_MSRPM_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		qv_bitmap_deny_all(map, sizeof(map));
		assert_true(qv_svm_msr_allow(map, where[i].msr, true, false));
		assert_int_equal(map[where[i].byte], 0xff ^ 1u << where[i].bit);
		assert_false(qv_svm_msr_exits(map, where[i].msr, false));
		assert_true(qv_svm_msr_exits(map, where[i].msr, true));
		assert_true(qv_svm_msr_allow(map, where[i].msr, false, true));
		assert_int_equal(map[where[i].byte], 0xff ^ 3u << where[i].bit);
		assert_int_equal(clear_bits(map, sizeof(map)), 2);
	}
}

static void test_vmx_positions(void **state)
{
	static const struct {
		uint32_t msr, byte, bit;
	} where[] = {
		{ 0, 0, 0 }, { 0x10, 2, 0 }, { 0x830, 0x106, 0 }, { 0x1fff, 0x3ff, 7 }, { 0xc0000080, 0x410, 0 },
		{ 0xc0000103, 0x420, 3 }, { 0xc0001fff, 0x7ff, 7 },
	};
	uint8_t map[QV_VMX_MSRBM_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		qv_bitmap_deny_all(map, sizeof(map));
		assert_true(qv_vmx_msr_allow(map, where[i].msr, true, false));
		assert_int_equal(map[where[i].byte], 0xff ^ 1u << where[i].bit);
		assert_false(qv_vmx_msr_exits(map, where[i].msr, false));
		assert_true(qv_vmx_msr_exits(map, where[i].msr, true));
		assert_true(qv_vmx_msr_allow(map, where[i].msr, false, true));
		assert_int_equal(map[where[i].byte + 2048], 0xff ^ 1u << where[i].bit);
		assert_int_equal(clear_bits(map, sizeof(map)), 2);
	}
}

static void test_no_bit(void **state)
{
	static const uint32_t outside[] = { 0x2000, 0x40000000, 0x4b564d00, 0xbfffffff, 0xc0012000, 0xffffffff };
	uint8_t svm[QV_SVM_MSRPM_BYTES], vmx[QV_VMX_MSRBM_BYTES];

	(void)state;
	qv_bitmap_deny_all(svm, sizeof(svm));
	qv_bitmap_deny_all(vmx, sizeof(vmx));
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		assert_false(qv_svm_msr_allow(svm, outside[i], true, true));
		assert_false(qv_vmx_msr_allow(vmx, outside[i], true, true));
		assert_true(qv_svm_msr_exits(svm, outside[i], true));
		assert_true(qv_vmx_msr_exits(vmx, outside[i], false));
	}
	assert_false(qv_vmx_msr_allow(vmx, 0xc0010114, true, true));
	assert_false(qv_svm_msr_allow(svm, 0xc0002000, true, true));
	assert_int_equal(clear_bits(svm, sizeof(svm)), 0);
	assert_int_equal(clear_bits(vmx, sizeof(vmx)), 0);
}

static void test_ports(void **state)
{
	uint8_t map[QV_SVM_IOPM_BYTES];

	(void)state;
	qv_bitmap_deny_all(map, sizeof(map));
	qv_io_allow(map, sizeof(map), 0x3f8, 0x3ff);
	assert_int_equal(map[0x7f], 0);
	assert_int_equal(clear_bits(map, sizeof(map)), 8);
	qv_io_allow(map, sizeof(map), 0xffff, 0xffff);
	assert_int_equal(map[0x1fff], 0x7f);
	assert_int_equal(map[0x2000], 0xff); /* a wide access at the last port still exits */
	assert_true(qv_io_exits(map, sizeof(map), 0x3f7));
	assert_false(qv_io_exits(map, sizeof(map), 0x3f8));
	assert_false(qv_io_exits(map, sizeof(map), 0x3ff));
	assert_true(qv_io_exits(map, sizeof(map), 0x400));
	qv_io_allow(map, sizeof(map), 0, 0xffff);
	assert_int_equal(clear_bits(map, sizeof(map)), 65536);
}

static void test_short_port_map(void **state)
{
	uint8_t map[3] = { 0xff, 0xff, 0xff };

	(void)state;
	qv_io_allow(map, 2, 4, 0xffff);
	assert_int_equal(map[0], 0x0f);
	assert_int_equal(map[1], 0);
	assert_int_equal(map[2], 0xff);
	assert_true(qv_io_exits(map, 2, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_svm_positions), cmocka_unit_test(test_vmx_positions),
		cmocka_unit_test(test_no_bit), cmocka_unit_test(test_ports), cmocka_unit_test(test_short_port_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
