/* SPDX-License-Identifier: MIT */
/* PCI configuration space by ports 0xCF8/0xCFC (PCI local bus specification 3.0, 3.2.2.3.2). One user at a time. */
#ifndef HW_PCI_H
#define HW_PCI_H

#include <hw/port.h>

#define HW_PCI_ADDRESS 0xcf8u
#define HW_PCI_DATA    0xcfcu
#define HW_PCI_BDF(bus, device, function) ((uint16_t)((bus) << 8 | (device) << 3 | (function)))
#define HW_PCI_BUSES 256u

/* Offsets of the header that types 0 and 1 share. */
#define HW_PCI_ID      0x00u /* vendor; device in the high half; vendor 0xffff = absent */
#define HW_PCI_COMMAND 0x04u /* status in the high half */
#define HW_PCI_CLASS   0x08u
#define HW_PCI_HEADER  0x0cu /* header type in bits 16-23; bit 23 = multi-function */
#define HW_PCI_MULTI_FUNCTION (1u << 23)

/* `offset` is a multiple of 4 below 256. */
static inline uint32_t hw_pci_read(uint16_t bdf, uint32_t offset)
{
	hw_out32(HW_PCI_ADDRESS, 1u << 31 | (uint32_t)bdf << 8 | offset);
	return hw_in32(HW_PCI_DATA);
}

static inline void hw_pci_write(uint16_t bdf, uint32_t offset, uint32_t value)
{
	hw_out32(HW_PCI_ADDRESS, 1u << 31 | (uint32_t)bdf << 8 | offset);
	hw_out32(HW_PCI_DATA, value);
}

#endif
