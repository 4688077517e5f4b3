/* SPDX-License-Identifier: MIT */
/*
 * What the records of a blob may say once the checker has accepted them. Each rule is given any records, in arrays of
 * exactly their number, and only what the rules before it have promised: one byte too far is a violation.
 */
#include "../stubs.h"

#include "blob.c"
#include "blob_loads.c"
#include "blob_rules.c"

#ifndef SANDBOXES
#define SANDBOXES 2u
#endif
#ifndef N
#define N 2u /* records of the kind under proof */
#endif

void qv_sha256_init(struct qv_sha256 *s)
{
	s->length = 0;
}

void qv_sha256_update(struct qv_sha256 *s, const void *bytes, size_t n)
{
	(void)s, (void)bytes, (void)n;
}

void qv_sha256_final(struct qv_sha256 *s, uint8_t digest[32])
{
	(void)s;
	digest[0] = nondet_u8();
}

static struct qv_blob_error error;

static bool inside(uint64_t x, uint64_t from, uint64_t size)
{
	return x >= from && x - from < size;
}

/* Two different records. */
static void any_two(uint32_t *i, uint32_t *j)
{
	*i = nondet_u32();
	*j = nondet_u32();
	assume(*i < N && *j < *i);
}

/* Regions of the trusted base, one rule for all: each lies inside the memory of the system, above the boot area, and
 * shares no byte with another one. */
void prove_region(void)
{
	struct qv_system system;
	struct qv_sandbox sandbox[SANDBOXES];
	struct qv_region region[N];
	struct qv_blob blob = { .system = &system, .sandbox = sandbox, .region = region, .sandbox_count = SANDBOXES,
		.region_count = N };
	struct qv_blob_check_context c = { .blob = &blob, .error = &error, .total_size = nondet_u64() };
	uint32_t i, j;
	uint64_t byte = nondet_u64();

	any_two(&i, &j);
	assume(system.core_count >= 1 && system.core_count <= QV_MAX_CORES && system.memory_top <= HPA_LIMIT);
	for (uint32_t r = 0; r < N; r++) {
		if (!region_good(&c, &region[r], r))
			return;
	}
	if (inside(byte, region[i].hpa, region[i].size)) {
		prove(byte >= QV_PLACE_FLOOR && byte < system.memory_top, "each region lies inside the system's memory");
		prove(!inside(byte, region[j].hpa, region[j].size), "no two regions share a byte");
	}
	prove(region[i].kind != region[j].kind || region[i].index != region[j].index, "none is there twice");
	if (region[i].kind == QV_REGION_START)
		prove(region[i].size >= sandbox[region[i].index].start_size, "start pages fit their region");
	if (region[i].kind == QV_REGION_ARCHIVE)
		prove(region[i].size >= c.total_size, "the blob fits the archive");
	if (region[i].kind == QV_REGION_CORE)
		prove(region[i].index < system.core_count, "each core region belongs to a core");
}

void prove_devices(void)
{
	struct qv_device device[N];
	struct qv_blob blob = { .device = device, .device_count = N, .sandbox_count = SANDBOXES,
		.string_bytes = nondet_u32() };
	struct qv_blob_check_context c = { .blob = &blob, .error = &error };
	uint32_t i, j;

	any_two(&i, &j);
	if (!check_devices(&c))
		return;
	prove(device[i].sandbox < SANDBOXES, "every device has an owner");
	prove(device[i].label < blob.string_bytes, "its label lies in the strings");
	prove(device[i].kind != QV_DEVICE_PCI_BDF || device[j].kind != QV_DEVICE_PCI_BDF ||
	      device[i].bdf != device[j].bdf, "no function is given twice by its place");
	prove(device[i].kind != QV_DEVICE_PCI_ID || device[j].kind != QV_DEVICE_PCI_ID ||
	      device[i].vendor != device[j].vendor || device[i].device != device[j].device,
	      "no function is given twice by its identity");
	prove(device[i].kind != QV_DEVICE_REST || device[j].kind != QV_DEVICE_REST, "one sandbox at most has the rest");
}

static bool own_port(const struct qv_port_range *port, uint32_t sandbox, uint32_t number)
{
	bool own = false;

	for (uint32_t i = 0; i < N; i++)
		own |= port[i].sandbox == sandbox && port[i].first <= number && number <= port[i].last;
	return own;
}

/* Any port, looked for in all ranges: symbolic places in the array of ranges are hard for the prover. */
void prove_ports(void)
{
	struct qv_sandbox sandbox[SANDBOXES];
	struct qv_port_range port[N];
	struct qv_blob blob = { .sandbox = sandbox, .port = port, .sandbox_count = SANDBOXES, .port_count = N };
	struct qv_blob_check_context c = { .blob = &blob, .error = &error };
	uint32_t number = nondet_u16(), owners = 0;

	for (uint32_t s = 0; s < SANDBOXES; s++)
		assume(sandbox[s].uart_port <= 0xffff - UART_PORTS); /* sandbox_fields_good */
	if (!check_ports(&c))
		return;
	for (uint32_t i = 0; i < N; i++) {
		prove(port[i].sandbox < SANDBOXES && port[i].first <= port[i].last, "every range has an owner and a port");
		owners += port[i].first <= number && number <= port[i].last;
	}
	prove(owners <= 1, "no port has two owners");
	for (uint32_t s = 0; s < SANDBOXES; s++) {
		for (uint32_t k = 0; k < UART_PORTS; k++)
			prove(!sandbox[s].uart_port || own_port(port, s, sandbox[s].uart_port + k),
			      "a UART's ports are its sandbox's own");
	}
}

void prove_files(void)
{
	struct qv_file file[N];
	struct qv_blob blob = { .file = file, .file_count = N };
	struct qv_blob_check_context c = { .blob = &blob, .error = &error, .sealed_size = nondet_u64(),
		.total_size = nondet_u64() };
	uint32_t i, j;
	uint64_t byte = nondet_u64();

	any_two(&i, &j);
	assume(c.sealed_size <= c.total_size && c.total_size <= HPA_LIMIT); /* check_header */
	if (!check_files(&c) || !inside(byte, file[i].offset, file[i].size))
		return;
	prove(byte >= c.sealed_size && byte < c.total_size, "every file lies inside the blob, behind its sealed part");
	prove(!inside(byte, file[j].offset, file[j].size), "no two files share a byte");
}

/* Cores, and the order of launch. Names are short here: their form and that they differ is left to unit tests. */
void prove_sandboxes(void)
{
	struct qv_system system;
	struct qv_sandbox sandbox[SANDBOXES];
	struct qv_blob blob = { .system = &system, .sandbox = sandbox, .sandbox_count = SANDBOXES };
	struct qv_blob_check_context c = { .blob = &blob, .error = &error };
	uint32_t taken = 0, core = nondet_u32(), owners = 0, waiting = nondet_u32();
	bool free_member = false;

	assume(system.core_count >= 1 && system.core_count <= QV_MAX_CORES && core < QV_MAX_CORES);
	for (uint32_t i = 0; i < SANDBOXES; i++) {
		if (!claim_cores(&c, &sandbox[i], i, &taken))
			return;
		owners += inside(core, sandbox[i].first_core, sandbox[i].core_count);
	}
	prove(owners <= 1 && (owners == 0 || core < system.core_count), "no core has two owners, and each exists");
	prove((taken >> core & 1) == owners, "the cores taken are those that have an owner");
	assume(waiting > 0 && waiting < 1u << SANDBOXES);
	for (uint32_t i = 0; i < SANDBOXES; i++)
		free_member |= (waiting >> i & 1) && (sandbox[i].after_mask & waiting) == 0;
	prove(free_member || !launch_order_exists(&blob), "no sandboxes wait for each other in a circle");
}

/* Any memory that check_memory may have accepted. */
static void accepted_memory(const struct qv_memory *m, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		assume(m[i].sandbox < SANDBOXES && m[i].size > 0);
		assume(m[i].gpa <= HPA_LIMIT + QV_WINDOW && m[i].size <= HPA_LIMIT);
	}
}

static bool own_byte(const struct qv_memory *m, uint32_t count, uint32_t sandbox, uint64_t gpa)
{
	bool own = false;

	for (uint32_t i = 0; i < count; i++)
		own |= m[i].kind == QV_MEMORY_PRIVATE && m[i].sandbox == sandbox && inside(gpa, m[i].gpa, m[i].size);
	return own;
}

/* What qv_blob_private accepts is private memory of that sandbox, every byte. */
void prove_private(void)
{
	struct qv_memory memory[N];
	struct qv_blob blob = { .memory = memory, .memory_count = N };
	uint32_t sandbox = nondet_u32();
	uint64_t gpa = nondet_u64(), size = nondet_u64(), byte = nondet_u64();

	accepted_memory(memory, N);
	if (qv_blob_private(&blob, sandbox, gpa, size) && inside(byte, gpa, size))
		prove(own_byte(memory, N, sandbox, byte), "every byte is the sandbox's own");
}

struct loads {
	struct qv_system system;
	struct qv_sandbox sandbox[SANDBOXES];
	struct qv_memory memory[1];
	struct qv_file file[1];
	struct qv_load load[N];
	struct qv_blob blob;
};

static void any_loads(struct loads *l)
{
	l->blob = (struct qv_blob){ .system = &l->system, .sandbox = l->sandbox, .memory = l->memory, .file = l->file,
		.load = l->load, .sandbox_count = SANDBOXES, .memory_count = 1, .file_count = 1, .load_count = N };
	accepted_memory(l->memory, 1);
	for (uint32_t i = 0; i < SANDBOXES; i++) {
		assume(l->sandbox[i].start_gpa <= QV_WINDOW && l->sandbox[i].start_size <= QV_LARGE_SIZE);
		assume(l->sandbox[i].start_size > 0);
	}
}

/* Loads of sandboxes: read inside a file, written inside own private memory, apart from each other and start pages. */
void prove_loads(void)
{
	struct loads l;
	struct qv_blob_check_context c = { .blob = &l.blob, .error = &error };
	uint32_t i, j;
	uint64_t byte = nondet_u64();

	any_loads(&l);
	any_two(&i, &j);
	for (uint32_t k = 0; k < N; k++) {
		if (!load_shape_good(&c, &l.load[k], k) || l.load[k].target != QV_LOAD_SANDBOX ||
		    !sandbox_load_good(&c, &l.load[k], k))
			return;
	}
	prove(l.load[i].index < SANDBOXES && l.load[i].file < 1, "owner and file exist");
	prove(l.load[i].file_offset <= l.file[0].size && l.load[i].file_size <= l.file[0].size - l.load[i].file_offset,
	      "nothing is read past the end of the file");
	prove(l.load[i].file_size <= l.load[i].mem_size, "the bytes of the file fit");
	if (!inside(byte, l.load[i].address, l.load[i].mem_size))
		return;
	prove(own_byte(l.memory, 1, l.load[i].index, byte), "every byte is written into own private memory");
	prove(!inside(byte, l.sandbox[l.load[i].index].start_gpa, l.sandbox[l.load[i].index].start_size),
	      "the start pages are left alone");
	prove(l.load[i].index != l.load[j].index || !inside(byte, l.load[j].address, l.load[j].mem_size),
	      "no two loads of a sandbox share a byte");
}

/* Segments of one vendor's monitor: in the monitor's part of the address space, in order, apart, one entry point. */
void prove_monitor(void)
{
	struct loads l;
	struct qv_blob_check_context c = { .blob = &l.blob, .error = &error };
	struct monitor_span span = { 0 };
	uint32_t i, j;
	uint64_t byte = nondet_u64();
	bool entered = false;

	any_loads(&l);
	any_two(&i, &j);
	for (uint32_t k = 0; k < N; k++) {
		if (!load_shape_good(&c, &l.load[k], k) || l.load[k].target != QV_LOAD_MONITOR_SVM ||
		    !monitor_load_good(&c, &l.load[k], k, &span))
			return;
		entered |= (l.load[k].flags & QV_MEM_EXEC) && inside(l.load[k].entry, l.load[k].address, l.load[k].mem_size);
	}
	prove(!(l.system.flags & QV_SYSTEM_BARE), "a bare system has none");
	prove(l.load[i].entry == l.load[j].entry && span.entry_loaded == entered, "one entry point, in executable code");
	if (!inside(byte, l.load[i].address, l.load[i].mem_size))
		return;
	prove(byte >= QV_MON_IMAGE && byte < span.end && span.end <= QV_MON_IMAGE + 2 * MONITOR_SPAN_LIMIT + QV_PAGE_SIZE,
	      "all bytes lie in the span that the core regions have room for");
	prove(!inside(byte, l.load[j].address, l.load[j].mem_size), "no two segments share a byte");
}
