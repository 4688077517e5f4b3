/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: any bytes as a blob. The digest is set right first, or nothing behind it would ever be reached.
 * What the checker accepts is then used as boot code uses it, unchecked, under the sanitizers.
 */
#include <lib/blob.h>
#include <lib/sha256.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(uint8_t *bytes, uint64_t sealed)
{
	struct qv_blob_header h;
	struct qv_sha256 s;

	memcpy(&h, bytes, sizeof(h));
	memset(h.sha256, 0, sizeof(h.sha256));
	memcpy(bytes, &h, sizeof(h));
	qv_sha256_init(&s);
	qv_sha256_update(&s, bytes, sealed);
	qv_sha256_final(&s, h.sha256);
	memcpy(bytes, &h, sizeof(h));
}

static void expect(bool good)
{
	if (!good)
		abort();
}

static bool apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a + a_size <= b || b + b_size <= a;
}

/* The property behind everything: no byte of host memory has two owners. Written again here, in its plainest form. */
static void check_owners(const struct qv_blob *b)
{
	for (uint32_t i = 0; i < b->memory_count; i++) {
		const struct qv_memory *m = &b->memory[i];

		expect(m->size > 0 && m->hpa + m->size > m->hpa && m->gpa + m->size > m->gpa && m->sandbox < b->sandbox_count);
		for (uint32_t j = 0; j < i; j++)
			expect(apart(m->hpa, m->size, b->memory[j].hpa, b->memory[j].size));
		for (uint32_t j = 0; j < b->region_count; j++)
			expect(apart(m->hpa, m->size, b->region[j].hpa, b->region[j].size) ||
				(m->kind == QV_MEMORY_CONSOLE && b->region[j].kind == QV_REGION_BLACKBOX));
	}
	for (uint32_t i = 0; i < b->region_count; i++)
		for (uint32_t j = 0; j < i; j++)
			expect(apart(b->region[i].hpa, b->region[i].size, b->region[j].hpa, b->region[j].size));
}

static void use(const struct qv_blob *b)
{
	volatile uint8_t sum = 0;

	for (uint32_t i = 0; i < b->sandbox_count; i++) {
		expect(strlen(b->sandbox[i].name) < QV_NAME_LEN && strlen(b->strings + b->sandbox[i].args) < b->string_bytes);
		expect(qv_blob_region(b, QV_REGION_TABLES, i) && qv_blob_region(b, QV_REGION_START, i));
		expect(qv_blob_private(b, i, b->sandbox[i].start_gpa, b->sandbox[i].start_size));
	}
	for (uint32_t i = 0; i < b->device_count; i++)
		expect(strlen(b->strings + b->device[i].label) < b->string_bytes);
	for (uint32_t i = 0; i < b->load_count; i++) {
		const struct qv_load *l = &b->load[i];

		for (uint64_t k = 0; k < l->file_size; k++)
			sum = (uint8_t)(sum + b->bytes[b->file[l->file].offset + l->file_offset + k]);
		expect(l->target != QV_LOAD_SANDBOX || qv_blob_private(b, l->index, l->address, l->mem_size));
	}
	for (uint32_t i = 0; i < b->file_count; i++)
		(void)qv_blob_file_intact(b, i);
	check_owners(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qv_blob_header h = { 0 };
	struct qv_blob_error error = { 0 };
	struct qv_blob blob;
	uint64_t room = size;
	uint8_t *bytes;

	memcpy(&h, data, size < sizeof(h) ? size : sizeof(h));
	if (size >= sizeof(h) && h.total_size > size && h.total_size <= PAYLOAD_LIMIT)
		room = h.total_size; /* seeds leave the payload out; zeros will do */
	bytes = calloc(room ? room : 1, 1);
	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	if (size >= sizeof(h) && h.sealed_size >= sizeof(h) && h.sealed_size <= room)
		seal(bytes, h.sealed_size);
	if (qv_blob_check(bytes, room, &blob, &error))
		use(&blob);
	else
		expect(error.what && error.remedy);
	free(bytes);
	return 0;
}
