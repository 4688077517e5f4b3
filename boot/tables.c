/* SPDX-License-Identifier: MIT */
/* Nested tables and intercept bitmaps of each sandbox, built in the sandbox's TABLES region. */
#include "partition.h"

#include <hw/cpu.h>
#include <lib/bitmap.h>
#include <lib/policy.h>

/* The region ends with the I/O and MSR bitmaps of the larger vendor format; the pool of tables is the rest. */
#define BITMAP_BYTES (QV_SVM_IOPM_BYTES + QV_SVM_MSRPM_BYTES)
#define MSR_EPT_VPID_CAP 0x48cu
#define MAX_PORT_RANGES 32u

static const char recompile[] = "recompile the system file with this version's tools";

static uint32_t rights_of(const struct qv_memory *mem)
{
	uint32_t rights = 0;

	if (mem->flags & QV_MEM_READ)
		rights |= QV_PT_READ;
	if (mem->flags & QV_MEM_WRITE)
		rights |= QV_PT_WRITE;
	if (mem->flags & QV_MEM_EXEC)
		rights |= QV_PT_EXEC;
	if (mem->flags & QV_MEM_UNCACHED)
		rights |= QV_PT_UNCACHED;
	return rights;
}

/* Largest page the nested tables may use: PDPE1GB for NPT, IA32_VMX_EPT_VPID_CAP bit 17 for EPT (SDM 3, A.10). */
static uint64_t largest_page(const struct boot_machine *m)
{
	bool huge = m->vendor == QV_VENDOR_SVM ? m->huge_pages : (hw_rdmsr(MSR_EPT_VPID_CAP) >> 17 & 1) != 0;

	return huge ? QV_HUGE_SIZE : QV_LARGE_SIZE;
}

static void map_memory(const struct boot_machine *m, uint32_t s, struct qv_pt *nested)
{
	for (uint32_t i = 0; i < m->blob.memory_count; i++) {
		const struct qv_memory *mem = &m->blob.memory[i];

		if (mem->sandbox != s)
			continue;
		uint64_t grain = mem->grain < largest_page(m) ? mem->grain : largest_page(m);
		enum qv_pt_error e = qv_pt_map(nested, mem->gpa, mem->hpa, mem->size, rights_of(mem), grain);

		if (e)
			boot_refuse(recompile,
				"sandbox %u: memory record %u cannot be mapped (error %d, %u of %u table pages used)",
				s, i, (int)e, nested->used, nested->pages);
	}
}

static void build_port_bitmap(const struct boot_machine *m, uint32_t s, uint8_t *map)
{
	struct qv_allowed_ports allowed[MAX_PORT_RANGES];
	size_t n = 0;

	for (uint32_t i = 0; i < m->blob.port_count; i++) {
		const struct qv_port_range *p = &m->blob.port[i];

		if (p->sandbox != s)
			continue;
		if (n == MAX_PORT_RANGES)
			boot_refuse("give the sandbox fewer port ranges", "sandbox %u has more than %zu port ranges", s, n);
		allowed[n++] = (struct qv_allowed_ports){ p->first, p->last };
	}
	if (!qv_policy_ports(map, QV_SVM_IOPM_BYTES, allowed, n))
		boot_refuse("remove the range from `ports` in the system file",
			"sandbox %u is given a port that its monitor must keep", s);
}

void boot_build_tables(const struct boot_machine *m, uint32_t s, struct boot_tables *t)
{
	const struct qv_region *r = qv_blob_region(&m->blob, QV_REGION_TABLES, s);
	bool svm = m->vendor == QV_VENDOR_SVM;

	if (!r || r->size < BITMAP_BYTES + QV_PAGE_SIZE)
		boot_refuse(recompile, "no room for the tables of sandbox %u", s);
	t->io_bitmap_hpa = r->hpa + r->size - BITMAP_BYTES;
	t->msr_bitmap_hpa = t->io_bitmap_hpa + QV_SVM_IOPM_BYTES;
	qv_pt_init(&t->nested, svm ? &qv_pt_npt : &qv_pt_ept, (void *)r->hpa, r->hpa,
		(uint32_t)((r->size - BITMAP_BYTES) / QV_PAGE_SIZE));
	map_memory(m, s, &t->nested);
	build_port_bitmap(m, s, (uint8_t *)t->io_bitmap_hpa);
	qv_policy_msrs((uint8_t *)t->msr_bitmap_hpa, m->vendor);
}
