/* SPDX-License-Identifier: MIT */
/* Constants that assembly shares with guest.h. */
#ifndef GUEST_GUEST_ASM_H
#define GUEST_GUEST_ASM_H

/* Of each core: the lower half for exceptions from ring 3, the upper half for the rest. */
#define GUEST_STACK_BYTES 0x8000

#endif
