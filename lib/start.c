/* SPDX-License-Identifier: MIT */
/* Flat descriptors and identity tables for a 64-bit entry. */
#include <lib/start.h>

#include <lib/assert.h>
#include <lib/string.h>

#define FOUR_GIB (4ull << 30)
#define DIRECTORIES 4u
#define ENTRIES 512u
#define TABLE (0x3u)   /* present, writable */
#define LARGE (0x83u)  /* and 2 MiB page */

/* Accessed bits are set: no processor has to write to the table (SDM 3, 3.4.5). */
static const uint64_t flat_gdt[] = {0, 0, 0x00af9b000000ffffull, 0x00cf93000000ffffull};
_Static_assert(sizeof(flat_gdt) == QV_START_GDT_BYTES, "GDT size");

static void identity(uint64_t *pml4, uint64_t gpa)
{
	uint64_t *pdpt = pml4 + ENTRIES, *pd = pdpt + ENTRIES;

	memset(pml4, 0, 2 * QV_PAGE_SIZE);
	pml4[0] = (gpa + QV_PAGE_SIZE) | TABLE;
	for (uint32_t i = 0; i < DIRECTORIES; i++)
		pdpt[i] = (gpa + (2 + i) * QV_PAGE_SIZE) | TABLE;
	for (uint32_t i = 0; i < DIRECTORIES * ENTRIES; i++)
		pd[i] = i * QV_LARGE_SIZE | LARGE;
}

void qv_start_flat(const struct qv_start_buffer *b, uint64_t offset, uint64_t tables, struct qv_start_state *state)
{
	assert(offset <= b->size && b->size - offset >= sizeof(flat_gdt));
	assert(tables % QV_PAGE_SIZE == 0 && tables <= b->size && b->size - tables >= QV_START_TABLE_BYTES);
	memcpy(b->bytes + offset, flat_gdt, sizeof(flat_gdt));
	identity((uint64_t *)(void *)(b->bytes + tables), b->gpa + tables);
	state->cr3 = b->gpa + tables;
	state->gdt_base = b->gpa + offset;
	state->gdt_limit = sizeof(flat_gdt) - 1;
}

bool qv_quest_start(const struct qv_start_buffer *b, uint64_t entry, struct qv_start_state *state)
{
	if (b->size < QV_QUEST_START_BYTES || b->gpa % QV_PAGE_SIZE != 0 || b->gpa >= FOUR_GIB)
		return false;
	memset(state, 0, sizeof(*state));
	qv_start_flat(b, QV_PAGE_SIZE, 2 * QV_PAGE_SIZE, state);
	state->rip = entry;
	state->rdi = b->gpa;
	return true;
}
