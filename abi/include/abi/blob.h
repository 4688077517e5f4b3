/* SPDX-License-Identifier: MIT */
/*
 * The sealed blob: what the system compiler hands to the machine (D9).
 *
 * One file: header, section directory, sections, then the payload files, each starting on a page. `sha256`
 * in the header covers [0, sealed_size) with that field read as zero; each payload file has its own digest
 * in its qv_file entry, so the header digest covers everything by chain. All offsets are bytes from the
 * start of the blob. Little endian. A reader must refuse: wrong magic or version, unknown section type or
 * section version, wrong entry size, any range outside the file. See lib/blob.h for the one checker.
 */
#ifndef ABI_BLOB_H
#define ABI_BLOB_H

#include <abi/limits.h>

#define QV_BLOB_MAGIC   0x31424f4c42565100ull /* "\0QVBLOB1" */
#define QV_BLOB_VERSION 3u

struct qv_blob_header {
	uint64_t magic;
	uint32_t version;
	uint32_t section_count;
	uint64_t sealed_size; /* bytes: header + directory + sections */
	uint64_t total_size;  /* bytes: the above + payload files */
	uint8_t sha256[32];
};

enum qv_section_type {
	QV_SECTION_SYSTEM = 1,
	QV_SECTION_SANDBOX = 2,
	QV_SECTION_MEMORY = 3,
	QV_SECTION_REGION = 4,
	QV_SECTION_DEVICE = 5,
	QV_SECTION_PORT = 6,
	QV_SECTION_LOAD = 7,
	QV_SECTION_FILE = 8,
	QV_SECTION_STRING = 9,     /* count = bytes, entry_size = 1; NUL-terminated UTF-8 strings; offset 0 is "" */
	QV_SECTION_SIGNATURE = 10, /* reserved: must be absent or have count 0 */
	QV_SECTION_VCPU = 11,
	QV_SECTION_TYPE_END
};

struct qv_section {
	uint32_t type;
	uint32_t version; /* 1 for all types today */
	uint32_t count;
	uint32_t entry_size;
	uint64_t offset; /* 8-byte aligned */
};

#define QV_SYSTEM_BARE (1u << 0) /* one Quest sandbox runs without a monitor, gpa == hpa */

struct qv_system { /* exactly one */
	char name[QV_NAME_LEN];
	uint32_t flags;
	uint32_t core_count;    /* cores used: ordinals 0..core_count-1 in MADT order */
	uint32_t sandbox_count;
	uint32_t reserved;
	uint64_t memory_top; /* first host-physical address above everything placed */
};

enum qv_kernel_kind { QV_KERNEL_QUEST = 1, QV_KERNEL_LINUX = 2 };
enum qv_on_fault { QV_ON_FAULT_STOP = 0, QV_ON_FAULT_RESTART = 1 };

struct qv_sandbox {
	char name[QV_NAME_LEN];
	uint32_t kernel;      /* enum qv_kernel_kind */
	uint32_t first_core;  /* ordinal; a sandbox's cores are consecutive */
	uint32_t core_count;
	uint32_t on_fault;    /* enum qv_on_fault */
	uint32_t after_mask;  /* sandboxes that must have been launched before this one */
	uint32_t may_restart; /* sandboxes this one may restart by call */
	uint32_t args;        /* string offset: Quest arguments or the Linux command line */
	uint32_t uart_port;   /* base of a 16550 passed through, 0 = none */
	uint64_t entry;       /* guest-physical 64-bit entry point */
	uint64_t start_gpa;   /* where the start pages go, page aligned */
	uint64_t start_size;  /* bytes */
	uint64_t initrd_gpa;  /* Linux initrd or Quest program archive; size 0 = none */
	uint64_t initrd_size;
	uint64_t program_memory; /* Quest: most bytes of each program that its VCPU gives no limit, 0 = no limit */
};

enum qv_memory_kind {
	QV_MEMORY_PRIVATE = 1, /* RAM of one sandbox; scrubbed at restart */
	QV_MEMORY_CONSOLE = 2, /* its slice of the black box, at QV_WINDOW + hpa; survives restart */
	QV_MEMORY_MMIO = 3,    /* pinned device memory */
	QV_MEMORY_ARENA = 4    /* 2 MiB blocks of processes that may migrate, at QV_WINDOW + hpa; scrubbed at restart */
};
#define QV_MEM_READ  (1u << 0)
#define QV_MEM_WRITE (1u << 1)
#define QV_MEM_EXEC  (1u << 2)
#define QV_MEM_UNCACHED (1u << 3)

struct qv_memory {
	uint32_t sandbox;
	uint32_t kind;  /* enum qv_memory_kind */
	uint64_t gpa;   /* page aligned */
	uint64_t hpa;
	uint64_t size;  /* bytes, > 0 */
	uint64_t grain; /* largest page to use: 4 KiB, 2 MiB or 1 GiB */
	uint64_t colours; /* 0 = uncoloured; other values are refused until colouring exists */
	uint32_t flags; /* QV_MEM_* */
	uint32_t reserved;
};

/* RAM of one sandbox that its monitors map and that begins zeroed in each of its lives. */
static inline bool qv_memory_scrubbed(const struct qv_memory *m)
{
	return m->kind == QV_MEMORY_PRIVATE || m->kind == QV_MEMORY_ARENA;
}

enum qv_region_kind { /* host memory of the trusted base; disjoint from every qv_memory but CONSOLE in BLACKBOX */
	QV_REGION_MACHINE = 1,  /* outboxes and locks: abi/machine.h */
	QV_REGION_BLACKBOX = 2, /* abi/blackbox.h; 2 MiB aligned */
	QV_REGION_CORE = 3,     /* private memory of one core's monitor; index = core ordinal */
	QV_REGION_TABLES = 4,   /* nested tables of one sandbox, I/O and MSR bitmaps; index = sandbox */
	QV_REGION_IOMMU = 5,    /* root, context, second-level and interrupt-remapping tables */
	QV_REGION_ARCHIVE = 6,  /* the blob and its payload: pristine images, read-only after boot */
	QV_REGION_START = 7     /* pristine start pages of one sandbox; index = sandbox */
};

struct qv_region {
	uint32_t kind;
	uint32_t index;
	uint64_t hpa;  /* page aligned */
	uint64_t size; /* page multiple */
};

enum qv_device_kind {
	QV_DEVICE_PCI_ID = 1,  /* first unassigned function with vendor:device */
	QV_DEVICE_PCI_BDF = 2, /* bus/device/function */
	QV_DEVICE_REST = 3     /* everything nobody else owns: non-bus-masters, and bus masters behind an IOMMU */
};
#define QV_DEVICE_DMA_TRUSTED (1u << 0)
#define QV_DEVICE_MSI_TRUSTED (1u << 1)

struct qv_device {
	uint32_t sandbox;
	uint32_t kind;
	uint16_t vendor;
	uint16_t device;
	uint16_t bdf;
	uint16_t flags;
	uint32_t label; /* string offset: the text of the system file, for messages */
	uint32_t reserved;
};

struct qv_port_range {
	uint32_t sandbox;
	uint16_t first;
	uint16_t last; /* inclusive */
};

enum qv_load_target { QV_LOAD_SANDBOX = 1, QV_LOAD_MONITOR_SVM = 2, QV_LOAD_MONITOR_VMX = 3 };

struct qv_load { /* copy file bytes to an address and zero the tail; in order */
	uint32_t target;
	uint32_t index;       /* sandbox; 0 for monitors */
	uint32_t file;        /* index in FILE */
	uint32_t flags;       /* QV_MEM_READ/WRITE/EXEC of the segment */
	uint64_t file_offset;
	uint64_t file_size;
	uint64_t address;     /* gpa, or virtual address in a monitor */
	uint64_t mem_size;    /* >= file_size */
	uint64_t entry;       /* monitors: virtual entry point, same in each record */
};

struct qv_file {
	char name[QV_NAME_LEN];
	uint64_t offset; /* page aligned */
	uint64_t size;
	uint8_t sha256[32];
};

#define QV_VCPU_IO (1u << 0)
#define QV_VCPU_UART (1u << 1) /* I/O: serves the sandbox's serial port; on core 0, one at most */
/* A Quest sandbox with a serial port and no such VCPU has one of its own. Both are part of admission. */
#define QV_UART_UTILISATION 2000u     /* of QV_VCPU_UTILISATION_ONE */
#define QV_UART_INTERVAL_NS 500000u   /* least time between two of its interrupts; its FIFO fills in three times that */
#define QV_VCPU_RUN_LEN 64u            /* bytes of a program's path, NUL included */
#define QV_VCPU_UTILISATION_ONE 100000u
#define QV_VCPU_PERIOD_MAX_NS (3600ull * 1000000000u)

struct qv_vcpu { /* of a Quest sandbox; created by its kernel at boot if admitted */
	uint32_t sandbox;
	uint32_t core;        /* index in the sandbox */
	uint32_t flags;       /* QV_VCPU_* */
	uint32_t utilisation; /* I/O: of QV_VCPU_UTILISATION_ONE, 0 < it < one */
	uint64_t budget_ns;   /* main: 0 < budget <= period */
	uint64_t period_ns;   /* main */
	uint32_t run;         /* string offset: path of the program it runs, "" = none */
	uint32_t arena;       /* that program may migrate: 2 MiB blocks of its own; 0 = it may not */
	uint64_t memory;      /* most bytes of that program, 0 = as the sandbox says */
	char name[QV_NAME_LEN];
};

_Static_assert(sizeof(struct qv_vcpu) == 80, "VCPU layout");
_Static_assert(sizeof(struct qv_blob_header) == 64, "blob header layout");
_Static_assert(sizeof(struct qv_section) == 24, "section layout");
_Static_assert(sizeof(struct qv_system) == 56, "system layout");
_Static_assert(sizeof(struct qv_sandbox) == 112, "sandbox layout");
_Static_assert(sizeof(struct qv_memory) == 56, "memory layout");
_Static_assert(sizeof(struct qv_region) == 24, "region layout");
_Static_assert(sizeof(struct qv_device) == 24, "device layout");
_Static_assert(sizeof(struct qv_port_range) == 8, "port layout");
_Static_assert(sizeof(struct qv_load) == 56, "load layout");
_Static_assert(sizeof(struct qv_file) == 80, "file layout");

#endif
