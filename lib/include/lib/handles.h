/* SPDX-License-Identifier: MIT */
/* The state of a process as bytes (abi/handles.h): written handle by handle, checked as a whole before it is read. */
#ifndef LIB_HANDLES_H
#define LIB_HANDLES_H

#include <abi/handles.h>

/* What is wrong with `next` behind `previous` (NULL = it is the first), or NULL. Both are whole records. */
const char *qv_handle_check(const struct qv_handle *previous, const struct qv_handle *next);

struct qv_handles_writer { /* private */
	uint8_t *to;
	size_t size, used;
};
/* Begin in `size` bytes at `to`, of any alignment. False: there is no room for the header. */
bool qv_handles_begin(struct qv_handles_writer *w, void *to, size_t size, uint32_t pid, uint32_t tsc_khz);
/* The next handle: NULL, or why it was not taken (no room, or it would not pass the check). */
const char *qv_handles_add(struct qv_handles_writer *w, const struct qv_handle *handle);
/* Why the process cannot go elsewhere; the first reason stays, and is cut off if it is long. */
void qv_handles_refuse(struct qv_handles_writer *w, const char *why);

/* Whether `bytes` at `from`, which nobody is trusted for, are the whole state of a process. NULL, or what is wrong, and
 * at which byte. */
const char *qv_handles_check(const void *from, size_t bytes, size_t *at);
/* Of bytes that passed the check: the header, and handle `index` below its count. */
void qv_handles_header(const void *from, struct qv_handles_header *header);
void qv_handles_get(const void *from, uint32_t index, struct qv_handle *handle);

#endif
