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

/* A small tree: bus 0 has devices 2, 3 (functions 0 and 1) and root ports 1c.0 (to 1-4) and 1d.0 (to 5); behind the
 * first a switch, upstream 1:0, downstream 2:0 (to 3) and 2:1 (to 4). */
#define AT QV_PCI_BDF
static struct qv_pci_node tree[] = {
	{ .bdf = AT(0, 2, 0) }, { .bdf = AT(0, 3, 0) }, { .bdf = AT(0, 3, 1) },
	{ .bdf = AT(0, 0x1c, 0), .first_bus = 1, .last_bus = 4 }, { .bdf = AT(0, 0x1d, 0), .first_bus = 5, .last_bus = 5 },
	{ .bdf = AT(1, 0, 0), .first_bus = 2, .last_bus = 4 },
	{ .bdf = AT(2, 0, 0), .first_bus = 3, .last_bus = 3 }, { .bdf = AT(2, 1, 0), .first_bus = 4, .last_bus = 4 },
	{ .bdf = AT(3, 0, 0) }, { .bdf = AT(4, 0, 0) }, { .bdf = AT(4, 0, 1) }, { .bdf = AT(5, 0, 0) }, { .bdf = AT(5, 1, 0) },
};
#define TREE (sizeof(tree) / sizeof(tree[0]))

static bool apart(uint16_t a, uint16_t b)
{
	bool way = qv_pci_apart(tree, TREE, a, b);

	assert_int_equal(way, qv_pci_apart(tree, TREE, b, a));
	return way;
}

static void set_confined(uint16_t bdf, bool confined)
{
	for (size_t i = 0; i < TREE; i++) {
		if (tree[i].bdf == bdf)
			tree[i].confined = confined;
	}
}

static void test_peers(void **unused)
{
	(void)unused;
	assert_true(apart(AT(0, 2, 0), AT(0, 3, 0)));
	assert_true(apart(AT(0, 2, 0), AT(4, 0, 0)));
	assert_true(apart(AT(3, 0, 0), AT(5, 0, 0)));
	assert_false(apart(AT(0, 3, 0), AT(0, 3, 1)));   /* one package */
	assert_false(apart(AT(3, 0, 0), AT(4, 0, 0)));   /* one switch */
	assert_false(apart(AT(4, 0, 0), AT(4, 0, 1)));
	assert_false(apart(AT(5, 0, 0), AT(5, 1, 0)));   /* one conventional bus */
	assert_false(apart(AT(0, 2, 0), AT(0, 2, 0)));
	assert_false(apart(AT(0, 2, 0), AT(9, 0, 0)));   /* not in the tree */
	set_confined(AT(2, 0, 0), true);
	assert_false(apart(AT(3, 0, 0), AT(4, 0, 0)));   /* both ports must */
	set_confined(AT(2, 1, 0), true);
	assert_true(apart(AT(3, 0, 0), AT(4, 0, 0)));
	assert_false(apart(AT(4, 0, 0), AT(4, 0, 1)));   /* below the port, nothing has changed */
	set_confined(AT(0, 3, 0), true);
	set_confined(AT(0, 3, 1), true);
	assert_true(apart(AT(0, 3, 0), AT(0, 3, 1)));
}

/* Bus 0x40 is another host bridge's, with an endpoint, a root port to 0x41, and an endpoint there. 0x44 is said to be
 * behind that port, but no bridge leads to it. */
static void test_two_root_buses(void **unused)
{
	static const struct qv_pci_node roots[] = {
		{ .bdf = AT(0, 2, 0) }, { .bdf = AT(0x40, 0, 0) },
		{ .bdf = AT(0x40, 1, 0), .first_bus = 0x41, .last_bus = 0x44 }, { .bdf = AT(0x41, 0, 0) },
		{ .bdf = AT(0x41, 0, 1) }, { .bdf = AT(0x44, 0, 0) },
	};
	const uint32_t count = sizeof(roots) / sizeof(roots[0]);

	(void)unused;
	assert_true(qv_pci_apart(roots, count, AT(0, 2, 0), AT(0x40, 0, 0)));
	assert_true(qv_pci_apart(roots, count, AT(0x41, 0, 0), AT(0, 2, 0)));
	assert_true(qv_pci_apart(roots, count, AT(0x40, 0, 0), AT(0x41, 0, 0)));
	assert_false(qv_pci_apart(roots, count, AT(0x41, 0, 0), AT(0x41, 0, 1)));
	assert_false(qv_pci_apart(roots, count, AT(0, 2, 0), AT(0x40, 3, 0)));  /* not in the tree */
	assert_false(qv_pci_apart(roots, count, AT(0, 2, 0), AT(0x44, 0, 0)));
	assert_false(qv_pci_apart(roots, count, AT(0x40, 0, 0), AT(0x44, 0, 0)));
}

static void test_tree_with_a_loop(void **unused)
{
	static const struct qv_pci_node loop[] = {
		{ .bdf = AT(0, 1, 0), .first_bus = 1, .last_bus = 9 }, { .bdf = AT(1, 0, 0), .first_bus = 1, .last_bus = 9 },
	};

	(void)unused;
	assert_false(qv_pci_apart(loop, 2, AT(5, 0, 0), AT(6, 0, 0)));
}

/* Bridges: 00:1c.0 to bus 1, 01:00.0 to bus 2, 40:01.0 to bus 0x41; 00:02.0 is no bridge; nothing else is there. */
static uint32_t read_bridges(void *context, uint16_t bdf, uint32_t offset)
{
	bool first = bdf == AT(0, 0x1c, 0), second = bdf == AT(1, 0, 0), far = bdf == AT(0x40, 1, 0);

	(void)context;
	if (!first && !second && !far && bdf != AT(0, 2, 0))
		return UINT32_MAX;
	if (offset == QV_PCI_HEADER)
		return bdf == AT(0, 2, 0) ? 0 : 1u << 16;
	if (far && offset == QV_PCI_BUS_NUMBERS)
		return 0x414140;
	return offset == QV_PCI_BUS_NUMBERS ? (first ? 0x020100 : 0x020201) : 0x12345678;
}

static void test_paths(void **unused)
{
	static const struct qv_pci_config bridges = {read_bridges, NULL};
	const uint8_t path[] = {0x1c << 3, 0, 5 << 3 | 1}, absent[] = {0x1d << 3, 0}, no_bridge[] = {2 << 3, 0};
	const uint8_t far[] = {1 << 3, 3 << 3};
	uint16_t bdf;

	(void)unused;
	assert_int_equal(qv_pci_follow(&bridges, 0, path, 1, &bdf), QV_PCI_PATH_FOUND);
	assert_int_equal(bdf, AT(0, 0x1c, 0));
	assert_int_equal(qv_pci_follow(&bridges, 0, path, 3, &bdf), QV_PCI_PATH_FOUND);
	assert_int_equal(bdf, AT(2, 5, 1));
	assert_int_equal(qv_pci_follow(&bridges, 0x40, far, 2, &bdf), QV_PCI_PATH_FOUND);
	assert_int_equal(bdf, AT(0x41, 3, 0));
	assert_int_equal(qv_pci_follow(&bridges, 0, absent, 2, &bdf), QV_PCI_PATH_ABSENT);
	assert_int_equal(qv_pci_follow(&bridges, 0, no_bridge, 2, &bdf), QV_PCI_PATH_BROKEN);
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

static bool table(uint32_t head, uint32_t where)
{
	struct qv_pci_function f = {.msix_count = 99, .msix_table = 99};
	bool good;

	f.bar[0] = (struct qv_bar){.base = 0xfeb00000, .size = 0x1000};
	f.bar[1] = (struct qv_bar){.base = 0xc000, .size = 0x100, .flags = QV_PCI_BAR_IO};
	f.bar[5] = (struct qv_bar){.base = 0xfec00000, .size = 0x40};
	good = qv_pci_msix_table(&f, head, where);
	assert_int_equal(f.msix_count, good ? (head >> 16 & 0x7ff) + 1 : 0);
	assert_int_equal(f.msix_table, good ? ((where & 7) ? 0xfec00000 : 0xfeb00000) + (where & ~7u) : 0);
	return good;
}

static void test_msix_tables(void **unused)
{
	(void)unused;
	assert_true(table(0x00ff0011, 0));              /* 256 entries fill the page */
	assert_true(table(0xc0030011, 5));              /* 4 entries; firmware left it enabled and masked */
	assert_true(table(0x00000011, 0xff0));
	assert_false(table(0x00010011, 0xff0));         /* the second entry is outside */
	assert_false(table(0x01000011, 0));
	assert_false(table(0x00000011, 0x1000));
	assert_false(table(0x00000011, 0xfffffff8));
	assert_false(table(0x00000011, 1));             /* ports */
	assert_false(table(0x00000011, 2));             /* not assigned */
	assert_false(table(0x00000011, 6));             /* no such register */
	assert_false(table(0x00000011, 7));
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
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_two_root_buses),
		cmocka_unit_test(test_tree_with_a_loop),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_msix_tables),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_msi_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
