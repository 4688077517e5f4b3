/* SPDX-License-Identifier: MIT */
/*
 * Requests between functions that never reach the IOMMU: behind one PCI Express switch, on one conventional bus, or
 * inside one package of several functions. Access control services (PCI Express 5.0, 6.12, 7.7.8) send them up to the
 * root complex instead; they are switched on wherever they exist, and what is not confined goes to one sandbox only.
 */
#include "pci.h"

#include <hw/pci.h>

#define EXTENDED_FIRST 0x100u
#define EXTENDED_STEPS 960u   /* dwords of extended configuration space */
#define EXTENDED_ACS   0x000du
#define ACS_CAPABILITY 4u
#define ACS_CONTROL    6u
#define ACS_UP         0x1du  /* source validation, request and completion redirect, upstream forwarding */
#define ACS_DIRECT     0x40u  /* lets translated requests through, so it stays off */

static struct qv_pci_node nodes[BOOT_MAX_FUNCTIONS];

/* Extended configuration space of a function, NULL when it cannot be reached. */
static volatile uint8_t *extended(const struct boot_machine *m, uint16_t bdf)
{
	for (uint32_t i = 0; i < m->mcfg.count; i++) {
		uint64_t at = m->mcfg.ecam[i].base + ((uint64_t)bdf << 12);

		if (m->mcfg.ecam[i].segment == 0 && bdf >> 8 >= m->mcfg.ecam[i].first_bus &&
		    bdf >> 8 <= m->mcfg.ecam[i].last_bus && at < m->mapped_top - QV_PAGE_SIZE)
			return (volatile uint8_t *)at;
	}
	return NULL;
}

/* Offset of the access control services capability, 0 = none. */
static uint32_t find_acs(volatile uint8_t *space)
{
	uint32_t at = EXTENDED_FIRST;

	for (uint32_t i = 0; i < EXTENDED_STEPS && at >= EXTENDED_FIRST; i++) {
		uint32_t head = *(volatile uint32_t *)(space + at);

		if (head == 0 || head == UINT32_MAX)
			return 0;
		if ((head & 0xffff) == EXTENDED_ACS)
			return at;
		at = head >> 20 & 0xffc;
	}
	return 0;
}

/* Redirection on; does the function keep to it? What it does not implement, it cannot do to its peers. */
static bool confine(const struct boot_machine *m, uint16_t bdf)
{
	volatile uint8_t *space = extended(m, bdf);
	volatile uint16_t *control;
	uint32_t acs, want;

	if (!space || !qv_pci_capability(&boot_pci_config, bdf, QV_PCI_CAP_EXPRESS))
		return false;
	acs = find_acs(space);
	if (!acs)
		return false;
	want = *(volatile uint16_t *)(space + acs + ACS_CAPABILITY) & ACS_UP;
	control = (volatile uint16_t *)(space + acs + ACS_CONTROL);
	*control = (uint16_t)((*control | want) & ~ACS_DIRECT);
	return (*control & (want | ACS_DIRECT)) == want;
}

void boot_peers_find(const struct boot_machine *m)
{
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		const struct boot_function *f = &boot_pci.function[i];
		uint32_t type = hw_pci_read(f->pci.bdf, QV_PCI_HEADER) >> 16 & 0x7f;

		nodes[i] = (struct qv_pci_node){ .bdf = f->pci.bdf, .confined = confine(m, f->pci.bdf) };
		if (type == 1) {
			uint32_t buses = hw_pci_read(f->pci.bdf, QV_PCI_BUS_NUMBERS);

			nodes[i].first_bus = (uint8_t)(buses >> 8);
			nodes[i].last_bus = (uint8_t)(buses >> 16);
		}
	}
}

static bool sends(const struct boot_function *f, uint32_t flags)
{
	return f->master && !(flags & QV_DEVICE_DMA_TRUSTED);
}

bool boot_peer_of_another(const struct boot_function *f, uint32_t sandbox, uint32_t flags)
{
	for (uint32_t i = 0; i < boot_pci.count; i++) {
		const struct boot_function *o = &boot_pci.function[i];

		if (o->sandbox == BOOT_NOBODY || o->sandbox == sandbox || (!sends(f, flags) && !sends(o, o->pci.flags)))
			continue;
		if (!qv_pci_apart(nodes, boot_pci.count, f->pci.bdf, o->pci.bdf))
			return true;
	}
	return false;
}
