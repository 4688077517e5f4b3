/* SPDX-License-Identifier: MIT */
/* Everything the blob will say, as the records of abi/blob.h, before it is written. */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include "config.h"

#include <lib/blob.h>

struct plan_file {
	struct qv_file entry;
	char *path;     /* as opened; NULL for an archive made here */
	uint8_t *bytes;
};

struct plan {
	struct qv_system system;
	struct qv_sandbox sandbox[QV_MAX_SANDBOXES];
	struct qv_memory memory[QV_BLOB_MAX_MEMORY];
	struct qv_region region[QV_BLOB_MAX_REGIONS];
	struct qv_device device[QV_BLOB_MAX_DEVICES];
	struct qv_port_range port[QV_BLOB_MAX_PORTS];
	struct qv_load load[QV_BLOB_MAX_LOADS];
	struct qv_vcpu vcpu[QV_BLOB_MAX_VCPUS];
	struct plan_file file[QV_BLOB_MAX_FILES];
	char strings[QV_BLOB_MAX_STRINGS];
	uint32_t sandbox_count, memory_count, region_count, device_count, port_count, load_count, file_count, vcpu_count,
		string_bytes;
	/* not in the blob: for the report, and to find a place in the file again */
	const struct config_sandbox *source[QV_MAX_SANDBOXES];
	uint64_t memory_size[QV_MAX_SANDBOXES]; /* private bytes, guest-physical 0 up */
	uint64_t kernel_end[QV_MAX_SANDBOXES];  /* guest-physical end of what the kernel needs */
	uint64_t table_bytes[QV_MAX_SANDBOXES]; /* nested tables as they will be built */
};

struct plan_options {
	const char *bare;       /* sandbox to run without a monitor, or NULL */
	const char *build;      /* folder of monitor-svm.elf, monitor-vmx.elf and quest.elf */
	const char *linux_image;
	const char *linux_initrd;
};

/* Compile a checked config. False after errors in *d. Free with plan_free in any case. */
bool plan_make(struct plan *plan, const struct config *config, const struct plan_options *options, struct diag *d);
void plan_free(struct plan *plan);

/* Steps of plan_make, in order. */
bool plan_images(struct plan *plan, const struct config *config, const struct plan_options *options, struct diag *d);
bool plan_place(struct plan *plan, const struct config *config, struct diag *d);
/* Bytes of the blob the plan describes; sets each file's offset. */
uint64_t plan_blob_size(struct plan *plan);
/* The blob, in fresh memory of *size bytes. */
uint8_t *plan_blob(struct plan *plan, uint64_t *size);
/* Offset of a copy of `text` among the strings. The strings never run out: see config_check's limits. */
uint32_t plan_string(struct plan *plan, const char *text);

/* The initramfs of a sandbox: stock archive of Linux, programs, files. Bytes are the caller's to free in any case;
 * none = the sandbox starts without. False after errors in *d. */
struct plan_archive {
	uint8_t *bytes;
	uint64_t size;
	uint32_t inode; /* number of the last member */
};
bool plan_archive(struct plan_archive *a, const struct config_sandbox *s, const struct plan_options *options,
	struct diag *d);

#define TOOL_MAX_FILE_BYTES (1ull << 30)
/* Whole file in fresh memory. NULL with errno set. */
uint8_t *tool_read_file(const char *path, uint64_t limit, uint64_t *size);

#endif
