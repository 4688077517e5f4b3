/* SPDX-License-Identifier: MIT */
/* VT-d encodings. Section numbers: Intel VT-d specification 4.1. */
#include <lib/vtd.h>

#include <abi/limits.h>
#include <lib/assert.h>

#define PRESENT 1u
#define MESSAGE_BASE 0xfee00000u

struct qv_vtd_entry qv_vtd_root(uint64_t context_hpa)
{
	assert(context_hpa % QV_PAGE_SIZE == 0);
	return (struct qv_vtd_entry){context_hpa | PRESENT, 0}; /* 9.1 */
}

struct qv_vtd_entry qv_vtd_context(uint64_t table_hpa, uint32_t levels, uint16_t domain)
{
	assert(table_hpa % QV_PAGE_SIZE == 0 && levels >= 3 && levels <= 5);
	/* 9.3: translation type 0, fault processing on; address width 1 = 3 levels. */
	return (struct qv_vtd_entry){table_hpa | PRESENT, (uint64_t)domain << 8 | (levels - 2)};
}

struct qv_vtd_entry qv_vtd_irte(uint32_t apic_id, uint8_t vector, uint16_t bdf)
{
	/* 9.10: source validation type 1 = all 16 bits of the requester id. */
	return (struct qv_vtd_entry){(uint64_t)apic_id << 32 | (uint64_t)vector << 16 | PRESENT, 1u << 18 | bdf};
}

uint64_t qv_vtd_msi_address(uint16_t index)
{
	/* 5.1.2.2: handle[14:0] in 19:5, handle[15] in 2, format bit 4, no sub-handle. */
	return MESSAGE_BASE | (uint64_t)(index & 0x7fffu) << 5 | 1u << 4 | (uint64_t)(index >> 15) << 2;
}

struct qv_vtd_entry qv_vtd_flush_contexts(void)
{
	return (struct qv_vtd_entry){0x01 | 1u << 4, 0}; /* 6.5.2.1: global */
}

struct qv_vtd_entry qv_vtd_flush_iotlb(void)
{
	return (struct qv_vtd_entry){0x02 | 1u << 4 | 3u << 6, 0}; /* 6.5.2.3: global, drain reads and writes */
}

struct qv_vtd_entry qv_vtd_flush_interrupts(void)
{
	return (struct qv_vtd_entry){0x04, 0}; /* 6.5.2.7: global */
}

struct qv_vtd_entry qv_vtd_wait(uint64_t address_hpa, uint32_t status)
{
	assert(address_hpa % 4 == 0);
	return (struct qv_vtd_entry){(uint64_t)status << 32 | 1u << 5 | 0x05, address_hpa}; /* 6.5.2.8: status write */
}

static uint64_t largest_page(uint64_t cap)
{
	if (cap >> 35 & 1)
		return QV_HUGE_SIZE;
	return cap >> 34 & 1 ? QV_LARGE_SIZE : QV_PAGE_SIZE;
}

struct qv_vtd_caps qv_vtd_read_caps(uint64_t cap, uint64_t ecap)
{
	struct qv_vtd_caps c = {
		.grain = largest_page(cap), /* 11.4.2 */
		.fault_offset = (uint32_t)(cap >> 24 & 0x3ff) * 16,
		.fault_records = (uint32_t)(cap >> 40 & 0xff) + 1,
		.queue = ecap >> 1 & 1, /* 11.4.3 */
		.snoop = ecap & 1,
	};

	c.remapping = c.queue && (ecap >> 3 & 1) && (ecap >> 4 & 1);
	if (cap >> 10 & 1)
		c.levels = 4;
	else if (cap >> 9 & 1)
		c.levels = 3;
	return c;
}
