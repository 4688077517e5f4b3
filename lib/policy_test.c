/* SPDX-License-Identifier: MIT */
/* Policy tables: form, the promises of the design, and bitmaps that say the same as the tables. */
#include <abi/blackbox.h>
#include <abi/call.h>
#include <lib/bitmap.h>
#include <lib/policy.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const uint32_t vendors[] = { QV_VENDOR_SVM, QV_VENDOR_VMX };

static uint32_t vendor_mask(const struct qv_msr_rule *rule)
{
	return rule->vendors ? rule->vendors : 1u << QV_VENDOR_SVM | 1u << QV_VENDOR_VMX;
}

static void test_rows_disjoint(void **state)
{
	const struct qv_msr_rule *a, *b;

	(void)state;
	for (size_t i = 0; (a = qv_msr_rule_at(i)) != NULL; i++) {
		assert_true(a->first <= a->last);
		for (size_t j = 0; j < i; j++) {
			b = qv_msr_rule_at(j);
			if (vendor_mask(a) & vendor_mask(b) && a->first <= b->last && b->first <= a->last)
				fail_msg("rows %zu and %zu overlap at %x", j, i, a->first);
		}
	}
	assert_null(qv_msr_rule_at(1000));
}

static bool exits(const uint8_t *map, uint32_t vendor, uint32_t msr, bool write)
{
	return vendor == QV_VENDOR_SVM ? qv_svm_msr_exits(map, msr, write) : qv_vmx_msr_exits(map, msr, write);
}

/* Every MSR that a bitmap can name, and some that it cannot: no exit exactly where the rule says pass. */
static void test_bitmaps_follow_rules(void **state)
{
	static const uint32_t bases[] = { 0, 0x2000, 0x40000000, 0xc0000000, 0xc0002000, 0xc0010000, 0xffffe000 };
	uint8_t map[QV_SVM_MSRPM_BYTES];

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		qv_policy_msrs(map, vendors[v]);
		for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]) * 8192; i++) {
			uint32_t msr = bases[i / 8192] + (uint32_t)(i % 8192);
			const struct qv_msr_rule *rule = qv_msr_rule(msr, vendors[v]);

			if (exits(map, vendors[v], msr, false) != (rule->read != QV_MSR_PASS))
				fail_msg("read of %x, vendor %u", msr, vendors[v]);
			if (exits(map, vendors[v], msr, true) != (rule->write != QV_MSR_PASS))
				fail_msg("write of %x, vendor %u", msr, vendors[v]);
		}
	}
}

static void test_no_exit_for_ticks(void **state)
{
	static const uint32_t written[] = { 0x80b, 0x838, 0x83f, 0x6e0, 0x808, 0xc0000100, 0xc0000101, 0xc0000102 };

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
			assert_int_equal(qv_msr_rule(written[i], vendors[v])->write, QV_MSR_PASS);
		assert_int_equal(qv_msr_rule(0x10, vendors[v])->read, QV_MSR_PASS);
	}
}

static void test_never_passed(void **state)
{
	static const uint32_t msrs[] = {
		0x10, 0x1b, 0x3a, 0x3b, 0x79, 0x199, 0x19a, 0x1d9, 0x200, 0x26f, 0x277, 0x2ff, 0x480, 0x80f, 0x82f, 0x830,
		0x832, 0x837, 0x850, 0xc0000080, 0xc0010010, 0xc0010015, 0xc0010062, 0xc0010111, 0xc0010114, 0xc0010117,
	};

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
			assert_int_not_equal(qv_msr_rule(msrs[i], vendors[v])->write, QV_MSR_PASS);
	}
	assert_int_equal(qv_msr_rule(0x10, QV_VENDOR_SVM)->write, QV_MSR_FORBIDDEN);
	assert_int_equal(qv_msr_rule(0x480, QV_VENDOR_VMX)->read, QV_MSR_GP);
	assert_int_equal(qv_msr_rule(0x480, QV_VENDOR_VMX)->write, QV_MSR_GP);
	assert_int_equal(qv_msr_rule(0xc0010117, QV_VENDOR_SVM)->write, QV_MSR_FORBIDDEN);
	assert_int_equal(qv_msr_rule(0xfe, QV_VENDOR_VMX)->value, 0x400);
	assert_int_equal(qv_msr_rule(0x1a0, QV_VENDOR_SVM)->read, QV_MSR_GP);
	assert_int_equal(qv_msr_rule(0x1a0, QV_VENDOR_VMX)->value, 0x1801);
}

static void test_port_actions(void **state)
{
	(void)state;
	assert_int_equal(qv_port_action(0x3f), QV_PORT_ONES);
	assert_int_equal(qv_port_action(0x42), QV_PORT_ZERO);
	assert_int_equal(qv_port_action(0x61), QV_PORT_ONES);
	assert_int_equal(qv_port_action(0x64), QV_PORT_FORBIDDEN);
	assert_int_equal(qv_port_action(0x71), QV_PORT_CMOS);
	assert_int_equal(qv_port_action(0x92), QV_PORT_FORBIDDEN);
	assert_int_equal(qv_port_action(0xb2), QV_PORT_FORBIDDEN);
	assert_int_equal(qv_port_action(0xcf7), QV_PORT_ONES);
	assert_int_equal(qv_port_action(0xcf8), QV_PORT_PCI);
	assert_int_equal(qv_port_action(0xcf9), QV_PORT_FORBIDDEN);
	assert_int_equal(qv_port_action(0xcff), QV_PORT_PCI);
	assert_int_equal(qv_port_action(QV_PORT_SLEEP_CONTROL), QV_PORT_ACPI);
	assert_int_equal(qv_port_action(QV_PORT_READY), QV_PORT_ACPI);
	assert_int_equal(qv_port_action(0x609), QV_PORT_ONES);
}

/* A port that answers like an absent one may still be the machine's. */
static void test_ports_kept(void **state)
{
	static const uint16_t kept[] = { 0x00, 0x21, 0x22, 0x3f, 0x40, 0x4e, 0x53, 0x61, 0x63, 0x64, 0x65, 0x67, 0x70, 0x77,
		0x8f, 0x92, 0xa1, 0xb2, 0xdf, 0x4d1, 0xcf8, 0xcff };
	static const uint16_t free_ports[] = { 0x44, 0x4d, 0x54, 0x60, 0x68, 0x6f, 0x78, 0x7f, 0xe0, 0x2f8, 0x3f8,
		0xcf7, 0xd00, 0xffff };

	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_true(qv_port_kept(kept[i]));
	for (size_t i = 0; i < sizeof(free_ports) / sizeof(free_ports[0]); i++)
		assert_false(qv_port_kept(free_ports[i]));
	assert_true(qv_port_kept(QV_PORT_SLEEP_CONTROL) && qv_port_kept(QV_PORT_READY));
}

static void test_allowed_ports(void **state)
{
	const struct qv_allowed_ports allowed[] = { { 0x3f8, 0x3ff }, { 0x2f8, 0x2ff } };
	uint8_t map[QV_SVM_IOPM_BYTES];

	(void)state;
	assert_true(qv_policy_ports(map, sizeof(map), allowed, 2));
	for (uint32_t port = 0; port < 65536; port++) {
		bool open = (port & ~7u) == 0x3f8 || (port & ~7u) == 0x2f8;

		assert_int_equal(qv_io_exits(map, sizeof(map), (uint16_t)port), !open);
	}
	assert_true(qv_policy_ports(map, sizeof(map), NULL, 0));
	assert_true(qv_io_exits(map, sizeof(map), 0x3f8));
}

static void test_ports_refused(void **state)
{
	static const struct qv_allowed_ports bad[] = {
		{ 0, 0xffff }, { 0xcf8, 0xcfb }, { 0xcff, 0xd00 }, { 0x64, 0x64 }, { 0x60, 0x6f }, { 0x92, 0x92 },
		{ 0x600, 0x600 }, { 0x61, 0x61 }, { 0x2e, 0x2f }, { 0x53, 0x53 }, { 0x62, 0x62 }, { 0x74, 0x74 },
		{ 0xa4, 0xa5 }, { 0x605, 0x605 }, { 0x43, 0x44 }, { 0x400, 0x3ff },
	};
	uint8_t map[QV_SVM_IOPM_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct qv_allowed_ports both[] = { { 0x3f8, 0x3ff }, bad[i] };

		assert_false(qv_policy_ports(map, sizeof(map), both, 2));
		for (size_t byte = 0; byte < sizeof(map); byte++)
			assert_int_equal(map[byte], 0xff);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_disjoint), cmocka_unit_test(test_bitmaps_follow_rules),
		cmocka_unit_test(test_no_exit_for_ticks), cmocka_unit_test(test_never_passed),
		cmocka_unit_test(test_port_actions), cmocka_unit_test(test_ports_kept), cmocka_unit_test(test_allowed_ports),
		cmocka_unit_test(test_ports_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
