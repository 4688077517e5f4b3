/* SPDX-License-Identifier: MIT */
/* The report for people: where everything lies, who owns what, what each sandbox can and cannot reach. */
#include "report.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

#define FIRMWARE_ROOM (64ull << 20)
#define ROUND         (64ull << 20)

const char *report_region_name(uint32_t kind)
{
	static const char *const names[] = { "", "machine", "blackbox", "core", "tables", "iommu", "archive", "start" };

	return names[kind];
}

uint64_t report_ram_bytes(const struct plan *plan)
{
	uint64_t top = plan->system.memory_top, hole = 2ull << 30;

	if (top > 4ull << 30) /* QEMU's q35 splits RAM at 2 GiB only when it has at least 2.75 GiB */
		return top - hole < 3ull << 30 ? 3ull << 30 : top - hole;
	top = (top + FIRMWARE_ROOM + ROUND - 1) / ROUND * ROUND;
	return top > hole ? hole : top;
}

static bool uses_channels(const struct config *c)
{
	return c->channel_count > 0;
}

static bool uses_smt(const struct config *c)
{
	for (int i = 0; i < c->sandbox_count; i++)
		if (c->sandbox[i].smt.text)
			return true;
	return false;
}

static bool uses_watcher(const struct config *c)
{
	for (int i = 0; i < c->sandbox_count; i++)
		if (c->sandbox[i].watched_by.text)
			return true;
	return false;
}

static bool uses_machine_file(const struct config *c)
{
	return c->machine.fingerprint.text || c->machine.iommu_given;
}

const char *report_not_enforced(const struct config *config, int *step)
{
	static const struct {
		bool (*used)(const struct config *c);
		const char *text;
	} gaps[] = {
		{ uses_channels, "channels: checked for form; no shared memory is set up and no delay is computed yet" },
		{ uses_smt, "smt: one hardware thread of each core is used, the others sleep; `shared` has no effect yet" },
		{ uses_watcher, "watched-by: gives the watcher the right to restart; heartbeats are not checked yet" },
		{ uses_machine_file, "machine file: cores and memory count; fingerprint and iommu are not compared with the PC yet" },
	};

	while (*step < (int)(sizeof(gaps) / sizeof(gaps[0]))) {
		int i = (*step)++;

		if (gaps[i].used(config))
			return gaps[i].text;
	}
	return NULL;
}

/* ---- memory map ---- */

struct line { /* of the memory map */
	uint64_t start, size;
	char text[96];
};
#define MAX_LINES (QV_BLOB_MAX_MEMORY + QV_BLOB_MAX_REGIONS)

static void region_text(const struct plan *p, const struct qv_region *r, char *to, size_t size)
{
	switch (r->kind) {
	case QV_REGION_CORE:
		(void)snprintf(to, size, "monitor of core %u", r->index);
		break;
	case QV_REGION_TABLES:
		(void)snprintf(to, size, "nested tables and bitmaps of %s", p->sandbox[r->index].name);
		break;
	case QV_REGION_START:
		(void)snprintf(to, size, "start pages of %s", p->sandbox[r->index].name);
		break;
	case QV_REGION_MACHINE:
		(void)snprintf(to, size, "machine area: locks and outboxes of the monitors");
		break;
	case QV_REGION_BLACKBOX:
		(void)snprintf(to, size, "black box: counters, boot log, consoles");
		break;
	case QV_REGION_IOMMU:
		(void)snprintf(to, size, "IOMMU tables");
		break;
	default:
		(void)snprintf(to, size, "archive: the blob with the pristine images");
	}
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static size_t collect_lines(const struct plan *p, struct line lines[MAX_LINES])
{
	size_t n = 0;

	for (uint32_t i = 0; i < p->region_count; i++, n++) {
		lines[n].start = p->region[i].hpa;
		lines[n].size = p->region[i].size;
		region_text(p, &p->region[i], lines[n].text, sizeof(lines[n].text));
	}
	for (uint32_t i = 0; i < p->memory_count; i++) {
		const struct qv_memory *m = &p->memory[i];
		const char *what = m->kind == QV_MEMORY_CONSOLE ? "  console" : m->kind == QV_MEMORY_ARENA ? "arena" : "memory";

		lines[n].start = m->hpa;
		lines[n].size = m->size;
		(void)snprintf(lines[n].text, sizeof(lines[n].text), "%s of %s, guest-physical 0x%llx", what,
			p->sandbox[m->sandbox].name, (unsigned long long)m->gpa);
		n++;
	}
	qsort(lines, n, sizeof(lines[0]), compare_lines);
	return n;
}

static void print_map(const struct plan *p, FILE *to)
{
	static struct line lines[MAX_LINES];
	size_t n = collect_lines(p, lines);
	char size[32];

	(void)fprintf(to, "\nMemory (host-physical)\n");
	for (size_t i = 0; i < n; i++)
		(void)fprintf(to, "  0x%010llx  %10s  %s\n", (unsigned long long)lines[i].start,
			units_print_size(size, lines[i].size), lines[i].text);
	(void)fprintf(to, "  0x%010llx              end; a PC or emulator with %llu MiB will do\n",
		(unsigned long long)p->system.memory_top, (unsigned long long)(report_ram_bytes(p) >> 20));
}

/* ---- owners ---- */

static void print_cores(const struct plan *p, FILE *to)
{
	(void)fprintf(to, "\nCores\n");
	for (uint32_t i = 0; i < p->sandbox_count; i++)
		for (uint32_t j = 0; j < p->sandbox[i].core_count; j++)
			(void)fprintf(to, "  core %-2u  %s%s\n", p->sandbox[i].first_core + j, p->sandbox[i].name,
				j == 0 ? "" : " (started by its core 0)");
}

static void print_devices(const struct plan *p, FILE *to)
{
	(void)fprintf(to, "\nDevices and ports\n");
	for (uint32_t i = 0; i < p->device_count; i++) {
		const struct qv_device *d = &p->device[i];

		(void)fprintf(to, "  %-14s  %s%s%s\n", p->strings + d->label, p->sandbox[d->sandbox].name,
			d->flags & QV_DEVICE_DMA_TRUSTED ? "; DMA TRUSTED: without an IOMMU it reaches all memory" : "",
			d->flags & QV_DEVICE_MSI_TRUSTED ? "; MSI TRUSTED: without remapping it interrupts any core" : "");
	}
	for (uint32_t i = 0; i < p->port_count; i++) {
		const struct qv_port_range *r = &p->port[i];
		bool uart = p->sandbox[r->sandbox].uart_port == r->first;

		(void)fprintf(to, "  0x%04x-0x%04x   %s%s\n", r->first, r->last, p->sandbox[r->sandbox].name, uart ? " (UART)" : "");
	}
	(void)fprintf(to, "  everything else belongs to nobody: PCI functions have bus mastering off, ports read all ones\n");
}

static bool has_pci(const struct plan *p, uint32_t i)
{
	for (uint32_t j = 0; j < p->device_count; j++)
		if (p->device[j].sandbox == i)
			return true;
	return false;
}

/* As boot code routes it; com1 and com3 share a pin, as do com2 and com4. */
static bool interrupts_by_uart(const struct plan *p, uint32_t i)
{
	uint32_t uart = p->sandbox[i].uart_port;

	for (uint32_t j = 0; j < p->sandbox_count; j++)
		if (j != i && uart && p->sandbox[j].uart_port && (p->sandbox[j].uart_port & 0x100) == (uart & 0x100))
			return false;
	return uart && p->sandbox[i].kernel == QV_KERNEL_QUEST;
}

static void print_interrupts(const struct plan *p, FILE *to)
{
	(void)fprintf(to, "\nInterrupts\n");
	for (uint32_t i = 0; i < p->sandbox_count; i++)
		(void)fprintf(to, "  %-14s  local APIC timer and IPIs of its own cores%s%s\n", p->sandbox[i].name,
			interrupts_by_uart(p, i) ? "; its UART, on core 0" : "",
			has_pci(p, i) ? "; MSI and MSI-X of its devices" : "");
	(void)fprintf(to, "  all other IO-APIC pins belong to nobody; NMI, SMI and INIT to the monitors\n");
}

static void print_names(const struct plan *p, uint32_t mask, const char *title, FILE *to)
{
	const char *separator = "";

	if (!mask)
		return;
	(void)fprintf(to, "%s", title);
	for (uint32_t i = 0; i < p->sandbox_count; i++) {
		if (mask & 1u << i) {
			(void)fprintf(to, "%s%s", separator, p->sandbox[i].name);
			separator = ", ";
		}
	}
	(void)fprintf(to, "\n");
}

static void print_reach(const struct plan *p, uint32_t i, FILE *to)
{
	const struct qv_sandbox *s = &p->sandbox[i];

	(void)fprintf(to, "    can reach      its memory%s%s%s\n", s->kernel == QV_KERNEL_QUEST ? ", its console" : "",
		s->uart_port ? ", its UART" : "", has_pci(p, i) ? ", its devices" : "");
	print_names(p, s->may_restart, "    may restart    ", to);
	(void)fprintf(to, "    cannot reach   ");
	print_names(p, ((1u << p->sandbox_count) - 1) & ~(1u << i), "memory, cores and devices of ", to);
	(void)fprintf(to, "%smonitors, APIC page, IO-APIC, reset and SMI ports, other PCI functions\n",
		p->sandbox_count > 1 ? "                   " : "");
}

static void print_sandbox(const struct plan *p, uint32_t i, FILE *to)
{
	const struct qv_sandbox *s = &p->sandbox[i];
	char memory[32], tables[32];
	bool bare = p->system.flags & QV_SYSTEM_BARE;

	(void)fprintf(to, "  %s\n    kernel         %s, entered at guest-physical 0x%llx\n", s->name,
		s->kernel == QV_KERNEL_LINUX ? "Linux" : p->source[i]->kernel_text.text, (unsigned long long)s->entry);
	if (bare)
		(void)fprintf(to, "    memory         %s, on the machine itself\n", units_print_size(memory, p->memory_size[i]));
	else
		(void)fprintf(to, "    memory         %s; nested tables take %s\n", units_print_size(memory, p->memory_size[i]),
			units_print_size(tables, p->table_bytes[i]));
	if (s->initrd_size)
		(void)fprintf(to, "    initramfs      %llu KiB\n", (unsigned long long)(s->initrd_size + 1023) / 1024);
	if (p->strings[s->args])
		(void)fprintf(to, "    arguments      %s\n", p->strings + s->args);
	(void)fprintf(to, "    on a fault     %s\n", s->on_fault == QV_ON_FAULT_RESTART ? "restarted" : "stopped");
	print_names(p, s->after_mask, "    starts after   ", to);
	if (bare)
		(void)fprintf(to, "    can reach      the whole machine: it runs without a monitor\n");
	else
		print_reach(p, i, to);
}

void report_text(const struct plan *plan, const struct config *config, FILE *to)
{
	const char *gap, *title = "\nNot enforced yet\n";
	int step = 0;

	(void)fprintf(to, "System %s: %u sandbox%s on %u core%s%s\n\nSandboxes\n", plan->system.name, plan->sandbox_count,
		plan->sandbox_count == 1 ? "" : "es", plan->system.core_count, plan->system.core_count == 1 ? "" : "s",
		plan->system.flags & QV_SYSTEM_BARE ? ", without virtualisation" : "");
	for (uint32_t i = 0; i < plan->sandbox_count; i++)
		print_sandbox(plan, i, to);
	print_map(plan, to);
	print_cores(plan, to);
	print_devices(plan, to);
	print_interrupts(plan, to);
	report_timing(config, to);
	for (; (gap = report_not_enforced(config, &step)); title = "")
		(void)fprintf(to, "%s  %s\n", title, gap);
}
