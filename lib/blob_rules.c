/* SPDX-License-Identifier: MIT */
/*
 * Second half of the blob checker: what the entries of each section may say. The order matters: memory and regions are
 * judged before loads, which rely on them. Loops are bounded by the QV_BLOB_MAX_* limits; none is worse than
 * quadratic.
 */
#include "blob_rules.h"

#include <lib/string.h>

#include <abi/blackbox.h>
#include <abi/machine.h>

#define HPA_LIMIT (1ull << 46) /* far above any host-physical address in use, so that sums cannot wrap */
#define UART_PORTS 8u

typedef struct qv_blob_check_context context;

#define REFUSE(section, entry, what) qv_blob_refuse(c, QV_SECTION_##section, entry, what, QV_REBUILD)

static bool aligned(uint64_t value)
{
	return value % QV_PAGE_SIZE == 0;
}

/* NUL-terminated, not empty, printable ASCII, all zero after the NUL. */
static bool name_good(const char name[QV_NAME_LEN])
{
	uint32_t i = 0;

	while (i < QV_NAME_LEN && name[i] > ' ' && name[i] < 0x7f)
		i++;
	if (i == 0 || i == QV_NAME_LEN)
		return false;
	while (i < QV_NAME_LEN && name[i] == 0)
		i++;
	return i == QV_NAME_LEN;
}

static bool check_system(const context *c)
{
	const struct qv_system *s = c->blob->system;

	if (!name_good(s->name))
		return REFUSE(SYSTEM, 0, "the system's name is not printable");
	if ((s->flags & ~QV_SYSTEM_BARE) || s->reserved)
		return REFUSE(SYSTEM, 0, "the system has unknown flags");
	if (s->core_count == 0 || s->core_count > QV_MAX_CORES)
		return REFUSE(SYSTEM, 0, "the system's number of cores is impossible");
	if (s->sandbox_count != c->blob->sandbox_count)
		return REFUSE(SYSTEM, 0, "the system's number of sandboxes differs from the sandbox section");
	if (s->memory_top > HPA_LIMIT || s->memory_top < QV_PLACE_FLOOR)
		return REFUSE(SYSTEM, 0, "the system's memory limit is impossible");
	if ((s->flags & QV_SYSTEM_BARE) &&
	    (s->sandbox_count != 1 || c->blob->sandbox[0].kernel != QV_KERNEL_QUEST))
		return REFUSE(SYSTEM, 0, "a bare system must have one Quest sandbox and nothing else");
	return true;
}

static bool check_strings(const context *c)
{
	const struct qv_blob *b = c->blob;

	if (b->strings[0] != 0 || b->strings[b->string_bytes - 1] != 0)
		return REFUSE(STRING, 0, "the strings do not begin and end with NUL");
	return true;
}

static bool sandbox_fields_good(const context *c, const struct qv_sandbox *s, uint32_t i)
{
	uint32_t others = ((1u << c->blob->sandbox_count) - 1) & ~(1u << i);

	if (!name_good(s->name))
		return REFUSE(SANDBOX, i, "the sandbox's name is not printable");
	if (s->kernel != QV_KERNEL_QUEST && s->kernel != QV_KERNEL_LINUX)
		return REFUSE(SANDBOX, i, "the sandbox's kernel kind is unknown");
	if (s->on_fault != QV_ON_FAULT_STOP && s->on_fault != QV_ON_FAULT_RESTART)
		return REFUSE(SANDBOX, i, "the sandbox's reaction to faults is unknown");
	if ((s->after_mask & ~others) || (s->may_restart & ~(others | 1u << i)))
		return REFUSE(SANDBOX, i, "the sandbox refers to a sandbox that does not exist");
	if (s->args >= c->blob->string_bytes)
		return REFUSE(SANDBOX, i, "the sandbox's arguments lie outside the strings");
	if (s->uart_port > 0xffff - UART_PORTS)
		return REFUSE(SANDBOX, i, "the sandbox's UART port is impossible");
	if (!aligned(s->start_gpa) || !aligned(s->start_size) || s->start_size == 0 || s->start_size > QV_LARGE_SIZE ||
	    s->start_gpa > QV_WINDOW)
		return REFUSE(SANDBOX, i, "the sandbox's start pages have an impossible place or size");
	if (!aligned(s->initrd_gpa) || s->initrd_gpa > QV_WINDOW || s->initrd_size > QV_WINDOW)
		return REFUSE(SANDBOX, i, "the sandbox's initrd has an impossible place or size");
	if (!aligned(s->program_memory) || (s->program_memory && s->kernel != QV_KERNEL_QUEST))
		return REFUSE(SANDBOX, i, "the limit on memory of the sandbox's programs is impossible");
	return true;
}

/* Mark the sandbox's cores in *taken. */
static bool claim_cores(const context *c, const struct qv_sandbox *s, uint32_t i, uint32_t *taken)
{
	uint32_t mask, limit = c->blob->system->core_count;

	if (s->core_count == 0 || s->first_core >= limit || s->core_count > limit - s->first_core)
		return REFUSE(SANDBOX, i, "the sandbox's cores do not exist");
	mask = ((1u << s->core_count) - 1) << s->first_core;
	if (*taken & mask)
		return REFUSE(SANDBOX, i, "a core belongs to two sandboxes");
	*taken |= mask;
	return true;
}

/* Launch sandboxes in rounds, each after those it waits for; what is left over waits in a circle. */
static bool launch_order_exists(const struct qv_blob *b)
{
	uint32_t launched = 0, all = (1u << b->sandbox_count) - 1;

	for (uint32_t round = 0; round < b->sandbox_count; round++)
		for (uint32_t i = 0; i < b->sandbox_count; i++)
			if ((b->sandbox[i].after_mask & ~launched) == 0)
				launched |= 1u << i;
	return launched == all;
}

static bool check_sandboxes(const context *c)
{
	const struct qv_blob *b = c->blob;
	uint32_t taken = 0;

	for (uint32_t i = 0; i < b->sandbox_count; i++) {
		if (!sandbox_fields_good(c, &b->sandbox[i], i) || !claim_cores(c, &b->sandbox[i], i, &taken))
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (memcmp(b->sandbox[i].name, b->sandbox[j].name, QV_NAME_LEN) == 0)
				return REFUSE(SANDBOX, i, "two sandboxes have the same name");
	}
	if (taken != (1u << b->system->core_count) - 1)
		return REFUSE(SANDBOX, 0, "a core belongs to no sandbox");
	if (!launch_order_exists(b))
		return REFUSE(SANDBOX, 0, "sandboxes wait for each other in a circle");
	return true;
}

static bool memory_shape_good(const context *c, const struct qv_memory *m, uint32_t i)
{
	if (m->sandbox >= c->blob->sandbox_count || m->kind < QV_MEMORY_PRIVATE || m->kind > QV_MEMORY_ARENA || m->reserved)
		return REFUSE(MEMORY, i, "the memory's kind or owner is unknown");
	if (!aligned(m->gpa) || !aligned(m->hpa) || !aligned(m->size) || m->size == 0)
		return REFUSE(MEMORY, i, "the memory is not made of whole pages");
	if (m->hpa > HPA_LIMIT || m->size > HPA_LIMIT || m->gpa > HPA_LIMIT + QV_WINDOW)
		return REFUSE(MEMORY, i, "the memory's address or size is impossible");
	if (m->grain != QV_PAGE_SIZE && m->grain != QV_LARGE_SIZE && m->grain != QV_HUGE_SIZE)
		return REFUSE(MEMORY, i, "the memory's grain is not a page size");
	if (m->colours)
		return REFUSE(MEMORY, i, "cache colours are not supported");
	if ((m->flags & ~15u) || !(m->flags & QV_MEM_READ))
		return REFUSE(MEMORY, i, "the memory's rights are unknown");
	if (m->kind != QV_MEMORY_MMIO && (m->hpa + m->size > c->blob->system->memory_top || (m->flags & QV_MEM_UNCACHED)))
		return REFUSE(MEMORY, i, "the memory lies above the system's limit or is uncached");
	return true;
}

/* An arena lies in the window of each sandbox that owns a block of it in turn, so at one address. */
static bool arena_good(const context *c, const struct qv_memory *m, bool bare)
{
	return m->hpa % QV_LARGE_SIZE == 0 && m->size % QV_LARGE_SIZE == 0 && m->hpa >= QV_PLACE_FLOOR &&
		(bare || m->gpa == QV_WINDOW + m->hpa) && c->blob->sandbox[m->sandbox].kernel == QV_KERNEL_QUEST;
}

static bool memory_kind_good(const context *c, const struct qv_memory *m, uint32_t i)
{
	bool bare = c->blob->system->flags & QV_SYSTEM_BARE;
	const struct qv_region *box = qv_blob_region(c->blob, QV_REGION_BLACKBOX, 0);

	if (bare && m->gpa != m->hpa)
		return REFUSE(MEMORY, i, "a bare system must have the same guest and host addresses");
	if (m->kind == QV_MEMORY_PRIVATE)
		return (m->gpa < QV_WINDOW && m->size <= QV_WINDOW - m->gpa && (bare || m->hpa >= QV_PLACE_FLOOR)) ||
		       REFUSE(MEMORY, i, "private memory lies in the window or below the boot area");
	if (m->kind == QV_MEMORY_ARENA)
		return arena_good(c, m, bare) || REFUSE(MEMORY, i, "the arena is not made of whole blocks in the window");
	if (m->flags & QV_MEM_EXEC)
		return REFUSE(MEMORY, i, "only private memory and arenas may be executable");
	if (m->kind == QV_MEMORY_CONSOLE)
		return (box && m->hpa == box->hpa + (1 + m->sandbox) * QV_LARGE_SIZE && m->size == QV_LARGE_SIZE &&
			(bare || m->gpa == QV_WINDOW + m->hpa)) ||
		       REFUSE(MEMORY, i, "the console is not the sandbox's own slice of the black box");
	return true;
}

static bool memory_disjoint(const context *c, const struct qv_memory *m, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++) {
		const struct qv_memory *o = &c->blob->memory[j];

		if (qv_ranges_meet(m->hpa, m->size, o->hpa, o->size))
			return REFUSE(MEMORY, i, "two memories share host memory");
		if (m->sandbox == o->sandbox && qv_ranges_meet(m->gpa, m->size, o->gpa, o->size))
			return REFUSE(MEMORY, i, "two memories of one sandbox share guest addresses");
	}
	return true;
}

static bool memory_apart_from_regions(const context *c, const struct qv_memory *m, uint32_t i)
{
	for (uint32_t j = 0; j < c->blob->region_count; j++) {
		const struct qv_region *r = &c->blob->region[j];

		if (m->kind == QV_MEMORY_CONSOLE && r->kind == QV_REGION_BLACKBOX)
			continue; /* memory_kind_good says where exactly it lies inside */
		if (qv_ranges_meet(m->hpa, m->size, r->hpa, r->size))
			return REFUSE(MEMORY, i, "a sandbox's memory reaches into the trusted base");
	}
	return true;
}

static bool check_memory(const context *c)
{
	uint32_t ranges[QV_MAX_SANDBOXES] = { 0 };

	for (uint32_t i = 0; i < c->blob->memory_count; i++) {
		const struct qv_memory *m = &c->blob->memory[i];

		if (!memory_shape_good(c, m, i) || !memory_kind_good(c, m, i) || !memory_disjoint(c, m, i) ||
		    !memory_apart_from_regions(c, m, i))
			return false;
		if (++ranges[m->sandbox] > QV_MAX_RANGES)
			return REFUSE(MEMORY, i, "a sandbox has more than 9 memory ranges");
	}
	return true;
}

/* How many regions of this kind there must be; indices run from 0 below it. */
static uint32_t region_instances(const struct qv_blob *b, uint32_t kind)
{
	switch (kind) {
	case QV_REGION_CORE:
		return b->system->core_count;
	case QV_REGION_TABLES:
	case QV_REGION_START:
		return b->sandbox_count;
	case QV_REGION_MACHINE:
	case QV_REGION_BLACKBOX:
	case QV_REGION_IOMMU:
	case QV_REGION_ARCHIVE:
		return 1;
	default:
		return 0;
	}
}

/* Smallest useful size, bytes. */
static uint64_t region_minimum(const context *c, const struct qv_region *r)
{
	const struct qv_blob *b = c->blob;

	switch (r->kind) {
	case QV_REGION_MACHINE:
		return (1 + b->system->core_count) * QV_PAGE_SIZE;
	case QV_REGION_BLACKBOX:
		return (1 + b->sandbox_count) * QV_LARGE_SIZE;
	case QV_REGION_CORE:
		return QV_CORE_REGION_MIN;
	case QV_REGION_START:
		return b->sandbox[r->index].start_size;
	case QV_REGION_ARCHIVE:
		return c->total_size;
	default:
		return QV_PAGE_SIZE;
	}
}

static bool region_good(const context *c, const struct qv_region *r, uint32_t i)
{
	if (r->index >= region_instances(c->blob, r->kind))
		return REFUSE(REGION, i, "the region's kind or index is unknown");
	if (!aligned(r->hpa) || !aligned(r->size) || r->size == 0 || r->hpa > HPA_LIMIT || r->size > HPA_LIMIT)
		return REFUSE(REGION, i, "the region is not made of whole pages");
	if (r->hpa < QV_PLACE_FLOOR || r->hpa + r->size > c->blob->system->memory_top)
		return REFUSE(REGION, i, "the region lies in the boot area or above the system's limit");
	if (r->kind == QV_REGION_BLACKBOX && r->hpa % QV_LARGE_SIZE)
		return REFUSE(REGION, i, "the black box is not aligned to 2 MiB");
	if (r->size < region_minimum(c, r))
		return REFUSE(REGION, i, "the region is too small");
	for (uint32_t j = 0; j < i; j++) {
		const struct qv_region *o = &c->blob->region[j];

		if (r->kind == o->kind && r->index == o->index)
			return REFUSE(REGION, i, "the region is there twice");
		if (qv_ranges_meet(r->hpa, r->size, o->hpa, o->size))
			return REFUSE(REGION, i, "two regions share host memory");
	}
	return true;
}

static bool check_regions(const context *c)
{
	uint32_t expected = 0;

	for (uint32_t kind = QV_REGION_MACHINE; kind <= QV_REGION_START; kind++)
		expected += region_instances(c->blob, kind);
	for (uint32_t i = 0; i < c->blob->region_count; i++)
		if (!region_good(c, &c->blob->region[i], i))
			return false;
	if (c->blob->region_count != expected) /* none is there twice, so none is missing */
		return REFUSE(REGION, 0, "a region is missing");
	return true;
}

static bool same_device(const struct qv_device *a, const struct qv_device *b)
{
	return a->kind == b->kind && a->vendor == b->vendor && a->device == b->device && a->bdf == b->bdf;
}

static bool device_good(const context *c, const struct qv_device *d, uint32_t i)
{
	bool id = d->kind == QV_DEVICE_PCI_ID, bdf = d->kind == QV_DEVICE_PCI_BDF;

	if (d->sandbox >= c->blob->sandbox_count || d->kind < QV_DEVICE_PCI_ID || d->kind > QV_DEVICE_REST)
		return REFUSE(DEVICE, i, "the device's kind or owner is unknown");
	if ((d->flags & ~(QV_DEVICE_DMA_TRUSTED | QV_DEVICE_MSI_TRUSTED)) || d->reserved || d->label >= c->blob->string_bytes)
		return REFUSE(DEVICE, i, "the device's flags or label are unknown");
	if ((!id && (d->vendor || d->device)) || (!bdf && d->bdf) || (id && (d->vendor == 0xffff || d->vendor == 0)))
		return REFUSE(DEVICE, i, "the device's identity does not fit its kind");
	for (uint32_t j = 0; j < i; j++)
		if (same_device(d, &c->blob->device[j]))
			return REFUSE(DEVICE, i, "a device is given twice");
	return true;
}

static bool check_devices(const context *c)
{
	uint32_t devices[QV_MAX_SANDBOXES] = { 0 };

	for (uint32_t i = 0; i < c->blob->device_count; i++) {
		if (!device_good(c, &c->blob->device[i], i))
			return false;
		if (++devices[c->blob->device[i].sandbox] > QV_SANDBOX_MAX_DEVICES)
			return REFUSE(DEVICE, i, "a sandbox has more than 16 devices");
	}
	return true;
}

static bool uart_owned(const struct qv_blob *b, uint32_t sandbox)
{
	uint32_t uart = b->sandbox[sandbox].uart_port;

	for (uint32_t i = 0; uart && i < b->port_count; i++)
		if (b->port[i].sandbox == sandbox && b->port[i].first <= uart && b->port[i].last >= uart + UART_PORTS - 1)
			return true;
	return uart == 0;
}

static bool check_ports(const context *c)
{
	const struct qv_blob *b = c->blob;

	for (uint32_t i = 0; i < b->port_count; i++) {
		const struct qv_port_range *p = &b->port[i];

		if (p->sandbox >= b->sandbox_count || p->first > p->last)
			return REFUSE(PORT, i, "the port range is empty or has no owner");
		for (uint32_t j = 0; j < i; j++)
			if (p->first <= b->port[j].last && b->port[j].first <= p->last)
				return REFUSE(PORT, i, "a port is given twice");
	}
	for (uint32_t i = 0; i < b->sandbox_count; i++)
		if (!uart_owned(b, i))
			return REFUSE(SANDBOX, i, "the sandbox does not own the ports of its UART");
	return true;
}

static bool vcpu_time_good(const struct qv_vcpu *v)
{
	if (v->flags & QV_VCPU_IO)
		return v->utilisation > 0 && v->utilisation < QV_VCPU_UTILISATION_ONE && !v->budget_ns && !v->period_ns;
	return v->budget_ns > 0 && v->budget_ns <= v->period_ns && v->period_ns <= QV_VCPU_PERIOD_MAX_NS && !v->utilisation;
}

/* Who serves a serial port serves it on the core that it interrupts. */
static bool vcpu_flags_good(const struct qv_vcpu *v)
{
	if (v->flags & ~(QV_VCPU_IO | QV_VCPU_UART))
		return false;
	return !(v->flags & QV_VCPU_UART) || (v->flags & QV_VCPU_IO && v->core == 0);
}

static bool run_fits(const struct qv_blob *b, uint32_t at)
{
	for (uint32_t i = 0; i < QV_VCPU_RUN_LEN && at + i < b->string_bytes; i++)
		if (b->strings[at + i] == 0)
			return true;
	return false;
}

static uint64_t arena_bytes(const struct qv_blob *b, uint32_t sandbox)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < b->memory_count; i++)
		if (b->memory[i].sandbox == sandbox && b->memory[i].kind == QV_MEMORY_ARENA)
			bytes += b->memory[i].size;
	return bytes;
}

static bool check_vcpus(const context *c)
{
	const struct qv_blob *b = c->blob;
	uint32_t vcpus[QV_MAX_SANDBOXES] = { 0 };
	uint64_t arena[QV_MAX_SANDBOXES] = { 0 };

	for (uint32_t i = 0; i < b->vcpu_count; i++) {
		const struct qv_vcpu *v = &b->vcpu[i];

		if (v->sandbox >= b->sandbox_count || b->sandbox[v->sandbox].kernel != QV_KERNEL_QUEST ||
		    v->core >= b->sandbox[v->sandbox].core_count)
			return REFUSE(VCPU, i, "the VCPU's sandbox or core does not exist");
		if (!vcpu_flags_good(v) || !name_good(v->name) || !run_fits(b, v->run))
			return REFUSE(VCPU, i, "the VCPU's flags, name or program are impossible");
		if (!vcpu_time_good(v))
			return REFUSE(VCPU, i, "the VCPU's budget, period or utilization are out of range");
		if (++vcpus[v->sandbox] > QV_SANDBOX_MAX_VCPUS)
			return REFUSE(VCPU, i, "a sandbox has more than 16 VCPUs");
		if (v->arena && ((v->flags & QV_VCPU_IO) || b->strings[v->run] == 0))
			return REFUSE(VCPU, i, "only a main VCPU with a program may migrate");
		arena[v->sandbox] += (uint64_t)v->arena * QV_LARGE_SIZE;
	}
	for (uint32_t i = 0; i < b->sandbox_count; i++)
		if (arena[i] != arena_bytes(b, i))
			return REFUSE(SANDBOX, i, "the arena has another size than the VCPUs that may migrate need");
	return true;
}

static bool check_files(const context *c)
{
	uint64_t end = c->sealed_size;

	for (uint32_t i = 0; i < c->blob->file_count; i++) {
		const struct qv_file *f = &c->blob->file[i];

		if (!name_good(f->name))
			return REFUSE(FILE, i, "the payload file's name is not printable");
		if (!aligned(f->offset) || f->offset < end || f->offset > c->total_size || f->size == 0)
			return REFUSE(FILE, i, "the payload file lies at an impossible place");
		if (f->size > c->total_size - f->offset)
			return REFUSE(FILE, i, "the payload file reaches past the end of the blob");
		end = f->offset + f->size;
	}
	return true;
}

bool qv_blob_private(const struct qv_blob *b, uint32_t sandbox, uint64_t gpa, uint64_t size)
{
	uint64_t end = gpa + size;

	if (end < gpa)
		return false;
	for (uint32_t step = 0; step < QV_MAX_RANGES && gpa < end; step++)
		for (uint32_t i = 0; i < b->memory_count; i++) {
			const struct qv_memory *m = &b->memory[i];

			if (m->kind == QV_MEMORY_PRIVATE && m->sandbox == sandbox && m->gpa <= gpa && gpa < m->gpa + m->size)
				gpa = m->gpa + m->size;
		}
	return gpa >= end;
}

bool qv_blob_rules(const context *c)
{
	return check_system(c) && check_strings(c) && check_sandboxes(c) && check_regions(c) && check_memory(c) &&
	       check_devices(c) && check_ports(c) && check_vcpus(c) && check_files(c) && qv_blob_load_rules(c);
}
