/* SPDX-License-Identifier: MIT */
/* Page 0 of the backing is the data, the others are the image. The kernel's own reference keeps all of them. */
#include <base/cpu.h>
#include <base/init.h>
#include <base/layout.h>
#include <mm/frame.h>
#include <proc/vdso.h>

extern const uint8_t vdso_image[], vdso_image_end[]; /* vdso_image.S */

static union {
	struct vdso_data data;
	uint8_t page[VDSO_PAGE];
} shown __attribute__((aligned(VDSO_PAGE)));

static uint64_t pages(void)
{
	return 1 + (uint64_t)(vdso_image_end - vdso_image) / VDSO_PAGE;
}

static uint64_t frame_of(uint64_t index)
{
	const uint8_t *at = index == 0 ? shown.page : vdso_image + (index - 1) * VDSO_PAGE;

	return (uint64_t)at - KERNEL_BASE;
}

static uint64_t page(struct space_backing *backing, uint64_t index)
{
	(void)backing;
	if (index >= pages())
		return 0;
	mm_frame_get(frame_of(index));
	return frame_of(index);
}

static void reference(struct space_backing *backing, int change)
{
	(void)backing;
	(void)change;
}

static void present(struct space_backing *backing, uint64_t index, unsigned count, uint64_t *frame)
{
	(void)backing;
	for (unsigned i = 0; i < count; i++)
		frame[i] = index + i < pages() ? frame_of(index + i) : 0;
}

static struct space_backing vdso = {.page = page, .reference = reference, .present = present};

struct vdso_data *vdso_data(void)
{
	return &shown.data;
}

INIT void vdso_init(void)
{
	for (uint64_t i = 0; i < pages(); i++)
		mm_frame_get(frame_of(i));
}

uint64_t vdso_bytes(void)
{
	return pages() * VDSO_PAGE;
}

uint64_t vdso_parts(uint64_t start, struct space_part part[2])
{
	part[0] = (struct space_part){start, VDSO_PAGE, SPACE_READ, &vdso, 0};
	part[1] = (struct space_part){start + VDSO_PAGE, vdso_bytes() - VDSO_PAGE, SPACE_READ | SPACE_EXEC, &vdso, VDSO_PAGE};
	return start + VDSO_PAGE;
}

const char *vdso_label(struct space *space, uint64_t at)
{
	uint64_t offset;

	if (space_backing_at(space, at, &offset) != &vdso)
		return NULL;
	return offset < VDSO_PAGE ? " [vvar]" : " [vdso]";
}
