/* SPDX-License-Identifier: MIT */
/* Field offsets are those of the System V gABI for ELFCLASS64; bytes are copied out, so any alignment will do. */
#include "elf_file.h"

#include <lib/elf.h>
#include <lib/string.h>

#include <abi/blob.h>

#define MAX_PROGRAM_HEADERS 64u

const char *elf_file_kind(const struct file_header *h)
{
	static const uint8_t ident[7] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	if (memcmp(h->ident, ident, 4))
		return "not an ELF file";
	if (memcmp(h->ident, ident, sizeof(ident)) || h->machine != EM_X86_64)
		return "not a 64-bit x86 ELF file";
	if (h->type != ET_EXEC && h->type != ET_DYN)
		return "not an executable ELF file";
	return NULL;
}

static const char *check_header(const struct file_header *h, uint64_t size)
{
	const char *error = elf_file_kind(h);

	if (error)
		return error;
	if (h->phentsize != sizeof(struct program_header) || h->phnum == 0 || h->phnum > MAX_PROGRAM_HEADERS)
		return "the ELF program header table has a wrong shape";
	if (h->phoff > size || h->phnum * sizeof(struct program_header) > size - h->phoff)
		return "the ELF program headers lie outside the file";
	return NULL;
}

static const char *check_segment(const struct program_header *p, uint64_t size)
{
	if (p->offset > size || p->filesz > size - p->offset)
		return "an ELF segment lies outside the file (is the file cut off?)";
	if (p->memsz < p->filesz)
		return "an ELF segment is smaller in memory than in the file";
	if (p->vaddr + p->memsz < p->vaddr || p->paddr + p->memsz < p->paddr)
		return "an ELF segment wraps around the address space";
	return NULL;
}

static uint32_t segment_rights(uint32_t flags)
{
	return ((flags & 4u) ? QV_MEM_READ : 0u) | ((flags & 2u) ? QV_MEM_WRITE : 0u) | ((flags & 1u) ? QV_MEM_EXEC : 0u);
}

static const char *add_segment(struct qv_elf *elf, const struct program_header *p, uint64_t size)
{
	const char *cause = check_segment(p, size);

	if (cause || p->memsz == 0)
		return cause;
	if (elf->count == QV_ELF_MAX_SEGMENTS)
		return "the ELF file has more than 8 loadable segments";
	elf->segment[elf->count++] = (struct qv_elf_segment){ .offset = p->offset, .file_size = p->filesz,
		.vaddr = p->vaddr, .paddr = p->paddr, .mem_size = p->memsz, .flags = segment_rights(p->flags) };
	return NULL;
}

const char *qv_elf_read(const void *bytes, uint64_t size, struct qv_elf *elf)
{
	struct file_header h;
	const char *cause;

	memset(elf, 0, sizeof(*elf));
	if (size < sizeof(h))
		return "not an ELF file";
	memcpy(&h, bytes, sizeof(h));
	cause = check_header(&h, size);
	for (uint32_t i = 0; !cause && i < h.phnum; i++) {
		struct program_header p;

		memcpy(&p, (const uint8_t *)bytes + h.phoff + i * sizeof(p), sizeof(p));
		if (p.type == PT_INTERP)
			elf->interpreted = true;
		if (p.type == PT_LOAD)
			cause = add_segment(elf, &p, size);
	}
	elf->entry = h.entry;
	if (!cause && elf->count == 0)
		return "the ELF file has nothing to load";
	return cause;
}
