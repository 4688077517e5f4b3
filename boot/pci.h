/* SPDX-License-Identifier: MIT */
/*
 * PCI functions of the machine and who owns them. Order: boot_pci_scan, boot_assign_devices, then the IOMMU
 * (boot/iommu.c), then the hand-over of each core. Private to boot/.
 */
#ifndef BOOT_PCI_H
#define BOOT_PCI_H

#include "boot.h"

#include <abi/handover.h>
#include <lib/isolate.h>
#include <lib/pci.h>
#include <lib/pt.h>

#define BOOT_MAX_FUNCTIONS 512u
#define BOOT_NOBODY        UINT32_MAX

struct boot_function {
	uint16_t vendor, device;
	uint32_t class;    /* base class, sub-class, interface */
	bool bridge;       /* never given to a sandbox; stays as firmware set it up */
	bool master;       /* can master the bus */
	bool msix_astray;  /* its MSI-X table is not in its own memory: nobody may own it */
	uint32_t sandbox;  /* owner, or BOOT_NOBODY */
	struct qv_pci_function pci; /* flags and vectors are filled at assignment */
};

struct boot_pci {
	uint32_t count;
	struct boot_function function[BOOT_MAX_FUNCTIONS];
};
extern struct boot_pci boot_pci;

extern const struct qv_pci_config boot_pci_config;

/* Find every function of PCI segment 0, on any bus, and switch bus mastering off on all but bridges. Refuses a machine
 * with more than BOOT_MAX_FUNCTIONS: what is not known cannot be kept apart. */
void boot_pci_scan(void);

/* ---- scope.c ---- */
enum boot_cover { BOOT_COVERS_NOT, BOOT_COVERS, BOOT_COVERS_UNKNOWN };
/* Does the scope name function `bdf`, or a bridge that it is behind? UNKNOWN: its path does not hold here. */
enum boot_cover boot_scope_covers(const struct qv_acpi_scope *sc, uint16_t bdf);

/* ---- peers.c ---- */
/* After boot_pci_scan: switch access control services on and remember who has them. */
void boot_peers_find(const struct boot_machine *m);
/* Would `f`, owned by `sandbox` with `flags`, and a function of another sandbox reach each other without the IOMMU?
 * Only bus masters reach, and those with `dma: trusted` may. */
bool boot_peer_of_another(const struct boot_function *f, uint32_t sandbox, uint32_t flags);

/* ---- ports.c ---- */
/* Refuse port ranges of the system file that reach into the machine's ACPI register blocks. */
void boot_check_ports(const struct boot_machine *m);
/* NULL, or why the I/O ports of this function cannot be given to sandbox `s`. Before m->blob.port gets device ports. */
const char *boot_port_problem(const struct boot_machine *m, uint32_t s, const struct boot_function *f);

/* Decide the owner of each function as the blob says; refuse what is absent, shared or unsafe. Device memory and ports
 * join m->blob.memory and m->blob.port, so that all later steps and checks see them. After boot_iommu_find. */
void boot_assign_devices(struct boot_machine *m);

/* All of it before launch: scan, IOMMU units, owners. Nothing when the system runs bare: it owns the machine. */
void boot_take_devices(struct boot_machine *m);

/* ---- iommu.c ---- */

/* Look at the machine's VT-d units; no unit is not an error. */
void boot_iommu_find(const struct boot_machine *m);
/* Does the unit that translates function `bdf` work for us? */
bool boot_iommu_translates(const struct boot_machine *m, uint16_t bdf);
/* ... and remaps its interrupts in x2APIC mode? */
bool boot_iommu_remaps(const struct boot_machine *m, uint16_t bdf);
/* Build domains for the owned functions, check them, switch the units on with everything else blocked. */
void boot_iommu_start(const struct boot_machine *m);

/* After boot_iommu_start. If interrupts of IO-APIC `ioapic` (its id) are remapped: sandbox `s` gets an entry that sends
 * them to a core, *handle is its number. False: they are not remapped. */
bool boot_iommu_remap_pin(const struct boot_machine *m, uint32_t s, uint32_t ioapic, uint32_t apic_id, uint8_t vector,
	uint32_t *handle);

#define BOOT_IRT_ENTRIES 256u
#define BOOT_IRT_PINS (BOOT_IRT_ENTRIES - QV_MAX_SANDBOXES) /* from here on: one for the serial port of each sandbox */

/* Refuse to launch what an isolation check has found (isolation.c). */
_Noreturn void boot_isolation_broken(const struct qv_isolation_error *e);

/* Host memory that the monitors of a sandbox with devices must map read-write at QV_MON_HOST + hpa. */
struct boot_host_range {
	uint64_t hpa, size;
	bool uncached;
};
#define BOOT_MAX_HOST_RANGES (QV_MAX_DEVICES + 2u)
uint32_t boot_device_ranges(const struct boot_machine *m, uint32_t sandbox, struct boot_host_range *range);
/* The part of the IOMMU region that monitors may write; 0 bytes without an IOMMU. */
void boot_iommu_monitors_part(uint64_t *hpa, uint64_t *bytes);
/* Functions, flags and IOMMU addresses of the sandbox into its hand-over. */
void boot_device_handover(const struct boot_machine *m, uint32_t sandbox, struct qv_handover *h);

#endif
