/* SPDX-License-Identifier: MIT */
/* Who owns which PCI function, and what that adds to a sandbox's memory and ports. */
#include "pci.h"

#include <lib/string.h>

#define MAX_MEMORY (QV_BLOB_MAX_MEMORY + BOOT_MAX_FUNCTIONS)
#define MAX_PORTS  (QV_BLOB_MAX_PORTS + BOOT_MAX_FUNCTIONS)
#define APIC_HOLE_START 0xfec00000ull /* IO-APICs, local APICs: never part of a device */
#define APIC_HOLE_END   0xfef00000ull
#define BUS_SHIFT 20u /* bytes of one bus in memory-mapped configuration space */

static struct qv_memory memory[MAX_MEMORY];
static struct qv_port_range port[MAX_PORTS];

static const char *sandbox_name(const struct boot_machine *m, uint32_t s)
{
	return m->blob.sandbox[s].name;
}

static uint64_t page_of(uint64_t address)
{
	return address & ~(QV_PAGE_SIZE - 1);
}

static uint64_t page_end(uint64_t base, uint64_t size)
{
	return page_of(base + size + QV_PAGE_SIZE - 1);
}

static bool is_memory(const struct qv_bar *b)
{
	return b->base != 0 && !(b->flags & QV_PCI_BAR_IO);
}

/* Does any base address of another function touch the pages of `b`? */
static const struct boot_function *page_sharer(const struct boot_function *owner, const struct qv_bar *b)
{
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		const struct boot_function *f = &boot_pci.function[i];

		for (uint32_t k = 0; f != owner && k < QV_MAX_BARS; k++) {
			const struct qv_bar *o = &f->pci.bar[k];

			if (is_memory(o) && o->base < page_end(b->base, b->size) && o->base + o->size > page_of(b->base))
				return f;
		}
	}
	return NULL;
}

static bool overlap(uint64_t base, uint64_t end, uint64_t other, uint64_t size)
{
	return base < other + size && end > other;
}

/* Memory-mapped configuration space, IOMMU registers, interrupt controllers. */
static bool touches_platform(const struct boot_machine *m, uint64_t base, uint64_t end)
{
	for (uint32_t i = 0; i < m->dmar.unit_count; i++) {
		if (overlap(base, end, m->dmar.unit[i].base, QV_PAGE_SIZE))
			return true;
	}
	for (uint32_t i = 0; i < m->mcfg.count; i++) {
		uint64_t first = m->mcfg.ecam[i].base + ((uint64_t)m->mcfg.ecam[i].first_bus << BUS_SHIFT);
		uint64_t buses = (uint64_t)(m->mcfg.ecam[i].last_bus - m->mcfg.ecam[i].first_bus) + 1;

		if (overlap(base, end, first, buses << BUS_SHIFT))
			return true;
	}
	return base < APIC_HOLE_END && end > APIC_HOLE_START;
}

/* Guest-physical space that the sandbox already uses. */
static bool touches_sandbox(const struct boot_machine *m, uint32_t s, uint64_t base, uint64_t end)
{
	for (uint32_t i = 0; i < m->blob.memory_count; i++) {
		const struct qv_memory *r = &m->blob.memory[i];

		if (r->sandbox == s && r->gpa < end && r->gpa + r->size > base)
			return true;
	}
	return false;
}

/* NULL, or why the memory of this function cannot be given to sandbox `s`. */
static const char *memory_problem(const struct boot_machine *m, uint32_t s, const struct boot_function *f)
{
	for (uint32_t k = 0; k < QV_MAX_BARS; k++) {
		const struct qv_bar *b = &f->pci.bar[k];

		if (!is_memory(b))
			continue;
		uint64_t base = page_of(b->base), end = page_end(b->base, b->size);

		if (page_sharer(f, b))
			return "shares a page of device memory with another function";
		if (qv_memmap_has_ram(&m->map, base, end - base) || touches_platform(m, base, end))
			return "has device memory where the machine has RAM, interrupt controllers or its own configuration";
		if (touches_sandbox(m, s, base, end))
			return "has device memory at addresses that the sandbox uses for its own memory";
	}
	return NULL;
}

/* Firmware goes on using memory through this function behind the system's back (DMAR, RMRR), or may do so: a path that
 * does not hold, or a table with more records than are read, could name any function. */
static bool firmware_uses(const struct boot_machine *m, uint16_t bdf)
{
	for (uint32_t i = 0; i < m->dmar.rmrr_count; i++) {
		if (m->dmar.rmrr[i].segment == 0 && boot_scope_covers(&m->dmar.rmrr[i].scope, bdf) != BOOT_COVERS_NOT)
			return true;
	}
	return m->dmar.dropped != 0;
}

static bool interrupts(const struct boot_function *f)
{
	return f->pci.msi_cap || f->pci.msix_cap || f->master; /* a bus master can write any interrupt message */
}

/* NULL, or why this function cannot be given to sandbox `s` with `flags`; *remedy is set then. */
static const char *problem(const struct boot_machine *m, uint32_t s, const struct boot_function *f, uint32_t flags,
	const char **remedy)
{
	*remedy = "give the sandbox another device, or let the firmware place this one elsewhere";
	if (f->bridge)
		return "is a bridge, which no sandbox can own";
	if (f->msix_astray)
		return "has an MSI-X table that does not lie in its own memory, where it could be watched";
	if (firmware_uses(m, f->pci.bdf))
		return "is used by the firmware while the system runs";
	if (memory_problem(m, s, f))
		return memory_problem(m, s, f);
	if (boot_port_problem(m, s, f))
		return boot_port_problem(m, s, f);
	*remedy = "give all functions of this package or switch to one sandbox, or write `dma: trusted` at the bus masters";
	if (boot_peer_of_another(f, s, flags))
		return "and a device of another sandbox can reach each other without passing the IOMMU";
	*remedy = "enable the IOMMU (VT-d) in the firmware set-up, or write `dma: trusted` at the device in the system file";
	if (f->master && !(flags & QV_DEVICE_DMA_TRUSTED) && !boot_iommu_translates(m, f->pci.bdf))
		return "is a bus master and no IOMMU confines it";
	*remedy = "enable interrupt remapping (VT-d) in the firmware set-up, or write `msi: trusted` at the device in the "
		"system file";
	if (interrupts(f) && !(flags & QV_DEVICE_MSI_TRUSTED) && !boot_iommu_remaps(m, f->pci.bdf))
		return "can send interrupts and nothing confines them to its sandbox's cores";
	return NULL;
}

static uint32_t owned_by(uint32_t s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < boot_pci.count; i++)
		n += boot_pci.function[i].sandbox == s;
	return n;
}

static struct boot_function *find(const struct qv_device *d)
{
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		struct boot_function *f = &boot_pci.function[i];

		if (f->sandbox != BOOT_NOBODY)
			continue;
		if (d->kind == QV_DEVICE_PCI_BDF ? f->pci.bdf == d->bdf : f->vendor == d->vendor && f->device == d->device)
			return f;
	}
	return NULL;
}

static void give(struct boot_function *f, uint32_t s, uint16_t flags)
{
	f->sandbox = s;
	f->pci.flags = flags;
}

static void assign_named(const struct boot_machine *m, const struct qv_device *d)
{
	struct boot_function *f = find(d);
	const char *label = m->blob.strings + d->label, *remedy, *cause;

	if (!f)
		boot_refuse("remove the device from the system file, or use a machine that has it",
			"sandbox %s: device %s is not in this machine, or is already owned", sandbox_name(m, d->sandbox), label);
	cause = problem(m, d->sandbox, f, d->flags, &remedy);
	if (cause)
		boot_refuse(remedy, "sandbox %s: device %s %s", sandbox_name(m, d->sandbox), label, cause);
	if (owned_by(d->sandbox) == QV_MAX_DEVICES)
		boot_refuse("give the sandbox fewer devices", "sandbox %s: more than %u PCI functions",
			sandbox_name(m, d->sandbox), QV_MAX_DEVICES);
	give(f, d->sandbox, d->flags);
}

/* `rest`: whatever nobody else owns and can be given safely. */
static void assign_rest(const struct boot_machine *m, const struct qv_device *d)
{
	for (uint32_t i = 0; i < boot_pci.count && owned_by(d->sandbox) < QV_MAX_DEVICES; i++) {
		struct boot_function *f = &boot_pci.function[i];
		const char *remedy;

		if (f->sandbox == BOOT_NOBODY && !problem(m, d->sandbox, f, d->flags, &remedy))
			give(f, d->sandbox, d->flags);
	}
}

static void add_memory(struct boot_machine *m, uint32_t s, uint64_t base, uint64_t end)
{
	if (base >= end)
		return;
	if (m->blob.memory_count == MAX_MEMORY)
		boot_refuse("give the sandboxes fewer devices", "more than %u memory ranges", MAX_MEMORY);
	memory[m->blob.memory_count++] = (struct qv_memory){ .sandbox = s, .kind = QV_MEMORY_MMIO, .gpa = base, .hpa = base,
		.size = end - base, .grain = QV_LARGE_SIZE, .flags = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_UNCACHED };
}

static void add_ports(struct boot_machine *m, uint32_t s, const struct qv_bar *b)
{
	if (m->blob.port_count == MAX_PORTS)
		boot_refuse("give the sandboxes fewer devices", "more than %u port ranges", MAX_PORTS);
	port[m->blob.port_count++] = (struct qv_port_range){ s, (uint16_t)b->base, (uint16_t)(b->base + b->size - 1) };
}

/* The pages of the MSI-X table are left out: the monitor serves them. */
static void add_resources(struct boot_machine *m, const struct boot_function *f)
{
	uint64_t cut = page_of(f->pci.msix_table), cut_end = page_end(f->pci.msix_table, f->pci.msix_count * 16);

	for (uint32_t k = 0; k < QV_MAX_BARS; k++) {
		const struct qv_bar *b = &f->pci.bar[k];

		if (b->base && b->flags & QV_PCI_BAR_IO)
			add_ports(m, f->sandbox, b);
		if (!is_memory(b))
			continue;
		uint64_t base = page_of(b->base), end = page_end(b->base, b->size);

		if (f->pci.msix_cap && cut >= base && cut < end) {
			add_memory(m, f->sandbox, base, cut);
			base = cut_end;
		}
		add_memory(m, f->sandbox, base, end);
	}
}

/* Entries of the interrupt-remapping table, one per vector the monitor may program. */
static void add_vectors(const struct boot_machine *m, struct qv_pci_function *f, uint32_t *next)
{
	uint32_t n = f->msix_cap ? f->msix_count : f->msi_cap != 0;

	f->irte_first = 0;
	f->irte_count = 0;
	if (!boot_iommu_remaps(m, f->bdf))
		return;
	if (n > QV_MAX_VECTORS)
		n = QV_MAX_VECTORS;
	if (*next + n > BOOT_IRT_PINS)
		boot_refuse("give the sandboxes fewer devices", "more than %u interrupt vectors", BOOT_IRT_PINS);
	f->irte_first = (uint16_t)*next;
	f->irte_count = (uint16_t)n;
	*next += n;
}

static void copy_records(struct boot_machine *m)
{
	memcpy(memory, m->blob.memory, m->blob.memory_count * sizeof(memory[0]));
	memcpy(port, m->blob.port, m->blob.port_count * sizeof(port[0]));
	m->blob.memory = memory;
	m->blob.port = port;
}

static void report(const struct boot_machine *m, const struct boot_function *f)
{
	uint32_t bdf = f->pci.bdf, vectors = f->pci.msix_cap ? f->pci.msix_count : f->pci.msi_cap != 0;

	boot_log("pci %02x:%02x.%x %04x:%04x belongs to %s%s, %u vector%s\n", bdf >> 8, bdf >> 3 & 31, bdf & 7, f->vendor,
		f->device, sandbox_name(m, f->sandbox),
		!f->master ? "" : boot_iommu_translates(m, f->pci.bdf) ? ", confined by the IOMMU" : ", DMA trusted",
		vectors, boot_plural(vectors));
}

void boot_assign_devices(struct boot_machine *m)
{
	uint32_t vectors = 0;

	boot_check_ports(m);
	for (uint32_t i = 0; i < m->blob.device_count; i++) {
		if (m->blob.device[i].kind != QV_DEVICE_REST)
			assign_named(m, &m->blob.device[i]);
	}
	for (uint32_t i = 0; i < m->blob.device_count; i++) {
		if (m->blob.device[i].kind == QV_DEVICE_REST)
			assign_rest(m, &m->blob.device[i]);
	}
	copy_records(m);
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		struct boot_function *f = &boot_pci.function[i];

		if (f->sandbox == BOOT_NOBODY)
			continue;
		add_vectors(m, &f->pci, &vectors);
		add_resources(m, f);
		report(m, f);
	}
}

void boot_take_devices(struct boot_machine *m)
{
	if (m->blob.system->flags & QV_SYSTEM_BARE)
		return;
	boot_pci_scan();
	boot_peers_find(m);
	boot_iommu_find(m);
	boot_assign_devices(m);
}
