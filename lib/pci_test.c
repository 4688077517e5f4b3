/* SPDX-License-Identifier: MIT */
/* PCI helpers: capability lists that loop, base addresses of every kind, all interrupt messages of one data half. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <lib/pci.h>

static uint32_t space[64], reads;

static uint32_t read_space(void *context, uint16_t bdf, uint32_t offset)
{
	(void)context;
	(void)bdf;
	reads++;
	assert_true(offset < 256 && offset % 4 == 0);
	return space[offset / 4];
}

static const struct qv_pci_config config = {read_space, NULL};

static void test_capabilities(void **unused)
{
	(void)unused;
	space[1] = QV_PCI_STATUS_CAPS;
	space[0x34 / 4] = 0x50;
	space[0x50 / 4] = 0x6005; /* MSI, next 0x60 */
	space[0x60 / 4] = 0x0011; /* MSI-X, end */
	assert_int_equal(qv_pci_capability(&config, 8, QV_PCI_CAP_MSI), 0x50);
	assert_int_equal(qv_pci_capability(&config, 8, QV_PCI_CAP_MSIX), 0x60);
	assert_int_equal(qv_pci_capability(&config, 8, QV_PCI_CAP_EXPRESS), 0);
	space[0x60 / 4] = 0x5011; /* loop */
	reads = 0;
	assert_int_equal(qv_pci_capability(&config, 8, QV_PCI_CAP_EXPRESS), 0);
	assert_true(reads <= 50);
	space[0x34 / 4] = 0x08; /* into the header */
	assert_int_equal(qv_pci_capability(&config, 8, QV_PCI_CAP_MSI), 0);
	space[1] = 0;
	assert_int_equal(qv_pci_capability(&config, 8, QV_PCI_CAP_MSI), 0);
}

static void assert_bar(uint32_t v0, uint32_t v1, uint32_t s0, uint32_t s1, uint32_t used, uint64_t base, uint64_t size)
{
	const uint32_t value[2] = {v0, v1}, sized[2] = {s0, s1};
	struct qv_bar bar;

	assert_int_equal(qv_pci_bar(value, sized, &bar), used);
	assert_int_equal(bar.base, base);
	assert_int_equal(bar.size, size);
}

static void test_bars(void **unused)
{
	(void)unused;
	assert_bar(0xfebf0000, 7, 0xfffff000, 9, 1, 0xfebf0000, 0x1000);
	assert_bar(0xc061, 0, 0xffffffe1, 0, 1, 0xc060, 32);
	assert_bar(0xc061, 0, 0x0000ffe1, 0, 1, 0xc060, 32); /* upper half hardwired to 0 */
	assert_bar(0xe000000c, 0x8, 0xc000000c, 0xffffffff, 2, 0x8e0000000, 0x40000000);
	assert_bar(0x0000000c, 0x8, 0x0000000c, 0xfffffffe, 2, 0x800000000, 0x200000000);
	assert_bar(0, 0, 0, 0, 1, 0, 0);           /* not implemented */
	assert_bar(0, 0, 0xffff0000, 0, 1, 0, 0);  /* not assigned by firmware */
}

static void test_messages(void **unused)
{
	struct qv_msi_target t;
	uint64_t address;
	uint32_t data;

	(void)unused;
	assert_int_equal(qv_msi_decode(0, 0, &t), QV_MSI_NOTHING);
	for (uint32_t d = 0; d < 0x20000; d++) {
		enum qv_msi_kind k = qv_msi_decode(0xfee03000, d, &t);

		if (d & 0x1bf00)
			assert_int_equal(k, QV_MSI_FORBIDDEN);
		else
			assert_int_equal(k, (d & 0xff) < 16 ? QV_MSI_NOTHING : QV_MSI_FIXED);
	}
	assert_int_equal(t.apic_id, 3);
	assert_int_equal(qv_msi_decode(0xfee03004, 0x30, &t), QV_MSI_FORBIDDEN); /* logical */
	assert_int_equal(qv_msi_decode(0xfee00010, 0x30, &t), QV_MSI_FORBIDDEN); /* remappable */
	assert_int_equal(qv_msi_decode(0xfeeff000, 0x30, &t), QV_MSI_FORBIDDEN); /* broadcast */
	assert_int_equal(qv_msi_decode(0xfed00000, 0x30, &t), QV_MSI_FORBIDDEN);
	assert_int_equal(qv_msi_decode(0x1fee00000, 0x30, &t), QV_MSI_FORBIDDEN);
	assert_true(qv_msi_encode(&(struct qv_msi_target){254, 0x41}, &address, &data));
	assert_int_equal(qv_msi_decode(address, data, &t), QV_MSI_FIXED);
	assert_int_equal(t.apic_id, 254);
	assert_int_equal(t.vector, 0x41);
	assert_false(qv_msi_encode(&(struct qv_msi_target){255, 0x41}, &address, &data));
}

/* A capability may begin right behind the MSI capability: its registers must not be taken for MSI's. */
static void test_msi_layout(void **state)
{
	static const struct {
		uint16_t control, high, data, mask, length;
	} forms[] = {
		{0x0000, 0, 8, 0, 10}, {0x0080, 8, 12, 0, 14}, {0x0100, 0, 8, 12, 20}, {0x0180, 8, 12, 16, 24},
		{0x007f, 0, 8, 0, 10}, {0xfe00, 0, 8, 0, 10}, {0xffff, 8, 12, 16, 24},
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct qv_msi_layout l = qv_msi_layout(0x50, forms[i].control);

		assert_int_equal(l.control, 0x52);
		assert_int_equal(l.low, 0x54);
		assert_int_equal(l.high, forms[i].high ? 0x50 + forms[i].high : 0);
		assert_int_equal(l.data, 0x50 + forms[i].data);
		assert_int_equal(l.mask, forms[i].mask ? 0x50 + forms[i].mask : 0);
		assert_int_equal(l.end, 0x50 + forms[i].length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_msi_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
