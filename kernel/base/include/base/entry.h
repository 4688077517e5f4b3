/* SPDX-License-Identifier: MIT */
/* Numbers that the entry code shares with C. No suffixes or casts: assembly includes this. */
#ifndef BASE_ENTRY_H
#define BASE_ENTRY_H

/* Selectors. SYSRET takes stack and code of ring 3 from two neighbours (APM 2, 6.1.1). */
#define CPU_CODE_SELECTOR      0x08
#define CPU_DATA_SELECTOR      0x10
#define CPU_USER_DATA_SELECTOR 0x1b
#define CPU_USER_CODE_SELECTOR 0x23
#define CPU_TSS_SELECTOR       0x28

/* Offsets in struct cpu. */
#define CPU_RESUME       8
#define CPU_THREAD       16
#define CPU_KERNEL_STACK 24
#define CPU_USER_SP      32
#define CPU_SCHEDULER    40
#define CPU_IRQ_CYCLES   48
#define CPU_THREAD_SINCE 56
#define CPU_WATCH        64

/* Offsets in struct thread (kernel/sched). */
#define THREAD_SP   0
#define THREAD_WORK 8
#define THREAD_WORK_RESCHED_BIT 1 /* THREAD_WORK_RESCHED */
#define THREAD_WORK_FRAME_BIT   4 /* THREAD_WORK_FRAME */

/* struct trap_frame */
#define FRAME_R15    0
#define FRAME_R14    8
#define FRAME_R13    16
#define FRAME_R12    24
#define FRAME_R11    32
#define FRAME_R10    40
#define FRAME_R9     48
#define FRAME_R8     56
#define FRAME_RBP    64
#define FRAME_RDI    72
#define FRAME_RSI    80
#define FRAME_RDX    88
#define FRAME_RCX    96
#define FRAME_RBX    104
#define FRAME_RAX    112
#define FRAME_VECTOR 120
#define FRAME_ERROR  128
#define FRAME_RIP    136
#define FRAME_CS     144
#define FRAME_RFLAGS 152
#define FRAME_RSP    160
#define FRAME_SS     168
#define FRAME_BYTES  176

#define TRAP_TIMER      0x40 /* IRQ_TIMER */
#define TRAP_PAGE_FAULT 14
#define TRAP_PROTECTION 13
#define TRAP_SYSCALL    0x100 /* frame.vector of a system call; frame.error is its number */

/* Ring 3 has the addresses below: one page less than the lower half, so that the address after a SYSCALL instruction is
 * always canonical. */
#define USER_END 0x7ffffffff000

#endif
