/* SPDX-License-Identifier: MIT */
/* Offsets are those of the x86 boot protocol's setup header in the first sectors of the file. */
#include <lib/bzimage.h>
#include <lib/string.h>

#define SETUP_END 0x268u /* protocol 2.12 and later reach at least here */
#define XLF_KERNEL_64 1u

static uint64_t field(const uint8_t *bytes, uint32_t offset, uint32_t width)
{
	uint64_t value = 0;

	memcpy(&value, bytes + offset, width);
	return value;
}

static const char *check_setup(const uint8_t *b, uint64_t size)
{
	if (size < 1024 || field(b, 0x1fe, 2) != 0xaa55 || field(b, 0x202, 4) != 0x53726448)
		return "not a Linux bzImage";
	if (field(b, 0x206, 2) < 0x20c)
		return "the Linux image speaks a boot protocol older than 2.12";
	if (!(field(b, 0x236, 2) & XLF_KERNEL_64))
		return "the Linux image has no 64-bit entry point";
	if (!(field(b, 0x211, 1) & 1u))
		return "the Linux image is a zImage, not a bzImage";
	return NULL;
}

const char *qv_bzimage_read(const void *bytes, uint64_t size, struct qv_bzimage *image)
{
	const uint8_t *b = bytes;
	const char *cause = check_setup(b, size);
	uint64_t sectors;

	memset(image, 0, sizeof(*image));
	if (cause)
		return cause;
	sectors = field(b, 0x1f1, 1);
	image->payload_offset = ((sectors ? sectors : 4) + 1) * 512;
	if (image->payload_offset < SETUP_END || size <= image->payload_offset + 0x200)
		return "the Linux image is cut off";
	image->payload_size = size - image->payload_offset;
	image->protocol = (uint16_t)field(b, 0x206, 2);
	image->pref_address = field(b, 0x258, 8);
	image->init_size = field(b, 0x260, 4);
	image->entry = image->pref_address + 0x200;
	image->initrd_max = (uint32_t)field(b, 0x22c, 4);
	image->cmdline_size = (uint32_t)field(b, 0x238, 4);
	if (image->pref_address > 1ull << 40 || image->init_size < image->payload_size)
		return "the Linux image's setup header contradicts itself";
	return NULL;
}
