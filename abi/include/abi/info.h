/* SPDX-License-Identifier: MIT */
/*
 * What a Quest kernel is told at entry: one page, its address in RDI.
 *
 * Entry state, the same under a monitor and bare: 64-bit mode, interrupts off, CS 0x10 and data 0x18 from a flat GDT
 * and identity page tables for the first 4 GiB in the start pages, RSP undefined, x2APIC on, core 0 of the sandbox.
 * Other cores wait for INIT-SIPI-SIPI. Linux gets boot_params in RSI instead.
 */
#ifndef ABI_INFO_H
#define ABI_INFO_H

#include <abi/blob.h>

#define QV_INFO_MAGIC   0x314f464e49565151ull
#define QV_INFO_VERSION 3u

#define QV_INFO_BARE        (1u << 0) /* no monitor below: calls must not be made */
#define QV_INFO_VMMCALL     (1u << 1) /* calls by VMMCALL (AMD-V); otherwise VMCALL */
#define QV_INFO_TSC_DEADLINE (1u << 2) /* the LAPIC timer has TSC-deadline mode */
#define QV_INFO_EMULATED    (1u << 3) /* QEMU TCG: TSC accepted without the invariant bit */

struct qv_info_range {
	uint64_t gpa;
	uint64_t size;
};

#define QV_INFO_VCPUS 16u
#define QV_UART_VECTOR 0x50u

struct qv_info_vcpu {
	char name[QV_NAME_LEN];
	char run[QV_VCPU_RUN_LEN]; /* NUL-terminated, empty = no program */
	uint64_t budget_ns;
	uint64_t period_ns;
	uint64_t memory; /* most bytes of the program, 0 = no limit */
	uint32_t utilisation; /* of QV_VCPU_UTILISATION_ONE */
	uint16_t core;
	uint16_t flags; /* QV_VCPU_* */
	uint32_t arena; /* 2 MiB blocks of the arena that are its program's, in the order of VCPUs; 0 = none */
	uint32_t reserved;
};

struct qv_info {
	uint64_t magic;
	uint32_t version;
	uint32_t flags;
	char name[QV_NAME_LEN];
	uint32_t sandbox;
	uint32_t core_count;
	uint32_t apic_id[QV_MAX_CORES]; /* of this sandbox's cores; [0] is the one that is entered */
	uint64_t tsc_hz;
	uint64_t apic_timer_hz; /* count rate of the LAPIC timer at divide-by-1 */
	uint32_t range_count;
	uint32_t uart_port; /* 0 = none */
	struct qv_info_range range[QV_MAX_RANGES]; /* usable RAM; start pages and load segments lie inside */
	uint64_t start_gpa; /* start pages (this page, GDT, page tables): keep until own tables are loaded */
	uint64_t start_size;
	uint64_t slice_gpa; /* black-box slice, 2 MiB; 0 = none */
	uint64_t initrd_gpa;
	uint64_t initrd_size;
	struct qv_info_range arena; /* blocks of processes that may migrate; size 0 = none */
	uint64_t trampoline_gpa; /* a free page below 1 MiB for starting other cores */
	char args[1024]; /* NUL-terminated */
	uint32_t vcpu_count;
	uint32_t uart_vector; /* input of the port interrupts core 0 there: QV_UART_VECTOR; 0 = the port does not interrupt */
	uint64_t program_memory; /* most bytes of a program that no VCPU names, 0 = no limit */
	struct qv_info_vcpu vcpu[QV_INFO_VCPUS]; /* in the order of the system file */
};

_Static_assert(sizeof(struct qv_info) <= 4096, "info fits a page");

#endif
