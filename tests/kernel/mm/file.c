/* SPDX-License-Identifier: MIT */
/* A file in memory: what the page cache of a real one would be to a space. */
#include "world.h"

#include <base/memory.h>
#include <lib/string.h>
#include <mm/frame.h>

static struct {
	struct space_backing backing; /* first */
	int references;
	uint64_t frame[FILE_PAGES];
} file;

uint64_t file_value(uint64_t page)
{
	return 0xf11e000000000000ull + page * 77 + 1;
}

static uint64_t page(struct space_backing *backing, uint64_t index)
{
	(void)backing;
	if (index >= FILE_PAGES)
		return 0;
	if (!file.frame[index]) {
		if (!mm_frame_new_zeroed(&file.frame[index]))
			return 0;
		*(uint64_t *)memory_at(file.frame[index]) = file_value(index);
	}
	mm_frame_get(file.frame[index]);
	return file.frame[index];
}

static void present(struct space_backing *backing, uint64_t index, unsigned count, uint64_t *frame)
{
	(void)backing;
	for (unsigned i = 0; i < count; i++)
		frame[i] = index + i < FILE_PAGES ? file.frame[index + i] : 0;
}

static void reference(struct space_backing *backing, int change)
{
	(void)backing;
	file.references += change;
}

struct space_backing *file_open(void)
{
	file.backing = (struct space_backing){.page = page, .reference = reference, .present = present};
	return &file.backing;
}

int file_references(void)
{
	return file.references;
}

void file_close(void)
{
	for (uint32_t i = 0; i < FILE_PAGES; i++) {
		if (file.frame[i])
			mm_frame_put(file.frame[i]);
		file.frame[i] = 0;
	}
}
