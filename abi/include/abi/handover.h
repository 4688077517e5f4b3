/* SPDX-License-Identifier: MIT */
/*
 * What boot code tells the monitor of one core. The structure lies in that core's private region.
 *
 * Entry: 64-bit mode, the monitor's own page tables, RSP = top of its stack, RDI = virtual address of this structure,
 * interrupts off, x2APIC on, EFER.NXE on; the vendor's extension is not yet enabled. PML4 slot 0 maps the one boot page
 * the jump came from; the monitor clears it first.
 *
 * Virtual layout, the same on every core (all NX but the text):
 *   QV_MON_IMAGE    the monitor image, segments with their own rights
 *   QV_MON_PRIVATE  the core's private region after the image: this structure, stack, control pages (read-write)
 *   QV_MON_GUEST    + gpa: the sandbox's private memory (read-write)
 *   QV_MON_HOST     + hpa: what the pointers below name, each with its own rights, and nothing else
 */
#ifndef ABI_HANDOVER_H
#define ABI_HANDOVER_H

#include <abi/blob.h>
#include <abi/machine.h>

#define QV_MON_IMAGE   0xffffffff80000000ull
#define QV_MON_PRIVATE 0xffffff8000000000ull
#define QV_MON_GUEST   0xffff800000000000ull
#define QV_MON_HOST    0xffff900000000000ull

#define QV_HANDOVER_MAGIC   0x31444e4148565151ull
#define QV_HANDOVER_VERSION 1u
#define QV_MAX_COPIES 24u
#define QV_MAX_DEVICES 16u
#define QV_MAX_BARS 6u
#define QV_MAX_VECTORS 8u /* MSI/MSI-X vectors mediated per device */

/* Restart and first launch: zero every range, then do the copies in order, then zero [length, mem) tails. */
struct qv_copy {
	uint64_t source; /* virtual, read-only */
	uint64_t gpa;
	uint64_t length;
};

struct qv_start_state { /* of the sandbox's core 0 at each launch; the rest of the state is architectural reset */
	uint64_t rip;
	uint64_t rsi;
	uint64_t rdi;
	uint64_t cr3;
	uint64_t gdt_base;
	uint32_t gdt_limit;
	uint32_t reserved;
};

struct qv_vendor_pages { /* physical addresses for the control structures, virtual ones for access */
	uint64_t control_hpa; /* VMCB, or VMCS */
	uint64_t control_va;
	uint64_t host_hpa;    /* host save area, or VMXON region */
	uint64_t host_va;
	uint64_t scratch_hpa; /* VMCB of the host's VMSAVE state; unused on VT-x */
	uint64_t scratch_va;
	uint64_t nested_root_hpa;
	uint64_t io_bitmap_hpa;  /* 12 KiB (AMD-V) or 8 KiB (VT-x), shared by the sandbox's cores, read-only */
	uint64_t msr_bitmap_hpa; /* 8 KiB (AMD-V) or 4 KiB (VT-x), likewise */
};

struct qv_bar {
	uint64_t base; /* host-physical == guest-physical; 0 = absent */
	uint64_t size;
	uint32_t flags; /* low bits of the register: I/O, 64-bit, prefetch */
	uint32_t reserved;
};

struct qv_pci_function { /* one function owned by this sandbox, as found and fixed by boot code */
	uint16_t bdf;
	uint16_t flags;        /* QV_DEVICE_* */
	uint16_t msi_cap;      /* offset of the capability, 0 = none */
	uint16_t msix_cap;
	uint64_t msix_table;   /* gpa of the table, 0 = none; its pages are not mapped in the guest */
	uint64_t msix_table_va; /* where this monitor reaches the device's table, 0 = none */
	uint32_t msix_count;
	uint16_t irte_first;   /* interrupt-remapping entries [first, first + irte_count) belong to this function */
	uint16_t irte_count;
	uint16_t reset_control; /* offset of the Device Control register of a function that can be reset (FLR), 0 = cannot */
	uint16_t reserved[3];
	struct qv_bar bar[QV_MAX_BARS];
};

struct qv_handover {
	uint64_t magic;
	uint32_t version;
	uint32_t vendor;  /* enum qv_vendor */
	uint32_t core;    /* ordinal of this core */
	uint32_t core_count;             /* of the system */
	uint32_t apic_id[QV_MAX_CORES];  /* by ordinal, all cores of the system */
	uint32_t sandbox;
	uint32_t first_core; /* of this sandbox */
	uint32_t own_cores;  /* number of this sandbox's cores */
	uint32_t sandbox_count;
	struct qv_sandbox all[QV_MAX_SANDBOXES]; /* who has which cores: for launch order and restart calls */
	uint64_t tsc_hz;
	uint64_t pml4_va; /* the top table, to clear slot 0 */
	struct qv_vendor_pages pages;
	struct qv_start_state start;
	uint32_t copy_count;
	uint32_t range_count;
	struct qv_copy copy[QV_MAX_COPIES];
	struct qv_memory range[QV_MAX_RANGES]; /* PRIVATE and ARENA: mapped at QV_MON_GUEST + gpa */
	struct qv_machine_locks *locks;
	struct qv_outbox *outbox;              /* of core 0; own one is outbox[core]; only that one is writable */
	void *own_page;                        /* struct qv_bb_core of this core, writable */
	uint64_t iommu_va;                     /* VT-d registers, 0 = no IOMMU */
	uint64_t irt_va;                       /* interrupt-remapping table, then a status page, then the queue; 0 = none */
	uint32_t function_count;
	uint32_t flags; /* QV_INFO_* */
	struct qv_pci_function function[QV_MAX_DEVICES];
};

#endif
