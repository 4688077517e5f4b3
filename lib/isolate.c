/* SPDX-License-Identifier: MIT */
/* Exhaustive check of finished tables against the blob: see lib/isolate.h. */
#include <lib/isolate.h>

static bool fail(struct qv_isolation_error *error, const char *what, uint32_t sandbox, uint32_t other, uint64_t address)
{
	*error = (struct qv_isolation_error){ what, sandbox, other, address };
	return false;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* A console slice is the one record that lies inside the trusted base: in the black box, behind the monitors' pages. */
static bool may_lie_in(const struct qv_memory *m, const struct qv_region *r, uint64_t slices_hpa)
{
	return m->kind == QV_MEMORY_CONSOLE && r->kind == QV_REGION_BLACKBOX && m->hpa >= slices_hpa &&
		m->hpa + m->size <= r->hpa + r->size;
}

static bool clear_of_regions(const struct qv_memory *m, const struct qv_region *region, uint32_t count,
	uint64_t slices_hpa, struct qv_isolation_error *error)
{
	for (uint32_t r = 0; r < count; r++) {
		if (overlap(m->hpa, m->size, region[r].hpa, region[r].size) && !may_lie_in(m, &region[r], slices_hpa))
			return fail(error, "memory of a sandbox overlaps the trusted base", m->sandbox, r, m->hpa);
	}
	return true;
}

bool qv_isolation_disjoint(const struct qv_memory *memory, uint32_t memory_count, const struct qv_region *region,
	uint32_t region_count, uint64_t slices_hpa, struct qv_isolation_error *error)
{
	for (uint32_t i = 0; i < memory_count; i++) {
		if (memory[i].size == 0 || memory[i].hpa + memory[i].size < memory[i].hpa)
			return fail(error, "memory record is empty or wraps", memory[i].sandbox, i, memory[i].hpa);
	}
	for (uint32_t i = 0; i < memory_count; i++) {
		for (uint32_t j = i + 1; j < memory_count; j++) {
			if (overlap(memory[i].hpa, memory[i].size, memory[j].hpa, memory[j].size))
				return fail(error, "two memory records overlap", memory[i].sandbox, memory[j].sandbox,
					memory[j].hpa);
		}
		if (!clear_of_regions(&memory[i], region, region_count, slices_hpa, error))
			return false;
	}
	return true;
}

static uint32_t record_rights(const struct qv_memory *m)
{
	uint32_t rights = 0;

	if (m->flags & QV_MEM_READ)
		rights |= QV_PT_READ;
	if (m->flags & QV_MEM_WRITE)
		rights |= QV_PT_WRITE;
	if (m->flags & QV_MEM_EXEC)
		rights |= QV_PT_EXEC;
	if (m->flags & QV_MEM_UNCACHED)
		rights |= QV_PT_UNCACHED;
	return rights;
}

static bool wanted(const struct qv_memory *m, uint32_t sandbox, bool devices)
{
	return m->sandbox == sandbox && (!devices || m->kind == QV_MEMORY_PRIVATE);
}

/* Is the leaf inside record `m`, at the right offset, with exactly its rights? Devices read and write, nothing else. */
static bool leaf_fits(const struct qv_pt_leaf *leaf, const struct qv_memory *m, bool devices)
{
	uint32_t rights = record_rights(m);

	if (leaf->to < m->hpa || leaf->to - m->hpa > m->size || leaf->size > m->size - (leaf->to - m->hpa))
		return false;
	if (leaf->from - m->gpa != leaf->to - m->hpa)
		return false;
	if (devices)
		rights &= QV_PT_READ | QV_PT_WRITE;
	return leaf->rights == rights;
}

static bool leaf_allowed(const struct qv_pt_leaf *leaf, uint32_t sandbox, bool devices, const struct qv_memory *memory,
	uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (wanted(&memory[i], sandbox, devices) && leaf_fits(leaf, &memory[i], devices))
			return true;
	}
	return false;
}

static bool fully_mapped(const struct qv_pt *tables, const struct qv_memory *m)
{
	struct qv_pt_leaf leaf;

	for (uint64_t at = m->gpa; at < m->gpa + m->size; at = leaf.from + leaf.size) {
		if (!qv_pt_lookup(tables, at, &leaf))
			return false;
	}
	return true;
}

bool qv_isolation_tables(const struct qv_pt *tables, uint32_t sandbox, bool devices, const struct qv_memory *memory,
	uint32_t memory_count, struct qv_isolation_error *error)
{
	struct qv_pt_leaf leaf;
	uint64_t bad;

	if (!qv_pt_sound(tables, &bad))
		return fail(error, "a table has an entry that its builder never writes", sandbox, 0, bad);
	for (uint64_t at = 0; qv_pt_next(tables, at, &leaf); at = leaf.from + leaf.size) {
		if (!leaf_allowed(&leaf, sandbox, devices, memory, memory_count))
			return fail(error, "a table maps what its sandbox does not own", sandbox, 0, leaf.to);
	}
	for (uint32_t i = 0; i < memory_count; i++) {
		if (wanted(&memory[i], sandbox, devices) && !fully_mapped(tables, &memory[i]))
			return fail(error, "a table does not map all of its sandbox", sandbox, i, memory[i].hpa);
	}
	return true;
}
