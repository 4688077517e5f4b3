/* SPDX-License-Identifier: MIT */
/* Boot protocol layouts: Xen's hvm_start_info (PVH) and Multiboot2 1.6. */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

#include <abi/types.h>

#define PVH_MAGIC 0x336ec578u
#define MB2_BOOT_MAGIC 0x36d76289u

struct pvh_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, command_line, rsdp;
	uint64_t memmap; /* version >= 1 */
	uint32_t memmap_count, reserved;
};

struct pvh_module {
	uint64_t base, size, command_line, reserved;
};

struct pvh_range {
	uint64_t base, size;
	uint32_t type, reserved;
};

struct mb2_info {
	uint32_t total_size, reserved;
};

struct mb2_tag {
	uint32_t type, size;
	uint8_t data[];
};

enum mb2_type {
	MB2_END = 0,
	MB2_COMMAND_LINE = 1,
	MB2_MODULE = 3,
	MB2_MEMMAP = 6,
	MB2_FRAMEBUFFER = 8,
	MB2_RSDP_1 = 14,
	MB2_RSDP_2 = 15
};

struct mb2_module {
	uint32_t start, end;
};

struct mb2_memmap {
	uint32_t entry_size, entry_version;
	/* entries: base, size, type, reserved as pvh_range */
};

struct mb2_framebuffer {
	uint64_t base;
	uint32_t pitch, width, height;
	uint8_t bits, type;
	uint16_t reserved;
	uint8_t red_at, red_size, green_at, green_size, blue_at, blue_size;
};
#define MB2_FB_TEXT_BYTES 24u /* of the tag without its header: up to `reserved` */
#define MB2_FB_RGB_BYTES  30u /* up to `blue_size` */
enum { MB2_FB_RGB = 1, MB2_FB_TEXT = 2 };

#endif
