/* SPDX-License-Identifier: MIT */
/*
 * IO-APIC pins. All are masked but those of serial ports that Quest sandboxes own: such a pin interrupts the first core
 * of its sandbox, on one vector, and nobody can change it after boot. A port whose pin serves two sandboxes, or that
 * cannot be routed, does not interrupt: its kernel asks it.
 */
#include "pci.h"

#include <hw/apic.h>
#include <lib/vtd.h>

#define PIN_ENTRY(pin) (0x10 + 2 * (pin)) /* 82093AA data sheet, 3.2.4 */
#define PIN_LOW   (1u << 13)
#define PIN_LEVEL (1u << 15)
#define PIN_DESTINATION_SHIFT 24 /* in the upper half */
#define PIN_REMAPPED (1u << 16)  /* in the upper half; VT-d specification 4.1, 5.1.5.1 */
#define PIN_HANDLE_SHIFT 17
#define BROADCAST 0xffu

static uint32_t read_pin(uint64_t ioapic, uint32_t index)
{
	*(volatile uint32_t *)(uintptr_t)ioapic = index;
	return *(volatile uint32_t *)(uintptr_t)(ioapic + 0x10);
}

static void write_pin(uint64_t ioapic, uint32_t index, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)ioapic = index;
	*(volatile uint32_t *)(uintptr_t)(ioapic + 0x10) = value;
}

static uint32_t pins_of(uint64_t ioapic)
{
	return (read_pin(ioapic, 1) >> 16 & 0xff) + 1; /* version register: last pin */
}

void boot_mask_pins(uint64_t ioapic)
{
	for (uint32_t pin = 0; pin < pins_of(ioapic) && pin < 240; pin++)
		write_pin(ioapic, PIN_ENTRY(pin), HW_LVT_MASKED);
}

/* Of the ISA bus; com1 and com3 share one, and so do com2 and com4. */
static uint32_t irq_of_port(uint32_t port)
{
	return port == 0x3f8 || port == 0x3e8 ? 4 : 3;
}

static bool shared(const struct boot_machine *m, uint32_t s)
{
	for (uint32_t i = 0; i < m->blob.sandbox_count; i++) {
		uint32_t port = m->blob.sandbox[i].uart_port;

		if (i != s && port && irq_of_port(port) == irq_of_port(m->blob.sandbox[s].uart_port))
			return true;
	}
	return false;
}

/* The IO-APIC that has the port's pin; its number, or one above all. */
static uint32_t ioapic_of(const struct boot_machine *m, uint32_t gsi)
{
	for (uint32_t i = 0; i < m->madt.ioapic_count; i++) {
		uint32_t base = m->madt.ioapic[i].gsi_base;

		if (gsi >= base && gsi - base < pins_of(m->madt.ioapic[i].address))
			return i;
	}
	return QV_ACPI_MAX_IOAPICS;
}

static const struct qv_acpi_isa *pin_of(const struct boot_machine *m, uint32_t s)
{
	return &m->madt.isa[irq_of_port(m->blob.sandbox[s].uart_port)];
}

static uint32_t destination(const struct boot_machine *m, uint32_t s)
{
	return m->madt.cpu[m->blob.sandbox[s].first_core];
}

bool boot_uart_interrupts(const struct boot_machine *m, uint32_t s)
{
	const struct qv_sandbox *sb = &m->blob.sandbox[s];

	if (sb->kernel != QV_KERNEL_QUEST || !sb->uart_port || shared(m, s) || pin_of(m, s)->level)
		return false;
	return ioapic_of(m, pin_of(m, s)->gsi) < QV_ACPI_MAX_IOAPICS && destination(m, s) < BROADCAST;
}

static void route(const struct boot_machine *m, uint32_t s)
{
	const struct qv_acpi_isa *pin = pin_of(m, s);
	uint32_t n = ioapic_of(m, pin->gsi), entry = PIN_ENTRY(pin->gsi - m->madt.ioapic[n].gsi_base), handle;
	uint64_t ioapic = m->madt.ioapic[n].address;
	uint32_t to = destination(m, s) << PIN_DESTINATION_SHIFT;

	if (boot_iommu_remap_pin(m, s, m->madt.ioapic[n].id, destination(m, s), QV_UART_VECTOR, &handle))
		to = handle << PIN_HANDLE_SHIFT | PIN_REMAPPED;
	write_pin(ioapic, entry + 1, to);
	write_pin(ioapic, entry, QV_UART_VECTOR | (pin->low ? PIN_LOW : 0));
	boot_log("uart: pin %u interrupts core %u of the machine, for %s\n", pin->gsi, m->blob.sandbox[s].first_core,
		m->blob.sandbox[s].name);
}

void boot_route_pins(const struct boot_machine *m)
{
	for (uint32_t s = 0; s < m->blob.sandbox_count; s++) {
		if (boot_uart_interrupts(m, s))
			route(m, s);
	}
}
