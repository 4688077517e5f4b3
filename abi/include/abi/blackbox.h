/* SPDX-License-Identifier: MIT */
/*
 * The black box (D17): one region, at an address in the blob, that says what happened. It survives a warm reset.
 *
 *   +0        qv_bb_header          written by boot code, then read-only
 *   boot_off  boot log (qv_ring)    written by boot code
 *   core_off  qv_bb_core x cores    each written by that core's monitor only
 *   slice_off slices, 2 MiB each    each written by its sandbox only: qv_bb_slice
 *
 * Readers (host tools, Linux) must distrust slices: a sandbox can write anything in its own.
 */
#ifndef ABI_BLACKBOX_H
#define ABI_BLACKBOX_H

#include <abi/exit.h>
#include <abi/limits.h>

#define QV_BB_MAGIC   0x31584f424b4c4251ull /* "QBLKBOX1" */
#define QV_BB_VERSION 1u

/* Byte ring: `head` counts all bytes ever written; byte i is at data[i % size]. One writer, no reader state. */
struct qv_ring {
	uint64_t magic; /* QV_RING_MAGIC once usable */
	uint64_t size;  /* bytes of data, a power of two */
	volatile uint64_t head;
	uint64_t reserved[5];
	uint8_t data[];
};
#define QV_RING_MAGIC 0x31474e4952565151ull

enum qv_vendor { QV_VENDOR_NONE = 0, QV_VENDOR_SVM = 1, QV_VENDOR_VMX = 2 };

struct qv_bb_sandbox {
	char name[QV_NAME_LEN];
	uint32_t kernel;
	uint32_t first_core;
	uint32_t core_count;
	uint32_t reserved;
};

struct qv_bb_header {
	uint64_t magic;
	uint32_t version;
	uint32_t vendor; /* enum qv_vendor */
	uint64_t size;   /* bytes of the whole region */
	uint64_t tsc_hz;
	uint32_t core_count;
	uint32_t sandbox_count;
	uint64_t boot_off;
	uint64_t core_off;
	uint64_t slice_off;
	char system[QV_NAME_LEN];
	uint64_t launch_tsc;        /* TSC when boot code gave the machine to the monitors */
	uint32_t table_bytes[QV_MAX_SANDBOXES]; /* nested tables of each sandbox */
	struct qv_bb_sandbox sandbox[QV_MAX_SANDBOXES];
};

enum qv_core_state {
	QV_CORE_OFF = 0,     /* monitor has not started */
	QV_CORE_WAITING = 1, /* monitor up; waits for launch order, SIPI or restart */
	QV_CORE_RUNNING = 2,
	QV_CORE_STOPPED = 3, /* its sandbox ended by itself (power off) */
	QV_CORE_FAULTED = 4, /* its sandbox was stopped for a fault */
	QV_CORE_DEAD = 5     /* the monitor itself failed */
};

struct qv_fault {
	uint64_t sequence; /* 1 for the first fault of this core; 0 = slot empty */
	uint32_t reason;   /* enum qv_exit */
	uint32_t code;     /* vendor exit code */
	uint64_t info[2];  /* vendor exit information; for a nested fault info[1] is the guest-physical address */
	uint64_t address;  /* what was touched: guest-physical address, port, MSR, ICR value */
	uint64_t rip;
	uint64_t tsc;
	uint64_t launch;   /* launches of the sandbox so far, 1 = first life */
};
#define QV_BB_FAULTS 32u

#define QV_CORE_READY (1u << 0) /* the sandbox reported ready in this life */

struct qv_bb_core { /* one page */
	uint64_t magic;
	uint32_t state;   /* enum qv_core_state */
	uint32_t sandbox;
	uint32_t apic_id;
	uint32_t flags;   /* QV_CORE_READY */
	uint64_t launches;      /* of the guest on this core: 1 after the first entry */
	uint64_t fault_count;   /* ring position: fault n is in faults[(n - 1) % QV_BB_FAULTS] */
	uint64_t refused;       /* accesses answered with #GP, all-ones or an error instead of being done */
	uint64_t stolen_cycles; /* TSC cycles between exit and entry, all exits */
	uint64_t ready_tsc;     /* TSC at the last ready report; 0 = none yet */
	uint64_t worst_cycles;  /* longest single exit */
	uint64_t reserved[6];
	uint64_t exits[QV_EXIT_SLOTS];          /* enum qv_exit, since power on */
	uint64_t exits_at_ready[QV_EXIT_SLOTS]; /* copy at the last ready report, that report included */
	struct qv_fault faults[QV_BB_FAULTS];
	char panic[128]; /* last words of the monitor, NUL-terminated; empty = none */
	uint8_t pad[4096 - 15 * 8 - 2 * 8 * QV_EXIT_SLOTS - sizeof(struct qv_fault) * QV_BB_FAULTS - 128];
};
#define QV_BB_CORE_MAGIC 0x31524f4342565151ull

/* Offsets of a region made by this version; readers take them from the header. */
#define QV_BB_BOOT_OFF  0x1000u
#define QV_BB_CORE_OFF  0x10000u
#define QV_BB_SLICE_OFF 0x200000u

#define QV_SLICE_CONSOLE_OFF 0x1000u   /* qv_ring of the console inside the slice */
#define QV_SLICE_TRACE_OFF   0x100000u /* reserved for trace rings */
#define QV_CONSOLE_BYTES     (512u << 10)
#define QV_BOOT_LOG_BYTES    (32u << 10)

struct qv_bb_slice { /* first page of a slice; the rest as the offsets above say */
	uint64_t magic; /* QV_SLICE_MAGIC, written by the sandbox at start */
	uint64_t words[63]; /* free use of the sandbox: tests leave results here */
	/* Bytes of the console from the one to before the other, counted since the ring was made, went to the sandbox's
	 * serial port as well: who shows both leaves them out here. Equal = none. */
	uint64_t wired_from, wired_until;
};
#define QV_SLICE_MAGIC 0x314543494c535651ull

_Static_assert(sizeof(struct qv_ring) == 64, "ring layout");
_Static_assert(sizeof(struct qv_fault) == 64, "fault layout");
_Static_assert(sizeof(struct qv_bb_core) == 4096, "core page is a page");
_Static_assert(sizeof(struct qv_bb_header) <= 4096, "header is at most a page");
_Static_assert(QV_BB_BOOT_OFF + sizeof(struct qv_ring) + QV_BOOT_LOG_BYTES <= QV_BB_CORE_OFF, "boot log fits");
_Static_assert(QV_BB_CORE_OFF + QV_MAX_CORES * sizeof(struct qv_bb_core) <= QV_BB_SLICE_OFF, "core pages fit");
_Static_assert(QV_SLICE_CONSOLE_OFF + 64 + QV_CONSOLE_BYTES <= QV_SLICE_TRACE_OFF, "console fits the slice");

#endif
