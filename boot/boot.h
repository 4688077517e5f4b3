/* SPDX-License-Identifier: MIT */
/*
 * Private header of boot/: what boot code knows about the machine, and the steps in the order main.c calls them.
 * Physical memory is identity-mapped below boot_machine.mapped_top, so a physical address below it is a pointer.
 */
#ifndef BOOT_H
#define BOOT_H

#include <abi/blackbox.h>
#include <abi/info.h>
#include <lib/acpi.h>
#include <lib/blob.h>
#include <lib/memmap.h>

#define BOOT_CODE 0x08u /* selectors of boot_gdt */
#define BOOT_DATA 0x10u

#define BOOT_PLACED_MIN (16ull << 20) /* the compiler places nothing below; boot's own image ends below */

struct boot_span {
	uint64_t base;
	uint64_t size;
};

enum boot_screen_kind { BOOT_SCREEN_NONE = 0, BOOT_SCREEN_RGB, BOOT_SCREEN_TEXT };
struct boot_screen { /* as the boot loader left it */
	uint64_t base;
	uint32_t kind; /* enum boot_screen_kind */
	uint32_t pitch; /* bytes a line */
	uint32_t width, height; /* pixels, or characters */
	uint8_t bits; /* per pixel */
	uint8_t red, green, blue; /* bit positions */
};

struct boot_machine {
	/* from the boot loader, copied out */
	const char *loader; /* "PVH" or "multiboot2" */
	char command_line[512];
	struct boot_span module; /* the blob where the loader put it; size 0 = none */
	uint32_t module_count;
	struct boot_screen screen;
	struct qv_memmap map;
	uint64_t rsdp;       /* 0 = none found */
	uint64_t mapped_top; /* first physical address above the identity map */

	/* from ACPI */
	struct qv_acpi_madt madt; /* cpu[0] is the core boot runs on; then one thread of each core; then their siblings */
	uint32_t physical_cores;  /* entries of madt.cpu[] before the siblings, which are never used */
	struct qv_acpi_fadt fadt;
	struct qv_acpi_mcfg mcfg; /* count 0 = none */
	struct qv_acpi_dmar dmar; /* unit_count 0 = none */

	/* the processor */
	uint32_t vendor;     /* enum qv_vendor of the virtualisation extension, NONE when bare */
	uint32_t info_flags; /* QV_INFO_* */
	uint32_t phys_bits;
	bool huge_pages; /* 1 GiB pages in the processor's own tables */
	uint64_t tsc_hz;
	uint64_t apic_timer_hz;

	/* the system */
	struct qv_blob blob; /* checked; lies in the archive region after boot_move_archive */
	uint64_t blob_size;
	uint32_t core_count; /* cores the blob uses: ordinals 0..core_count-1 = madt.cpu[] */
	uint64_t trampoline; /* page below 1 MiB the other cores start in */
	struct qv_bb_header *blackbox; /* NULL until boot_open_blackbox */
};

extern struct boot_machine boot_machine;

/* Linker script: the boot image, bss included, is [boot_image_start, boot_image_end). */
extern uint8_t boot_image_start[], boot_image_end[];
extern uint64_t boot_gdt[], boot_pml4[512];

/* ---- console.c: serial port, screen, boot ring of the black box ---- */
void boot_console_start(void);
void boot_console_to_screen(const struct boot_screen *screen);
/* From now on also into `ring`; what was logged so far is copied first. */
void boot_console_to_ring(struct qv_ring *ring);
void boot_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ending of the noun behind `n`: "" or "s". */
static inline const char *boot_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}
/* Refuse this machine or system: cause and remedy, then stop. The remedy is static text. */
_Noreturn void boot_refuse(const char *remedy, const char *cause, ...) __attribute__((format(printf, 2, 3)));
/* The end of boot code without a launch. With the word `exit-on-refuse` on the command line an emulator is told to end,
 * too: QEMU's status is then 2 how + 1. */
enum boot_end { BOOT_END_CHECKED = 0, BOOT_END_REFUSED = 1 };
_Noreturn void boot_stop(enum boot_end how);

/* ---- screen.c ---- */
void boot_screen_start(const struct boot_screen *screen);
void boot_screen_write(const char *bytes, size_t n);

/* ---- traps.c ---- */
/* Interrupt table of the calling core; the same table for all. */
void boot_load_traps(void);
#define BOOT_WAKE_VECTOR 0xf0u /* wakes a core that sleeps */

/* ---- loader.c: PVH and multiboot2 ---- */
void boot_read_loader(struct boot_machine *m, uint32_t magic, uint64_t info);
/* Is `word` one of the space-separated words of the command line? */
bool boot_option(const struct boot_machine *m, const char *word);

/* ---- firmware.c: ACPI ---- */
void boot_read_firmware(struct boot_machine *m);

/* ---- system.c: the blob against the memory map ---- */
void boot_check_blob(struct boot_machine *m);
void boot_check_memory(const struct boot_machine *m);
void boot_move_archive(struct boot_machine *m);
void boot_open_blackbox(struct boot_machine *m);

/* ---- processor.c ---- */
/* Everything on the core that calls: NULL, or what it lacks; *remedy is set then. Fills vendor and flags of `m` on the
 * first core; on others the vendor must be the same. */
const char *boot_check_core(struct boot_machine *m, const char **remedy);
void boot_check_machine(struct boot_machine *m);
/* ---- pins.c: IO-APICs ---- */
void boot_mask_pins(uint64_t ioapic);
/* Does the serial port of sandbox `s` interrupt it, on QV_UART_VECTOR of its first core? */
bool boot_uart_interrupts(const struct boot_machine *m, uint32_t s);
/* Let them. After boot_iommu_start. */
void boot_route_pins(const struct boot_machine *m);

/* ---- processor.c ---- */
/* PICs and IO-APIC pins masked, local vectors of the calling core masked. */
void boot_quiet_interrupts(const struct boot_machine *m);
/* x2APIC on, software-enabled, local vectors masked. */
void boot_enable_apic(void);

/* ---- time.c ---- */
void boot_measure_time(struct boot_machine *m);
/* Spin for about `us` microseconds; after boot_measure_time. */
void boot_delay_us(const struct boot_machine *m, uint64_t us);
/* `value` for a limit of time or skew, more where an emulator runs the cores as threads of a host that may be busy. */
static inline uint64_t boot_patience(const struct boot_machine *m, uint64_t value)
{
	return m->info_flags & QV_INFO_EMULATED ? 20 * value : value;
}

/* ---- cores.c ---- */
/* Start cores 1..core_count-1, check them, compare their TSCs, park them; put all others into wait-for-SIPI. */
void boot_start_cores(struct boot_machine *m);
/* ---- tsc.c ---- */
/* Every pair of the cores 0..core_count-1; all but core 0 are parked before and after. Refuses when two differ. */
void boot_compare_tscs(const struct boot_machine *m);

/* ---- cores.c: jobs ---- */
/* Run fn(arg) on a parked core (1..core_count-1) and return at once. fn may return: the core parks again. It runs with
 * interrupts off on its own boot stack (BOOT_AP_STACK bytes). */
void boot_on_core(uint32_t core, void (*fn)(void *arg), void *arg);
/* Wait until `core` is parked again; false after `us` microseconds. */
bool boot_wait_core(const struct boot_machine *m, uint32_t core, uint64_t us);
/* Send INIT to core 1..core_count-1: it waits for SIPI again, for a sandbox that runs bare. */
void boot_reset_core(const struct boot_machine *m, uint32_t core);

/* ---- partition.c ---- */
/* Build everything the monitors need and start them. Does not return once it has launched anything. */
void boot_partition(struct boot_machine *m);

#endif
