/* SPDX-License-Identifier: MIT */
/* Byte ring with one writer. The writer publishes `head` after the bytes; a reader that fell behind skips ahead. */
#include <lib/ring.h>

void qv_ring_init(struct qv_ring *ring, uint64_t size)
{
	ring->magic = 0;
	ring->size = size;
	ring->head = 0;
	ring->magic = QV_RING_MAGIC;
}

bool qv_ring_valid(const struct qv_ring *ring, uint64_t size)
{
	return ring->magic == QV_RING_MAGIC && ring->size == size;
}

void qv_ring_write(struct qv_ring *ring, const char *bytes, size_t n)
{
	uint64_t head = ring->head;

	for (size_t i = 0; i < n; i++)
		ring->data[(head + i) & (ring->size - 1)] = (uint8_t)bytes[i];
	__atomic_store_n(&ring->head, head + n, __ATOMIC_RELEASE);
}

size_t qv_ring_read(const struct qv_ring *ring, uint64_t size, uint64_t *from, char *to, size_t space)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	size_t n = 0;

	if (head - *from > size)
		*from = head > size ? head - size : 0;
	for (; *from < head && n < space; (*from)++)
		to[n++] = (char)ring->data[*from & (size - 1)];
	return n;
}
