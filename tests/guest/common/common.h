/* SPDX-License-Identifier: MIT */
/* Private to the common part of the guests. */
#ifndef GUEST_COMMON_H
#define GUEST_COMMON_H

#include <abi/blackbox.h>
#include <guest/guest.h>

extern uint8_t guest_stacks[QV_MAX_CORES][GUEST_STACK_BYTES]; /* entry.S */

/* GDT and TSS of this core, and the shared IDT. */
void trap_load(void);
void trap_fill_idt(void);
/* Called by entry.S. */
_Noreturn void guest_begin(void);
_Noreturn void guest_begin_core(void);

#endif
