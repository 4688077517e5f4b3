/* SPDX-License-Identifier: MIT */
/* One good blob, and for each rule of the checker a change that breaks just this rule: the refusal must name it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <abi/handover.h>
#include <lib/blob.h>
#include <lib/sha256.h>

#define MIB (1ull << 20)
#define SECTIONS 10
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Directory order of the image below. */
enum { SYSTEM, SANDBOX, MEMORY, REGION, DEVICE, PORT, LOAD, FILES, STRING, VCPU };

struct image {
	struct qv_blob_header h;
	struct qv_section dir[SECTIONS];
	struct qv_system system;
	struct qv_sandbox sandbox[2];
	struct qv_memory memory[5];
	struct qv_region region[11];
	struct qv_device device[2];
	struct qv_port_range port[2];
	struct qv_load load[6];
	struct qv_file file[2];
	char strings[16];
	struct qv_vcpu vcpu[2];
	uint8_t pad[4096];
	uint8_t payload[3][4096] __attribute__((aligned(4096)));
};

static const struct qv_region regions[] = {
	{ QV_REGION_CORE, 0, 16 * MIB, MIB / 2 }, { QV_REGION_CORE, 1, 16 * MIB + MIB / 2, MIB / 2 },
	{ QV_REGION_MACHINE, 0, 17 * MIB, 0x3000 }, { QV_REGION_BLACKBOX, 0, 18 * MIB, 6 * MIB },
	{ QV_REGION_TABLES, 0, 24 * MIB, 0x10000 }, { QV_REGION_TABLES, 1, 25 * MIB, 0x10000 },
	{ QV_REGION_IOMMU, 0, 26 * MIB, 0x40000 }, { QV_REGION_ARCHIVE, 0, 27 * MIB, MIB },
	{ QV_REGION_START, 0, 28 * MIB, 0xf000 }, { QV_REGION_START, 1, 29 * MIB, 0x90000 },
};

static void fill_sandboxes(struct image *i)
{
	i->system = (struct qv_system){ .name = "test", .core_count = 2, .sandbox_count = 2, .memory_top = 256 * MIB };
	i->sandbox[0] = (struct qv_sandbox){ .name = "a", .kernel = QV_KERNEL_QUEST, .core_count = 1, .may_restart = 2,
		.entry = 16 * MIB + 8, .start_gpa = 0x1000, .start_size = 0xf000 };
	i->sandbox[1] = (struct qv_sandbox){ .name = "b", .kernel = QV_KERNEL_LINUX, .first_core = 1, .core_count = 1,
		.after_mask = 1, .args = 1, .uart_port = 0x3f8, .entry = 16 * MIB + 0x200, .start_gpa = 0x10000,
		.start_size = 0x90000, .initrd_gpa = 30 * MIB, .initrd_size = 100 };
}

static void fill_memory(struct image *i)
{
	const struct qv_memory all = { .kind = QV_MEMORY_PRIVATE, .grain = QV_LARGE_SIZE,
		.flags = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC };

	for (int k = 0; k < 4; k++)
		i->memory[k] = all;
	i->memory[0].hpa = 32 * MIB, i->memory[0].size = 16 * MIB;
	i->memory[1].hpa = 64 * MIB, i->memory[1].size = 16 * MIB, i->memory[1].gpa = 16 * MIB;
	i->memory[2] = (struct qv_memory){ .kind = QV_MEMORY_CONSOLE, .gpa = QV_WINDOW + 20 * MIB, .hpa = 20 * MIB,
		.size = 2 * MIB, .grain = QV_LARGE_SIZE, .flags = QV_MEM_READ | QV_MEM_WRITE };
	i->memory[3].sandbox = 1, i->memory[3].hpa = 128 * MIB, i->memory[3].size = 32 * MIB;
	i->memory[4] = (struct qv_memory){ .kind = QV_MEMORY_ARENA, .gpa = QV_WINDOW + 176 * MIB, .hpa = 176 * MIB,
		.size = 4 * MIB, .grain = QV_LARGE_SIZE, .flags = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC };
	memcpy(i->region, regions, sizeof(regions));
}

static void fill_loads(struct image *i)
{
	const uint32_t rwx = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC;

	i->load[0] = (struct qv_load){ QV_LOAD_SANDBOX, 0, 0, QV_MEM_READ | QV_MEM_EXEC, 0, 4096, 16 * MIB, 8192, 0 };
	i->load[1] = (struct qv_load){ QV_LOAD_SANDBOX, 1, 0, rwx, 0, 4096, 16 * MIB, 4096, 0 };
	i->load[2] = (struct qv_load){ QV_LOAD_SANDBOX, 1, 1, QV_MEM_READ, 0, 100, 30 * MIB, 100, 0 };
	i->load[3] = (struct qv_load){ QV_LOAD_MONITOR_SVM, 0, 1, QV_MEM_READ | QV_MEM_EXEC, 0, 4096, QV_MON_IMAGE, 4096,
		QV_MON_IMAGE };
	i->load[4] = (struct qv_load){ QV_LOAD_MONITOR_SVM, 0, 1, QV_MEM_READ, 0, 64, QV_MON_IMAGE + 4096, 64, QV_MON_IMAGE };
	i->load[5] = i->load[3];
	i->load[5].target = QV_LOAD_MONITOR_VMX;
	i->file[0] = (struct qv_file){ .name = "one", .offset = offsetof(struct image, payload), .size = 4096 };
	i->file[1] = (struct qv_file){ .name = "two", .offset = offsetof(struct image, payload) + 4096, .size = 8192 };
}

static void fill_directory(struct image *i)
{
	const struct qv_section dir[SECTIONS] = {
		{ QV_SECTION_SYSTEM, 1, 1, sizeof(i->system), offsetof(struct image, system) },
		{ QV_SECTION_SANDBOX, 1, 2, sizeof(i->sandbox[0]), offsetof(struct image, sandbox) },
		{ QV_SECTION_MEMORY, 1, 5, sizeof(i->memory[0]), offsetof(struct image, memory) },
		{ QV_SECTION_REGION, 1, COUNT(regions), sizeof(i->region[0]), offsetof(struct image, region) },
		{ QV_SECTION_DEVICE, 1, 2, sizeof(i->device[0]), offsetof(struct image, device) },
		{ QV_SECTION_PORT, 1, 2, sizeof(i->port[0]), offsetof(struct image, port) },
		{ QV_SECTION_LOAD, 1, 6, sizeof(i->load[0]), offsetof(struct image, load) },
		{ QV_SECTION_FILE, 1, 2, sizeof(i->file[0]), offsetof(struct image, file) },
		{ QV_SECTION_STRING, 1, sizeof(i->strings), 1, offsetof(struct image, strings) },
		{ QV_SECTION_VCPU, 1, 2, sizeof(i->vcpu[0]), offsetof(struct image, vcpu) },
	};

	memcpy(i->dir, dir, sizeof(dir));
	i->h = (struct qv_blob_header){ .magic = QV_BLOB_MAGIC, .version = QV_BLOB_VERSION, .section_count = SECTIONS,
		.sealed_size = offsetof(struct image, pad), .total_size = sizeof(*i) };
}

static struct image *good_image(void)
{
	struct image *i = aligned_alloc(4096, sizeof(*i));

	memset(i, 0, sizeof(*i));
	fill_sandboxes(i);
	fill_memory(i);
	fill_loads(i);
	i->device[0] = (struct qv_device){ .sandbox = 0, .kind = QV_DEVICE_PCI_ID, .vendor = 0x8086, .device = 1, .label = 1 };
	i->device[1] = (struct qv_device){ .sandbox = 1, .kind = QV_DEVICE_PCI_BDF, .bdf = 0x18,
		.flags = QV_DEVICE_DMA_TRUSTED };
	i->port[0] = (struct qv_port_range){ 1, 0x3f8, 0x3ff };
	i->port[1] = (struct qv_port_range){ 0, 0x2f8, 0x2ff };
	memcpy(i->strings, "\0args", 5);
	i->vcpu[0] = (struct qv_vcpu){ .name = "loop", .budget_ns = 1000, .period_ns = 5000, .run = 1, .arena = 2 };
	i->vcpu[1] = (struct qv_vcpu){ .name = "net", .flags = QV_VCPU_IO, .utilisation = 10000 };
	fill_directory(i);
	return i;
}

static void digest(uint8_t to[32], const void *bytes, size_t size)
{
	struct qv_sha256 s;

	qv_sha256_init(&s);
	qv_sha256_update(&s, bytes, size);
	qv_sha256_final(&s, to);
}

static void seal(struct image *i)
{
	uint64_t sealed = i->h.sealed_size <= sizeof(*i) ? i->h.sealed_size : sizeof(*i);
	uint8_t result[32];

	for (int k = 0; k < 2; k++)
		if (i->file[k].offset + i->file[k].size <= sizeof(*i) && i->file[k].size <= sizeof(*i))
			digest(i->file[k].sha256, (uint8_t *)i + i->file[k].offset, i->file[k].size);
	memset(i->h.sha256, 0, 32);
	digest(result, i, sealed);
	memcpy(i->h.sha256, result, 32);
}

static bool check(struct image *i, struct qv_blob *blob, struct qv_blob_error *e)
{
	memset(e, 0, sizeof(*e));
	return qv_blob_check(i, sizeof(*i), blob, e);
}

static void accepts_a_good_blob(void **unused)
{
	struct image *i = good_image();
	struct qv_blob_error e;
	struct qv_blob b;

	(void)unused;
	seal(i);
	if (!check(i, &b, &e))
		fail_msg("section %u entry %u: %s", e.section, e.entry, e.what);
	assert_int_equal(b.sandbox_count, 2);
	assert_string_equal(b.strings + b.sandbox[1].args, "args");
	assert_true(qv_blob_file_intact(&b, 0) && qv_blob_file_intact(&b, 1));
	assert_int_equal(qv_blob_region(&b, QV_REGION_TABLES, 1)->hpa, 25 * MIB);
	assert_null(qv_blob_region(&b, QV_REGION_TABLES, 2));
	i->payload[2][5] ^= 1;
	assert_true(qv_blob_file_intact(&b, 0));
	assert_false(qv_blob_file_intact(&b, 1));
	i->strings[1] ^= 1;
	assert_false(check(i, &b, &e));
	assert_string_equal(e.what, "the blob is damaged: its SHA-256 does not match");
	assert_false(qv_blob_check(i, sizeof(i->h) - 1, &b, &e));
	assert_string_equal(e.what, "the file is shorter than a blob header");
	free(i);
}

static void private_memory_may_have_parts(void **unused)
{
	struct image *i = good_image();
	struct qv_blob_error e;
	struct qv_blob b;

	(void)unused;
	seal(i);
	assert_true(check(i, &b, &e));
	assert_true(qv_blob_private(&b, 0, 0, 32 * MIB));
	assert_true(qv_blob_private(&b, 0, 15 * MIB, 2 * MIB));
	assert_false(qv_blob_private(&b, 0, 15 * MIB, 17 * MIB + 1));
	assert_false(qv_blob_private(&b, 0, QV_WINDOW + 20 * MIB, 4096));
	assert_false(qv_blob_private(&b, 0, ~0ull, 2));
	free(i);
}

static void refuses_every_flipped_bit_of_the_sealed_part(void **unused)
{
	struct image *i = good_image();
	struct qv_blob_error e;
	struct qv_blob b;

	(void)unused;
	seal(i);
	for (size_t byte = 0; byte < i->h.sealed_size; byte++) {
		((uint8_t *)i)[byte] ^= (uint8_t)(1u << byte % 8);
		assert_false(check(i, &b, &e));
		assert_non_null(e.what);
		assert_non_null(e.remedy);
		((uint8_t *)i)[byte] ^= (uint8_t)(1u << byte % 8);
	}
	free(i);
}

static void refuses_a_blob_cut_off_anywhere(void **unused)
{
	struct image *i = good_image();
	struct qv_blob_error e;
	struct qv_blob b;

	(void)unused;
	seal(i);
	for (uint64_t size = 0; size < sizeof(*i); size += 61) {
		uint8_t *part = aligned_alloc(8, (size + 8) & ~7ull); /* so that a read past the end is seen */

		memcpy(part, i, size);
		assert_false(qv_blob_check(part, size, &b, &e));
		free(part);
	}
	free(i);
}

struct change {
	uint16_t offset, width;
	uint64_t value;
	uint32_t section;
	const char *what;
};
#define SET(field, value, section, what) \
	{ offsetof(struct image, field), sizeof(((struct image *)0)->field), (uint64_t)(value), QV_SECTION_##section, what }
#define QV_SECTION_HEADER 0

static const struct change structure[] = {
	SET(h.magic, 1, HEADER, "the file is not a system blob"),
	SET(h.version, QV_BLOB_VERSION + 1, HEADER, "the blob has another format version"),
	SET(h.section_count, 0, HEADER, "the blob's number of sections is impossible"),
	SET(h.section_count, 17, HEADER, "the blob's number of sections is impossible"),
	SET(h.sealed_size, 64, HEADER, "the blob's sizes contradict each other"),
	SET(h.sealed_size, ~0ull, HEADER, "the blob's sizes contradict each other"),
	SET(h.total_size, 1 << 30, HEADER, "the blob is cut off"),
	SET(dir[DEVICE].type, QV_SECTION_TYPE_END, HEADER, "the blob has a section of unknown type"),
	SET(dir[DEVICE].type, 0, HEADER, "the blob has a section of unknown type"),
	SET(dir[DEVICE].type, QV_SECTION_PORT, PORT, "the section's entries have a wrong size"),
	SET(dir[DEVICE].type, QV_SECTION_REGION, REGION, "the section is there twice"),
	SET(dir[DEVICE].type, QV_SECTION_SIGNATURE, SIGNATURE, "the section's entries have a wrong size"),
	SET(dir[DEVICE].version, 2, DEVICE, "the section has another format version"),
	SET(dir[DEVICE].count, 65, DEVICE, "the section has too few or too many entries"),
	SET(dir[SANDBOX].count, 0, SANDBOX, "the section has too few or too many entries"),
	SET(dir[SYSTEM].count, 2, SYSTEM, "the section has too few or too many entries"),
	SET(dir[MEMORY].offset, 8, MEMORY, "the section lies at an impossible place"),
	SET(dir[STRING].offset, offsetof(struct image, strings) + 1, STRING, "the section lies at an impossible place"),
	SET(dir[STRING].offset, 1 << 20, STRING, "the section lies at an impossible place"),
	SET(dir[STRING].count, QV_BLOB_MAX_STRINGS, STRING, "the section reaches past the sealed part"),
	SET(h.section_count, 8, STRING, "the section is missing"),
	SET(dir[VCPU].entry_size, 64, VCPU, "the section's entries have a wrong size"),
	SET(dir[VCPU].count, 129, VCPU, "the section has too few or too many entries"),
};

static const struct change systems[] = {
	SET(system.name[0], 0, SYSTEM, "the system's name is not printable"),
	SET(system.name[1], 7, SYSTEM, "the system's name is not printable"),
	SET(system.name[31], 'x', SYSTEM, "the system's name is not printable"),
	SET(system.flags, 2, SYSTEM, "the system has unknown flags"),
	SET(system.reserved, 1, SYSTEM, "the system has unknown flags"),
	SET(system.core_count, 0, SYSTEM, "the system's number of cores is impossible"),
	SET(system.core_count, 17, SYSTEM, "the system's number of cores is impossible"),
	SET(system.sandbox_count, 1, SYSTEM, "the system's number of sandboxes differs from the sandbox section"),
	SET(system.memory_top, 1ull << 60, SYSTEM, "the system's memory limit is impossible"),
	SET(system.flags, QV_SYSTEM_BARE, SYSTEM, "a bare system must have one Quest sandbox and nothing else"),
	SET(strings[15], 'x', STRING, "the strings do not begin and end with NUL"),
	SET(strings[0], 'x', STRING, "the strings do not begin and end with NUL"),
	SET(sandbox[0].name[0], 0, SANDBOX, "the sandbox's name is not printable"),
	SET(sandbox[0].name[0], 'b', SANDBOX, "two sandboxes have the same name"),
	SET(sandbox[0].kernel, 3, SANDBOX, "the sandbox's kernel kind is unknown"),
	SET(sandbox[0].on_fault, 2, SANDBOX, "the sandbox's reaction to faults is unknown"),
	SET(sandbox[0].after_mask, 1, SANDBOX, "the sandbox refers to a sandbox that does not exist"),
	SET(sandbox[0].after_mask, 4, SANDBOX, "the sandbox refers to a sandbox that does not exist"),
	SET(sandbox[0].may_restart, 4, SANDBOX, "the sandbox refers to a sandbox that does not exist"),
	SET(sandbox[0].after_mask, 2, SANDBOX, "sandboxes wait for each other in a circle"),
	SET(sandbox[0].args, 16, SANDBOX, "the sandbox's arguments lie outside the strings"),
	SET(sandbox[0].uart_port, 0x10000, SANDBOX, "the sandbox's UART port is impossible"),
	SET(sandbox[0].uart_port, 0x3f8, SANDBOX, "the sandbox does not own the ports of its UART"),
	SET(sandbox[0].start_gpa, 0x1001, SANDBOX, "the sandbox's start pages have an impossible place or size"),
	SET(sandbox[0].program_memory, 1, SANDBOX, "the limit on memory of the sandbox's programs is impossible"),
	SET(sandbox[1].program_memory, 4096, SANDBOX, "the limit on memory of the sandbox's programs is impossible"),
	SET(sandbox[0].start_size, 0, SANDBOX, "the sandbox's start pages have an impossible place or size"),
	SET(sandbox[0].start_gpa, 1ull << 63, SANDBOX, "the sandbox's start pages have an impossible place or size"),
	SET(sandbox[0].start_gpa, 64 * MIB, SANDBOX, "the start pages lie outside the sandbox's memory"),
	SET(sandbox[1].initrd_gpa, 1, SANDBOX, "the sandbox's initrd has an impossible place or size"),
	SET(sandbox[1].initrd_size, 101, SANDBOX, "the sandbox's initrd is not loaded"),
	SET(sandbox[1].initrd_size, 0, SANDBOX, "the sandbox's initrd is not loaded"),
	SET(sandbox[0].core_count, 0, SANDBOX, "the sandbox's cores do not exist"),
	SET(sandbox[0].core_count, ~0u, SANDBOX, "the sandbox's cores do not exist"),
	SET(sandbox[0].first_core, 2, SANDBOX, "the sandbox's cores do not exist"),
	SET(sandbox[0].core_count, 2, SANDBOX, "a core belongs to two sandboxes"),
	SET(system.core_count, 3, SANDBOX, "a core belongs to no sandbox"),
	SET(sandbox[0].entry, 0, SANDBOX, "the sandbox's entry point is not in executable code"),
	SET(sandbox[1].entry, 30 * MIB, SANDBOX, "the sandbox's entry point is not in executable code"),
};

static const struct change memories[] = {
	SET(memory[0].sandbox, 2, MEMORY, "the memory's kind or owner is unknown"),
	SET(memory[0].kind, 5, MEMORY, "the memory's kind or owner is unknown"),
	SET(memory[0].gpa, 1, MEMORY, "the memory is not made of whole pages"),
	SET(memory[0].size, 0, MEMORY, "the memory is not made of whole pages"),
	SET(memory[0].size, 1ull << 62, MEMORY, "the memory's address or size is impossible"),
	SET(memory[0].hpa, 1ull << 62, MEMORY, "the memory's address or size is impossible"),
	SET(memory[0].grain, 8192, MEMORY, "the memory's grain is not a page size"),
	SET(memory[0].colours, 1, MEMORY, "cache colours are not supported"),
	SET(memory[0].flags, 16, MEMORY, "the memory's rights are unknown"),
	SET(memory[0].flags, QV_MEM_WRITE, MEMORY, "the memory's rights are unknown"),
	SET(memory[3].hpa, 225 * MIB, MEMORY, "the memory lies above the system's limit or is uncached"),
	SET(memory[0].flags, QV_MEM_READ | QV_MEM_UNCACHED, MEMORY, "the memory lies above the system's limit or is uncached"),
	SET(memory[0].gpa, QV_WINDOW, MEMORY, "private memory lies in the window or below the boot area"),
	SET(memory[0].hpa, MIB, MEMORY, "private memory lies in the window or below the boot area"),
	SET(memory[2].flags, QV_MEM_READ | QV_MEM_EXEC, MEMORY, "only private memory and arenas may be executable"),
	SET(memory[4].gpa, 32 * MIB, MEMORY, "the arena is not made of whole blocks in the window"),
	SET(memory[4].hpa, 177 * MIB, MEMORY, "the arena is not made of whole blocks in the window"),
	SET(memory[4].size, 3 * MIB, MEMORY, "the arena is not made of whole blocks in the window"),
	SET(memory[4].sandbox, 1, MEMORY, "the arena is not made of whole blocks in the window"),
	SET(memory[2].hpa, 22 * MIB, MEMORY, "the console is not the sandbox's own slice of the black box"),
	SET(memory[2].gpa, 20 * MIB, MEMORY, "the console is not the sandbox's own slice of the black box"),
	SET(memory[2].sandbox, 1, MEMORY, "the console is not the sandbox's own slice of the black box"),
	SET(memory[1].hpa, 47 * MIB, MEMORY, "two memories share host memory"),
	SET(memory[3].hpa, 63 * MIB, MEMORY, "two memories share host memory"),
	SET(memory[1].gpa, 15 * MIB, MEMORY, "two memories of one sandbox share guest addresses"),
	SET(memory[0].hpa, 24 * MIB, MEMORY, "a sandbox's memory reaches into the trusted base"),
	SET(region[0].kind, 8, REGION, "the region's kind or index is unknown"),
	SET(region[1].index, 2, REGION, "the region's kind or index is unknown"),
	SET(region[0].hpa, 16 * MIB + 1, REGION, "the region is not made of whole pages"),
	SET(region[0].size, 0, REGION, "the region is not made of whole pages"),
	SET(region[0].size, 1ull << 63, REGION, "the region is not made of whole pages"),
	SET(region[0].hpa, MIB, REGION, "the region lies in the boot area or above the system's limit"),
	SET(region[0].hpa, 256 * MIB, REGION, "the region lies in the boot area or above the system's limit"),
	SET(region[3].hpa, 19 * MIB, REGION, "the black box is not aligned to 2 MiB"),
	SET(region[3].size, 4 * MIB, REGION, "the region is too small"),
	SET(region[2].size, 0x2000, REGION, "the region is too small"),
	SET(region[7].size, 0x1000, REGION, "the region is too small"),
	SET(region[8].size, 0x1000, REGION, "the region is too small"),
	SET(region[1].index, 0, REGION, "the region is there twice"),
	SET(region[1].hpa, 16 * MIB, REGION, "two regions share host memory"),
	SET(dir[REGION].count, 9, REGION, "a region is missing"),
	SET(region[0].size, 0x41000, REGION, "a core's region is too small for the monitor"),
};

static const struct change owners[] = {
	SET(device[0].sandbox, 2, DEVICE, "the device's kind or owner is unknown"),
	SET(device[0].kind, 4, DEVICE, "the device's kind or owner is unknown"),
	SET(device[0].flags, 4, DEVICE, "the device's flags or label are unknown"),
	SET(device[0].label, 16, DEVICE, "the device's flags or label are unknown"),
	SET(device[0].vendor, 0xffff, DEVICE, "the device's identity does not fit its kind"),
	SET(device[0].kind, QV_DEVICE_REST, DEVICE, "the device's identity does not fit its kind"),
	SET(device[0].bdf, 8, DEVICE, "the device's identity does not fit its kind"),
	SET(port[0].sandbox, 2, PORT, "the port range is empty or has no owner"),
	SET(port[0].last, 1, PORT, "the port range is empty or has no owner"),
	SET(port[1].last, 0x3f8, PORT, "a port is given twice"),
	SET(port[0].sandbox, 0, SANDBOX, "the sandbox does not own the ports of its UART"),
	SET(port[0].last, 0x3fe, SANDBOX, "the sandbox does not own the ports of its UART"),
	SET(vcpu[0].sandbox, 2, VCPU, "the VCPU's sandbox or core does not exist"),
	SET(vcpu[0].sandbox, 1, VCPU, "the VCPU's sandbox or core does not exist"),
	SET(vcpu[1].core, 1, VCPU, "the VCPU's sandbox or core does not exist"),
	SET(vcpu[0].flags, 2, VCPU, "the VCPU's flags, name or program are impossible"),
	SET(vcpu[1].flags, QV_VCPU_IO | 4, VCPU, "the VCPU's flags, name or program are impossible"),
	SET(vcpu[0].flags, QV_VCPU_UART, VCPU, "the VCPU's flags, name or program are impossible"),
	SET(vcpu[1].arena, 1, VCPU, "only a main VCPU with a program may migrate"),
	SET(vcpu[0].run, 0, VCPU, "only a main VCPU with a program may migrate"),
	SET(vcpu[0].arena, 0, SANDBOX, "the arena has another size than the VCPUs that may migrate need"),
	SET(vcpu[0].arena, 1u << 31, SANDBOX, "the arena has another size than the VCPUs that may migrate need"),
	SET(vcpu[0].name[0], 0, VCPU, "the VCPU's flags, name or program are impossible"),
	SET(vcpu[0].run, 16, VCPU, "the VCPU's flags, name or program are impossible"),
	SET(vcpu[0].budget_ns, 0, VCPU, "the VCPU's budget, period or utilization are out of range"),
	SET(vcpu[0].budget_ns, 5001, VCPU, "the VCPU's budget, period or utilization are out of range"),
	SET(vcpu[0].period_ns, QV_VCPU_PERIOD_MAX_NS + 1, VCPU, "the VCPU's budget, period or utilization are out of range"),
	SET(vcpu[1].utilisation, 100000, VCPU, "the VCPU's budget, period or utilization are out of range"),
	SET(vcpu[1].utilisation, 0, VCPU, "the VCPU's budget, period or utilization are out of range"),
	SET(file[0].name[0], 0, FILE, "the payload file's name is not printable"),
	SET(file[0].offset, 0, FILE, "the payload file lies at an impossible place"),
	SET(file[0].size, 0, FILE, "the payload file lies at an impossible place"),
	SET(file[0].size, 8192, FILE, "the payload file lies at an impossible place"),
	SET(file[1].offset, 1ull << 62, FILE, "the payload file lies at an impossible place"),
	SET(file[1].size, 8193, FILE, "the payload file reaches past the end of the blob"),
};

static const struct change loads[] = {
	SET(load[0].target, 4, LOAD, "the load's target is unknown"),
	SET(load[0].index, 2, LOAD, "the load's target is unknown"),
	SET(load[3].index, 1, LOAD, "the load's target is unknown"),
	SET(load[0].file, 2, LOAD, "the load's file is not in the blob"),
	SET(load[0].file_offset, 1, LOAD, "the load reaches past the end of its file"),
	SET(load[0].file_offset, ~0ull, LOAD, "the load reaches past the end of its file"),
	SET(load[0].mem_size, 4095, LOAD, "the load's size is impossible"),
	SET(load[0].address, ~0ull, LOAD, "the load's size is impossible"),
	SET(load[0].flags, 0, LOAD, "the load's rights are unknown"),
	SET(load[0].flags, 8, LOAD, "the load's rights are unknown"),
	SET(load[0].entry, 1, LOAD, "the load has an entry point of its own"),
	SET(load[0].address, 32 * MIB - 4096, LOAD, "the load reaches outside the sandbox's memory"),
	SET(load[0].address, QV_WINDOW + 20 * MIB, LOAD, "the load reaches outside the sandbox's memory"),
	SET(load[0].address, 0x8000, LOAD, "the load overwrites the start pages"),
	SET(load[2].address, 16 * MIB, LOAD, "two loads of one sandbox overlap"),
	SET(load[1].index, 0, LOAD, "two loads of one sandbox overlap"),
	SET(load[3].address, QV_MON_IMAGE + 1, LOAD, "a monitor segment lies at an impossible address"),
	SET(load[3].address, 0x1000, LOAD, "a monitor segment lies at an impossible address"),
	SET(load[4].address, QV_MON_IMAGE + (1ull << 30), LOAD, "a monitor segment lies at an impossible address"),
	SET(load[4].address, QV_MON_IMAGE, LOAD, "monitor segments overlap or are not in order"),
	SET(load[4].entry, QV_MON_IMAGE + 1, LOAD, "a monitor has two entry points"),
	SET(load[3].flags, QV_MEM_READ, LOAD, "a monitor's entry point is not in executable code"),
	SET(dir[LOAD].count, 5, LOAD, "a vendor's monitor is missing"),
	SET(load[4].mem_size, 1 << 20, REGION, "a core's region is too small for the monitor"),
};

static void refused(const struct change *c, size_t n)
{
	for (; n > 0; n--, c++) {
		struct image *i = good_image();
		struct qv_blob_error e;
		struct qv_blob b;

		memcpy((uint8_t *)i + c->offset, &c->value, c->width);
		seal(i);
		if (check(i, &b, &e))
			fail_msg("accepted, instead of: %s", c->what);
		assert_string_equal(e.what, c->what);
		assert_int_equal(e.section, c->section);
		assert_non_null(e.remedy);
		free(i);
	}
}

static void refuses_bad_structure(void **unused)
{
	(void)unused;
	refused(structure, COUNT(structure));
}

static void refuses_bad_systems_and_sandboxes(void **unused)
{
	(void)unused;
	refused(systems, COUNT(systems));
}

static void refuses_bad_memory(void **unused)
{
	(void)unused;
	refused(memories, COUNT(memories));
}

static void refuses_bad_owners(void **unused)
{
	(void)unused;
	refused(owners, COUNT(owners));
}

static void refuses_bad_loads(void **unused)
{
	(void)unused;
	refused(loads, COUNT(loads));
}

static void expect_refusal(struct image *i, const char *what)
{
	struct qv_blob_error e;
	struct qv_blob b;

	seal(i);
	assert_false(check(i, &b, &e));
	assert_string_equal(e.what, what);
	free(i);
}

static void refuses_what_takes_two_changes(void **unused)
{
	struct image *i = good_image();

	(void)unused;
	i->device[1] = i->device[0];
	i->device[1].sandbox = 1;
	expect_refusal(i, "a device is given twice");
	i = good_image();
	i->load[0].index = 1;
	i->load[0].address = 17 * MIB;
	expect_refusal(i, "the sandbox has no load or more than 16");
	i = good_image();
	i->region[10] = (struct qv_region){ QV_REGION_IOMMU, 1, 100 * MIB, 4096 };
	i->dir[REGION].count = 11;
	expect_refusal(i, "the region's kind or index is unknown");
}

/* Move a section into the room behind the others, as the last one of the directory. Returns its entries there. */
static void *move_behind(struct image *i, uint32_t index, uint32_t count)
{
	struct qv_section moved = i->dir[index];

	memcpy(i->pad, (uint8_t *)i + moved.offset, (size_t)moved.count * moved.entry_size);
	moved.offset = offsetof(struct image, pad);
	moved.count = count;
	memmove(&i->dir[index], &i->dir[index + 1], (SECTIONS - 1 - index) * sizeof(i->dir[0]));
	i->dir[SECTIONS - 1] = moved;
	i->h.sealed_size = offsetof(struct image, payload);
	return i->pad;
}

static void refuses_too_much_for_one_sandbox(void **unused)
{
	struct image *i = good_image();
	struct qv_device *device = move_behind(i, DEVICE, QV_SANDBOX_MAX_DEVICES + 1);
	struct qv_memory *memory;

	(void)unused;
	for (uint16_t k = 0; k <= QV_SANDBOX_MAX_DEVICES; k++)
		device[k] = (struct qv_device){ .kind = QV_DEVICE_PCI_BDF, .bdf = (uint16_t)(8 + k) };
	expect_refusal(i, "a sandbox has more than 16 devices");
	i = good_image();
	memory = move_behind(i, MEMORY, 5 + QV_MAX_RANGES);
	for (uint32_t k = 5; k < 5 + QV_MAX_RANGES; k++) {
		memory[k] = memory[3];
		memory[k].size = QV_PAGE_SIZE;
		memory[k].gpa = 64 * MIB + k * QV_PAGE_SIZE;
		memory[k].hpa = 192 * MIB + k * QV_PAGE_SIZE;
	}
	expect_refusal(i, "a sandbox has more than 9 memory ranges");
}

/* Bare: one sandbox, guest = host addresses, no monitor. */
static struct image *bare_image(void)
{
	struct image *i = good_image();

	i->system.flags = QV_SYSTEM_BARE;
	i->system.core_count = i->system.sandbox_count = 1;
	i->sandbox[0].may_restart = 0;
	i->dir[SANDBOX].count = 1;
	i->memory[0].gpa = i->memory[0].hpa = 0;
	i->memory[0].size = 0x9f000;
	i->memory[1].gpa = i->memory[1].hpa = 0x100000;
	i->memory[1].size = 31 * MIB;
	i->memory[2].hpa = i->memory[2].gpa = 66 * MIB;
	i->memory[3] = i->memory[4];
	i->memory[3].gpa = i->memory[3].hpa;
	i->dir[MEMORY].count = 4;
	for (uint32_t k = 0; k < COUNT(regions); k++)
		i->region[k].hpa += 48 * MIB;
	i->region[1] = i->region[2], i->region[2] = i->region[3], i->region[2].hpa = 64 * MIB;
	i->region[1].hpa = 80 * MIB;
	i->region[0].hpa = 70 * MIB;
	i->region[3] = i->region[4], i->region[4] = i->region[6], i->region[5] = i->region[7], i->region[6] = i->region[8];
	i->dir[REGION].count = 7;
	i->dir[DEVICE].count = 1;
	i->port[0].sandbox = 0;
	i->dir[LOAD].count = 1;
	return i;
}

static void accepts_bare_systems(void **unused)
{
	struct image *i = bare_image();
	struct qv_blob_error e;
	struct qv_blob b;

	(void)unused;
	seal(i);
	if (!check(i, &b, &e))
		fail_msg("section %u entry %u: %s", e.section, e.entry, e.what);
	assert_false(qv_blob_private(&b, 0, 0x9e000, 0x4000));
	free(i);
	i = bare_image();
	i->memory[2].gpa += QV_WINDOW;
	expect_refusal(i, "a bare system must have the same guest and host addresses");
	i = bare_image();
	i->load[1] = i->load[3];
	i->dir[LOAD].count = 2;
	expect_refusal(i, "a bare system has a monitor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_a_good_blob),
		cmocka_unit_test(private_memory_may_have_parts),
		cmocka_unit_test(refuses_every_flipped_bit_of_the_sealed_part),
		cmocka_unit_test(refuses_a_blob_cut_off_anywhere),
		cmocka_unit_test(refuses_bad_structure),
		cmocka_unit_test(refuses_bad_systems_and_sandboxes),
		cmocka_unit_test(refuses_bad_memory),
		cmocka_unit_test(refuses_bad_owners),
		cmocka_unit_test(refuses_bad_loads),
		cmocka_unit_test(refuses_what_takes_two_changes),
		cmocka_unit_test(refuses_too_much_for_one_sandbox),
		cmocka_unit_test(accepts_bare_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
