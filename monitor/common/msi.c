/* SPDX-License-Identifier: MIT */
/*
 * Interrupt messages of own functions. A guest sets MSI and MSI-X up as on bare hardware; what it asks for is checked
 * (fixed delivery to one of its own cores) and kept in the function's interrupt-remapping entries, which are the only
 * copy: any core of the sandbox reads its message back from there. The device itself only ever holds the address of its
 * remapping entry. Without interrupt remapping (`msi: trusted`) it holds the checked message itself.
 */
#include "mon.h"

#include <hw/cpu.h>
#include <hw/msr.h>
#include <lib/mov.h>
#include <lib/pci.h>
#include <lib/vtd.h>
#include <lib/walk.h>

#define CR4_LA57 (1u << 12)
#define ENTRY_BYTES 16u
enum { ADDRESS_LOW, ADDRESS_HIGH, DATA, CONTROL }; /* dwords of an MSI-X table entry */
#define CONTROL_MASKED 1u

#define MSI_BASE 0xfee00000u

#define IRTE_PRESENT (1ull << 0)
#define IRTE_SHADOW  (1ull << 8) /* ignored by hardware: the guest has written an address */

enum { QUEUE_TAIL = 0x88 }; /* VT-d register */
#define QUEUE_ENTRIES 256u
#define STATUS_PAGE QV_PAGE_SIZE       /* after the remapping table: abi/handover.h */
#define QUEUE_PAGE  (2 * QV_PAGE_SIZE)
#define FLUSH_ROUNDS 10000000u

struct message { /* as the guest sees it */
	uint64_t address;
	uint32_t data;
};

static bool own_apic(uint32_t apic_id)
{
	const struct qv_handover *h = mon.handover;

	for (uint32_t i = h->first_core; i < h->first_core + h->own_cores; i++) {
		if (h->apic_id[i] == apic_id)
			return true;
	}
	return false;
}

/* ---- interrupt-remapping entries ---- */

static volatile struct qv_vtd_entry *irte(const struct qv_pci_function *f, uint32_t vector)
{
	return (volatile struct qv_vtd_entry *)mon.handover->irt_va + f->irte_first + vector;
}

static void write_back(const volatile void *line)
{
	__asm__ volatile("clflush %0" : : "m"(*(const volatile uint8_t *)line) : "memory");
}

/* The unit forgets cached entries. False: it does not answer; the old entry may live on in its cache. */
static bool flush_entries(void)
{
	const struct qv_handover *h = mon.handover;
	volatile uint64_t *tail_register = (volatile uint64_t *)(h->iommu_va + QUEUE_TAIL);
	volatile struct qv_vtd_entry *queue = (volatile struct qv_vtd_entry *)(h->irt_va + QUEUE_PAGE);
	volatile uint32_t *status = (volatile uint32_t *)(h->irt_va + STATUS_PAGE) + h->core;
	uint64_t tail = *tail_register / ENTRY_BYTES % QUEUE_ENTRIES;

	*status = 0;
	queue[tail] = qv_vtd_flush_interrupts();
	write_back(&queue[tail]);
	tail = (tail + 1) % QUEUE_ENTRIES;
	queue[tail] = qv_vtd_wait((uint64_t)status - QV_MON_HOST, 1);
	write_back(&queue[tail]);
	*tail_register = (tail + 1) % QUEUE_ENTRIES * ENTRY_BYTES;
	for (uint32_t i = 0; i < FLUSH_ROUNDS; i++) {
		if (*status != 0)
			return true;
		hw_pause();
	}
	return false;
}

static bool set_irte(volatile struct qv_vtd_entry *e, struct qv_vtd_entry value)
{
	bool flushed = true;

	if (!mon_lock(&mon.handover->locks->iommu))
		return false;
	if (e->low & IRTE_PRESENT) {
		e->low &= ~IRTE_PRESENT;
		write_back(e);
		flushed = flush_entries();
	}
	if (flushed) {
		e->high = value.high;
		e->low = value.low;
		write_back(e);
	}
	mon_unlock(&mon.handover->locks->iommu);
	return flushed;
}

/* ---- the guest's message of one vector ---- */

static struct message message_of(const struct qv_pci_function *f, uint32_t vector)
{
	uint64_t low = irte(f, vector)->low;

	if (!(low & IRTE_SHADOW))
		return (struct message){ 0, (uint32_t)(low >> 16 & 0xff) };
	return (struct message){ MSI_BASE | (low >> 32 & 0xff) << 12, (uint32_t)(low >> 16 & 0xff) };
}

/* Keep and, when it is complete and allowed, enable. False: it would interrupt somebody else. */
static bool set_message(const struct qv_pci_function *f, uint32_t vector, struct message m)
{
	uint64_t own = MSI_BASE | (uint64_t)mon.handover->apic_id[mon.handover->first_core] << 12;
	struct qv_msi_target target;
	enum qv_msi_kind kind = qv_msi_decode(m.address != 0 ? m.address : own, m.data, &target);
	struct qv_vtd_entry e;

	if (kind == QV_MSI_FORBIDDEN || !own_apic(target.apic_id))
		return false;
	e = qv_vtd_irte(target.apic_id, target.vector, f->bdf);
	if (kind == QV_MSI_NOTHING || m.address == 0)
		e.low &= ~IRTE_PRESENT;
	if (m.address != 0)
		e.low |= IRTE_SHADOW;
	return set_irte(irte(f, vector), e);
}

/* ---- MSI-X table ---- */

static volatile uint32_t *table_entry(const struct qv_pci_function *f, uint32_t vector)
{
	return (volatile uint32_t *)(f->msix_table_va + vector * ENTRY_BYTES);
}

static uint32_t vectors(const struct qv_pci_function *f)
{
	return f->msix_count < QV_MAX_VECTORS ? f->msix_count : QV_MAX_VECTORS;
}

/* Without remapping the table itself is the copy. */
static struct message table_message(const struct qv_pci_function *f, uint32_t vector)
{
	volatile uint32_t *e = table_entry(f, vector);

	if (f->irte_count)
		return message_of(f, vector);
	return (struct message){ (uint64_t)e[ADDRESS_HIGH] << 32 | e[ADDRESS_LOW], e[DATA] };
}

static uint32_t table_read(const struct qv_pci_function *f, uint32_t vector, uint32_t word)
{
	struct message m;

	if (vector >= vectors(f))
		return word == CONTROL ? CONTROL_MASKED : 0;
	if (word == CONTROL)
		return table_entry(f, vector)[CONTROL];
	m = table_message(f, vector);
	return word == DATA ? m.data : (uint32_t)(word == ADDRESS_HIGH ? m.address >> 32 : m.address);
}

static void patch(struct message *m, uint32_t word, uint32_t value)
{
	if (word == ADDRESS_LOW)
		m->address = (m->address & ~0xffffffffull) | value;
	else if (word == ADDRESS_HIGH)
		m->address = (m->address & 0xffffffffull) | (uint64_t)value << 32;
	else
		m->data = value;
}

/* Trusted device: its message goes into the device, complete ones only. */
static bool set_plain(volatile uint32_t *e, struct message m)
{
	struct qv_msi_target target = { 0, 0 };
	enum qv_msi_kind kind = qv_msi_decode(m.address, m.data, &target);

	if (kind == QV_MSI_FORBIDDEN || (m.address != 0 && !own_apic(target.apic_id)))
		return false;
	e[ADDRESS_LOW] = (uint32_t)m.address;
	e[ADDRESS_HIGH] = 0;
	e[DATA] = m.data;
	return true;
}

/* Point the device at the remapping entry of this vector. */
static void aim(const struct qv_pci_function *f, uint32_t vector)
{
	volatile uint32_t *e = table_entry(f, vector);

	if (f->irte_count == 0)
		return;
	e[ADDRESS_LOW] = (uint32_t)qv_vtd_msi_address((uint16_t)(f->irte_first + vector));
	e[ADDRESS_HIGH] = 0;
	e[DATA] = 0;
}

static bool table_write(const struct qv_pci_function *f, uint32_t vector, uint32_t word, uint32_t value)
{
	struct message m;

	if (vector >= vectors(f))
		return true; /* stays masked */
	if (word == CONTROL) {
		aim(f, vector); /* the device may have been reset since */
		table_entry(f, vector)[CONTROL] = value & CONTROL_MASKED;
		return true;
	}
	m = table_message(f, vector);
	patch(&m, word, value);
	return f->irte_count ? set_message(f, vector, m) : set_plain(table_entry(f, vector), m);
}

/* ---- a trapped access to the pages of the table ---- */

static bool read_guest(void *context, uint64_t gpa, uint64_t *value)
{
	const struct qv_handover *h = mon.handover;

	(void)context;
	for (uint32_t i = 0; i < h->range_count; i++) {
		if (gpa >= h->range[i].gpa && gpa - h->range[i].gpa < h->range[i].size) {
			*value = *(const volatile uint64_t *)(QV_MON_GUEST + gpa);
			return true;
		}
	}
	return false;
}

static bool decode(const struct mon_exit *e, struct qv_mov *mov)
{
	const struct qv_guest_memory memory = { read_guest, NULL };
	struct mon_paging p;
	uint8_t code[15];
	uint32_t n;

	mon_backend_paging(&p);
	if ((p.efer & HW_EFER_LMA) == 0)
		return false;
	n = qv_guest_fetch(&memory, p.cr3, (p.cr4 & CR4_LA57) != 0 ? 5 : 4, e->rip, code, sizeof(code));
	return qv_mov_decode(code, n, mov);
}

static const struct qv_pci_function *table_owner(uint64_t gpa)
{
	const struct qv_handover *h = mon.handover;

	for (uint32_t i = 0; i < h->function_count; i++) {
		const struct qv_pci_function *f = &h->function[i];
		uint64_t first = f->msix_table & ~(QV_PAGE_SIZE - 1);
		uint64_t end = (f->msix_table + f->msix_count * ENTRY_BYTES + QV_PAGE_SIZE - 1) & ~(QV_PAGE_SIZE - 1);

		if (f->msix_cap != 0 && gpa >= first && gpa < end)
			return f;
	}
	return NULL;
}

/* One dword; what shares the table's pages belongs to the same function and is passed through. */
static uint32_t page_read(const struct qv_pci_function *f, uint64_t gpa)
{
	uint64_t offset = gpa - f->msix_table;

	if (gpa < f->msix_table || offset >= f->msix_count * ENTRY_BYTES)
		return *(volatile uint32_t *)(f->msix_table_va + offset);
	return table_read(f, (uint32_t)(offset / ENTRY_BYTES), (uint32_t)(offset / 4 % 4));
}

static bool page_write(const struct qv_pci_function *f, uint64_t gpa, uint32_t value)
{
	uint64_t offset = gpa - f->msix_table;

	if (gpa >= f->msix_table && offset < f->msix_count * ENTRY_BYTES)
		return table_write(f, (uint32_t)(offset / ENTRY_BYTES), (uint32_t)(offset / 4 % 4), value);
	*(volatile uint32_t *)(f->msix_table_va + offset) = value;
	return true;
}

enum mon_verdict mon_on_nested(struct mon_gprs *g, const struct mon_exit *e)
{
	const struct qv_pci_function *f = table_owner(e->nested.gpa);
	uint64_t gpa = e->nested.gpa, value;
	struct qv_mov mov;

	if (f == NULL || e->nested.exec || !decode(e, &mov) || gpa % mov.size != 0 || mov.store != e->nested.write)
		return MON_FAULT;
	if (mov.store) {
		value = mov.immediate ? mov.value : g->reg[mov.reg];
		if (!page_write(f, gpa, (uint32_t)value) ||
		    (mov.size == 8 && !page_write(f, gpa + 4, (uint32_t)(value >> 32))))
			return MON_FAULT;
	} else if (mov.reg == MON_RSP) {
		return MON_FAULT; /* nobody loads a stack pointer from a device */
	} else {
		value = page_read(f, gpa);
		if (mov.size == 8)
			value |= (uint64_t)page_read(f, gpa + 4) << 32;
		g->reg[mov.reg] = value;
	}
	mon_backend_skip_bytes(mov.length);
	return MON_RESUME;
}

/* ---- capabilities in configuration space ---- */

#define MSI_LONGEST  24u
#define MSI_ENABLE   (1u << 0)
#define MSI_COUNT_BITS 0x007eu /* one vector is offered and enabled, no more */
#define MSIX_CONTROL 2u
#define MSIX_GUEST_BITS 0xc000u /* enable, mask all */
#define MSIX_SIZE_MASK  0x07ffu

static struct qv_msi_layout msi_layout(const struct qv_pci_function *f)
{
	return qv_msi_layout(f->msi_cap, (uint16_t)mon_pci_config_read(f->bdf, (uint16_t)(f->msi_cap + QV_MSI_CONTROL), 2));
}

static struct message msi_message(const struct qv_pci_function *f, const struct qv_msi_layout *l)
{
	if (f->irte_count)
		return message_of(f, 0);
	return (struct message){ mon_pci_config_read(f->bdf, l->low, 4), mon_pci_config_read(f->bdf, l->data, 2) };
}

static bool msi_set(const struct qv_pci_function *f, const struct qv_msi_layout *l, struct message m)
{
	uint32_t words[4] = { 0 };

	if (f->irte_count)
		return set_message(f, 0, m);
	if (!set_plain(words, m))
		return false;
	mon_pci_config_write(f->bdf, l->low, 4, words[ADDRESS_LOW]);
	mon_pci_config_write(f->bdf, l->data, 2, words[DATA]);
	return true;
}

static bool msi_write(const struct qv_pci_function *f, uint16_t offset, uint8_t size, uint32_t value)
{
	struct qv_msi_layout l = msi_layout(f);
	struct message m = msi_message(f, &l);

	if (offset == l.control && size == 2) {
		mon_pci_config_write(f->bdf, l.control, 2, value & MSI_ENABLE);
		return true;
	}
	if (l.mask != 0 && offset == l.mask && size == 4) {
		mon_pci_config_write(f->bdf, l.mask, 4, value);
		return true;
	}
	if (offset == l.low && size == 4)
		patch(&m, ADDRESS_LOW, value);
	else if (l.high != 0 && offset == l.high && size == 4)
		patch(&m, ADDRESS_HIGH, value);
	else if (offset == l.data && size >= 2)
		patch(&m, DATA, value & 0xffff);
	else
		mon_refused();
	return msi_set(f, &l, m);
}

/* The capability ends where its form says: another one may begin in the next dword. */
static bool in_msi(const struct qv_pci_function *f, uint16_t offset)
{
	return f->msi_cap != 0 && offset >= f->msi_cap && offset < f->msi_cap + MSI_LONGEST && offset < msi_layout(f).end;
}

bool mon_msi_config_write(const struct qv_pci_function *f, uint16_t offset, uint8_t size, uint32_t value)
{
	if (in_msi(f, offset))
		return msi_write(f, offset, size, value);
	if (f->msix_cap != 0 && offset == f->msix_cap + MSIX_CONTROL && size == 2)
		mon_pci_config_write(f->bdf, offset, 2, value & MSIX_GUEST_BITS);
	else
		mon_refused();
	return true;
}

static uint32_t msi_read(const struct qv_pci_function *f, uint16_t offset, uint32_t value)
{
	struct qv_msi_layout l = msi_layout(f);
	struct message m = msi_message(f, &l);

	if (offset == f->msi_cap)
		return value & ~(MSI_COUNT_BITS << 16);
	if (offset == l.low)
		return (uint32_t)m.address;
	if (l.high != 0 && offset == l.high)
		return (uint32_t)(m.address >> 32);
	return offset == l.data ? m.data : value;
}

uint32_t mon_msi_config_read(const struct qv_pci_function *f, uint16_t offset, uint32_t value)
{
	if (in_msi(f, offset))
		return msi_read(f, offset, value);
	if (f->msix_cap != 0 && offset == f->msix_cap && f->msix_count != 0)
		return (value & ~(MSIX_SIZE_MASK << 16)) | (vectors(f) - 1) << 16;
	return value;
}

/* ---- start of a life ---- */

static void reset_msix(const struct qv_pci_function *f)
{
	mon_pci_config_write(f->bdf, (uint16_t)(f->msix_cap + MSIX_CONTROL), 2, 0);
	for (uint32_t i = 0; i < f->msix_count; i++) {
		table_entry(f, i)[CONTROL] = CONTROL_MASKED;
		if (i < vectors(f))
			aim(f, i);
	}
}

static void reset_msi(const struct qv_pci_function *f)
{
	struct qv_msi_layout l = msi_layout(f);

	mon_pci_config_write(f->bdf, l.control, 2, 0);
	mon_pci_config_write(f->bdf, l.low, 4, f->irte_count ? (uint32_t)qv_vtd_msi_address(f->irte_first) : 0);
	if (l.high != 0)
		mon_pci_config_write(f->bdf, l.high, 4, 0);
	mon_pci_config_write(f->bdf, l.data, 2, 0);
}

bool mon_msi_reset(const struct qv_pci_function *f)
{
	const struct qv_vtd_entry absent = { 0, 0 };
	bool reset = true;

	if (f->msix_cap != 0)
		reset_msix(f);
	if (f->msi_cap != 0)
		reset_msi(f);
	for (uint32_t i = 0; i < f->irte_count; i++)
		reset = set_irte(irte(f, i), absent) && reset;
	return reset;
}
