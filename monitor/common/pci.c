/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration through ports 0xCF8-0xCFF (PCI 3.0, 3.2.2.3.2): the only way a sandbox sees it. Functions of others
 * do not exist. Of an own function everything can be read, and little written: what could move its windows, reach past
 * its sandbox or send interrupts is refused. The address latch is kept per core and is never the machine's.
 */
#include "mon.h"

#include <hw/cpu.h>
#include <hw/port.h>
#include <lib/string.h>

#define ADDRESS_PORT 0xcf8u
#define DATA_PORT    0xcfcu
#define ADDRESS_ENABLE 0x80000000u
#define ADDRESS_RESERVED 0x7f000000u

#define OFFSET_COMMAND 0x04u
#define OFFSET_BAR     0x10u
#define OFFSET_BAR_END 0x28u
#define OFFSET_ROM     0x30u
#define OFFSET_INTERRUPT_LINE 0x3cu
#define OFFSET_CAPABILITIES   0x40u

#define COMMAND_GUEST_BITS 0x407u /* I/O, memory, bus master, INTx disable; not SERR: it raises an NMI for all */
#define COMMAND_QUIET  0x400u /* INTx off */
#define COMMAND_MEMORY 0x002u
#define CONTROL_RESET  0x8000u
#define RESETS_A_SECOND 10u /* a function may take 100 ms (PCI Express base specification 5.0, 6.6.2) */

#define BAR_TYPE_MASK 0x7u
#define BAR_TYPE_64   0x4u

static uint32_t address;                        /* the guest's CF8 */
static uint8_t sizing[QV_MAX_DEVICES];          /* bit i: BAR register i holds all ones */

static uint32_t function_index(uint16_t bdf)
{
	uint32_t i = 0;

	while (i < mon.handover->function_count && mon.handover->function[i].bdf != bdf)
		i++;
	return i;
}

/* ---- the machine's registers, under the lock since two ports make one access ---- */

static bool config_lock(uint16_t bdf, uint16_t offset)
{
	if (!mon_lock(&mon.handover->locks->pci_config))
		return false;
	hw_out32(ADDRESS_PORT, ADDRESS_ENABLE | (uint32_t)bdf << 8 | (offset & 0xfcu));
	return true;
}

static void config_unlock(void)
{
	mon_unlock(&mon.handover->locks->pci_config);
}

uint32_t mon_pci_config_read(uint16_t bdf, uint16_t offset, uint8_t size)
{
	uint16_t port = (uint16_t)(DATA_PORT + (offset & 3u));
	uint32_t value;

	if (!config_lock(bdf, offset))
		return UINT32_MAX;
	value = size == 1 ? hw_in8(port) : size == 2 ? hw_in16(port) : hw_in32(port);
	config_unlock();
	return value;
}

void mon_pci_config_write(uint16_t bdf, uint16_t offset, uint8_t size, uint32_t value)
{
	uint16_t port = (uint16_t)(DATA_PORT + (offset & 3u));

	if (!config_lock(bdf, offset))
		return;
	if (size == 1)
		hw_out8(port, (uint8_t)value);
	else if (size == 2)
		hw_out16(port, (uint16_t)value);
	else
		hw_out32(port, value);
	config_unlock();
}

/* ---- base address registers: their place is fixed; a guest may ask for the size and write back what it read ---- */

struct bar_half { /* what one 32-bit register stands for */
	const struct qv_bar *bar; /* NULL = not implemented */
	bool high;
};

static struct bar_half bar_half(const struct qv_pci_function *f, uint32_t reg)
{
	struct bar_half half = { .bar = &f->bar[reg], .high = false };

	if (reg > 0 && f->bar[reg - 1].size != 0 && (f->bar[reg - 1].flags & BAR_TYPE_MASK) == BAR_TYPE_64)
		return (struct bar_half){ .bar = &f->bar[reg - 1], .high = true };
	if (half.bar->size == 0)
		half.bar = NULL;
	return half;
}

static uint32_t bar_value(struct bar_half half, bool size_asked)
{
	uint64_t value;

	if (half.bar == NULL)
		return 0;
	value = (size_asked ? ~(half.bar->size - 1) : half.bar->base) | half.bar->flags;
	return (uint32_t)(half.high ? value >> 32 : value);
}

static uint32_t bar_read(uint32_t index, uint32_t reg)
{
	return bar_value(bar_half(&mon.handover->function[index], reg), (sizing[index] >> reg & 1u) != 0);
}

static void bar_write(uint32_t index, uint32_t reg, uint32_t value)
{
	if (value == UINT32_MAX) {
		sizing[index] |= (uint8_t)(1u << reg);
		return;
	}
	sizing[index] &= (uint8_t)~(1u << reg);
	if (value != bar_read(index, reg))
		mon_refused(); /* the register keeps its value; reading it back shows so */
}

/* ---- one access to an own function ---- */

static bool in_bars(uint16_t offset)
{
	return offset >= OFFSET_BAR && offset < OFFSET_BAR_END;
}

static uint32_t own_read(uint32_t index, uint16_t offset, uint8_t size)
{
	const struct qv_pci_function *f = &mon.handover->function[index];
	uint32_t value;

	if (in_bars(offset))
		value = bar_read(index, (offset - OFFSET_BAR) / 4u);
	else if ((offset & 0xfcu) == OFFSET_ROM)
		value = 0; /* no expansion ROM */
	else if (offset < OFFSET_CAPABILITIES)
		return mon_pci_config_read(f->bdf, offset, size);
	else
		value = mon_msi_config_read(f, offset & 0xfcu, mon_pci_config_read(f->bdf, offset & 0xfcu, 4));
	return value >> 8 * (offset & 3u);
}

/* False: the guest reached for what is not its own. */
static bool own_write(uint32_t index, uint16_t offset, uint8_t size, uint32_t value)
{
	const struct qv_pci_function *f = &mon.handover->function[index];

	if (offset == OFFSET_COMMAND && size >= 2)
		mon_pci_config_write(f->bdf, offset, 2, value & COMMAND_GUEST_BITS);
	else if (in_bars(offset) && size == 4)
		bar_write(index, (offset - OFFSET_BAR) / 4u, value);
	else if (offset == OFFSET_INTERRUPT_LINE)
		mon_pci_config_write(f->bdf, offset, 1, value); /* a note of the guest to itself */
	else
		return mon_msi_config_write(f, offset, size, value);
	return true;
}

/* ---- ports ---- */

/* Function the latch points to, or function_count. */
static uint32_t selected(void)
{
	if ((address & ADDRESS_ENABLE) == 0 || (address & ADDRESS_RESERVED) != 0)
		return mon.handover->function_count;
	return function_index((uint16_t)(address >> 8));
}

static uint16_t selected_offset(uint16_t port)
{
	return (uint16_t)((address & 0xfcu) | (port & 3u));
}

static uint32_t ones(uint8_t size)
{
	return size == 4 ? UINT32_MAX : (1u << 8 * size) - 1;
}

uint32_t mon_pci_read(uint16_t port, uint8_t size)
{
	uint32_t index = selected();

	if (port == ADDRESS_PORT)
		return address;
	if (index == mon.handover->function_count)
		return ones(size);
	return own_read(index, selected_offset(port), size) & ones(size);
}

bool mon_pci_write(uint16_t port, uint8_t size, uint32_t value)
{
	uint32_t index = selected();

	if (port == ADDRESS_PORT)
		address = value & ~3u;
	else if (index == mon.handover->function_count)
		mon_refused();
	else
		return own_write(index, selected_offset(port), size, value);
	return true;
}

void mon_pci_reset(void)
{
	memset(sizing, 0, sizeof(sizing));
	address = 0;
}

/* ---- between two lives ---- */

static void restore_bars(const struct qv_pci_function *f)
{
	for (uint32_t reg = 0; reg < QV_MAX_BARS; reg++) {
		struct bar_half half = bar_half(f, reg);

		if (half.bar != NULL)
			mon_pci_config_write(f->bdf, (uint16_t)(OFFSET_BAR + 4 * reg), 4, bar_value(half, false));
	}
}

/* Start the reset of every function that has one; true if any did. */
static bool start_resets(void)
{
	bool any = false;

	for (uint32_t i = 0; i < mon.handover->function_count; i++) {
		const struct qv_pci_function *f = &mon.handover->function[i];

		mon_pci_config_write(f->bdf, OFFSET_COMMAND, 2, COMMAND_QUIET);
		(void)mon_pci_config_read(f->bdf, OFFSET_COMMAND, 2); /* what the device had begun is done */
		if (f->reset_control == 0)
			continue;
		mon_pci_config_write(f->bdf, f->reset_control, 2, CONTROL_RESET);
		any = true;
	}
	return any;
}

bool mon_devices_quiesce(void)
{
	bool quiet = true;

	if (start_resets()) {
		uint64_t end = hw_rdtsc() + mon.handover->tsc_hz / RESETS_A_SECOND;

		while (hw_rdtsc() < end)
			hw_pause();
	}
	for (uint32_t i = 0; i < mon.handover->function_count; i++) {
		const struct qv_pci_function *f = &mon.handover->function[i];

		if (f->reset_control != 0)
			restore_bars(f);
		mon_pci_config_write(f->bdf, OFFSET_COMMAND, 2, COMMAND_QUIET | COMMAND_MEMORY);
		quiet = mon_msi_reset(f) && quiet;
		mon_pci_config_write(f->bdf, OFFSET_COMMAND, 2, COMMAND_QUIET);
	}
	return mon.handover->function_count == 0 || (quiet && !mon_lock_given_up());
}
