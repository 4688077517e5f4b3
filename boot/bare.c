/* SPDX-License-Identifier: MIT */
/* `--bare` (D18): one Quest sandbox directly on the machine, entered exactly as a monitor would enter it. */
#include "partition.h"

#include <lib/string.h>

struct descriptor_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

/* In handoff.S: load descriptors and tables of the start pages and jump. */
_Noreturn void boot_enter_bare(const struct qv_start_state *start, const struct descriptor_pointer *gdt);

static void copy_images(const struct boot_machine *m)
{
	for (uint32_t i = 0; i < m->blob.load_count; i++) {
		const struct qv_load *l = &m->blob.load[i];

		if (l->target != QV_LOAD_SANDBOX)
			continue;
		memcpy((void *)l->address, m->blob.bytes + m->blob.file[l->file].offset + l->file_offset, l->file_size);
		memset((void *)(l->address + l->file_size), 0, l->mem_size - l->file_size);
	}
}

_Noreturn void boot_bare(struct boot_machine *m)
{
	static struct qv_start_state start;
	static struct descriptor_pointer gdt;
	const struct qv_sandbox *sb = &m->blob.sandbox[0];
	const struct qv_region *r = qv_blob_region(&m->blob, QV_REGION_START, 0);

	m->info_flags |= QV_INFO_BARE;
	boot_build_start(m, 0, &start);
	copy_images(m);
	memcpy((void *)sb->start_gpa, (void *)r->hpa, sb->start_size);
	boot_route_pins(m);
	boot_log("entering %s without a monitor\n", sb->name);
	boot_seal_blackbox(m, NULL);
	for (uint32_t c = 1; c < m->core_count; c++)
		boot_reset_core(m, c);
	gdt = (struct descriptor_pointer){ (uint16_t)start.gdt_limit, start.gdt_base };
	boot_enter_bare(&start, &gdt);
}
