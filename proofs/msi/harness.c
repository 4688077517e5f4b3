/* SPDX-License-Identifier: MIT */
/* Interrupt messages of devices: every address and data, against what the processor does with them (SDM 3, 11.11). */
#include "../stubs.h"

#include <lib/pci.h>
#include <lib/vtd.h>

/* Would the core with this APIC id (below 255) take an interrupt? Logical and redirected messages may reach anyone. */
static bool reaches(uint64_t address, uint32_t id)
{
	uint32_t destination = (uint32_t)(address >> 12) & 0xff;

	if (address >> 20 != 0xfee)
		return false;
	return destination == id || destination == 0xff || (address >> 2 & 1);
}

void prove_decode(void)
{
	uint64_t address = nondet_u64();
	uint32_t data = nondet_u32(), id = nondet_u32();
	struct qv_msi_target t = {nondet_u32(), 0};
	enum qv_msi_kind kind = qv_msi_decode(address, data, &t);

	assume(id < 255);
	if (kind == QV_MSI_FIXED) {
		prove(reaches(address, id) == (id == t.apic_id), "the message reaches the core it was decoded to, and no other");
		prove((data >> 8 & 7) == 0 && (data >> 15 & 1) == 0, "delivery is fixed and edge");
		prove(t.vector == (data & 0xff) && t.vector >= 16, "the vector is legal and the one that was asked for");
		prove((address >> 4 & 1) == 0, "it does not name a remapping entry");
	}
	if (kind == QV_MSI_NOTHING)
		prove(address == 0 || (data & 0xff) < 16, "only incomplete messages are let through unchecked");
}

void prove_encode(void)
{
	struct qv_msi_target t = {nondet_u32(), (uint8_t)nondet_u32()}, back;
	uint64_t address;
	uint32_t data;

	if (!qv_msi_encode(&t, &address, &data)) {
		prove(t.apic_id >= 255, "refused only when the id does not fit");
		return;
	}
	if (t.vector >= 16) {
		prove(qv_msi_decode(address, data, &back) == QV_MSI_FIXED, "what is encoded decodes");
		prove(back.apic_id == t.apic_id && back.vector == t.vector, "to the same target");
	}
}

void prove_entries(void)
{
	uint32_t apic_id = nondet_u32();
	uint8_t vector = (uint8_t)nondet_u32();
	uint16_t bdf = (uint16_t)nondet_u32(), index = (uint16_t)nondet_u32();
	struct qv_vtd_entry e = qv_vtd_irte(apic_id, vector, bdf);
	uint64_t address = qv_vtd_msi_address(index);

	prove((uint32_t)(e.low >> 32) == apic_id && (e.low >> 16 & 0xff) == vector, "the entry names core and vector");
	prove((e.low & 0xffff) == 1, "present, physical, edge, fixed");
	prove((e.high & 0xffff) == bdf && (e.high >> 16 & 0xf) == 4, "only the function itself may use it, by all 16 bits");
	prove((address >> 5 & 0x7fff) == (index & 0x7fff) && (address >> 2 & 1) == index >> 15, "the address has the index");
	prove((address >> 3 & 1) == 0 && (address >> 4 & 1) == 1, "without sub-handle, in remappable format");
}
