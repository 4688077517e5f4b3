/* SPDX-License-Identifier: MIT */
/*
 * Drives QEMU's `edu` device: DMA and MSI of its own work and cost no exit; DMA beyond the sandbox's memory moves
 * nothing. Then, one life each (on-fault: restart), it forges interrupt messages, which must end the life.
 *
 * Result words: 0 = forgeries survived, 1 = 1 when the last life has begun.
 */
#include <guest/pci.h>
#include <hw/cpu.h>
#include <lib/pci.h>

#define EDU_ID 0x11e81234u
#define REG_ID       0x00u
#define REG_LIVENESS 0x04u
#define REG_RAISE    0x60u
#define REG_ACK      0x64u
#define REG_SOURCE   0x80u
#define REG_TARGET   0x88u
#define REG_COUNT    0x90u
#define REG_COMMAND  0x98u
#define COMMAND_START 1u
#define COMMAND_TO_RAM 2u
#define DEVICE_BUFFER 0x40000u /* inside the device */

#define VECTOR 0x61u
#define OTHER_VECTOR 0x62u
#define PATTERN 0x5a5a1234c3c3abcdull
#define MSI_BASE 0xfee00000u
#define DMA_LIMIT_US 2000000u

static uint64_t edu, msi, msi_data;
static uint16_t bdf;
static volatile uint64_t interrupts, others;
static volatile uint64_t from __attribute__((aligned(4096))), to __attribute__((aligned(4096)));

static void on_interrupt(struct guest_frame *f)
{
	(void)f;
	interrupts++;
}

static void on_other(struct guest_frame *f)
{
	(void)f;
	others++;
}

/* Move 8 bytes; false if the device never finishes. */
static bool dma(uint64_t source, uint64_t target, uint32_t direction)
{
	uint64_t end;

	*(volatile uint64_t *)(edu + REG_SOURCE) = source;
	*(volatile uint64_t *)(edu + REG_TARGET) = target;
	*(volatile uint64_t *)(edu + REG_COUNT) = 8;
	*(volatile uint64_t *)(edu + REG_COMMAND) = COMMAND_START | direction;
	end = hw_rdtsc() + guest_cycles(DMA_LIMIT_US);
	while (guest_read32(edu + REG_COMMAND) & COMMAND_START) {
		if (hw_rdtsc() > end)
			return false;
	}
	return true;
}

static uint64_t memory_end(void)
{
	return guest_info->range[0].gpa + guest_info->range[0].size;
}

static void test_registers(void)
{
	guest_write32(edu + REG_LIVENESS, 0x12345678);
	if ((guest_read32(edu + REG_ID) & 0xff) == 0xed && guest_read32(edu + REG_LIVENESS) == ~0x12345678u)
		guest_ok("an assigned device answers in its own memory");
	else
		guest_not_ok("an assigned device answers in its own memory", "id %x", guest_read32(edu + REG_ID));
}

static void test_own_dma(void)
{
	uint64_t before;

	from = PATTERN;
	to = 0;
	before = guest_exits();
	if (!dma((uint64_t)&from, DEVICE_BUFFER, 0) || !dma(DEVICE_BUFFER, (uint64_t)&to, COMMAND_TO_RAM) || to != PATTERN)
		guest_not_ok("DMA moves data inside the sandbox", "got %llx", (unsigned long long)to);
	else if (guest_exits() != before)
		guest_not_ok("DMA moves data inside the sandbox", "%llu exits", (unsigned long long)(guest_exits() - before));
	else
		guest_ok("DMA moves data inside the sandbox");
}

/* Host addresses that hold something of others: what follows own memory, the machine area, the black box. */
static bool leaks(uint64_t address)
{
	from = PATTERN;
	to = 0;
	(void)dma((uint64_t)&from, DEVICE_BUFFER, 0);
	(void)dma(address, DEVICE_BUFFER, 0);
	(void)dma(DEVICE_BUFFER, (uint64_t)&to, COMMAND_TO_RAM);
	return to != PATTERN && to != 0 && to != UINT64_MAX;
}

static void test_foreign_dma(void)
{
	uint64_t slice = guest_info->slice_gpa - QV_WINDOW, leaked = 0;
	const uint64_t target[] = {memory_end(), 16u << 20, (16u << 20) + 4096, slice, slice & ~0x7fffffull, 1u << 30};

	for (unsigned i = 0; i < sizeof(target) / sizeof(target[0]) && !leaked; i++) {
		if (target[i] < memory_end())
			continue;
		if (leaks(target[i]))
			leaked = target[i];
		from = PATTERN;
		(void)dma((uint64_t)&from, DEVICE_BUFFER, 0);
		(void)dma(DEVICE_BUFFER, target[i], COMMAND_TO_RAM);
	}
	if (leaked)
		guest_not_ok("DMA cannot read foreign memory", "from %llx", (unsigned long long)leaked);
	else
		guest_ok("DMA cannot read foreign memory");
	if (*(volatile uint64_t *)guest_info->slice_gpa == PATTERN)
		guest_not_ok("DMA cannot write outside private memory", "the own slice changed");
	else
		guest_ok("DMA cannot write outside private memory");
}

static void set_message(uint32_t apic_id, uint32_t data)
{
	hw_pci_write(bdf, (uint32_t)msi + 4, MSI_BASE | apic_id << 12);
	hw_pci_write(bdf, (uint32_t)msi + 8, 0);
	guest_pci_write16(bdf, (uint32_t)msi_data, (uint16_t)data);
}

static bool raise_interrupt(volatile uint64_t *counter)
{
	uint64_t expected = *counter + 1;
	bool came;

	guest_write32(edu + REG_RAISE, 1);
	hw_sti();
	came = guest_wait(counter, expected, 10000000);
	hw_cli();
	guest_write32(edu + REG_ACK, 1);
	return came;
}

static void test_msi(void)
{
	uint64_t before;

	guest_enable_apic();
	guest_on(VECTOR, on_interrupt);
	guest_on(OTHER_VECTOR, on_other);
	set_message(guest_info->apic_id[0], VECTOR);
	guest_pci_write16(bdf, (uint32_t)msi + 2, 1);
	before = guest_exits();
	if (!raise_interrupt(&interrupts))
		guest_not_ok("an MSI arrives", "no interrupt");
	else if (guest_exits() != before)
		guest_not_ok("an MSI arrives", "%llu exits", (unsigned long long)(guest_exits() - before));
	else
		guest_ok("an MSI arrives without an exit");
	set_message(guest_info->apic_id[0], OTHER_VECTOR);
	if (raise_interrupt(&others) && interrupts == 1)
		guest_ok("an MSI can be moved to another vector");
	else
		guest_not_ok("an MSI can be moved to another vector", "%llu old, %llu new", (unsigned long long)interrupts,
			(unsigned long long)others);
}

/* What each life forges; the write itself must end it. */
static void forge(uint64_t life)
{
	uint32_t own = guest_info->apic_id[0];

	switch (life) {
	case 1: set_message(own ^ 1, VECTOR); break;         /* another sandbox's core */
	case 2: set_message(own, 0x400 | VECTOR); break;     /* NMI */
	case 3: set_message(own, 0x500); break;              /* INIT */
	case 4: set_message(0xff, VECTOR); break;            /* broadcast */
	default: hw_pci_write(bdf, (uint32_t)msi + 4, 0x1000000); break; /* plain memory write */
	}
	guest_not_ok("a forged interrupt message ends the life", "life %llu went on", (unsigned long long)life);
	++*guest_word(0);
}

#define LAST_FORGERY 5u

void guest_main(void)
{
	uint64_t life = (uint64_t)guest_call(QV_CALL_LAUNCHES, 0);

	bdf = guest_pci_find(EDU_ID);
	if (bdf == GUEST_NO_FUNCTION) {
		guest_not_ok("the device is there", "nothing on bus 0");
		guest_sleep();
	}
	edu = guest_pci_enable(bdf, 0);
	msi = guest_pci_capability(bdf, QV_PCI_CAP_MSI);
	msi_data = msi + (guest_pci_read16(bdf, (uint32_t)msi + 2) & 0x80 ? 12 : 8);
	if (life == 1)
		guest_plan(7);
	if (life <= 1) {
		test_registers();
		test_own_dma();
		test_foreign_dma();
		test_msi();
	}
	guest_call(QV_CALL_READY, 0);
	if (life <= LAST_FORGERY)
		forge(life);
	if (*guest_word(0) == 0)
		guest_ok("every forged interrupt message ended its life");
	*guest_word(1) = 1;
	guest_say("done");
}
