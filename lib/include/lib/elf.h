/* SPDX-License-Identifier: MIT */
/* ELF64 executables for x86-64 (System V gABI, chapter 4 and 5): validation and loadable segments. Host side only. */
#ifndef LIB_ELF_H
#define LIB_ELF_H

#include <abi/limits.h>

#define QV_ELF_MAX_SEGMENTS 8u

struct qv_elf_segment { /* one PT_LOAD with a memory size above 0 */
	uint64_t offset;    /* bytes in the file */
	uint64_t file_size;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t mem_size;  /* >= file_size */
	uint32_t flags;     /* QV_MEM_READ/WRITE/EXEC */
};

struct qv_elf {
	uint64_t entry;
	uint32_t count;
	bool interpreted; /* has PT_INTERP: needs a dynamic loader */
	struct qv_elf_segment segment[QV_ELF_MAX_SEGMENTS];
};

/* Read the headers of the `size` bytes at `bytes`. Returns NULL and fills *elf, or the cause as static text. After
 * success all file ranges lie inside the file, no address range wraps and there is at least one segment. */
const char *qv_elf_read(const void *bytes, uint64_t size, struct qv_elf *elf);

#endif
