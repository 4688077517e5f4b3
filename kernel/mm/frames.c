/* SPDX-License-Identifier: MIT */
/* The frame allocator of the sandbox: lib/frames under a lock, filled from the ranges the kernel was given. Behind its
 * records lie the reference counts of frame.c. */
#include "frames.h"

#include <base/boot.h>
#include <base/init.h>
#include <base/lock.h>
#include <base/memory.h>
#include <base/panic.h>
#include <base/sections.h>
#include <lib/assert.h>
#include <lib/frames.h>
#include <mm/mm.h>

extern char image_start[], image_end[]; /* linker script, virtual */

static struct {
	struct lock lock;
	struct qv_frames frames;
	uint64_t total;
} pool;

INIT static uint64_t span_end(const struct qv_info *info)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < info->range_count; i++) {
		if (info->range[i].gpa + info->range[i].size > end)
			end = info->range[i].gpa + info->range[i].size;
	}
	return end;
}

/* Nothing below may be handed out: page 0, what the kernel lives in, and what it was given to read. */
INIT static void reserve_all(const struct qv_info *info, uint64_t storage, uint64_t storage_size)
{
	struct qv_frames *f = &pool.frames;

	qv_frames_reserve(f, 0, QV_PAGE_SIZE);
	qv_frames_reserve(f, (uint64_t)image_start - KERNEL_BASE, (uint64_t)(image_end - image_start));
	qv_frames_reserve(f, storage, storage_size);
	qv_frames_reserve(f, info->start_gpa, info->start_size);
	qv_frames_reserve(f, info->initrd_gpa, info->initrd_size);
	qv_frames_reserve(f, info->trampoline_gpa, QV_PAGE_SIZE);
	qv_frames_reserve(f, info->slice_gpa, info->slice_gpa ? QV_LARGE_SIZE : 0);
}

INIT static bool holds(const struct qv_info_range *range, uint64_t gpa, uint64_t size)
{
	return gpa >= range->gpa && gpa + size <= range->gpa + range->size;
}

/* The records go right behind the image, in the range that holds the image. */
INIT static uint64_t place_storage(const struct qv_info *info, uint64_t size)
{
	uint64_t gpa = (uint64_t)image_end - KERNEL_BASE;

	for (uint32_t i = 0; i < info->range_count; i++) {
		if (holds(&info->range[i], gpa, size))
			return gpa;
	}
	panic("no room for %llu bytes of frame records after the kernel image; give the sandbox more memory",
		(unsigned long long)size);
}

INIT void frames_init(void)
{
	const struct qv_info *info = boot_info();
	uint64_t count = span_end(info) / QV_PAGE_SIZE, size = qv_frames_storage((uint32_t)count);
	uint64_t storage = place_storage(info, size + count * sizeof(uint32_t));

	frame_init(memory_at(storage + size), count);
	size += count * sizeof(uint32_t);
	qv_frames_init(&pool.frames, memory_at(storage), 0, (uint32_t)count);
	for (uint32_t i = 0; i < info->range_count; i++)
		qv_frames_add(&pool.frames, info->range[i].gpa, info->range[i].size);
	pool.total = pool.frames.free;
	reserve_all(info, storage, size);
}

bool frames_alloc(uint32_t order, uint64_t *gpa)
{
	uint64_t flags = lock_hold(&pool.lock);
	bool done = order < QV_FRAME_ORDERS && qv_frames_alloc(&pool.frames, order, gpa);

	lock_drop(&pool.lock, flags);
	return done;
}

void frames_free(uint64_t gpa, uint32_t order)
{
	uint64_t flags = lock_hold(&pool.lock);

	qv_frames_free(&pool.frames, gpa, order);
	lock_drop(&pool.lock, flags);
}

/* What this core has at hand goes back before memory is said to be gone; other cores' stores are out of reach. */
bool mm_alloc(uint32_t order, uint64_t *gpa)
{
	if (frames_alloc(order, gpa))
		return true;
	frame_drain();
	return frames_alloc(order, gpa);
}

void mm_free(uint64_t gpa, uint32_t order)
{
	frames_free(gpa, order);
}

uint64_t mm_free_pages(void)
{
	return pool.frames.free + frame_stored();
}

uint64_t mm_total_pages(void)
{
	return pool.total;
}

bool mm_frames_intact(void)
{
	return qv_frames_intact(&pool.frames);
}
