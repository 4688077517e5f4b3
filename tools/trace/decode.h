/* SPDX-License-Identifier: MIT */
/* From a copy of a trace ring to its records in order: nothing in the copy is trusted. */
#ifndef TRACE_DECODE_H
#define TRACE_DECODE_H

#include <abi/trace.h>
#include <stdbool.h>

struct ring {
	struct qv_trace_record *record; /* in order of time */
	size_t count;
	uint64_t lost;     /* older ones, overwritten */
	uint64_t senseless; /* left out */
	uint32_t lives;    /* that begin in it */
	char why[200];     /* nothing can be read: what is wrong and what would help; "" = it can */
};

/* Decode the ring of `core`, one of `cores`, from `bytes`: qv_trace_stride(cores) bytes, aligned as its contents.
 * `head_after`: its head, read again after the records were copied. `ring` is to be freed also when this fails. */
void ring_decode(struct ring *ring, const void *bytes, uint32_t core, uint32_t cores, uint64_t head_after);
void ring_free(struct ring *ring);

#endif
