/* SPDX-License-Identifier: MIT */
/* The kernel's virtual addresses. The linker script and entry.S use the first two, so no suffixes or casts here. */
#ifndef BASE_LAYOUT_H
#define BASE_LAYOUT_H

#define KERNEL_BASE 0xffffffff80000000 /* + guest-physical: the image, each segment with its own rights */
#define DIRECT_BASE 0xffff800000000000 /* + guest-physical: all usable memory, read-write, never executable */
#define SLICE_BASE  0xffffffffc0000000 /* the sandbox's slice of the black box, 2 MiB */
#define STACK_BASE  0xffffffffd0000000 /* stacks, each in its own slot with a hole below it */
#define STACK_SLOT  0x8000
#define STACK_SIZE  0x4000
#define THREAD_STACK_BASE 0xffffffffe0000000 /* stacks of threads, 256 MiB: one at the top of each STACK_SLOT */
#define THREAD_STACKS_MAX 0x2000

/* Stacks of one core. The last three are switched to by the processor (IST 1 to 3). */
#define STACK_MAIN  0
#define STACK_FAULT 1 /* double fault: the main stack is gone */
#define STACK_NMI   2
#define STACK_CHECK 3 /* machine check */
#define STACK_KINDS 4

#endif
