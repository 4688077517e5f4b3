/* SPDX-License-Identifier: MIT */
/* Linux bzImage files (Linux documentation, x86 boot protocol): what the 64-bit protocol needs. Host side. */
#ifndef LIB_BZIMAGE_H
#define LIB_BZIMAGE_H

#include <abi/types.h>

struct qv_bzimage {
	uint16_t protocol;       /* 0x20f = 2.15 */
	uint64_t payload_offset; /* of the protected-mode part in the file, bytes */
	uint64_t payload_size;
	uint64_t pref_address;   /* guest-physical load address */
	uint64_t init_size;      /* bytes of RAM the kernel needs from pref_address on */
	uint64_t entry;          /* 64-bit entry point: pref_address + 0x200 */
	uint32_t initrd_max;     /* highest address an initrd may touch */
	uint32_t cmdline_size;   /* longest command line, without NUL */
};

/* Read the setup header. Returns NULL and fills *image, or the cause as static text. */
const char *qv_bzimage_read(const void *bytes, uint64_t size, struct qv_bzimage *image);

#endif
