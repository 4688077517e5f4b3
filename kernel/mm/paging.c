/* SPDX-License-Identifier: MIT */
/* The kernel's page tables: one list of mappings, built once by the lib/ builder, then switched to. */
#include "frames.h"

#include <base/boot.h>
#include <base/init.h>
#include <base/memory.h>
#include <base/panic.h>
#include <hw/cpu.h>
#include <hw/msr.h>
#include <lib/assert.h>
#include <lib/frames.h>
#include <lib/pt.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/mm.h>

#define MAX_MAPPINGS (QUEST_CORES * STACK_KINDS + QV_MAX_RANGES + 5)
#define CR0_WRITE_PROTECT (1u << 16)
#define PML4_ENTRIES 512u
#define MIN_STACKS 64u
#define MAX_SLOTS 8u /* 512 GiB of addresses each */
#define ENTRY_PRESENT 0x1u
#define ENTRY_WRITE   0x2u
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define ADDRESS_BITS 48u

extern const char image_start[], image_init_end[];
extern const char image_text_start[], image_text_end[], image_rodata_start[], image_rodata_end[];
extern const char image_data_start[], image_end[]; /* linker script, virtual, page aligned */

struct mapping {
	uint64_t from;
	uint64_t to;
	uint64_t size;
	uint32_t rights;
	uint64_t grain;
};

static struct {
	uint32_t count;
	struct mapping mapping[MAX_MAPPINGS];
	struct qv_pt tables;
	uint64_t start_root; /* a second top table, see mm_start_root */
	uint32_t slot_count;
	uint16_t slot[MAX_SLOTS]; /* entries of the top table that are in use: fixed after boot, the same in every space */
} space;

INIT static void add(uint64_t from, uint64_t to, uint64_t size, uint32_t rights, uint64_t grain)
{
	if (space.count == MAX_MAPPINGS)
		panic("too many kernel mappings");
	/* The builder works on 48-bit addresses; the processor sign-extends. */
	space.mapping[space.count++] =
		(struct mapping){from & ((1ull << ADDRESS_BITS) - 1), to, size, rights, grain};
}

INIT static uint64_t take_block(uint64_t bytes)
{
	uint64_t gpa;

	if (!mm_alloc(qv_frames_order((bytes + QV_PAGE_SIZE - 1) / QV_PAGE_SIZE), &gpa))
		panic("out of memory: %llu KiB for stacks and page tables; give the sandbox more memory",
			(unsigned long long)(bytes >> 10));
	return gpa;
}

INIT static void add_segment(const char *start, const char *end, uint32_t rights)
{
	if (end > start)
		add((uint64_t)start, (uint64_t)start - KERNEL_BASE, (uint64_t)(end - start), rights, QV_PAGE_SIZE);
}

INIT static void add_stacks(uint32_t cores)
{
	for (uint32_t core = 0; core < cores; core++) {
		for (uint32_t kind = 0; kind < STACK_KINDS; kind++)
			add(memory_stack_top(core, kind) - STACK_SIZE, take_block(STACK_SIZE), STACK_SIZE,
				QV_PT_READ | QV_PT_WRITE, QV_PAGE_SIZE);
	}
}

INIT static void list_mappings(const struct qv_info *info)
{
	add_segment(image_text_start, image_text_end, QV_PT_READ | QV_PT_EXEC);
	add_segment(image_rodata_start, image_rodata_end, QV_PT_READ);
	add_segment(image_data_start, image_end, QV_PT_READ | QV_PT_WRITE);
	add_stacks(info->core_count);
	for (uint32_t i = 0; i < info->range_count; i++) {
		uint64_t gpa = info->range[i].gpa, size = info->range[i].size;

		if (gpa == 0) { /* a NULL page in the direct map, too */
			gpa += QV_PAGE_SIZE;
			size -= QV_PAGE_SIZE;
		}
		add(DIRECT_BASE + gpa, gpa, size, QV_PT_READ | QV_PT_WRITE, QV_LARGE_SIZE);
	}
	if (info->arena.size)
		add(DIRECT_BASE + info->arena.gpa, info->arena.gpa, info->arena.size, QV_PT_READ | QV_PT_WRITE, QV_LARGE_SIZE);
	if (info->slice_gpa)
		add(SLICE_BASE, info->slice_gpa, QV_LARGE_SIZE, QV_PT_READ | QV_PT_WRITE, QV_LARGE_SIZE);
}

INIT static void build_tables(void)
{
	uint64_t pages = 1, gpa;

	for (uint32_t i = 0; i < space.count; i++) {
		const struct mapping *m = &space.mapping[i];

		pages += qv_pt_cost(m->from, m->to, m->size, m->grain);
	}
	gpa = take_block(pages * QV_PAGE_SIZE);
	qv_pt_init(&space.tables, &qv_pt_x86, memory_at(gpa), gpa, (uint32_t)pages);
	for (uint32_t i = 0; i < space.count; i++) {
		const struct mapping *m = &space.mapping[i];
		enum qv_pt_error error = qv_pt_map(&space.tables, m->from, m->to, m->size, m->rights, m->grain);

		if (error != QV_PT_OK)
			panic("cannot map 0x%llx: error %d", (unsigned long long)m->from, (int)error);
	}
}

/* Thread stacks come and go without a page table being made or a TLB entry dropped: the tables are all made here, for
 * as many stacks as can fill an eighth of memory, and a stack once mapped stays. */
INIT static void build_stack_tables(void)
{
	uint32_t limit = THREAD_STACKS_MAX;
	uint64_t *directory = space.tables.base, gpa;

	while (limit > MIN_STACKS && limit * (MM_STACK_BYTES / QV_PAGE_SIZE) > mm_total_pages() / 8)
		limit /= 2;
	for (unsigned shift = 39; shift > 21; shift -= 9) {
		uint64_t entry = directory[THREAD_STACK_BASE >> shift & (PML4_ENTRIES - 1)];

		assert(entry & ENTRY_PRESENT); /* the other stacks lie in the same GiB */
		directory = memory_at(entry & ENTRY_ADDRESS);
	}
	directory += THREAD_STACK_BASE / QV_LARGE_SIZE % PML4_ENTRIES;
	gpa = take_block((uint64_t)limit * STACK_SLOT / QV_PAGE_SIZE * sizeof(uint64_t));
	memset(memory_at(gpa), 0, (uint64_t)limit * STACK_SLOT / QV_PAGE_SIZE * sizeof(uint64_t));
	for (uint64_t i = 0; i < limit * (uint64_t)STACK_SLOT / QV_LARGE_SIZE; i++)
		directory[i] = (gpa + i * QV_PAGE_SIZE) | ENTRY_PRESENT | ENTRY_WRITE;
	stacks_init(memory_at(gpa), limit);
}

INIT static void note_slots(void)
{
	for (uint32_t i = PML4_ENTRIES / 2; i < PML4_ENTRIES; i++) {
		if (!space.tables.base[i])
			continue;
		if (space.slot_count == MAX_SLOTS)
			panic("the kernel's mappings spread over more than %u x 512 GiB", MAX_SLOTS);
		space.slot[space.slot_count++] = (uint16_t)i;
	}
}

void paging_share_kernel(uint64_t *root)
{
	for (uint32_t i = 0; i < space.slot_count; i++)
		root[space.slot[i]] = space.tables.base[space.slot[i]];
}

void paging_unshare_kernel(uint64_t *root)
{
	for (uint32_t i = 0; i < space.slot_count; i++)
		root[space.slot[i]] = 0;
}

INIT void mm_init(void)
{
	frames_init();
	list_mappings(boot_info());
	build_tables();
	build_stack_tables();
	note_slots();
	hw_wrmsr(HW_MSR_EFER, hw_rdmsr(HW_MSR_EFER) | HW_EFER_NXE);
	hw_write_cr0(hw_read_cr0() | CR0_WRITE_PROTECT);
	hw_write_cr3(mm_root());
}

static void unmap(uint64_t address)
{
	uint64_t *table = space.tables.base;

	for (unsigned shift = 39; shift > 12; shift -= 9)
		table = memory_at(table[address >> shift & (PML4_ENTRIES - 1)] & ENTRY_ADDRESS);
	table[address >> 12 & (PML4_ENTRIES - 1)] = 0;
}

void mm_unmap_boot(void)
{
	for (uint64_t at = (uint64_t)image_start; at < (uint64_t)image_init_end; at += QV_PAGE_SIZE)
		unmap(at);
}

void mm_forget_boot(void)
{
	for (uint64_t at = (uint64_t)image_start; at < (uint64_t)image_init_end; at += QV_PAGE_SIZE)
		hw_invlpg(at);
}

void mm_release_boot(void)
{
	for (uint64_t at = (uint64_t)image_start; at < (uint64_t)image_init_end; at += QV_PAGE_SIZE)
		mm_free(at - KERNEL_BASE, 0);
}

uint64_t mm_root(void)
{
	return space.tables.base_hpa;
}

/* A top table like the kernel's, with slot 0 leading to one page. */
INIT uint64_t mm_start_root(uint64_t page)
{
	struct qv_pt start;
	uint64_t gpa;

	if (space.start_root)
		return space.start_root;
	gpa = take_block(4 * QV_PAGE_SIZE);
	qv_pt_init(&start, &qv_pt_x86, memory_at(gpa), gpa, 4);
	if (qv_pt_map(&start, page, page, QV_PAGE_SIZE, QV_PT_READ | QV_PT_WRITE | QV_PT_EXEC, QV_PAGE_SIZE) != QV_PT_OK)
		panic("cannot map the start page 0x%llx", (unsigned long long)page);
	memcpy(start.base + PML4_ENTRIES / 2, space.tables.base + PML4_ENTRIES / 2,
		PML4_ENTRIES / 2 * sizeof(uint64_t));
	space.start_root = gpa;
	return gpa;
}
