/* SPDX-License-Identifier: MIT */
/* Memory that is not the sandbox's: other sandboxes, monitors, devices, the APIC page. */
#include "attacks.h"

#include <abi/blackbox.h>
#include <hw/cpu.h>
#include <lib/string.h>

#define MIB (1ull << 20)
#define LOCAL_APIC 0xfee00000u
#define IO_APIC    0xfec00000u
#define HPET       0xfed00000u
#define VTD_UNIT   0xfed90000u
#define RET 0xc3u

extern uint8_t image_start[], image_end[]; /* linker script */

static uint64_t read_at(uint64_t gpa)
{
	return *(volatile uint64_t *)gpa;
}

static uint64_t write_at(uint64_t gpa)
{
	*(volatile uint32_t *)gpa = 0xbadf00d;
	return 0;
}

static uint64_t run_at(uint64_t gpa)
{
	((void (*)(void))gpa)();
	return 0;
}

static uint64_t read_above(uint64_t offset)
{
	return read_at(attacker_memory_end() + offset);
}

static uint64_t write_above(uint64_t offset)
{
	return write_at(attacker_memory_end() + offset);
}

static uint64_t run_above(uint64_t offset)
{
	return run_at(attacker_memory_end() + offset);
}

/* A quadword of which only the second half is foreign. */
static uint64_t straddle(uint64_t unused)
{
	(void)unused;
	return *(volatile uint64_t *)(attacker_memory_end() - 4);
}

static uint64_t copy_across(uint64_t unused)
{
	uint64_t end = attacker_memory_end();

	(void)unused;
	memset((void *)(end - 4096), 0x55, 8192);
	return 0;
}

static uint64_t page_table_root(uint64_t offset)
{
	hw_write_cr3(attacker_memory_end() + offset);
	return 0;
}

/* The slices of the black box lie one after the other. */
static uint64_t read_slice_before(uint64_t unused)
{
	(void)unused;
	return read_at(guest_info->slice_gpa - QV_LARGE_SIZE);
}

static uint64_t write_slice_before(uint64_t unused)
{
	(void)unused;
	return write_at(guest_info->slice_gpa - QV_LARGE_SIZE);
}

static uint64_t write_slice_after(uint64_t unused)
{
	(void)unused;
	return write_at(guest_info->slice_gpa + QV_LARGE_SIZE);
}

static uint64_t run_in_slice(uint64_t unused)
{
	volatile uint8_t *code = (volatile uint8_t *)guest_trace();

	(void)unused;
	*code = RET;
	return run_at((uint64_t)code);
}

/* At the window + host address everything would be visible that the tables let through. */
static uint64_t read_window(uint64_t hpa)
{
	return read_at(QV_WINDOW + hpa);
}

static uint64_t write_window(uint64_t hpa)
{
	return write_at(QV_WINDOW + hpa);
}

static uint64_t run_window(uint64_t hpa)
{
	return run_at(QV_WINDOW + hpa);
}

/* Memory must come clean: no word outside the image, the start pages and what this life wrote is set. */
static uint64_t own_memory_is_clean(uint64_t unused)
{
	uint64_t end = attacker_memory_end();

	(void)unused;
	for (uint64_t at = QV_PAGE_SIZE; at < end; at += 8) {
		if (at == guest_info->start_gpa)
			at += guest_info->start_size;
		if (at == (uint64_t)image_start)
			at = (uint64_t)image_end;
		if (at < end && *(volatile uint64_t *)at != 0)
			return at;
	}
	return 0;
}

/* Everything, this code and its page tables included. The end is a fault of some kind. */
static uint64_t scribble(uint64_t unused)
{
	(void)unused;
	memset((void *)QV_PAGE_SIZE, 0xff, attacker_memory_end() - QV_PAGE_SIZE);
	return 0;
}

#define FAULTS EVERYWHERE(STOPPED), QV_EXIT_NESTED_FAULT, false

static const struct attack attacks[] = {
	{"own memory comes clean", own_memory_is_clean, 0, EVERYWHERE(SURVIVES), 0, false},
	{"read the page above own memory", read_above, 0, FAULTS},
	{"write the page above own memory", write_above, 0, FAULTS},
	{"run the page above own memory", run_above, 0, FAULTS},
	{"read across the end of own memory", straddle, 0, FAULTS},
	{"string store across the end of own memory", copy_across, 0, FAULTS},
	{"read 256 MiB above own memory", read_above, 256 * MIB, FAULTS},
	{"write 256 MiB above own memory", write_above, 256 * MIB, FAULTS},
	{"read at 64 GiB", read_at, 64ull << 30, FAULTS},
	{"page tables in foreign memory", page_table_root, 16 * MIB, FAULTS},
	{"read the APIC page", read_at, LOCAL_APIC + 0x20, FAULTS},
	{"write the APIC page", write_at, LOCAL_APIC + 0x300, FAULTS},
	{"run the APIC page", run_at, LOCAL_APIC, FAULTS},
	{"write the IO-APIC", write_at, IO_APIC, FAULTS},
	{"read the HPET", read_at, HPET, FAULTS},
	{"write the IOMMU", write_at, VTD_UNIT + 0x18, FAULTS},
	{"read firmware", read_at, 0xfffffff0, FAULTS},
	{"read MMCONFIG at 0xb0000000", read_at, 0xb0000000, FAULTS},
	{"read MMCONFIG at 0xe0000000", read_at, 0xe0000000, FAULTS},
	{"write MMCONFIG at 0xb0000000", write_at, 0xb0000000, FAULTS},
	{"read the slice before the own one", read_slice_before, 0, FAULTS},
	{"write the slice before the own one", write_slice_before, 0, FAULTS},
	{"write past the own slice", write_slice_after, 0, FAULTS},
	{"run code in the own slice", run_in_slice, 0, FAULTS},
	{"read boot memory through the window", read_window, MIB, FAULTS},
	{"read monitor memory through the window", read_window, 18 * MIB, FAULTS},
	{"write monitor memory through the window", write_window, 18 * MIB, FAULTS},
	{"run monitor memory through the window", run_window, 18 * MIB, FAULTS},
	{"scribble over all own memory", scribble, 0, EVERYWHERE(STOPPED_ANYHOW), 0, false},
	{"own memory comes clean again", own_memory_is_clean, 0, EVERYWHERE(SURVIVES), 0, false},
};
const struct attack_list attacks_memory = {attacks, sizeof(attacks) / sizeof(attacks[0])};
