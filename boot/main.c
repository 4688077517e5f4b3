/* SPDX-License-Identifier: MIT */
/* Boot order, on one screen: from the boot loader to checked machine, checked system, running cores. */
#include "pci.h"

struct boot_machine boot_machine;

/* Entered from entry.S: `magic` names the boot protocol, `info` is the physical address of its information. */
_Noreturn void boot_main(uint32_t magic, uint32_t info);

_Noreturn void boot_main(uint32_t magic, uint32_t info)
{
	struct boot_machine *m = &boot_machine;

	boot_console_start();
	boot_load_traps();
	boot_read_loader(m, magic, info);
	boot_console_to_screen(&m->screen);
	boot_log("Quest-V boot (%s)\n", m->loader);

	boot_read_firmware(m);
	boot_check_blob(m);
	boot_check_machine(m);
	boot_check_memory(m);

	boot_quiet_interrupts(m);
	boot_measure_time(m);
	boot_move_archive(m);
	boot_open_blackbox(m);
	boot_start_cores(m);
	boot_take_devices(m);
	boot_log("checks passed\n");
	if (boot_option(m, "check-only"))
		boot_stop(BOOT_END_CHECKED);

	boot_partition(m);
	boot_stop(BOOT_END_REFUSED);
}
