/* SPDX-License-Identifier: MIT */
#include "boot.h"

void boot_partition(struct boot_machine *m)
{
	boot_log("%s: nothing to launch\n", m->blob.system->name);
}
