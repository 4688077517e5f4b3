/* SPDX-License-Identifier: MIT */
/* Every device that the system file gives away by name must be there. */
#include "boot.h"

#include <hw/pci.h>

/* Functions of one device slot: 8 if its first one says so. */
static uint32_t functions(uint32_t bus, uint32_t device)
{
	uint16_t first = HW_PCI_BDF(bus, device, 0);

	if (hw_pci_read(first, HW_PCI_ID) == UINT32_MAX)
		return 0;
	return hw_pci_read(first, HW_PCI_HEADER) & HW_PCI_MULTI_FUNCTION ? 8 : 1;
}

/* How many functions carry this vendor:device number? */
static uint32_t count_id(uint32_t id)
{
	uint32_t n = 0;

	for (uint32_t bus = 0; bus < HW_PCI_BUSES; bus++) {
		for (uint32_t device = 0; device < 32; device++) {
			for (uint32_t f = 0, end = functions(bus, device); f < end; f++)
				n += hw_pci_read(HW_PCI_BDF(bus, device, f), HW_PCI_ID) == id;
		}
	}
	return n;
}

static uint32_t id_of(const struct qv_device *d)
{
	return (uint32_t)d->device << 16 | d->vendor;
}

/* How many entries of the file, up to and including this one, ask for the same number? */
static uint32_t asked(const struct boot_machine *m, uint32_t index)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i <= index; i++) {
		const struct qv_device *d = &m->blob.device[i];

		n += d->kind == QV_DEVICE_PCI_ID && id_of(d) == id_of(&m->blob.device[index]);
	}
	return n;
}

static bool present(const struct boot_machine *m, uint32_t index)
{
	const struct qv_device *d = &m->blob.device[index];

	switch (d->kind) {
	case QV_DEVICE_PCI_ID: return count_id(id_of(d)) >= asked(m, index);
	case QV_DEVICE_PCI_BDF: return hw_pci_read(d->bdf, HW_PCI_ID) != UINT32_MAX;
	default: return true;
	}
}

void boot_check_devices(const struct boot_machine *m)
{
	for (uint32_t i = 0; i < m->blob.device_count; i++) {
		const struct qv_device *d = &m->blob.device[i];

		if (!present(m, i))
			boot_refuse("plug the device in, or take it out of the system file",
				    "device %s of sandbox %s is not on this machine",
				    m->blob.strings + d->label, m->blob.sandbox[d->sandbox].name);
	}
}
