/* SPDX-License-Identifier: MIT */
/* VT-d encodings against values worked out by hand from the specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <abi/limits.h>
#include <lib/vtd.h>

static void assert_entry(struct qv_vtd_entry e, uint64_t low, uint64_t high)
{
	assert_int_equal(e.low, low);
	assert_int_equal(e.high, high);
}

static void test_entries(void **unused)
{
	(void)unused;
	assert_entry(qv_vtd_root(0x1234000), 0x1234001, 0);
	assert_entry(qv_vtd_context(0x5000, 4, 7), 0x5001, 0x702);
	assert_entry(qv_vtd_context(0x5000, 3, 1), 0x5001, 0x101);
	assert_entry(qv_vtd_irte(0x123, 0x62, 0x0108), 0x0000012300620001, 0x40108);
	assert_int_equal(qv_vtd_msi_address(0), 0xfee00010);
	assert_int_equal(qv_vtd_msi_address(5), 0xfee000b0);
	assert_int_equal(qv_vtd_msi_address(0x8001), 0xfee00034);
}

static void test_descriptors(void **unused)
{
	(void)unused;
	assert_entry(qv_vtd_flush_contexts(), 0x11, 0);
	assert_entry(qv_vtd_flush_iotlb(), 0xd2, 0);
	assert_entry(qv_vtd_flush_interrupts(), 0x04, 0);
	assert_entry(qv_vtd_wait(0x7ff8, 0xabcd), 0x0000abcd00000025, 0x7ff8);
}

static void test_capabilities(void **unused)
{
	struct qv_vtd_caps c = qv_vtd_read_caps(0xd2008c222f0606, 0xf00f5a); /* QEMU 10 */

	(void)unused;
	assert_int_equal(c.levels, 4);
	assert_int_equal(c.grain, QV_HUGE_SIZE);
	assert_true(c.queue);
	assert_true(c.remapping);
	assert_int_equal(c.fault_offset, 0x220);
	assert_int_equal(c.fault_records, 1);
	c = qv_vtd_read_caps(1u << 9, 1u << 3 | 1u << 4);
	assert_int_equal(c.levels, 3);
	assert_int_equal(c.grain, QV_PAGE_SIZE);
	assert_false(c.remapping); /* no queue: its entries could never be invalidated */
	assert_int_equal(qv_vtd_read_caps(0, 0).levels, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
