/* SPDX-License-Identifier: MIT */
/* Console without exits: plain stores to memory that the host reads. */
#include "parts.h"

#include <base/boot.h>
#include <base/init.h>
#include <base/log.h>
#include <base/memory.h>
#include <dev/console.h>
#include <lib/assert.h>
#include <lib/ring.h>

#define WORDS (sizeof(((struct qv_bb_slice *)0)->words) / sizeof(uint64_t))

static struct qv_bb_slice *slice;
static struct qv_ring *ring;

static void write_ring(const char *text, size_t n)
{
	qv_ring_write(ring, text, n);
}

INIT void console_init(void)
{
	if (!boot_info()->slice_gpa)
		return;
	slice = (struct qv_bb_slice *)SLICE_BASE;
	ring = (struct qv_ring *)(SLICE_BASE + QV_SLICE_CONSOLE_OFF);
	if (slice->magic != QV_SLICE_MAGIC || !qv_ring_valid(ring, QV_CONSOLE_BYTES))
		qv_ring_init(ring, QV_CONSOLE_BYTES);
	for (uint32_t i = 0; i < WORDS; i++)
		slice->words[i] = 0;
	slice->wired_from = slice->wired_until = 0;
	slice->magic = QV_SLICE_MAGIC;
	log_add_sink(write_ring);
}

void console_wired(bool on)
{
	if (!slice)
		return;
	if (on)
		__atomic_store_n(&slice->wired_from, ring->head, __ATOMIC_RELAXED);
	__atomic_store_n(&slice->wired_until, on ? UINT64_MAX : ring->head, __ATOMIC_RELAXED);
}

void console_set_word(uint32_t index, uint64_t value)
{
	assert(index < WORDS);
	if (slice)
		__atomic_store_n(&slice->words[index], value, __ATOMIC_RELAXED);
}
