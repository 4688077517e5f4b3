/* SPDX-License-Identifier: MIT */
/*
 * Drives MSI-X of an e1000e: the table reads back what was written, interrupts arrive where it says and cost no exit,
 * masked ones stay away. Then, one life each (on-fault: restart), it forges table entries, which must end the life.
 *
 * Result words: 0 = forgeries survived, 1 = 1 when the last life has begun.
 */
#include <guest/pci.h>
#include <hw/cpu.h>
#include <lib/pci.h>

#define E1000E_ID 0x10d38086u
#define TABLE_BAR 3u
#define REG_IVAR 0xe4u /* cause -> table entry; bit 3 = valid */
#define REG_ICS  0xc8u /* raise a cause */
#define REG_IMS  0xd0u
#define CAUSE_RX0 (1u << 20)

#define VECTOR 0x61u
#define OTHER_VECTOR 0x62u
#define MSI_BASE 0xfee00000u

static uint64_t nic, table;
static uint32_t msix;
static uint16_t bdf;
static volatile uint64_t interrupts, others;

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

static void set_entry(uint32_t entry, uint32_t apic_id, uint32_t data, uint32_t control)
{
	guest_write32(table + 16 * entry, MSI_BASE | apic_id << 12);
	guest_write32(table + 16 * entry + 4, 0);
	guest_write32(table + 16 * entry + 8, data);
	guest_write32(table + 16 * entry + 12, control);
}

static bool raise_interrupt(volatile uint64_t *counter, uint64_t us)
{
	uint64_t expected = *counter + 1;
	bool came;

	guest_write32(nic + REG_ICS, CAUSE_RX0);
	hw_sti();
	came = guest_wait(counter, expected, us);
	hw_cli();
	(void)guest_read32(nic + 0xc0); /* ICR: reading acknowledges */
	return came;
}

/* Take what is still on its way from before: it would be counted for what comes next. */
static void settle(void)
{
	hw_sti();
	guest_delay(20000);
	hw_cli();
}

static void test_table(void)
{
	uint32_t fresh = guest_read32(table + 12), own = guest_info->apic_id[0];
	uint64_t both;

	set_entry(0, own, VECTOR, 1);
	both = *(volatile uint64_t *)(table + 8); /* data and control in one load */
	if (fresh == 1 && guest_read32(table) == (MSI_BASE | own << 12) && guest_read32(table + 4) == 0 &&
	    both == (1ull << 32 | VECTOR))
		guest_ok("the MSI-X table starts masked and reads back what was written");
	else
		guest_not_ok("the MSI-X table starts masked and reads back what was written", "%x %x %llx", fresh,
			guest_read32(table), (unsigned long long)both);
}

static void test_interrupts(void)
{
	uint32_t own = guest_info->apic_id[0];
	uint64_t before, old;

	set_entry(0, own, VECTOR, 0);
	guest_pci_write16(bdf, msix + 2, 0x8000);
	guest_write32(nic + REG_IVAR, 8);
	guest_write32(nic + REG_IMS, CAUSE_RX0);
	before = guest_exits();
	if (!raise_interrupt(&interrupts, 10000000))
		guest_not_ok("an MSI-X interrupt arrives without an exit", "no interrupt");
	else if (guest_exits() != before)
		guest_not_ok("an MSI-X interrupt arrives without an exit", "%llu exits",
			(unsigned long long)(guest_exits() - before));
	else
		guest_ok("an MSI-X interrupt arrives without an exit");
	set_entry(0, own, OTHER_VECTOR, 0);
	settle();
	guest_write32(nic + REG_IMS, CAUSE_RX0);
	old = interrupts;
	if (raise_interrupt(&others, 10000000) && interrupts == old)
		guest_ok("an MSI-X entry can be moved to another vector");
	else
		guest_not_ok("an MSI-X entry can be moved to another vector", "%llu old, %llu new",
			(unsigned long long)(interrupts - old), (unsigned long long)others);
}

static void test_mask(void)
{
	uint64_t before;

	guest_write32(table + 12, 1);
	settle();
	before = others;
	guest_write32(nic + REG_IMS, CAUSE_RX0);
	if (raise_interrupt(&others, 20000) || others != before)
		guest_not_ok("a masked MSI-X entry stays quiet", "interrupted");
	else
		guest_ok("a masked MSI-X entry stays quiet");
}

static void forge(uint64_t life)
{
	uint32_t own = guest_info->apic_id[0];

	switch (life) {
	case 1: guest_write32(table, MSI_BASE | (own ^ 1) << 12); break; /* another sandbox's core */
	case 2: guest_write32(table + 8, 0x400 | VECTOR); break;         /* NMI */
	case 3: guest_write32(table, MSI_BASE | 1u << 4); break;         /* an entry of the remapping table */
	default: *(volatile uint8_t *)table = 0; break;                  /* not a MOV the monitor decodes */
	}
	guest_not_ok("a forged table entry ends the life", "life %llu went on", (unsigned long long)life);
	++*guest_word(0);
}

#define LAST_FORGERY 4u

void guest_main(void)
{
	uint64_t life = (uint64_t)guest_call(QV_CALL_LAUNCHES, 0);

	bdf = guest_pci_find(E1000E_ID);
	if (bdf == GUEST_NO_FUNCTION) {
		guest_not_ok("the device is there", "nothing on bus 0");
		guest_sleep();
	}
	nic = guest_pci_enable(bdf, 0);
	table = guest_pci_enable(bdf, TABLE_BAR);
	msix = guest_pci_capability(bdf, QV_PCI_CAP_MSIX);
	if (life == 1) {
		guest_plan(5);
		guest_enable_apic();
		guest_on(VECTOR, on_interrupt);
		guest_on(OTHER_VECTOR, on_other);
		test_table();
		test_interrupts();
		test_mask();
	}
	guest_call(QV_CALL_READY, 0);
	if (life <= LAST_FORGERY)
		forge(life);
	if (*guest_word(0) == 0)
		guest_ok("every forged table entry ended its life");
	*guest_word(1) = 1;
	guest_say("done");
}
