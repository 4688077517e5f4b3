/* SPDX-License-Identifier: MIT */
/* Private to lib: layout of ELF64 files (System V gABI, ELFCLASS64) and the checks that every reader of them makes. */
#ifndef LIB_ELF_FILE_H
#define LIB_ELF_FILE_H

#include <abi/types.h>

#define ET_EXEC 2u
#define ET_DYN 3u
#define EM_X86_64 62u
#define PT_LOAD 1u
#define PT_INTERP 3u

struct file_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct program_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct file_header) == 64, "ELF64 file header");
_Static_assert(sizeof(struct program_header) == 56, "ELF64 program header");

/* Is it an executable for this processor? NULL, or what is wrong. */
const char *elf_file_kind(const struct file_header *h);

#endif
