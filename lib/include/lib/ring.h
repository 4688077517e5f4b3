/* SPDX-License-Identifier: MIT */
/* The byte ring of the black box: abi/blackbox.h. */
#ifndef LIB_RING_H
#define LIB_RING_H

#include <abi/blackbox.h>

/* Make `ring` usable with `size` bytes of data (a power of two) and nothing written. */
void qv_ring_init(struct qv_ring *ring, uint64_t size);
/* True if `ring` holds a usable ring of exactly `size` data bytes; keep its contents then (restart, warm reset). */
bool qv_ring_valid(const struct qv_ring *ring, uint64_t size);
/* Append; the oldest bytes are overwritten. One writer. */
void qv_ring_write(struct qv_ring *ring, const char *bytes, size_t n);
/* Copy what came after `from` (a head value seen before) into `to`; returns bytes copied and advances *from, skipping
 * what is already overwritten. Trusts only `size`, given by the caller. */
size_t qv_ring_read(const struct qv_ring *ring, uint64_t size, uint64_t *from, char *to, size_t space);

#endif
