/* SPDX-License-Identifier: MIT */
/* boot_params of a stock Linux. Field offsets: Linux Documentation/arch/x86/zero-page.rst and boot.rst. */
#include <lib/linux.h>

#include <lib/acpi_build.h>
#include <lib/bytes.h>
#include <lib/fmt.h>

enum { /* offsets in the start pages */
	AT_PARAMS = 0,
	AT_ARGS = 0x1000,
	AT_GDT = 0x2000,
	AT_TABLES = 0x3000,
	AT_ACPI = 0x8c000
};
#define ARGS_BYTES 2048u /* COMMAND_LINE_SIZE on x86 */
_Static_assert(QV_LINUX_START_GPA + AT_ACPI + QV_ACPI_BUILD_BYTES == 0xa0000, "ACPI tables end the low memory");
_Static_assert(AT_ACPI + QV_ACPI_BUILD_BYTES == QV_LINUX_START_SIZE, "start pages end with the ACPI tables");

enum { /* offsets in boot_params and, from 0x1F1 on, in the bzImage file */
	BP_ACPI_RSDP = 0x070,
	BP_E820_ENTRIES = 0x1e8,
	BP_HEADER = 0x1f1,
	BP_VID_MODE = 0x1fa,
	BP_HEADER_JUMP = 0x201, /* its value + 0x202 is the end of the setup header */
	BP_MAGIC = 0x202,
	BP_VERSION = 0x206,
	BP_LOADER = 0x210,
	BP_RAMDISK = 0x218,
	BP_RAMDISK_SIZE = 0x21c,
	BP_CMD_LINE = 0x228,
	BP_INITRD_MAX = 0x22c,
	BP_XLOADFLAGS = 0x236,
	BP_CMDLINE_SIZE = 0x238,
	BP_PREF_ADDRESS = 0x258,
	BP_INIT_SIZE = 0x260,
	BP_HEADER_MIN = 0x264,
	BP_HEADER_MAX = 0x290, /* the next field of boot_params */
	BP_E820 = 0x2d0
};

#define HEADER_MAGIC   0x53726448u /* "HdrS" */
#define VERSION_MIN    0x20cu      /* 64-bit entry flags */
#define XLF_KERNEL_64  1u
#define LOADER_UNKNOWN 0xffu
#define VID_NORMAL     0xffffu

enum e820_type { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3 };
#define E820_BYTES 20u
#define ONE_MIB    0x100000ull
#define ACPI_GPA   (QV_LINUX_START_GPA + AT_ACPI)

/*
 * tsc_early_khz: the one rate that the kernel cannot find out without a PIT, HPET or PM timer. reboot=acpi: on
 * hardware-reduced ACPI the kernel would ask EFI, which is not there, then jump to a BIOS that is not there either.
 */
#define ARGS_FORMAT "tsc_early_khz=%llu reboot=acpi %s"

static uint32_t header_end(const uint8_t *setup)
{
	return BP_MAGIC + (uint32_t)setup[BP_HEADER_JUMP];
}

static const char *check_header(const uint8_t *setup, uint64_t size)
{
	if (size < QV_LINUX_SETUP_BYTES || qv_get32(setup + BP_MAGIC) != HEADER_MAGIC)
		return "not a Linux bzImage";
	if (qv_get16(setup + BP_VERSION) < VERSION_MIN || !(qv_get16(setup + BP_XLOADFLAGS) & XLF_KERNEL_64))
		return "this Linux kernel has no 64-bit entry point";
	if (header_end(setup) < BP_HEADER_MIN || header_end(setup) > BP_HEADER_MAX)
		return "the setup header of the Linux kernel has an unknown length";
	return NULL;
}

/* Does one range of RAM hold [gpa, gpa + size)? */
static bool in_ram(const struct qv_linux_config *c, uint64_t gpa, uint64_t size)
{
	for (uint32_t i = 0; i < c->range_count; i++) {
		const struct qv_info_range *r = &c->range[i];

		if (gpa >= r->gpa && gpa - r->gpa <= r->size && r->size - (gpa - r->gpa) >= size)
			return true;
	}
	return false;
}

static const char *check_memory(const struct qv_linux_config *c)
{
	uint64_t kernel = qv_get64(c->setup + BP_PREF_ADDRESS);
	uint64_t need = qv_get32(c->setup + BP_INIT_SIZE);

	if (c->range_count == 0 || c->range_count > QV_MAX_RANGES || c->range[0].gpa != 0 || c->range[0].size <= ONE_MIB)
		return "Linux needs its first memory range at guest-physical 0, larger than 1 MiB";
	if (kernel < ONE_MIB || !in_ram(c, kernel, need))
		return "the memory of the sandbox is too small for the Linux kernel";
	if (c->initrd_size == 0)
		return NULL;
	if (!in_ram(c, c->initrd_gpa, c->initrd_size) || c->initrd_gpa < kernel + need)
		return "the memory of the sandbox is too small for the Linux kernel and its initrd";
	if (c->initrd_gpa + c->initrd_size - 1 > qv_get32(c->setup + BP_INITRD_MAX) || c->initrd_gpa % QV_PAGE_SIZE != 0)
		return "the initrd lies where this Linux kernel cannot take it";
	return NULL;
}

static uint8_t *e820_add(uint8_t *entry, uint64_t gpa, uint64_t size, enum e820_type type)
{
	qv_put64(entry, gpa);
	qv_put64(entry + 8, size);
	qv_put32(entry + 16, type);
	return entry + E820_BYTES;
}

static void e820(const struct qv_linux_config *c, uint8_t *params)
{
	uint8_t *entry = params + BP_E820;

	entry = e820_add(entry, 0, ACPI_GPA, E820_RAM);
	entry = e820_add(entry, ACPI_GPA, QV_ACPI_BUILD_BYTES, E820_ACPI);
	entry = e820_add(entry, 0xa0000, 0x60000, E820_RESERVED);
	entry = e820_add(entry, ONE_MIB, c->range[0].size - ONE_MIB, E820_RAM);
	for (uint32_t i = 1; i < c->range_count; i++)
		entry = e820_add(entry, c->range[i].gpa, c->range[i].size, E820_RAM);
	params[BP_E820_ENTRIES] = (uint8_t)(3 + c->range_count);
}

static void boot_params(const struct qv_linux_config *c, const struct qv_start_buffer *b)
{
	uint8_t *params = b->bytes + AT_PARAMS;

	memcpy(params + BP_HEADER, c->setup + BP_HEADER, header_end(c->setup) - BP_HEADER);
	params[BP_LOADER] = LOADER_UNKNOWN;
	qv_put16(params + BP_VID_MODE, VID_NORMAL);
	qv_put32(params + BP_CMD_LINE, (uint32_t)(b->gpa + AT_ARGS));
	qv_put32(params + BP_RAMDISK, c->initrd_size ? (uint32_t)c->initrd_gpa : 0);
	qv_put32(params + BP_RAMDISK_SIZE, (uint32_t)c->initrd_size);
	qv_put64(params + BP_ACPI_RSDP, ACPI_GPA);
	e820(c, params);
}

static bool command_line(const struct qv_linux_config *c, uint8_t *to)
{
	uint32_t limit = qv_get32(c->setup + BP_CMDLINE_SIZE);
	size_t n = qv_snprintf((char *)to, ARGS_BYTES, ARGS_FORMAT, (unsigned long long)(c->tsc_hz / 1000),
		c->args);

	return n < ARGS_BYTES && n <= limit;
}

static const char *build(const struct qv_linux_config *c, const struct qv_start_buffer *b)
{
	struct qv_acpi_config acpi = {c->dsdt, c->dsdt_size, c->apic_id, c->core_count};
	struct qv_start_buffer tables = {b->bytes + AT_ACPI, b->gpa + AT_ACPI, b->size - AT_ACPI};

	memset(b->bytes, 0, b->size);
	boot_params(c, b);
	if (!command_line(c, b->bytes + AT_ARGS))
		return "the Linux command line is too long";
	if (!qv_acpi_build(&acpi, &tables))
		return "the ACPI tables of the sandbox do not fit";
	return NULL;
}

bool qv_linux_start(const struct qv_linux_config *c, const struct qv_start_buffer *b, struct qv_start_state *state,
	const char **why)
{
	if (b->gpa != QV_LINUX_START_GPA || b->size != QV_LINUX_START_SIZE)
		*why = "the start pages of a Linux sandbox must be at 0x10000, 0x90000 bytes";
	else
		*why = check_header(c->setup, c->setup_size);
	if (!*why)
		*why = check_memory(c);
	if (!*why)
		*why = build(c, b);
	if (*why)
		return false;
	memset(state, 0, sizeof(*state));
	qv_start_flat(b, AT_GDT, AT_TABLES, state);
	state->rip = qv_get64(c->setup + BP_PREF_ADDRESS) + QV_LINUX_ENTRY_64;
	state->rsi = b->gpa + AT_PARAMS;
	return true;
}
