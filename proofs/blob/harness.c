/* SPDX-License-Identifier: MIT */
/*
 * Structure check of the blob. The digest is left out (its bytes are any; what it reads is checked to be inside), so
 * these proofs hold against an attacker who can forge it.
 */
#include "../stubs.h"

#include "blob.c"
#include "blob_rules.c"

#ifndef SIZE
#define SIZE 232u /* bytes of the file */
#endif
#ifndef MEMORIES
#define MEMORIES 2u
#endif
#ifndef REGIONS
#define REGIONS 2u
#endif

void qv_sha256_init(struct qv_sha256 *s)
{
	s->length = 0;
}

void qv_sha256_update(struct qv_sha256 *s, const void *bytes, size_t n)
{
	prove(__CPROVER_r_ok(bytes, n), "the digest reads inside the file");
	s->length += n;
}

void qv_sha256_final(struct qv_sha256 *s, uint8_t digest[32])
{
	(void)s;
	for (uint32_t i = 0; i < 32; i++)
		digest[i] = nondet_u8();
}

bool qv_blob_load_rules(const struct qv_blob_check_context *c)
{
	return c->blob != NULL;
}

static struct qv_blob_error error;

/* Header and directory of any file of SIZE bytes: every section that is accepted lies inside, apart from all others. */
void prove_directory(void)
{
	union {
		uint8_t bytes[SIZE];
		uint64_t align;
	} file;
	const struct qv_blob_header *h = (const void *)file.bytes;
	struct located at[QV_SECTION_TYPE_END] = { 0 };
	struct qv_blob_check_context c = { .error = &error };
	uint32_t i = nondet_u32(), j = nondet_u32();
	uint64_t begin, end, other, other_end;

	if (!check_header(&c, h, SIZE) || !check_digest(&c, h))
		return;
	prove(h->sealed_size <= h->total_size && h->total_size <= SIZE, "the sealed part lies in the file");
	(void)locate_sections(&c, h, at); /* good or not: what it put into `at` was accepted */
	assume(i < QV_SECTION_TYPE_END && j < QV_SECTION_TYPE_END && i != j && at[i].entries && at[j].entries);
	begin = (uint64_t)((const uint8_t *)at[i].entries - file.bytes);
	end = begin + (uint64_t)at[i].count * section_rules[i].entry_size;
	other = (uint64_t)((const uint8_t *)at[j].entries - file.bytes);
	other_end = other + (uint64_t)at[j].count * section_rules[j].entry_size;
	prove(begin >= sizeof(*h) + h->section_count * sizeof(struct qv_section), "no section covers the directory");
	prove(begin % 8 == 0 && end <= h->sealed_size, "every section lies in the sealed part");
	prove(at[i].count <= section_rules[i].max, "no section has too many entries");
	prove(end <= other || other_end <= begin, "no two sections share bytes");
}

/* Any memory and region records: once accepted, each host byte has one owner. */
void prove_memory(void)
{
	struct qv_system system;
	struct qv_sandbox sandbox[2];
	struct qv_memory memory[MEMORIES];
	struct qv_region region[REGIONS];
	struct qv_blob blob = { .system = &system, .sandbox = sandbox, .memory = memory, .region = region,
		.sandbox_count = 2, .memory_count = MEMORIES, .region_count = REGIONS };
	struct qv_blob_check_context c = { .blob = &blob, .error = &error };
	uint32_t i = nondet_u32(), j = nondet_u32();
	uint64_t byte = nondet_u64();

	assume(i < MEMORIES && j < i);
	for (uint32_t r = 0; r < REGIONS; r++)
		assume(region[r].hpa <= HPA_LIMIT && region[r].size <= HPA_LIMIT); /* check_regions comes first */
	if (!check_memory(&c))
		return;
	prove(memory[i].sandbox < 2, "every memory has an owner");
	prove(byte - memory[i].hpa >= memory[i].size || byte - memory[j].hpa >= memory[j].size,
	      "no host byte is given twice");
	prove(byte - memory[i].gpa >= memory[i].size || byte - memory[j].gpa >= memory[j].size ||
	      memory[i].sandbox != memory[j].sandbox, "no guest address is used twice");
	for (uint32_t r = 0; r < REGIONS; r++)
		prove(byte - memory[i].hpa >= memory[i].size || byte - region[r].hpa >= region[r].size ||
		      (memory[i].kind == QV_MEMORY_CONSOLE && region[r].kind == QV_REGION_BLACKBOX),
		      "no sandbox reaches into the trusted base");
}
