/* SPDX-License-Identifier: MIT */
/* Good bitmaps and IOMMU tables pass; every single wrong bit of them is found. */
#include <lib/bitmap.h>
#include <lib/isolate.h>
#include <lib/policy.h>

#include <abi/blackbox.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- ports ---- */

static const struct qv_port_range port[] = { { 0, 0x3f8, 0x3ff }, { 1, 0x2f8, 0x2ff }, { 0, 0xc000, 0xc03f } };
#define PORT_RANGES (sizeof(port) / sizeof(port[0]))

static void build_ports(uint8_t map[QV_SVM_IOPM_BYTES], uint32_t sandbox)
{
	struct qv_allowed_ports allowed[PORT_RANGES];
	size_t n = 0;

	for (size_t i = 0; i < PORT_RANGES; i++) {
		if (port[i].sandbox == sandbox)
			allowed[n++] = (struct qv_allowed_ports){ port[i].first, port[i].last };
	}
	assert_true(qv_policy_ports(map, QV_SVM_IOPM_BYTES, allowed, n));
}

static bool ports_good(const uint8_t *map, size_t bytes, uint32_t sandbox)
{
	struct qv_isolation_error e;

	return qv_isolation_ports(map, bytes, sandbox, port, PORT_RANGES, &e);
}

static void every_wrong_port_bit_is_found(void **state)
{
	uint8_t map[QV_SVM_IOPM_BYTES];

	(void)state;
	build_ports(map, 0);
	assert_true(ports_good(map, sizeof(map), 0));
	assert_true(ports_good(map, QV_VMX_IOBM_BYTES, 0));
	for (uint32_t bit = 0; bit < 8 * sizeof(map); bit++) {
		map[bit / 8] = (uint8_t)(map[bit / 8] ^ 1u << bit % 8);
		assert_false(ports_good(map, sizeof(map), 0));
		map[bit / 8] = (uint8_t)(map[bit / 8] ^ 1u << bit % 8);
	}
}

static void ports_of_another_are_found(void **state)
{
	uint8_t map[QV_SVM_IOPM_BYTES];

	(void)state;
	build_ports(map, 0);
	assert_false(ports_good(map, sizeof(map), 1));
}

/* The list itself may be wrong: a port that acts on the machine is refused even when the sandbox "owns" it. */
static void kept_port_is_found(void **state)
{
	static const struct qv_port_range bad[] = { { 0, 0xcf9, 0xcf9 } };
	uint8_t map[QV_SVM_IOPM_BYTES];
	struct qv_isolation_error e;

	(void)state;
	qv_bitmap_deny_all(map, sizeof(map));
	qv_io_allow(map, sizeof(map), 0xcf9, 0xcf9);
	assert_false(qv_isolation_ports(map, sizeof(map), 0, bad, 1, &e));
	assert_int_equal(e.address, 0xcf9);
}

/* ---- MSRs ---- */

static void flip_msrs(uint32_t vendor, size_t bytes)
{
	uint8_t map[QV_SVM_MSRPM_BYTES];
	struct qv_isolation_error e;

	qv_policy_msrs(map, vendor);
	assert_true(qv_isolation_msrs(map, vendor, 0, &e));
	for (uint32_t bit = 0; bit < 8 * bytes; bit++) {
		map[bit / 8] = (uint8_t)(map[bit / 8] ^ 1u << bit % 8);
		assert_false(qv_isolation_msrs(map, vendor, 0, &e));
		map[bit / 8] = (uint8_t)(map[bit / 8] ^ 1u << bit % 8);
	}
}

static void every_wrong_msr_bit_is_found(void **state)
{
	(void)state;
	flip_msrs(QV_VENDOR_SVM, QV_SVM_MSRPM_BYTES);
	flip_msrs(QV_VENDOR_VMX, QV_VMX_MSRBM_BYTES);
}

static void msr_error_names_the_register(void **state)
{
	uint8_t map[QV_SVM_MSRPM_BYTES];
	struct qv_isolation_error e;

	(void)state;
	qv_policy_msrs(map, QV_VENDOR_SVM);
	assert_true(qv_svm_msr_allow(map, 0xc0010015, false, true));
	assert_false(qv_isolation_msrs(map, QV_VENDOR_SVM, 3, &e));
	assert_int_equal(e.address, 0xc0010015);
	assert_int_equal(e.sandbox, 3);
	qv_policy_msrs(map, QV_VENDOR_VMX);
	assert_true(qv_vmx_msr_allow(map, 0x830, false, true));
	assert_false(qv_isolation_msrs(map, QV_VENDOR_VMX, 3, &e));
	assert_int_equal(e.address, 0x830);
}

/* ---- IOMMU ---- */

#define PAGES 32u
#define FIXED 4u /* root, remapping table, two more */

struct fixture {
	uint8_t *region;
	struct qv_pt domain[2];
	uint32_t next; /* free page */
	struct qv_isolation_iommu u;
};

static uint8_t region[PAGES * QV_PAGE_SIZE] __attribute__((aligned(4096)));
static const struct qv_isolation_device device[] = { { 0x0010, 0 }, { 0x0018, 1 }, { 0x0200, 1 } };

static uint64_t page_of(const struct fixture *f, uint32_t n)
{
	return (uint64_t)f->region + n * QV_PAGE_SIZE;
}

static struct qv_vtd_entry *table(const struct fixture *f, uint32_t n)
{
	return (struct qv_vtd_entry *)page_of(f, n);
}

static void build_iommu(struct fixture *f, uint32_t levels)
{
	memset(f, 0, sizeof(*f));
	f->region = region;
	memset(region, 0, sizeof(region));
	f->next = FIXED;
	for (uint32_t s = 0; s < 2; s++) {
		qv_pt_init(&f->domain[s], &qv_pt_vtd, (void *)page_of(f, f->next), page_of(f, f->next), 6);
		assert_int_equal(qv_pt_map(&f->domain[s], 0, (64 + 16 * s) << 20, 4 << 20, QV_PT_READ | QV_PT_WRITE,
			QV_LARGE_SIZE), QV_PT_OK);
		f->next += f->domain[s].used;
		f->u.domain[s] = &f->domain[s];
	}
	for (uint32_t bus = 0; bus <= 2; bus += 2)
		table(f, 0)[bus] = qv_vtd_root(page_of(f, f->next + bus / 2));
	for (uint32_t i = 0; i < 3; i++) {
		const struct qv_pt *d = &f->domain[device[i].sandbox];

		table(f, f->next + device[i].bdf / 512)[device[i].bdf & 0xff] = qv_vtd_context(
			levels == 4 ? d->base_hpa : d->base_hpa + QV_PAGE_SIZE, levels, (uint16_t)(device[i].sandbox + 1));
	}
	f->u.base = f->region;
	f->u.base_hpa = (uint64_t)f->region;
	f->u.bytes = PAGES * QV_PAGE_SIZE;
	f->u.fixed_bytes = FIXED * QV_PAGE_SIZE;
	f->u.levels = levels;
	f->u.irt = table(f, 1);
	f->u.irt_entries = 256;
	f->u.device = device;
	f->u.device_count = 3;
}

static bool good(const struct fixture *f)
{
	struct qv_isolation_error e;

	return qv_isolation_contexts(&f->u, &e);
}

static void flip_page(const struct fixture *f, uint32_t n)
{
	uint8_t *bytes = (uint8_t *)page_of(f, n);

	for (uint32_t bit = 0; bit < 8 * QV_PAGE_SIZE; bit++) {
		bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
		assert_false(good(f));
		bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
	}
}

static void every_wrong_iommu_bit_is_found(void **state)
{
	(void)state;
	for (uint32_t levels = 3; levels <= 4; levels++) {
		struct fixture f;

		build_iommu(&f, levels);
		assert_true(good(&f));
		flip_page(&f, 0);
		flip_page(&f, 1);
		flip_page(&f, f.next);
		flip_page(&f, f.next + 1);
		assert_true(good(&f));
	}
}

static void wrong_owner_is_found(void **state)
{
	struct fixture f;
	struct qv_vtd_entry *context;

	(void)state;
	build_iommu(&f, 4);
	context = table(&f, f.next);
	context[0x10] = context[0x18]; /* reaches the other sandbox, consistently */
	assert_false(good(&f));
	build_iommu(&f, 4);
	table(&f, f.next)[0x20] = table(&f, f.next)[0x18]; /* a function that nobody owns */
	assert_false(good(&f));
	build_iommu(&f, 4);
	table(&f, f.next)[0x10] = (struct qv_vtd_entry){ 0, 0 };
	assert_false(good(&f));
	build_iommu(&f, 4);
	table(&f, 0)[2] = (struct qv_vtd_entry){ 0, 0 };
	assert_false(good(&f));
}

static void misplaced_tables_are_found(void **state)
{
	struct fixture f;

	(void)state;
	build_iommu(&f, 4);
	table(&f, 0)[7] = table(&f, 0)[2]; /* bus 7 shares the table of bus 2 */
	assert_false(good(&f));
	build_iommu(&f, 4);
	table(&f, 0)[7] = qv_vtd_root(page_of(&f, 2)); /* a page that monitors write */
	assert_false(good(&f));
	build_iommu(&f, 4);
	table(&f, 0)[7] = qv_vtd_root(f.domain[1].base_hpa);
	assert_false(good(&f));
	build_iommu(&f, 4);
	table(&f, 0)[7] = qv_vtd_root(page_of(&f, PAGES)); /* behind the region */
	assert_false(good(&f));
	build_iommu(&f, 4);
	f.u.domain[1] = &f.domain[0]; /* one set of tables for two sandboxes */
	assert_false(good(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wrong_port_bit_is_found),
		cmocka_unit_test(ports_of_another_are_found),
		cmocka_unit_test(kept_port_is_found),
		cmocka_unit_test(every_wrong_msr_bit_is_found),
		cmocka_unit_test(msr_error_names_the_register),
		cmocka_unit_test(every_wrong_iommu_bit_is_found),
		cmocka_unit_test(wrong_owner_is_found),
		cmocka_unit_test(misplaced_tables_are_found),
	};

	return cmocka_run_group_tests_name("lib/isolate_maps", tests, NULL, NULL);
}
