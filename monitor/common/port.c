/* SPDX-License-Identifier: MIT */
/* Port accesses that exit: lib/policy says what each port is; nothing here reaches a real port but pci.c. */
#include "mon.h"

#include <abi/call.h>
#include <lib/policy.h>

static uint8_t cmos_index;

void mon_port_reset(void)
{
	cmos_index = 0;
	mon_pci_reset();
}

/* Real-time clock registers (MC146818): midnight of 1 January 2026, BCD, 24 h, no update in progress, battery good. */
static uint8_t cmos_read(uint8_t index)
{
	static const uint8_t image[] = { 0, 0, 0, 0, 0, 0, 5, 1, 1, 0x26, 0x26, 0x02, 0, 0x80 };

	if (index == 0x32)
		return 0x20; /* century */
	return index < sizeof(image) ? image[index] : 0;
}

static uint8_t read_byte(uint16_t port)
{
	switch (qv_port_action(port)) {
	case QV_PORT_ZERO:
		return 0;
	case QV_PORT_CMOS:
		return port & 1u ? cmos_read(cmos_index) : 0xff;
	case QV_PORT_ACPI:
		return 0;
	default:
		return 0xff;
	}
}

static void acpi_write(uint16_t port, uint8_t value)
{
	if (port == QV_PORT_SLEEP_CONTROL && value == QV_SLEEP_S5)
		mon_life_end(QV_MAIL_STOP);
	else if (port == QV_PORT_RESET && value == QV_RESET_VALUE)
		mon_life_end(QV_MAIL_RESTART);
	else if (port == QV_PORT_READY)
		mon_ready();
	else
		mon_refused();
}

static void write_byte(uint16_t port, uint8_t value)
{
	enum qv_port_action action = qv_port_action(port);

	if (action == QV_PORT_CMOS && (port & 1u) == 0)
		cmos_index = value & 0x7fu;
	else if (action == QV_PORT_ACPI)
		acpi_write(port, value);
}

static bool touches(uint16_t port, uint8_t size, enum qv_port_action action)
{
	for (uint8_t i = 0; i < size; i++) {
		if (qv_port_action((uint16_t)(port + i)) == action)
			return true;
	}
	return false;
}

#define PCI_FIRST 0xcf8u
#define PCI_LAST  0xcffu

/* The configuration address is a doubleword register at 0xCF8; byte 0xCF9 alone resets the machine. */
static bool is_pci(uint16_t port, uint8_t size)
{
	if (port < PCI_FIRST || port + size - 1u > PCI_LAST)
		return false;
	return port >= 0xcfcu || (port == PCI_FIRST && size == 4);
}

static uint32_t read_port(uint16_t port, uint8_t size)
{
	uint32_t value = 0;

	if (is_pci(port, size))
		return mon_pci_read(port, size);
	for (uint8_t i = 0; i < size; i++)
		value |= (uint32_t)read_byte((uint16_t)(port + i)) << 8 * i;
	return value;
}

/* False: the guest reached for what is not its own. */
static bool write_port(uint16_t port, uint8_t size, uint32_t value)
{
	if (is_pci(port, size))
		return mon_pci_write(port, size, value);
	for (uint8_t i = 0; i < size; i++)
		write_byte((uint16_t)(port + i), (uint8_t)(value >> 8 * i));
	return true;
}

/* IN keeps the upper part of RAX for bytes and words and clears it for doublewords, as the instruction does. */
static void load_rax(struct mon_gprs *g, uint8_t size, uint32_t value)
{
	uint64_t mask = size == 4 ? UINT64_MAX : (1ull << 8 * size) - 1;

	g->reg[MON_RAX] = (g->reg[MON_RAX] & ~mask) | value;
}

enum mon_verdict mon_on_io(struct mon_gprs *g, const struct mon_exit *e)
{
	assert(e->io.size == 1 || e->io.size == 2 || e->io.size == 4);
	if (e->io.string)
		return MON_FAULT;
	if (e->io.in) {
		load_rax(g, e->io.size, read_port(e->io.port, e->io.size));
		return MON_SKIP;
	}
	if (touches(e->io.port, e->io.size, QV_PORT_FORBIDDEN) && !is_pci(e->io.port, e->io.size))
		return MON_FAULT;
	return write_port(e->io.port, e->io.size, (uint32_t)g->reg[MON_RAX]) ? MON_SKIP : MON_FAULT;
}
