/* SPDX-License-Identifier: MIT */
/* The idle loop: HLT never leaves the sandbox. */
#include <hw/cpu.h>
#include <sched/idle.h>

_Noreturn void idle_run(void (*awake)(void))
{
	for (;;) {
		hw_sti_hlt();
		hw_cli();
		awake();
	}
}
