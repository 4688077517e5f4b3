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

/* Is there a function with this vendor:device number? */
static bool find_id(uint32_t id)
{
	for (uint32_t bus = 0; bus < HW_PCI_BUSES; bus++) {
		for (uint32_t device = 0; device < 32; device++) {
			for (uint32_t f = 0, end = functions(bus, device); f < end; f++) {
				if (hw_pci_read(HW_PCI_BDF(bus, device, f), HW_PCI_ID) == id)
					return true;
			}
		}
	}
	return false;
}

static bool present(const struct qv_device *d)
{
	switch (d->kind) {
	case QV_DEVICE_PCI_ID: return find_id((uint32_t)d->device << 16 | d->vendor);
	case QV_DEVICE_PCI_BDF: return hw_pci_read(d->bdf, HW_PCI_ID) != UINT32_MAX;
	default: return true;
	}
}

void boot_check_devices(const struct boot_machine *m)
{
	for (uint32_t i = 0; i < m->blob.device_count; i++) {
		const struct qv_device *d = &m->blob.device[i];

		if (!present(d))
			boot_refuse("plug the device in, or take it out of the system file",
				    "device %s of sandbox %s is not on this machine",
				    m->blob.strings + d->label, m->blob.sandbox[d->sandbox].name);
	}
}
