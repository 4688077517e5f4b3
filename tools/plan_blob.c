/* SPDX-License-Identifier: MIT */
/* Records -> bytes, sealed. */
#include "plan.h"

#include <lib/assert.h>
#include <lib/sha256.h>

#include <string.h>

struct part { /* one section */
	uint32_t type, count, entry_size;
	const void *entries;
};
#define MAX_PARTS (QV_SECTION_TYPE_END - 1)

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) / align * align;
}

/* Sections in the order of their types; empty ones are left out. `files` receives the plain FILE records. */
static uint32_t list_parts(const struct plan *p, struct qv_file files[QV_BLOB_MAX_FILES], struct part to[MAX_PARTS])
{
	const struct part all[] = {
		{ QV_SECTION_SYSTEM, 1, sizeof(p->system), &p->system },
		{ QV_SECTION_SANDBOX, p->sandbox_count, sizeof(p->sandbox[0]), p->sandbox },
		{ QV_SECTION_MEMORY, p->memory_count, sizeof(p->memory[0]), p->memory },
		{ QV_SECTION_REGION, p->region_count, sizeof(p->region[0]), p->region },
		{ QV_SECTION_DEVICE, p->device_count, sizeof(p->device[0]), p->device },
		{ QV_SECTION_PORT, p->port_count, sizeof(p->port[0]), p->port },
		{ QV_SECTION_LOAD, p->load_count, sizeof(p->load[0]), p->load },
		{ QV_SECTION_FILE, p->file_count, sizeof(files[0]), files },
		{ QV_SECTION_STRING, p->string_bytes, 1, p->strings },
		{ QV_SECTION_VCPU, p->vcpu_count, sizeof(p->vcpu[0]), p->vcpu },
	};
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->file_count; i++)
		files[i] = p->file[i].entry;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].count)
			to[n++] = all[i];
	return n;
}

static uint64_t lay_out(const struct part *part, uint32_t n, struct qv_section *directory)
{
	uint64_t at = sizeof(struct qv_blob_header) + n * sizeof(*directory);

	for (uint32_t i = 0; i < n; i++) {
		at = align_up(at, 8);
		directory[i] = (struct qv_section){ .type = part[i].type, .version = 1, .count = part[i].count,
			.entry_size = part[i].entry_size, .offset = at };
		at += (uint64_t)part[i].count * part[i].entry_size;
	}
	return align_up(at, 8);
}

uint64_t plan_blob_size(struct plan *plan)
{
	struct qv_file files[QV_BLOB_MAX_FILES];
	struct qv_section directory[MAX_PARTS];
	struct part part[MAX_PARTS];
	uint64_t at = lay_out(part, list_parts(plan, files, part), directory);

	for (uint32_t i = 0; i < plan->file_count; i++) {
		plan->file[i].entry.offset = align_up(at, QV_PAGE_SIZE);
		at = plan->file[i].entry.offset + plan->file[i].entry.size;
	}
	return at;
}

static void seal(uint8_t *bytes, struct qv_blob_header *h)
{
	struct qv_sha256 s;

	memcpy(bytes, h, sizeof(*h)); /* sha256 is still zero, as the digest wants it */
	qv_sha256_init(&s);
	qv_sha256_update(&s, bytes, h->sealed_size);
	qv_sha256_final(&s, h->sha256);
	memcpy(bytes, h, sizeof(*h));
}

uint8_t *plan_blob(struct plan *plan, uint64_t *size)
{
	struct qv_file files[QV_BLOB_MAX_FILES];
	struct qv_section directory[MAX_PARTS];
	struct part part[MAX_PARTS];
	struct qv_blob_header h = { .magic = QV_BLOB_MAGIC, .version = QV_BLOB_VERSION, .total_size = plan_blob_size(plan) };
	uint8_t *bytes = tool_alloc(h.total_size, 1);

	h.section_count = list_parts(plan, files, part);
	h.sealed_size = lay_out(part, h.section_count, directory);
	memcpy(bytes + sizeof(h), directory, h.section_count * sizeof(directory[0]));
	for (uint32_t i = 0; i < h.section_count; i++)
		memcpy(bytes + directory[i].offset, part[i].entries, (size_t)part[i].count * part[i].entry_size);
	for (uint32_t i = 0; i < plan->file_count; i++)
		memcpy(bytes + files[i].offset, plan->file[i].bytes, files[i].size);
	seal(bytes, &h);
	*size = h.total_size;
	return bytes;
}
