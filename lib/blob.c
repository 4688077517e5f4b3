/* SPDX-License-Identifier: MIT */
/*
 * First half of the blob checker: header, digest, section directory. Nothing is read before its place is known to lie
 * inside the given bytes. The contents of the sections are judged by blob_rules.c.
 */
#include "blob_rules.h"

#include <lib/assert.h>
#include <lib/sha256.h>
#include <lib/string.h>

struct section_rule { /* indexed by enum qv_section_type */
	uint32_t entry_size;
	uint32_t min, max; /* entries */
};

static const struct section_rule section_rules[QV_SECTION_TYPE_END] = {
	[QV_SECTION_SYSTEM] = { sizeof(struct qv_system), 1, 1 },
	[QV_SECTION_SANDBOX] = { sizeof(struct qv_sandbox), 1, QV_MAX_SANDBOXES },
	[QV_SECTION_MEMORY] = { sizeof(struct qv_memory), 1, QV_BLOB_MAX_MEMORY },
	[QV_SECTION_REGION] = { sizeof(struct qv_region), 1, QV_BLOB_MAX_REGIONS },
	[QV_SECTION_DEVICE] = { sizeof(struct qv_device), 0, QV_BLOB_MAX_DEVICES },
	[QV_SECTION_PORT] = { sizeof(struct qv_port_range), 0, QV_BLOB_MAX_PORTS },
	[QV_SECTION_LOAD] = { sizeof(struct qv_load), 1, QV_BLOB_MAX_LOADS },
	[QV_SECTION_FILE] = { sizeof(struct qv_file), 1, QV_BLOB_MAX_FILES },
	[QV_SECTION_STRING] = { 1, 1, QV_BLOB_MAX_STRINGS },
	[QV_SECTION_SIGNATURE] = { 1, 0, 0 },
	[QV_SECTION_VCPU] = { sizeof(struct qv_vcpu), 0, QV_BLOB_MAX_VCPUS },
};

struct located { /* a section after its directory entry was accepted */
	const void *entries;
	uint32_t count;
};

bool qv_blob_refuse(const struct qv_blob_check_context *c, uint32_t section, uint32_t entry, const char *what,
	const char *remedy)
{
	*c->error = (struct qv_blob_error){ .what = what, .remedy = remedy, .section = section, .entry = entry };
	return false;
}

bool qv_ranges_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool check_header(const struct qv_blob_check_context *c, const struct qv_blob_header *h, uint64_t size)
{
	uint64_t directory_end;

	if (size < sizeof(*h))
		return qv_blob_refuse(c, 0, 0, "the file is shorter than a blob header", "give the system blob as the boot module");
	if (h->magic != QV_BLOB_MAGIC)
		return qv_blob_refuse(c, 0, 0, "the file is not a system blob", "give the system blob as the boot module");
	if (h->version != QV_BLOB_VERSION)
		return qv_blob_refuse(c, 0, 0, "the blob has another format version", QV_REBUILD);
	if (h->section_count == 0 || h->section_count > QV_BLOB_MAX_SECTIONS)
		return qv_blob_refuse(c, 0, 0, "the blob's number of sections is impossible", QV_REBUILD);
	directory_end = sizeof(*h) + h->section_count * sizeof(struct qv_section);
	if (h->sealed_size < directory_end || h->total_size < h->sealed_size)
		return qv_blob_refuse(c, 0, 0, "the blob's sizes contradict each other", QV_REBUILD);
	if (h->total_size > size)
		return qv_blob_refuse(c, 0, 0, "the blob is cut off", "copy or load the blob again, whole");
	return true;
}

static bool check_digest(const struct qv_blob_check_context *c, const struct qv_blob_header *h)
{
	static const uint8_t zero[sizeof(h->sha256)];
	const uint8_t *bytes = (const uint8_t *)h;
	struct qv_sha256 s;
	uint8_t digest[32];

	qv_sha256_init(&s);
	qv_sha256_update(&s, bytes, offsetof(struct qv_blob_header, sha256));
	qv_sha256_update(&s, zero, sizeof(zero));
	qv_sha256_update(&s, bytes + sizeof(*h), h->sealed_size - sizeof(*h));
	qv_sha256_final(&s, digest);
	if (memcmp(digest, h->sha256, sizeof(digest)) == 0)
		return true;
	return qv_blob_refuse(c, 0, 0, "the blob is damaged: its SHA-256 does not match",
		"copy or load the blob again, or rebuild it");
}

/* `*end` is where the previous section ended: sections lie in ascending order and never share bytes. */
static bool check_section(const struct qv_blob_check_context *c, const struct qv_section *s, uint32_t i,
	uint64_t sealed,
	uint64_t *end)
{
	const struct section_rule *rule;

	if (s->type == 0 || s->type >= QV_SECTION_TYPE_END)
		return qv_blob_refuse(c, 0, i, "the blob has a section of unknown type", QV_REBUILD);
	rule = &section_rules[s->type];
	if (s->version != 1)
		return qv_blob_refuse(c, s->type, 0, "the section has another format version", QV_REBUILD);
	if (s->entry_size != rule->entry_size)
		return qv_blob_refuse(c, s->type, 0, "the section's entries have a wrong size", QV_REBUILD);
	if (s->count < rule->min || s->count > rule->max)
		return qv_blob_refuse(c, s->type, 0, "the section has too few or too many entries", QV_REBUILD);
	if (s->offset % 8 || s->offset < *end || s->offset > sealed)
		return qv_blob_refuse(c, s->type, 0, "the section lies at an impossible place", QV_REBUILD);
	if ((uint64_t)s->count * s->entry_size > sealed - s->offset)
		return qv_blob_refuse(c, s->type, 0, "the section reaches past the sealed part", QV_REBUILD);
	*end = s->offset + (uint64_t)s->count * s->entry_size;
	return true;
}

static bool locate_sections(const struct qv_blob_check_context *c, const struct qv_blob_header *h,
	struct located at[QV_SECTION_TYPE_END])
{
	const uint8_t *bytes = (const uint8_t *)h;
	const struct qv_section *s = (const struct qv_section *)(const void *)(bytes + sizeof(*h));
	uint64_t end = sizeof(*h) + h->section_count * sizeof(*s);

	for (uint32_t i = 0; i < h->section_count; i++) {
		if (!check_section(c, &s[i], i, h->sealed_size, &end))
			return false;
		if (at[s[i].type].entries)
			return qv_blob_refuse(c, s[i].type, 0, "the section is there twice", QV_REBUILD);
		at[s[i].type] = (struct located){ bytes + s[i].offset, s[i].count };
	}
	for (uint32_t type = 1; type < QV_SECTION_TYPE_END; type++)
		if (!at[type].entries && section_rules[type].min > 0)
			return qv_blob_refuse(c, type, 0, "the section is missing", QV_REBUILD);
	return true;
}

static void fill(struct qv_blob *blob, const void *bytes, const struct located at[QV_SECTION_TYPE_END])
{
	blob->bytes = bytes;
	blob->system = at[QV_SECTION_SYSTEM].entries;
	blob->sandbox = at[QV_SECTION_SANDBOX].entries;
	blob->sandbox_count = at[QV_SECTION_SANDBOX].count;
	blob->memory = at[QV_SECTION_MEMORY].entries;
	blob->memory_count = at[QV_SECTION_MEMORY].count;
	blob->region = at[QV_SECTION_REGION].entries;
	blob->region_count = at[QV_SECTION_REGION].count;
	blob->device = at[QV_SECTION_DEVICE].entries;
	blob->device_count = at[QV_SECTION_DEVICE].count;
	blob->port = at[QV_SECTION_PORT].entries;
	blob->port_count = at[QV_SECTION_PORT].count;
	blob->load = at[QV_SECTION_LOAD].entries;
	blob->load_count = at[QV_SECTION_LOAD].count;
	blob->file = at[QV_SECTION_FILE].entries;
	blob->file_count = at[QV_SECTION_FILE].count;
	blob->vcpu = at[QV_SECTION_VCPU].entries;
	blob->vcpu_count = at[QV_SECTION_VCPU].count;
	blob->strings = at[QV_SECTION_STRING].entries;
	blob->string_bytes = at[QV_SECTION_STRING].count;
}

bool qv_blob_check(const void *bytes, uint64_t size, struct qv_blob *blob, struct qv_blob_error *error)
{
	const struct qv_blob_header *h = bytes;
	struct located at[QV_SECTION_TYPE_END];
	struct qv_blob_check_context c = { .blob = blob, .error = error };

	assert((uintptr_t)bytes % 8 == 0);
	memset(blob, 0, sizeof(*blob));
	memset(at, 0, sizeof(at));
	if (!check_header(&c, h, size) || !check_digest(&c, h) || !locate_sections(&c, h, at))
		return false;
	fill(blob, bytes, at);
	c.total_size = h->total_size;
	c.sealed_size = h->sealed_size;
	return qv_blob_rules(&c);
}

bool qv_blob_file_intact(const struct qv_blob *blob, uint32_t index)
{
	const struct qv_file *file = &blob->file[index];
	struct qv_sha256 s;
	uint8_t digest[32];

	assert(index < blob->file_count);
	qv_sha256_init(&s);
	qv_sha256_update(&s, blob->bytes + file->offset, file->size);
	qv_sha256_final(&s, digest);
	return memcmp(digest, file->sha256, sizeof(digest)) == 0;
}

const struct qv_region *qv_blob_region(const struct qv_blob *blob, uint32_t kind, uint32_t index)
{
	for (uint32_t i = 0; i < blob->region_count; i++)
		if (blob->region[i].kind == kind && blob->region[i].index == index)
			return &blob->region[i];
	return NULL;
}
