/* SPDX-License-Identifier: MIT */
/* PCI configuration space: registers, capabilities, base addresses, interrupt messages. No access to hardware. */
#ifndef LIB_PCI_H
#define LIB_PCI_H

#include <abi/handover.h>

#define QV_PCI_VENDOR      0x00u
#define QV_PCI_COMMAND     0x04u
#define QV_PCI_CLASS       0x08u
#define QV_PCI_HEADER      0x0cu /* header type in bits 23:16 */
#define QV_PCI_BAR0        0x10u
#define QV_PCI_BUS_NUMBERS 0x18u /* bridges: primary, secondary, subordinate */
#define QV_PCI_CAP_POINTER 0x34u
#define QV_PCI_INTERRUPT   0x3cu

#define QV_PCI_COMMAND_IO     (1u << 0)
#define QV_PCI_COMMAND_MEMORY (1u << 1)
#define QV_PCI_COMMAND_MASTER (1u << 2)
#define QV_PCI_COMMAND_NO_INTX (1u << 10)
#define QV_PCI_STATUS_CAPS    (1u << 20) /* in the dword at QV_PCI_COMMAND */

#define QV_PCI_CAP_MSI     0x05u
#define QV_PCI_CAP_EXPRESS 0x10u
#define QV_PCI_CAP_MSIX    0x11u

#define QV_PCI_BDF(bus, device, function) ((uint16_t)((bus) << 8 | (device) << 3 | (function)))

/* Read the aligned dword at `offset` (< 256) of a function; all ones = no such function. */
struct qv_pci_config {
	uint32_t (*read)(void *context, uint16_t bdf, uint32_t offset);
	void *context;
};

/* Offset of the first capability with that id, 0 = none. A looping list is left after 48 steps (PCI 3.0, 6.7). */
uint16_t qv_pci_capability(const struct qv_pci_config *c, uint16_t bdf, uint8_t id);

enum qv_pci_path { QV_PCI_PATH_FOUND, QV_PCI_PATH_ABSENT, QV_PCI_PATH_BROKEN };
/* The function a path leads to (VT-d 8.3.1): `count` >= 1 steps of device << 3 | function, the first on `bus`, each but
 * the last a bridge. ABSENT: a bridge on the way is not there, so neither is the function. BROKEN: no bridge. */
enum qv_pci_path qv_pci_follow(const struct qv_pci_config *c, uint8_t bus, const uint8_t *step, uint32_t count,
	uint16_t *bdf);

/* ---- who can reach whom without passing the IOMMU (PCI Express 5.0, 6.12: access control services) ---- */

struct qv_pci_node {
	uint16_t bdf;
	uint8_t first_bus, last_bus; /* behind it; 0 = no bridge */
	bool confined; /* has access control services, and they send requests between peers up to the root */
};
/* Do all requests of `a` to `b` go by the root complex, and so through the IOMMU? True: they have different root
 * buses (host bridges), or at the point where their ways part they are different devices of the root bus, or both
 * confined. False when it cannot be told. A bus that no bridge leads to is a root bus. */
bool qv_pci_apart(const struct qv_pci_node *node, uint32_t count, uint16_t a, uint16_t b);

/* One base address register: its value, what it reads after all ones were written, and the same of the next register
 * (used by 64-bit ones). Fills *bar (base 0 = absent or unassigned) and returns the registers taken, 1 or 2. */
uint32_t qv_pci_bar(const uint32_t value[2], const uint32_t sized[2], struct qv_bar *bar);
#define QV_PCI_BAR_IO       (1u << 0)
#define QV_PCI_BAR_64       (1u << 2)
#define QV_PCI_BAR_PREFETCH (1u << 3)

/* ---- the MSI-X capability (PCI 3.0, 6.8.2) ---- */

#define QV_MSIX_CONTROL 2u /* offset of the 16-bit control register in it */
#define QV_MSIX_ENABLE  0x8000u
#define QV_MSIX_ENTRY_BYTES 16u

/* From the capability's first two dwords and f->bar: fills f->msix_count and f->msix_table (host-physical). False, with
 * both 0, when the table does not lie inside memory of the function: then nobody can watch what is written there. */
bool qv_pci_msix_table(struct qv_pci_function *f, uint32_t head, uint32_t where);

/* ---- interrupt messages (SDM 3, 11.11) ---- */

struct qv_msi_target {
	uint32_t apic_id;
	uint8_t vector; /* 16..255 */
};

enum qv_msi_kind {
	QV_MSI_FIXED,     /* *target is filled */
	QV_MSI_NOTHING,   /* address or vector not set up yet: interrupts nobody */
	QV_MSI_FORBIDDEN  /* another delivery mode, logical or broadcast destination, or no interrupt address at all */
};

/* What a device would do with this address and data. */
enum qv_msi_kind qv_msi_decode(uint64_t address, uint32_t data, struct qv_msi_target *target);
/* The plain message for `target`. False if its APIC id needs interrupt remapping (>= 255). */
bool qv_msi_encode(const struct qv_msi_target *target, uint64_t *address, uint32_t *data);

/* ---- the MSI capability (PCI 3.0, 6.8.1) ---- */

#define QV_MSI_CONTROL 2u /* offset of the 16-bit control register in it */
#define QV_MSI_ENABLE  1u

struct qv_msi_layout { /* offsets in configuration space; 0 = absent */
	uint16_t control, low, high, data, mask;
	uint16_t end; /* first byte behind it: 10, 14, 20 or 24 bytes from its begin */
};

/* Where the registers of the capability at `cap` are; the control register tells: 64-bit address, masks or not. */
struct qv_msi_layout qv_msi_layout(uint16_t cap, uint16_t control);

#endif
