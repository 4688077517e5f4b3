/* SPDX-License-Identifier: MIT */
/* libFuzzer target of the MOV decoder: any bytes, in a buffer of exactly their length so that ASan sees an overread. */
#include <lib/assert.h>
#include <lib/mov.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A decoded instruction decodes the same from its own bytes, and from no fewer. */
static void check(const uint8_t *code, const struct qv_mov *mov)
{
	struct qv_mov again;

	assert(qv_mov_decode(code, mov->length, &again));
	assert(again.length == mov->length && again.size == mov->size && again.store == mov->store);
	assert(again.immediate == mov->immediate && again.reg == mov->reg && again.value == mov->value);
	for (size_t n = 0; n < mov->length; n++)
		assert(!qv_mov_decode(code, n, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *code = malloc(n);
	struct qv_mov mov;

	if (n == 0 || !code) {
		free(code);
		return 0;
	}
	memcpy(code, data, n);
	if (qv_mov_decode(code, n, &mov)) {
		assert(mov.length >= 2 && mov.length <= 15 && mov.length <= n);
		assert(mov.size == 4 || mov.size == 8);
		assert(mov.reg < 16 && (!mov.immediate || mov.store));
		check(code, &mov);
	}
	free(code);
	return 0;
}
