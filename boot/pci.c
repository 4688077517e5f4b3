/* SPDX-License-Identifier: MIT */
/* PCI enumeration by configuration mechanism #1: every bus is asked, whichever host bridge or bridge it is behind. */
#include "pci.h"

#include <hw/pci.h>
#include <lib/string.h>

#define BUSES   256u
#define DEVICES 32u
#define ABSENT  0xffffffffu
#define CLASS_BRIDGE 0x06u
#define HEADER_MULTI  (1u << 23)
#define HEADER_TYPE(v) ((v) >> 16 & 0x7f)
#define HEADER_DEVICE 0u
#define HEADER_BRIDGE 1u
#define MSIX_TABLE 4u
#define MSI_ENABLES (QV_MSI_ENABLE << 16)
#define MSIX_ENABLES (QV_MSIX_ENABLE << 16)
#define EXPRESS_CAPABILITIES 4u
#define EXPRESS_RESETS  (1u << 28)
#define EXPRESS_CONTROL 8u

struct boot_pci boot_pci;

struct scan { /* buses still to visit */
	uint8_t bus[BUSES];
	uint32_t head, tail;
	bool seen[BUSES];
};
static struct scan scan;

static uint32_t read_config(void *context, uint16_t bdf, uint32_t offset)
{
	(void)context;
	return hw_pci_read(bdf, offset);
}

const struct qv_pci_config boot_pci_config = { read_config, NULL };

/* Command register only: the status half is write-one-to-clear. */
static void write_command(uint16_t bdf, uint32_t command)
{
	hw_pci_write(bdf, QV_PCI_COMMAND, command & 0xffff);
}

/* Bus mastering and INTx off; leaves the bit readable as 0 and says whether it could be set. */
static bool quiet(uint16_t bdf)
{
	uint32_t command = hw_pci_read(bdf, QV_PCI_COMMAND);
	bool master;

	write_command(bdf, command | QV_PCI_COMMAND_MASTER);
	master = (hw_pci_read(bdf, QV_PCI_COMMAND) & QV_PCI_COMMAND_MASTER) != 0;
	write_command(bdf, (command | QV_PCI_COMMAND_NO_INTX) & ~QV_PCI_COMMAND_MASTER);
	return master;
}

/* All ones into each base address register, with decoding off, tells its size. */
static void size_bars(struct qv_pci_function *f)
{
	uint32_t command = hw_pci_read(f->bdf, QV_PCI_COMMAND);
	uint32_t value[QV_MAX_BARS + 1] = { 0 }, sized[QV_MAX_BARS + 1] = { 0 };

	write_command(f->bdf, command & ~(QV_PCI_COMMAND_IO | QV_PCI_COMMAND_MEMORY));
	for (uint32_t i = 0; i < QV_MAX_BARS; i++) {
		value[i] = hw_pci_read(f->bdf, QV_PCI_BAR0 + 4 * i);
		hw_pci_write(f->bdf, QV_PCI_BAR0 + 4 * i, 0xffffffff);
		sized[i] = hw_pci_read(f->bdf, QV_PCI_BAR0 + 4 * i);
		hw_pci_write(f->bdf, QV_PCI_BAR0 + 4 * i, value[i]);
	}
	write_command(f->bdf, command);
	for (uint32_t i = 0; i < QV_MAX_BARS;)
		i += qv_pci_bar(&value[i], &sized[i], &f->bar[i]);
}

static void find_msix_table(struct boot_function *f)
{
	uint16_t cap = f->pci.msix_cap;

	f->msix_astray = !qv_pci_msix_table(&f->pci, hw_pci_read(f->pci.bdf, cap), hw_pci_read(f->pci.bdf, cap + MSIX_TABLE));
	if (f->msix_astray)
		f->pci.msix_cap = 0;
}

/* Interrupt messages that firmware switched on; the registers beside the enable bits are kept. */
static void switch_messages_off(const struct qv_pci_function *f)
{
	if (f->msi_cap)
		hw_pci_write(f->bdf, f->msi_cap, hw_pci_read(f->bdf, f->msi_cap) & ~MSI_ENABLES);
	if (f->msix_cap)
		hw_pci_write(f->bdf, f->msix_cap, hw_pci_read(f->bdf, f->msix_cap) & ~MSIX_ENABLES);
}

/* Device Control register if the function can be reset on its own (PCI Express base specification 5.0, 6.6.2). */
static uint16_t find_reset(uint16_t bdf)
{
	uint16_t express = qv_pci_capability(&boot_pci_config, bdf, QV_PCI_CAP_EXPRESS);

	if (!express || !(hw_pci_read(bdf, express + EXPRESS_CAPABILITIES) & EXPRESS_RESETS))
		return 0;
	return (uint16_t)(express + EXPRESS_CONTROL);
}

static void queue_bus(uint32_t bus)
{
	if (scan.seen[bus])
		return;
	scan.seen[bus] = true;
	scan.bus[scan.tail++] = (uint8_t)bus;
}

static void describe(struct boot_function *f)
{
	f->pci.msi_cap = qv_pci_capability(&boot_pci_config, f->pci.bdf, QV_PCI_CAP_MSI);
	f->pci.msix_cap = qv_pci_capability(&boot_pci_config, f->pci.bdf, QV_PCI_CAP_MSIX);
	f->pci.reset_control = find_reset(f->pci.bdf);
	switch_messages_off(&f->pci);
	size_bars(&f->pci);
	if (f->pci.msix_cap)
		find_msix_table(f);
}

static void add_function(uint16_t bdf, uint32_t id)
{
	uint32_t class = hw_pci_read(bdf, QV_PCI_CLASS) >> 8;
	uint32_t type = HEADER_TYPE(hw_pci_read(bdf, QV_PCI_HEADER));
	bool bridge = type != HEADER_DEVICE || class >> 16 == CLASS_BRIDGE;
	bool master = !bridge && quiet(bdf);
	struct boot_function *f;

	if (type == HEADER_BRIDGE)
		queue_bus(hw_pci_read(bdf, QV_PCI_BUS_NUMBERS) >> 8 & 0xff);
	if (boot_pci.count == BOOT_MAX_FUNCTIONS)
		boot_refuse("take devices out of this machine, or switch them off in the firmware set-up",
			    "this machine has more than %u PCI functions", BOOT_MAX_FUNCTIONS);
	f = &boot_pci.function[boot_pci.count++];
	memset(f, 0, sizeof(*f));
	f->vendor = (uint16_t)id;
	f->device = (uint16_t)(id >> 16);
	f->class = class;
	f->bridge = bridge;
	f->master = master;
	f->sandbox = BOOT_NOBODY;
	f->pci.bdf = bdf;
	if (!bridge)
		describe(f);
}

static void scan_slot(uint32_t bus, uint32_t device)
{
	uint32_t functions = 1;

	for (uint32_t i = 0; i < functions; i++) {
		uint16_t bdf = QV_PCI_BDF(bus, device, i);
		uint32_t id = hw_pci_read(bdf, QV_PCI_VENDOR);

		if (id == ABSENT || (id & 0xffff) == 0)
			continue;
		if (i == 0 && hw_pci_read(bdf, QV_PCI_HEADER) & HEADER_MULTI)
			functions = 8;
		add_function(bdf, id);
	}
}

static void scan_queued(void)
{
	while (scan.head < scan.tail) {
		uint32_t bus = scan.bus[scan.head++];

		for (uint32_t device = 0; device < DEVICES; device++)
			scan_slot(bus, device);
	}
}

/* A bus that no bridge has led to may be the root bus of another host bridge. An empty one costs 32 reads. */
void boot_pci_scan(void)
{
	memset(&scan, 0, sizeof(scan));
	boot_pci.count = 0;
	for (uint32_t bus = 0; bus < BUSES; bus++) {
		queue_bus(bus);
		scan_queued();
	}
}
