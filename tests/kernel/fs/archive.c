/* SPDX-License-Identifier: MIT */
/* The archive: pages that lie right are taken over, the others copied, and the rest goes to the frame allocator. */
#include "world.h"

#include <base/memory.h>
#include <lib/cpio.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/mm.h>

#define ORDER 4u /* 64 KiB */
#define PAGES (1u << ORDER)
#define HEADER 110u
#define FIELD_NAME_SIZE (6u + 8u * 11u)

static uint8_t data[3 * PAGE + 5];

/* A member whose name is padded so that its data starts a page: at + 4096 from `at`, which starts a page. */
static uint64_t aligned_member(uint8_t *at, const char *name)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t name_size = PAGE - HEADER;

	qv_cpio_write(at, 9, name, 0100755, NULL, 0);
	memset(at + HEADER + strlen(name), 0, PAGE - HEADER - strlen(name));
	for (uint32_t i = 0; i < 8; i++) {
		at[FIELD_NAME_SIZE + i] = (uint8_t)digits[name_size >> (28 - 4 * i) & 15];
		at[6 + 8 * 6 + i] = (uint8_t)digits[sizeof(data) >> (28 - 4 * i) & 15];
	}
	memcpy(at + PAGE, data, sizeof(data));
	memset(at + PAGE + sizeof(data), 0, 3);
	return PAGE + ((sizeof(data) + 3) & ~3ull);
}

static uint64_t build(uint8_t *at)
{
	uint64_t n = aligned_member(at, "bin/aligned");

	n += qv_cpio_write(at + n, 2, "bin/copied", 0100755, data, sizeof(data));
	n += qv_cpio_write(at + n, 3, "bin/link", 0120777, "copied", 6);
	n += qv_cpio_write(at + n, 0, QV_CPIO_TRAILER, 0, NULL, 0);
	return n;
}

static bool reads_back(const char *path)
{
	struct file *f = world_open(path, LX_O_RDONLY);
	bool good = f && file_read(f, USER + 1, sizeof(data) + 100) == (int64_t)sizeof(data) &&
		holds(USER + 1, data, sizeof(data));

	if (f)
		file_put(f);
	return good;
}

void test_archive(void)
{
	uint64_t gpa, size, before = mm_free_pages();
	uint8_t *at;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	/* The archive of a real boot lies in memory that the allocator never had: its pages have no reference. */
	if (!mm_alloc(ORDER, &gpa))
		return;
	at = memory_at(gpa);
	size = build(at);
	fs_init(at, size, 0);
	world_context = path_context_create();
	world_table = fd_create(64);
	test_point(mm_frame_count(gpa + PAGE) == 1 && mm_frame_count(gpa + 3 * PAGE) == 1, "whole pages are taken over");
	test_point(mm_frame_count(gpa) == 0 && mm_frame_count(gpa + 4 * PAGE) == 0, "what is no whole page is not");
	test_point(reads_back("/bin/aligned"), "a file in place reads back");
	test_point(reads_back("/bin/copied") && reads_back("/bin/link"), "a copied file reads back, through a link, too");
	for (uint64_t page = (size + PAGE - 1) / PAGE; page < PAGES; page++)
		mm_free(gpa + page * PAGE, 0);
	test_note("%llu pages for an archive of %llu KiB with /dev and caches", (unsigned long long)(before - mm_free_pages()),
		(unsigned long long)(size >> 10));
}
