/* SPDX-License-Identifier: MIT */
/*
 * A small system blob for the boot tests: one sandbox per core whose program is one HLT loop, and a monitor of the same
 * kind, so that every refusal can be provoked without a kernel. Arguments, all optional, any order:
 *   cores=N  memory=MIB (of each sandbox)  at=MIB (where placement starts)  bare
 *   ports=SANDBOX:FIRST-LAST (hex)
 *   device=VVVV:DDDD (hex), trusted, of sandbox 0
 *   pci=BUS:DEVICE.FUNCTION (hex), not trusted; the first is of sandbox 0, the second of sandbox 1
 * The blob goes to standard output.
 */
#include <lib/sha256.h>

#include <abi/blob.h>
#include <abi/handover.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1ull << 20)
#define FILE_BYTES 4096u
#define SECTIONS 9u

static struct {
	struct qv_system system;
	struct qv_sandbox sandbox[QV_MAX_SANDBOXES];
	struct qv_memory memory[2 * QV_MAX_SANDBOXES];
	struct qv_region region[48];
	struct qv_device device[2];
	struct qv_port_range port[1];
	struct qv_load load[QV_MAX_SANDBOXES + 2];
	struct qv_file file[1];
	char strings[16];
	uint32_t memories, regions, devices, ports, loads;
	uint64_t next; /* host-physical address to place at */
} s;

static uint64_t place(uint64_t size, uint64_t align)
{
	uint64_t at = (s.next + align - 1) / align * align;

	s.next = at + size;
	return at;
}

static void region(uint32_t kind, uint32_t index, uint64_t size, uint64_t align)
{
	s.region[s.regions++] = (struct qv_region){ kind, index, place(size, align), size };
}

static void place_regions(uint32_t n)
{
	region(QV_REGION_BLACKBOX, 0, (1 + n) * QV_LARGE_SIZE, QV_LARGE_SIZE);
	region(QV_REGION_MACHINE, 0, (1 + n) * QV_PAGE_SIZE, QV_PAGE_SIZE);
	region(QV_REGION_IOMMU, 0, 256 << 10, QV_PAGE_SIZE);
	region(QV_REGION_ARCHIVE, 0, 64 << 10, QV_PAGE_SIZE);
	for (uint32_t i = 0; i < n; i++) {
		region(QV_REGION_CORE, i, 512 << 10, QV_PAGE_SIZE);
		region(QV_REGION_TABLES, i, 256 << 10, QV_PAGE_SIZE);
		region(QV_REGION_START, i, 64 << 10, QV_PAGE_SIZE);
	}
}

static void add_load(uint32_t target, uint32_t index, uint64_t address, uint64_t entry)
{
	s.load[s.loads++] = (struct qv_load){
		.target = target, .index = index, .flags = QV_MEM_READ | QV_MEM_EXEC, .file_size = FILE_BYTES,
		.address = address, .mem_size = FILE_BYTES, .entry = entry,
	};
}

static void add_sandbox(uint32_t i, uint64_t memory, bool bare)
{
	struct qv_sandbox *b = &s.sandbox[i];
	uint64_t hpa = bare ? 0 : place(memory, QV_LARGE_SIZE), box = s.region[0].hpa;

	snprintf(b->name, sizeof(b->name), "box%u", i);
	b->kernel = QV_KERNEL_QUEST;
	b->first_core = i;
	b->core_count = 1;
	b->entry = MIB;
	b->start_gpa = 0x1000;
	b->start_size = 0xf000;
	s.memory[s.memories++] = (struct qv_memory){
		.sandbox = i, .kind = QV_MEMORY_PRIVATE, .hpa = hpa, .size = memory, .grain = QV_LARGE_SIZE,
		.flags = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC,
	};
	hpa = box + (1 + i) * QV_LARGE_SIZE;
	s.memory[s.memories++] = (struct qv_memory){
		.sandbox = i, .kind = QV_MEMORY_CONSOLE, .gpa = bare ? hpa : QV_WINDOW + hpa, .hpa = hpa,
		.size = QV_LARGE_SIZE, .grain = QV_LARGE_SIZE, .flags = QV_MEM_READ | QV_MEM_WRITE,
	};
	add_load(QV_LOAD_SANDBOX, i, MIB, 0);
}

static void build(uint32_t cores, uint64_t memory, uint64_t at, bool bare)
{
	s.next = bare && at < memory ? memory : at;
	place_regions(cores);
	for (uint32_t i = 0; i < cores; i++)
		add_sandbox(i, memory, bare);
	for (uint32_t t = QV_LOAD_MONITOR_SVM; t <= QV_LOAD_MONITOR_VMX && !bare; t++)
		add_load(t, 0, QV_MON_IMAGE, QV_MON_IMAGE);
	strcpy(s.system.name, "fixture");
	s.system.flags = bare ? QV_SYSTEM_BARE : 0;
	s.system.core_count = s.system.sandbox_count = cores;
	s.system.memory_top = s.next;
	strcpy(s.strings + 1, "fixture");
	strcpy(s.file[0].name, "halt");
	s.file[0].size = FILE_BYTES;
}

static void write_blob(void)
{
	const struct {
		uint32_t type, count, size;
		const void *from;
	} parts[SECTIONS] = {
		{ QV_SECTION_SYSTEM, 1, sizeof(s.system), &s.system },
		{ QV_SECTION_SANDBOX, s.system.sandbox_count, sizeof(s.sandbox[0]), s.sandbox },
		{ QV_SECTION_MEMORY, s.memories, sizeof(s.memory[0]), s.memory },
		{ QV_SECTION_REGION, s.regions, sizeof(s.region[0]), s.region },
		{ QV_SECTION_DEVICE, s.devices, sizeof(s.device[0]), s.device },
		{ QV_SECTION_PORT, s.ports, sizeof(s.port[0]), s.port },
		{ QV_SECTION_LOAD, s.loads, sizeof(s.load[0]), s.load },
		{ QV_SECTION_FILE, 1, sizeof(s.file[0]), s.file },
		{ QV_SECTION_STRING, sizeof(s.strings), 1, s.strings },
	};
	static uint8_t blob[16384 + FILE_BYTES] __attribute__((aligned(8)));
	struct qv_blob_header *h = (void *)blob;
	struct qv_section *section = (void *)(h + 1);
	uint64_t end = sizeof(*h) + SECTIONS * sizeof(*section);
	uint8_t *payload = blob + sizeof(blob) - FILE_BYTES;
	struct qv_sha256 sha;

	for (uint32_t i = 0; i < FILE_BYTES; i++)
		payload[i] = i % 3 == 0 ? 0xf4 : i % 3 == 1 ? 0xeb : 0xfd; /* hlt; jmp to it */
	s.file[0].offset = sizeof(blob) - FILE_BYTES;
	qv_sha256_init(&sha);
	qv_sha256_update(&sha, payload, FILE_BYTES);
	qv_sha256_final(&sha, s.file[0].sha256);
	for (uint32_t i = 0; i < SECTIONS; i++) {
		uint64_t bytes = (uint64_t)parts[i].count * parts[i].size;

		section[i] = (struct qv_section){ parts[i].type, 1, parts[i].count, parts[i].size, end };
		memcpy(blob + end, parts[i].from, bytes);
		end = (end + bytes + 7) / 8 * 8;
	}
	*h = (struct qv_blob_header){
		.magic = QV_BLOB_MAGIC, .version = QV_BLOB_VERSION, .section_count = SECTIONS, .sealed_size = end,
		.total_size = sizeof(blob),
	};
	qv_sha256_init(&sha);
	qv_sha256_update(&sha, blob, end);
	qv_sha256_final(&sha, h->sha256);
	fwrite(blob, sizeof(blob), 1, stdout);
}

static void add_place(uint16_t bdf)
{
	s.device[s.devices] = (struct qv_device){
		.sandbox = s.devices, .kind = QV_DEVICE_PCI_BDF, .bdf = bdf, .label = 1,
	};
	s.devices++;
}

/* An argument that adds a record; false when it is none. */
static bool add_record(const char *text)
{
	unsigned a, b, c;

	if (sscanf(text, "device=%x:%x", &a, &b) == 2)
		s.device[s.devices++] = (struct qv_device){
			.kind = QV_DEVICE_PCI_ID, .vendor = (uint16_t)a, .device = (uint16_t)b, .label = 1,
			.flags = QV_DEVICE_DMA_TRUSTED | QV_DEVICE_MSI_TRUSTED,
		};
	else if (sscanf(text, "pci=%x:%x.%x", &a, &b, &c) == 3)
		add_place((uint16_t)(a << 8 | b << 3 | c));
	else if (sscanf(text, "ports=%x:%x-%x", &a, &b, &c) == 3)
		s.port[s.ports++] = (struct qv_port_range){ a, (uint16_t)b, (uint16_t)c };
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	unsigned cores = 2, memory = 32, at = 16;
	bool bare = false;

	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "cores=%u", &cores) == 1 || sscanf(argv[i], "memory=%u", &memory) == 1 ||
		    sscanf(argv[i], "at=%u", &at) == 1)
			continue;
		if (add_record(argv[i]))
			continue;
		if (strcmp(argv[i], "bare") != 0) {
			fprintf(stderr, "mkblob: unknown argument %s\n", argv[i]);
			return 2;
		}
		bare = true;
	}
	build(cores, memory * MIB, at * MIB, bare);
	write_blob();
	return 0;
}
