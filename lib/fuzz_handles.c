/* SPDX-License-Identifier: MIT */
/* The check of a process's state on any bytes; what passes is written again and must be the same. */
#include <lib/assert.h>
#include <lib/handles.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const uint8_t *data, size_t size)
{
	struct qv_handles_header header;
	struct qv_handles_writer w;
	uint8_t *copy = malloc(size);

	if (!copy)
		return;
	qv_handles_header(data, &header);
	assert(qv_handles_begin(&w, copy, size, header.pid, header.tsc_khz));
	for (uint32_t i = 0; i < header.count; i++) {
		struct qv_handle handle;

		qv_handles_get(data, i, &handle);
		assert(!qv_handles_add(&w, &handle));
	}
	qv_handles_refuse(&w, header.refusal);
	assert(w.used == size && memcmp(copy, data, size) == 0);
	free(copy);
}

/* The magic number and the count are given, so that what comes behind them is met. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qv_handles_header header = {.magic = QV_HANDLES_MAGIC, .version = QV_HANDLES_VERSION};
	uint8_t *state = malloc(size);
	size_t at;

	if (state && size >= sizeof(header)) {
		memcpy(state, data, size);
		header.count = (uint32_t)((size - sizeof(header)) / sizeof(struct qv_handle));
		memcpy(state, &header, offsetof(struct qv_handles_header, pid));
		if (!qv_handles_check(state, size, &at))
			write_again(state, size);
		else
			assert(at <= size);
	}
	free(state);
	return 0;
}
