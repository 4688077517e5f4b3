/* SPDX-License-Identifier: MIT */
/* libFuzzer target: any bytes as an ELF file and as a Linux image. What is accepted must describe bytes of the file. */
#include <lib/bzimage.h>
#include <lib/elf.h>

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool good)
{
	if (!good)
		abort();
}

static void check_elf(const uint8_t *data, size_t size)
{
	struct qv_elf elf;
	volatile uint8_t sum = 0;

	if (qv_elf_read(data, size, &elf))
		return;
	expect(elf.count > 0 && elf.count <= QV_ELF_MAX_SEGMENTS);
	for (uint32_t i = 0; i < elf.count; i++) {
		const struct qv_elf_segment *s = &elf.segment[i];

		expect(s->mem_size > 0 && s->file_size <= s->mem_size && s->paddr + s->mem_size >= s->paddr);
		expect(s->vaddr + s->mem_size >= s->vaddr);
		for (uint64_t k = 0; k < s->file_size; k++)
			sum = (uint8_t)(sum + data[s->offset + k]);
	}
}

static void check_linux(const uint8_t *data, size_t size)
{
	struct qv_bzimage image;
	volatile uint8_t sum = 0;

	if (qv_bzimage_read(data, size, &image))
		return;
	expect(image.payload_size > 0x200 && image.init_size >= image.payload_size);
	for (uint64_t k = 0; k < image.payload_size; k++)
		sum = (uint8_t)(sum + data[image.payload_offset + k]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_elf(data, size);
	check_linux(data, size);
	return 0;
}
