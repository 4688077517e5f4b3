/* SPDX-License-Identifier: MIT */
/* Pristine start pages of each sandbox: what the compiler cannot know (TSC rate, APIC ids) meets what it decided. */
#include "dsdt.h"
#include "partition.h"

#include <abi/info.h>
#include <lib/linux.h>
#include <lib/start.h>
#include <lib/string.h>

static uint32_t ranges_of(const struct boot_machine *m, uint32_t s, struct qv_info_range *range)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->blob.memory_count && n < QV_MAX_RANGES; i++) {
		const struct qv_memory *mem = &m->blob.memory[i];

		if (mem->sandbox == s && mem->kind == QV_MEMORY_PRIVATE)
			range[n++] = (struct qv_info_range){ mem->gpa, mem->size };
	}
	return n;
}

/* The sandbox's one memory of `kind`; without one size 0. */
static struct qv_info_range memory_of(const struct boot_machine *m, uint32_t s, uint32_t kind)
{
	for (uint32_t i = 0; i < m->blob.memory_count; i++) {
		const struct qv_memory *mem = &m->blob.memory[i];

		if (mem->sandbox == s && mem->kind == kind)
			return (struct qv_info_range){ m->info_flags & QV_INFO_BARE ? mem->hpa : mem->gpa, mem->size };
	}
	return (struct qv_info_range){ 0, 0 };
}

static void apic_ids(const struct boot_machine *m, const struct qv_sandbox *sb, uint32_t *id)
{
	for (uint32_t c = 0; c < sb->core_count; c++)
		id[c] = m->madt.cpu[sb->first_core + c];
}

static void fill_vcpus(const struct boot_machine *m, uint32_t s, struct qv_info *info)
{
	for (uint32_t i = 0; i < m->blob.vcpu_count; i++) {
		const struct qv_vcpu *v = &m->blob.vcpu[i];
		const char *run = m->blob.strings + v->run;
		struct qv_info_vcpu *to = &info->vcpu[info->vcpu_count];

		if (v->sandbox != s)
			continue;
		memcpy(to->name, v->name, sizeof(to->name));
		memcpy(to->run, run, strlen(run) + 1); /* the checker saw that it fits */
		to->budget_ns = v->budget_ns;
		to->period_ns = v->period_ns;
		to->memory = v->memory ? v->memory : m->blob.sandbox[s].program_memory;
		to->utilisation = v->utilisation;
		to->core = (uint16_t)v->core;
		to->flags = (uint16_t)v->flags;
		to->arena = v->arena;
		info->vcpu_count++;
	}
}

static void fill_info(const struct boot_machine *m, uint32_t s, struct qv_info *info)
{
	const struct qv_sandbox *sb = &m->blob.sandbox[s];
	const char *args = m->blob.strings + sb->args;

	memset(info, 0, sizeof(*info));
	info->version = QV_INFO_VERSION;
	info->flags = m->info_flags;
	memcpy(info->name, sb->name, sizeof(info->name));
	info->sandbox = s;
	info->core_count = sb->core_count;
	apic_ids(m, sb, info->apic_id);
	info->tsc_hz = m->tsc_hz;
	info->apic_timer_hz = m->apic_timer_hz;
	info->uart_port = sb->uart_port;
	info->uart_vector = boot_uart_interrupts(m, s) ? QV_UART_VECTOR : 0;
	info->range_count = ranges_of(m, s, info->range);
	info->start_gpa = sb->start_gpa;
	info->start_size = sb->start_size;
	info->slice_gpa = memory_of(m, s, QV_MEMORY_CONSOLE).gpa;
	info->arena = memory_of(m, s, QV_MEMORY_ARENA);
	info->initrd_gpa = sb->initrd_gpa;
	info->initrd_size = sb->initrd_size;
	info->program_memory = sb->program_memory;
	info->trampoline_gpa = sb->start_gpa + sb->start_size;
	if (strlen(args) >= sizeof(info->args))
		boot_refuse("shorten `args` in the system file", "sandbox %s: arguments of %zu bytes, at most %zu fit", sb->name,
			strlen(args), sizeof(info->args) - 1);
	memcpy(info->args, args, strlen(args) + 1);
	fill_vcpus(m, s, info);
	info->magic = QV_INFO_MAGIC;
}

static void build_quest(const struct boot_machine *m, uint32_t s, const struct qv_start_buffer *b,
	struct qv_start_state *start)
{
	if (!qv_quest_start(b, m->blob.sandbox[s].entry, start))
		boot_refuse("recompile the system file with this version's tools", "sandbox %u: %lu bytes of start pages at 0x%lx",
			s, b->size, b->gpa);
	fill_info(m, s, (struct qv_info *)b->bytes);
	start->rdi = b->gpa;
}

/* The kernel file is the one whose load record holds the entry point. */
static const struct qv_file *kernel_file(const struct boot_machine *m, uint32_t s)
{
	uint64_t entry = m->blob.sandbox[s].entry;

	for (uint32_t i = 0; i < m->blob.load_count; i++) {
		const struct qv_load *l = &m->blob.load[i];

		if (l->target == QV_LOAD_SANDBOX && l->index == s && entry - l->address < l->mem_size)
			return &m->blob.file[l->file];
	}
	boot_refuse("recompile the system file with this version's tools", "sandbox %u: no image holds its entry point", s);
}

static void build_linux(const struct boot_machine *m, uint32_t s, const struct qv_start_buffer *b,
	struct qv_start_state *start)
{
	const struct qv_sandbox *sb = &m->blob.sandbox[s];
	const struct qv_file *kernel = kernel_file(m, s);
	struct qv_info_range range[QV_MAX_RANGES];
	uint32_t apic_id[QV_MAX_CORES];
	const char *why = "";
	struct qv_linux_config c = {
		.setup = m->blob.bytes + kernel->offset,
		.setup_size = kernel->size,
		.range = range,
		.range_count = ranges_of(m, s, range),
		.core_count = sb->core_count,
		.apic_id = apic_id,
		.initrd_gpa = sb->initrd_gpa,
		.initrd_size = sb->initrd_size,
		.tsc_hz = m->tsc_hz,
		.dsdt = boot_linux_dsdt,
		.dsdt_size = (uint64_t)(boot_linux_dsdt_end - boot_linux_dsdt),
		.args = m->blob.strings + sb->args,
	};

	apic_ids(m, sb, apic_id);
	if (!qv_linux_start(&c, b, start, &why))
		boot_refuse("check memory, image and args of the sandbox in the system file", "sandbox %s: %s", sb->name, why);
}

void boot_build_start(const struct boot_machine *m, uint32_t s, struct qv_start_state *start)
{
	const struct qv_region *r = qv_blob_region(&m->blob, QV_REGION_START, s);
	const struct qv_sandbox *sb = &m->blob.sandbox[s];
	struct qv_start_buffer b = { .gpa = sb->start_gpa, .size = sb->start_size };

	if (!r || r->size < sb->start_size)
		boot_refuse("recompile the system file with this version's tools", "no room for the start pages of %s", sb->name);
	b.bytes = (uint8_t *)r->hpa;
	memset(b.bytes, 0, r->size);
	if (sb->kernel == QV_KERNEL_LINUX)
		build_linux(m, s, &b, start);
	else
		build_quest(m, s, &b, start);
}
