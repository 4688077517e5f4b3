/* SPDX-License-Identifier: MIT */
/* I/O ports: ranges of the system file and windows of devices against the machine's own registers and each other. */
#include "pci.h"

#include <lib/policy.h>

static bool meet(const struct qv_bar *b, uint32_t first, uint32_t last)
{
	return b->base <= last && first < b->base + b->size;
}

static bool is_io(const struct qv_bar *b)
{
	return b->base && b->flags & QV_PCI_BAR_IO;
}

void boot_check_ports(const struct boot_machine *m)
{
	for (uint32_t i = 0; i < m->blob.port_count; i++) {
		const struct qv_port_range *p = &m->blob.port[i];
		const struct qv_acpi_block *block = qv_acpi_block_at(&m->fadt, p->first, p->last);

		if (block)
			boot_refuse("take these ports out of `ports:` in the system file",
				    "sandbox %s: ports 0x%x-0x%x reach into 0x%x-0x%x, the %s registers (ACPI) of this machine",
				    m->blob.sandbox[p->sandbox].name, p->first, p->last, block->first, block->last,
				    block->name);
	}
}

static bool touches_kept(const struct qv_bar *b)
{
	for (uint64_t port = b->base; port < b->base + b->size && port <= UINT16_MAX; port++) {
		if (qv_port_kept((uint16_t)port))
			return true;
	}
	return false;
}

static bool given_to_another(const struct boot_machine *m, uint32_t s, const struct qv_bar *b)
{
	for (uint32_t i = 0; i < m->blob.port_count; i++) {
		const struct qv_port_range *p = &m->blob.port[i];

		if (p->sandbox != s && meet(b, p->first, p->last))
			return true;
	}
	return false;
}

static bool shared(const struct boot_function *owner, const struct qv_bar *b)
{
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		const struct boot_function *f = &boot_pci.function[i];

		for (uint32_t k = 0; f != owner && k < QV_MAX_BARS; k++) {
			const struct qv_bar *o = &f->pci.bar[k];

			if (is_io(o) && meet(b, (uint32_t)o->base, (uint32_t)(o->base + o->size - 1)))
				return true;
		}
	}
	return false;
}

const char *boot_port_problem(const struct boot_machine *m, uint32_t s, const struct boot_function *f)
{
	for (uint32_t k = 0; k < QV_MAX_BARS; k++) {
		const struct qv_bar *b = &f->pci.bar[k];

		if (!is_io(b))
			continue;
		if (b->base + b->size - 1 > UINT16_MAX)
			return "has I/O ports above 0xffff";
		if (qv_acpi_block_at(&m->fadt, (uint16_t)b->base, (uint16_t)(b->base + b->size - 1)))
			return "has I/O ports where the machine has power management registers (ACPI)";
		if (touches_kept(b))
			return "has I/O ports that act on the whole machine";
		if (given_to_another(m, s, b))
			return "has I/O ports that the system file gives to another sandbox (`ports:` or `uart:`)";
		if (shared(f, b))
			return "shares I/O ports with another function";
	}
	return NULL;
}
