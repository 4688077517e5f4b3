/* SPDX-License-Identifier: MIT */
/* Ports: reset, system management, PCI configuration of foreign functions, string forms. */
#include "attacks.h"

#include <hw/port.h>

#define CONFIG_ADDRESS 0xcf8u
#define CONFIG_DATA    0xcfcu
#define ENABLE         0x80000000u

/* Argument: port and byte. */
#define BYTE(port, value) ((uint64_t)(value) << 16 | (port))

static uint64_t out_byte(uint64_t argument)
{
	hw_out8((uint16_t)argument, (uint8_t)(argument >> 16));
	return 0;
}

/* 0 if all widths at `port` read all ones. */
static uint64_t ones(uint16_t port)
{
	if (hw_in8(port) != 0xff)
		return 1;
	if (hw_in16(port) != 0xffff)
		return 2;
	return hw_in32(port) == 0xffffffff ? 0 : 4;
}

static uint64_t reads_ones(uint64_t port)
{
	return ones((uint16_t)port) ? port : 0;
}

/* Function 00:00.0 exists on every PC and belongs to nobody: every width at every offset must read all ones. */
static uint64_t read_config(uint64_t reg)
{
	hw_out32(CONFIG_ADDRESS, ENABLE | (uint32_t)reg);
	for (uint16_t i = 0; i < 4; i++) {
		if (hw_in8((uint16_t)(CONFIG_DATA + i)) != 0xff)
			return 0x10u + i;
	}
	if (hw_in16(CONFIG_DATA) != 0xffff || hw_in16(CONFIG_DATA + 2) != 0xffff)
		return 0x20;
	return hw_in32(CONFIG_DATA) == 0xffffffff ? 0 : 0x40;
}

/* No function of any bus answers. */
static uint64_t scan_config(uint64_t unused)
{
	(void)unused;
	for (uint32_t bdf = 0; bdf < 0x400; bdf++) {
		hw_out32(CONFIG_ADDRESS, ENABLE | bdf << 8);
		if (hw_in32(CONFIG_DATA) != 0xffffffff)
			return 0x10000 + bdf;
	}
	return 0;
}

static uint64_t write_config(uint64_t reg)
{
	hw_out32(CONFIG_ADDRESS, ENABLE | (uint32_t)reg);
	hw_out32(CONFIG_DATA, 0xffffffff);
	hw_out16(CONFIG_DATA, 0xffff);
	hw_out16(CONFIG_DATA + 2, 0xffff);
	for (uint16_t i = 0; i < 4; i++)
		hw_out8((uint16_t)(CONFIG_DATA + i), 0xff);
	return read_config(reg);
}

/* Narrow accesses to the address register are not configuration cycles; 0xcf9 among them is the reset register. */
static uint64_t narrow_address(uint64_t unused)
{
	(void)unused;
	hw_out8(CONFIG_ADDRESS, 0xff);
	hw_out8(CONFIG_ADDRESS + 2, 0xff);
	hw_out8(CONFIG_ADDRESS + 3, 0xff);
	hw_out16(CONFIG_ADDRESS + 2, 0xffff);
	return hw_in8(CONFIG_ADDRESS) == 0xff ? 0 : 1;
}

/* 16 bits at 0xcf8 cover the reset register. */
static uint64_t wide_reset(uint64_t unused)
{
	(void)unused;
	hw_out16(CONFIG_ADDRESS, 0x0600);
	return 0;
}

static uint64_t string_out(uint64_t port)
{
	static const uint8_t bytes[4] = {6, 6, 6, 6};
	const uint8_t *from = bytes;
	uint64_t count = sizeof(bytes);

	__asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"((uint16_t)port) : "memory");
	return 0;
}

static uint64_t string_in(uint64_t port)
{
	static uint8_t bytes[4];
	uint8_t *to = bytes;
	uint64_t count = sizeof(bytes);

	__asm__ volatile("rep insb" : "+D"(to), "+c"(count) : "d"((uint16_t)port) : "memory");
	return 0;
}

#define STOP EVERYWHERE(STOPPED), QV_EXIT_IO, false
#define LIVE EVERYWHERE(SURVIVES), 0, false

static const struct attack attacks[] = {
	{"reset by port 0xcf9", out_byte, BYTE(0xcf9, 0x06), STOP},
	{"reset by the keyboard controller", out_byte, BYTE(0x64, 0xfe), STOP},
	{"reset by port 0x92", out_byte, BYTE(0x92, 0x01), STOP},
	{"SMI by port 0xb2", out_byte, BYTE(0xb2, 0x01), STOP},
	{"reset by a 16-bit write to 0xcf8", wide_reset, 0, STOP},
	{"narrow writes to the PCI address register", narrow_address, 0, LIVE},
	{"PCI identification in all widths", read_config, 0x00, LIVE},
	{"PCI command register in all widths", read_config, 0x04, LIVE},
	{"PCI base address in all widths", read_config, 0x10, LIVE},
	{"write PCI command register in all widths", write_config, 0x04, LIVE},
	{"write PCI MMCONFIG base in all widths", write_config, 0x60, LIVE},
	{"PCI scan finds nothing foreign", scan_config, 0, LIVE},
	{"string output to the reset port", string_out, 0xcf9, STOP},
	{"string output to a PCI port", string_out, CONFIG_DATA, STOP},
	{"string input from a PCI port", string_in, CONFIG_DATA, STOP},
	{"keyboard data port reads ones", reads_ones, 0x60, LIVE},
	{"firmware configuration reads ones", reads_ones, 0x510, LIVE},
	{"ACPI event block reads ones", reads_ones, 0xb000, LIVE},
	{"second serial port reads ones", reads_ones, 0x2f8, LIVE},
	{"DMA controller write is ignored", out_byte, BYTE(0x0a, 0x00), LIVE},
	{"interrupt controller write is ignored", out_byte, BYTE(0x21, 0x00), LIVE},
	{"POST port write is ignored", out_byte, BYTE(0x80, 0x55), LIVE},
};
const struct attack_list attacks_io = {attacks, sizeof(attacks) / sizeof(attacks[0])};
