/* SPDX-License-Identifier: MIT */
/* PCI for guests: what a driver's first lines do. */
#include <guest/pci.h>
#include <lib/pci.h>

uint16_t guest_pci_find(uint32_t id)
{
	for (uint32_t bdf = 0; bdf < 256; bdf++) {
		if (hw_pci_read((uint16_t)bdf, HW_PCI_ID) == id)
			return (uint16_t)bdf;
	}
	for (uint32_t bdf = 256; bdf < HW_PCI_BUSES << 8; bdf += 8) {
		if (hw_pci_read((uint16_t)bdf, HW_PCI_ID) == id)
			return (uint16_t)bdf;
	}
	return GUEST_NO_FUNCTION;
}

uint16_t guest_pci_read16(uint16_t bdf, uint32_t offset)
{
	return (uint16_t)(hw_pci_read(bdf, offset & ~3u) >> 8 * (offset & 2));
}

void guest_pci_write16(uint16_t bdf, uint32_t offset, uint16_t value)
{
	hw_out32(HW_PCI_ADDRESS, 1u << 31 | (uint32_t)bdf << 8 | (offset & ~3u));
	hw_out16((uint16_t)(HW_PCI_DATA + (offset & 2)), value);
}

uint64_t guest_pci_enable(uint16_t bdf, uint32_t bar)
{
	uint32_t low = hw_pci_read(bdf, QV_PCI_BAR0 + 4 * bar);
	uint64_t high = low & QV_PCI_BAR_64 ? hw_pci_read(bdf, QV_PCI_BAR0 + 4 * bar + 4) : 0;

	guest_pci_write16(bdf, HW_PCI_COMMAND, QV_PCI_COMMAND_MEMORY | QV_PCI_COMMAND_MASTER | QV_PCI_COMMAND_NO_INTX);
	return high << 32 | (low & ~0xfu);
}

static uint32_t read_config(void *context, uint16_t bdf, uint32_t offset)
{
	(void)context;
	return hw_pci_read(bdf, offset);
}

uint32_t guest_pci_capability(uint16_t bdf, uint8_t id)
{
	const struct qv_pci_config config = {read_config, NULL};

	return qv_pci_capability(&config, bdf, id);
}
