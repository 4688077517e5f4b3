/* SPDX-License-Identifier: MIT */
/* A monitor's address space as boot code builds it passes; what is mapped beside it, and any wrong bit, is found. */
#include <lib/isolate.h>

#include <abi/blackbox.h>
#include <abi/handover.h>
#include <abi/machine.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB  (1ull << 20)
#define PAGE QV_PAGE_SIZE
#define VA(address) ((address) & 0xffffffffffffull)
#define R    QV_PT_READ
#define RW   (QV_PT_READ | QV_PT_WRITE)
#define RX   (QV_PT_READ | QV_PT_EXEC)
#define UC   QV_PT_UNCACHED

/* Host-physical places. The core regions are real memory, since the tables lie in them. */
#define BOX     (32 * MIB)
#define MACHINE (40 * MIB)
#define IOMMU   (41 * MIB)
#define ARCHIVE (42 * MIB)
#define START   (44 * MIB)
#define GUEST   (64 * MIB) /* 8 MiB each */
#define HANDOFF (MIB + 5 * PAGE)
#define MMIO    0xfe000000ull
#define UNIT    0xfed90000ull
#define IMAGE_PAGES  6u /* text 3, rodata 1, data 2 */
#define PRIVATE_PAGES 4u
#define POOL_PAGES   64u
#define CORE_PAGES   (IMAGE_PAGES + PRIVATE_PAGES + POOL_PAGES)

static const struct qv_system sys = { .core_count = 2, .sandbox_count = 2 };
static const struct qv_memory memory[] = {
	{ .sandbox = 0, .kind = QV_MEMORY_PRIVATE, .gpa = 0, .hpa = GUEST, .size = 4 * MIB },
	{ .sandbox = 0, .kind = QV_MEMORY_PRIVATE, .gpa = 16 * MIB, .hpa = GUEST + 4 * MIB, .size = 4 * MIB },
	{ .sandbox = 1, .kind = QV_MEMORY_PRIVATE, .gpa = 0, .hpa = GUEST + 8 * MIB, .size = 8 * MIB },
	{ .sandbox = 0, .kind = QV_MEMORY_CONSOLE, .gpa = QV_WINDOW + BOX + 2 * MIB, .hpa = BOX + 2 * MIB, .size = 2 * MIB },
	{ .sandbox = 0, .kind = QV_MEMORY_MMIO, .gpa = MMIO, .hpa = MMIO, .size = PAGE },
};
static const struct qv_load load[] = {
	{ .target = QV_LOAD_SANDBOX, .index = 0, .file = 0, .file_size = 5000 },
	{ .target = QV_LOAD_SANDBOX, .index = 1, .file = 1, .file_size = 5000 },
	{ .target = QV_LOAD_MONITOR_SVM, .flags = QV_MEM_READ | QV_MEM_EXEC, .address = QV_MON_IMAGE, .mem_size = 3 * PAGE },
	{ .target = QV_LOAD_MONITOR_SVM, .flags = QV_MEM_READ, .address = QV_MON_IMAGE + 3 * PAGE, .mem_size = 100 },
	{ .target = QV_LOAD_MONITOR_SVM, .flags = QV_MEM_READ | QV_MEM_WRITE, .address = QV_MON_IMAGE + 4 * PAGE,
		.mem_size = PAGE + 1 },
	{ .target = QV_LOAD_MONITOR_VMX, .flags = QV_MEM_READ | QV_MEM_EXEC, .address = QV_MON_IMAGE, .mem_size = 9 * PAGE },
};
static const struct qv_file file[] = { { .offset = PAGE, .size = 5000 }, { .offset = 3 * PAGE, .size = 5000 } };
static const struct qv_isolation_reach device[] = {
	{ UNIT, PAGE, RW | UC }, { IOMMU + PAGE, 3 * PAGE, RW }, { MMIO + PAGE, PAGE, RW | UC },
};

static uint64_t core_base;
static struct qv_region region[9];
static struct qv_blob blob;

static int set_up(void **state)
{
	struct qv_region r[] = {
		{ QV_REGION_BLACKBOX, 0, BOX, 6 * MIB }, { QV_REGION_MACHINE, 0, MACHINE, 3 * PAGE },
		{ QV_REGION_IOMMU, 0, IOMMU, 256 << 10 }, { QV_REGION_ARCHIVE, 0, ARCHIVE, 64 << 10 },
		{ QV_REGION_START, 0, START, 8 * PAGE }, { QV_REGION_START, 1, START + 8 * PAGE, 8 * PAGE },
		{ QV_REGION_CORE, 0, 0, CORE_PAGES * PAGE }, { QV_REGION_CORE, 1, 0, CORE_PAGES * PAGE },
		{ QV_REGION_TABLES, 0, START + 16 * PAGE, 8 * PAGE },
	};

	(void)state;
	core_base = (uint64_t)aligned_alloc(PAGE, 2 * CORE_PAGES * PAGE);
	memcpy(region, r, sizeof(r));
	region[6].hpa = core_base;
	region[7].hpa = core_base + CORE_PAGES * PAGE;
	blob = (struct qv_blob){ .system = &sys, .memory = memory, .memory_count = 5, .region = region, .region_count = 9,
		.load = load, .load_count = 6, .file = file, .file_count = 2, .sandbox_count = 2 };
	return core_base ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free((void *)core_base);
	return 0;
}

static void map(struct qv_pt *pt, uint64_t va, uint64_t hpa, uint64_t size, uint32_t rights)
{
	assert_int_equal(qv_pt_map(pt, VA(va), hpa, size, rights, QV_LARGE_SIZE), QV_PT_OK);
}

static void map_host(struct qv_pt *pt, uint64_t hpa, uint64_t size, uint32_t rights)
{
	map(pt, QV_MON_HOST + hpa, hpa, size, rights);
}

/* Core 0, sandbox 0, AMD-V: what boot/corespace.c maps. */
static struct qv_pt build(void)
{
	uint64_t data = core_base + IMAGE_PAGES * PAGE, pool = data + PRIVATE_PAGES * PAGE;
	struct qv_pt pt;

	qv_pt_init(&pt, &qv_pt_x86, (void *)pool, pool, POOL_PAGES);
	map(&pt, QV_MON_IMAGE, core_base, 3 * PAGE, RX);
	map(&pt, QV_MON_IMAGE + 3 * PAGE, core_base + 3 * PAGE, PAGE, R);
	map(&pt, QV_MON_IMAGE + 4 * PAGE, core_base + 4 * PAGE, 2 * PAGE, RW);
	map(&pt, QV_MON_PRIVATE + IMAGE_PAGES * PAGE, data, PRIVATE_PAGES * PAGE, RW);
	map(&pt, QV_MON_PRIVATE + pool - core_base, pool, PAGE, RW);
	map(&pt, QV_MON_GUEST, GUEST, 4 * MIB, RW);
	map(&pt, QV_MON_GUEST + 16 * MIB, GUEST + 4 * MIB, 4 * MIB, RW);
	map_host(&pt, MACHINE, 2 * PAGE, RW); /* locks and its own outbox */
	map_host(&pt, MACHINE + 2 * PAGE, PAGE, R);
	map_host(&pt, BOX + QV_BB_CORE_OFF, PAGE, RW);
	map_host(&pt, ARCHIVE + PAGE, 2 * PAGE, R);
	map_host(&pt, START, 8 * PAGE, R);
	for (size_t i = 0; i < 3; i++)
		map_host(&pt, device[i].hpa, device[i].size, device[i].rights);
	map(&pt, HANDOFF, HANDOFF, PAGE, RX);
	return pt;
}

static const struct qv_memmap memmap = { .count = 2,
	.range = { { 0, 0x9f000, QV_MEMMAP_RAM, 0 }, { MIB, 255 * MIB, QV_MEMMAP_RAM, 0 } } };

static bool judge(const struct qv_pt *pt, const struct qv_isolation_reach *reach, uint32_t count)
{
	const struct qv_isolation_space sp = { .tables = pt, .blob = &blob, .map = &memmap, .vendor = QV_VENDOR_SVM,
		.handoff_hpa = HANDOFF,
		.irt_hpa = IOMMU + PAGE, .irt_bytes = 3 * PAGE, .device = reach, .device_count = count };
	struct qv_isolation_error e;

	return qv_isolation_monitor(&sp, &e);
}

static bool good(const struct qv_pt *pt)
{
	return judge(pt, device, 3);
}

/* Is it found when the monitor maps this as well? */
static void found(uint64_t va, uint64_t hpa, uint64_t size, uint32_t rights)
{
	struct qv_pt pt = build();

	map(&pt, va, hpa, size, rights);
	assert_false(good(&pt));
}

static void found_host(uint64_t hpa, uint32_t rights)
{
	found(QV_MON_HOST + hpa, hpa, PAGE, rights);
}

static void good_space_passes(void **state)
{
	struct qv_pt pt = build();

	(void)state;
	assert_true(good(&pt));
}

static void foreign_things_are_found(void **state)
{
	uint64_t other_core = core_base + CORE_PAGES * PAGE;

	(void)state;
	found_host(other_core, R);
	found(QV_MON_PRIVATE + CORE_PAGES * PAGE, other_core, PAGE, R);
	found_host(GUEST + 8 * MIB, R);                        /* another sandbox */
	found(QV_MON_GUEST + 4 * MIB, GUEST + 8 * MIB, PAGE, RW);
	found_host(MACHINE + 3 * PAGE, R);                     /* behind the outboxes */
	found_host(BOX, R);                                    /* header of the black box */
	found_host(BOX + QV_BB_CORE_OFF + PAGE, R);            /* another core's page */
	found_host(BOX + 2 * MIB, R);                          /* a console */
	found_host(ARCHIVE, R);                                /* the blob itself */
	found_host(ARCHIVE + 3 * PAGE, R);                     /* another sandbox's files */
	found_host(START + 8 * PAGE, R);                       /* its start pages */
	found_host(START + 16 * PAGE, R);                      /* nested tables */
	found_host(IOMMU, R);                                  /* root table */
	found_host(IOMMU + 4 * PAGE, R);                       /* domain tables */
	found_host(MMIO, RW | UC);                             /* device memory that the guest has */
	found_host(200 * MIB, R);                              /* RAM of nobody */
}

static void boot_memory_is_found(void **state)
{
	(void)state;
	found(HANDOFF + PAGE, HANDOFF + PAGE, PAGE, R);
	found_host(HANDOFF, R);
	found_host(0, R);
}

static void own_things_at_wrong_places_are_found(void **state)
{
	uint64_t pool = core_base + (IMAGE_PAGES + PRIVATE_PAGES) * PAGE;

	(void)state;
	found(QV_MON_PRIVATE, core_base, PAGE, RW);                          /* a writable second view of the text */
	found(QV_MON_IMAGE + 6 * PAGE, core_base + 6 * PAGE, PAGE, RX);      /* executable data */
	found(QV_MON_PRIVATE + 11 * PAGE, pool + PAGE, PAGE, RW);            /* a lower page table */
	found(QV_MON_GUEST + 8 * MIB, GUEST, 2 * MIB, RW);                   /* guest memory twice */
	found_host(GUEST, R);
}

/* Everything mapped once more in turn, with one right too many or too few. */
static void wrong_rights_are_found(void **state)
{
	struct qv_pt pt = build();
	struct qv_pt_leaf leaf;

	(void)state;
	for (uint64_t i = 0; i < pt.used * QV_PT_ENTRIES; i++) {
		static const uint64_t rights[] = { 1ull << 1, 1ull << 63 };
		uint64_t was = pt.base[i];

		for (size_t k = 0; was && k < 2; k++) {
			pt.base[i] = was ^ rights[k];
			assert_false(good(&pt));
		}
		pt.base[i] = was;
	}
	assert_true(qv_pt_lookup(&pt, VA(QV_MON_IMAGE), &leaf) && leaf.rights == RX);
	assert_true(good(&pt));
}

static void every_wrong_bit_is_found(void **state)
{
	struct qv_pt pt = build();

	(void)state;
	for (uint64_t i = 0; i < pt.used * QV_PT_ENTRIES; i++) {
		for (uint32_t bit = 0; bit < 64; bit += pt.base[i] ? 1 : 29) {
			pt.base[i] ^= 1ull << bit;
			assert_false(good(&pt));
			pt.base[i] ^= 1ull << bit;
		}
	}
	assert_true(good(&pt));
}

static void missing_guest_memory_is_found(void **state)
{
	struct qv_pt pt = build();

	(void)state;
	for (uint64_t i = 0; i < pt.used * QV_PT_ENTRIES; i++) {
		if ((pt.base[i] & 0xfffffff000ull) == GUEST + 6 * MIB)
			pt.base[i] = 0;
	}
	assert_false(good(&pt));
}

static void device_range_over_memory_is_found(void **state)
{
	static const struct qv_isolation_reach bad[] = {
		{ GUEST + 8 * MIB, PAGE, RW }, { IOMMU, PAGE, RW }, { IOMMU + 3 * PAGE, 2 * PAGE, RW }, { MACHINE, PAGE, RW },
		{ BOX + 2 * MIB, PAGE, R }, { MMIO, PAGE, RW | UC }, { UNIT, PAGE, RX },
		{ MIB, PAGE, RW }, { 200 * MIB, PAGE, RW }, { 0x9e000, 2 * PAGE, RW | UC }, { 256 * MIB - PAGE, 2 * PAGE, RW },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct qv_isolation_reach reach[4];
		struct qv_pt pt = build();

		memcpy(reach, device, sizeof(device));
		reach[3] = bad[i];
		assert_false(judge(&pt, reach, 4));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_space_passes),
		cmocka_unit_test(foreign_things_are_found),
		cmocka_unit_test(boot_memory_is_found),
		cmocka_unit_test(own_things_at_wrong_places_are_found),
		cmocka_unit_test(wrong_rights_are_found),
		cmocka_unit_test(every_wrong_bit_is_found),
		cmocka_unit_test(missing_guest_memory_is_found),
		cmocka_unit_test(device_range_over_memory_is_found),
	};

	return cmocka_run_group_tests_name("lib/isolate_monitor", tests, set_up, tear_down);
}
