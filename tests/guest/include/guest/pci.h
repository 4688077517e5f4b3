/* SPDX-License-Identifier: MIT */
/* A guest's own PCI function, through the configuration ports. */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include <guest/guest.h>
#include <hw/pci.h>

#define GUEST_NO_FUNCTION 0xffffu

/* First function with this device << 16 | vendor: any on bus 0, function 0 of a device on another bus. */
uint16_t guest_pci_find(uint32_t id);
/* Memory decoding and bus mastering on; base address of register `bar`. */
uint64_t guest_pci_enable(uint16_t bdf, uint32_t bar);
/* Offset of capability `id`, 0 = none. */
uint32_t guest_pci_capability(uint16_t bdf, uint8_t id);
/* 16-bit register. */
uint16_t guest_pci_read16(uint16_t bdf, uint32_t offset);
void guest_pci_write16(uint16_t bdf, uint32_t offset, uint16_t value);

static inline uint32_t guest_read32(uint64_t address)
{
	return *(volatile uint32_t *)address;
}

static inline void guest_write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

#endif
