/* SPDX-License-Identifier: MIT */
/* What the boot loader says, copied out of its memory: the archive may later be moved over it. */
#include "boot.h"
#include "loader.h"

#include <lib/string.h>

extern uint32_t boot_mapped_gib; /* set by entry.S */

static const void *at(uint64_t address)
{
	return (const void *)(uintptr_t)address;
}

static void set_command_line(struct boot_machine *m, const char *text, size_t limit)
{
	size_t n = 0;

	while (n < limit && n < sizeof(m->command_line) - 1 && text[n]) {
		m->command_line[n] = text[n];
		n++;
	}
	m->command_line[n] = '\0';
}

static void add_module(struct boot_machine *m, uint64_t base, uint64_t size)
{
	if (m->module_count++ == 0)
		m->module = (struct boot_span){ base, size };
}

static void read_pvh(struct boot_machine *m, uint64_t where)
{
	const struct pvh_info *info = at(where);
	const struct pvh_range *range = at(info->memmap);
	const struct pvh_module *module = at(info->modules);

	m->loader = "PVH";
	m->rsdp = info->rsdp;
	if (info->command_line)
		set_command_line(m, at(info->command_line), SIZE_MAX);
	for (uint32_t i = 0; i < info->module_count; i++)
		add_module(m, module[i].base, module[i].size);
	if (info->version < 1)
		return;
	for (uint32_t i = 0; i < info->memmap_count; i++)
		qv_memmap_add(&m->map, range[i].base, range[i].size, range[i].type);
}

static void read_mb2_memmap(struct boot_machine *m, const struct mb2_tag *tag, uint32_t size)
{
	const struct mb2_memmap *map = (const void *)tag->data;

	if (size < sizeof(*map) || map->entry_size < sizeof(struct pvh_range))
		return;
	for (uint32_t o = sizeof(*map); size - o >= map->entry_size; o += map->entry_size) {
		const struct pvh_range *range = (const void *)(tag->data + o);

		qv_memmap_add(&m->map, range->base, range->size, range->type);
	}
}

static void read_mb2_screen(struct boot_machine *m, const struct mb2_tag *tag, uint32_t size)
{
	const struct mb2_framebuffer *fb = (const void *)tag->data;
	struct boot_screen *s = &m->screen;

	if (size < MB2_FB_TEXT_BYTES)
		return;
	*s = (struct boot_screen){
		.base = fb->base, .pitch = fb->pitch, .width = fb->width, .height = fb->height, .bits = fb->bits,
	};
	if (fb->type == MB2_FB_TEXT) {
		s->kind = BOOT_SCREEN_TEXT;
	} else if (fb->type == MB2_FB_RGB && fb->bits == 32 && size >= MB2_FB_RGB_BYTES &&
		   fb->base + (uint64_t)fb->pitch * fb->height <= m->mapped_top) {
		s->kind = BOOT_SCREEN_RGB;
		s->red = fb->red_at;
		s->green = fb->green_at;
		s->blue = fb->blue_at;
	}
}

/* The loader copies the RSDP into its own information; the tables it names stay where they are. */
static void read_mb2_rsdp(struct boot_machine *m, const struct mb2_tag *tag)
{
	if (m->rsdp == 0 || tag->type == MB2_RSDP_2)
		m->rsdp = (uint64_t)(uintptr_t)tag->data;
}

static void read_mb2_tag(struct boot_machine *m, const struct mb2_tag *tag, uint32_t size)
{
	const struct mb2_module *module = (const void *)tag->data;

	switch (tag->type) {
	case MB2_COMMAND_LINE:
		set_command_line(m, (const char *)tag->data, size);
		break;
	case MB2_MODULE:
		if (size >= sizeof(*module) && module->end >= module->start)
			add_module(m, module->start, module->end - module->start);
		break;
	case MB2_MEMMAP:
		read_mb2_memmap(m, tag, size);
		break;
	case MB2_FRAMEBUFFER:
		read_mb2_screen(m, tag, size);
		break;
	case MB2_RSDP_1:
	case MB2_RSDP_2:
		read_mb2_rsdp(m, tag);
		break;
	}
}

static void read_mb2(struct boot_machine *m, uint64_t where)
{
	const struct mb2_info *info = at(where);
	uint32_t offset = sizeof(*info);

	m->loader = "multiboot2";
	while (info->total_size >= offset + sizeof(struct mb2_tag)) {
		const struct mb2_tag *tag = at(where + offset);

		if (tag->type == MB2_END || tag->size < sizeof(*tag) || tag->size > info->total_size - offset)
			return;
		read_mb2_tag(m, tag, tag->size - (uint32_t)sizeof(*tag));
		offset += (tag->size + 7u) & ~7u;
	}
}

void boot_read_loader(struct boot_machine *m, uint32_t magic, uint64_t info)
{
	m->loader = "unknown boot loader";
	m->mapped_top = (uint64_t)boot_mapped_gib << 30;
	if (magic == PVH_MAGIC)
		read_pvh(m, info);
	else if (magic == MB2_BOOT_MAGIC)
		read_mb2(m, info);
	else
		boot_refuse("start it by a PVH or a multiboot2 boot loader: QEMU -kernel, or GRUB's multiboot2",
			    "the boot loader's magic number is 0x%x", magic);
	qv_memmap_normalise(&m->map);
	if (m->map.dropped || m->map.count == 0)
		boot_refuse("use firmware or a boot loader that gives a memory map of at most 128 ranges",
			    "the boot loader's memory map has %s", m->map.dropped ? "too many ranges" : "no ranges");
}

bool boot_option(const struct boot_machine *m, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = m->command_line; *p; p++) {
		bool starts = p == m->command_line || p[-1] == ' ';

		if (starts && strncmp(p, word, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
			return true;
	}
	return false;
}
