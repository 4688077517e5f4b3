/* SPDX-License-Identifier: MIT */
/*
 * The one checker of the sealed blob (abi/blob.h): used by system compiler, boot code, fuzzer and proof. It
 * trusts nothing but (bytes, size). After it accepts, every offset, index, string and name can be used unchecked.
 */
#ifndef LIB_BLOB_H
#define LIB_BLOB_H

#include <abi/blob.h>

/* Most entries a section may have: bounds every loop of the checker. Proofs shrink them. */
#ifndef QV_BLOB_MAX_SECTIONS
#define QV_BLOB_MAX_SECTIONS 16u
#define QV_BLOB_MAX_MEMORY   64u
#define QV_BLOB_MAX_REGIONS  48u
#define QV_BLOB_MAX_DEVICES  64u
#define QV_BLOB_MAX_PORTS    64u
#define QV_BLOB_MAX_VCPUS    128u
#define QV_BLOB_MAX_LOADS    128u
#define QV_BLOB_MAX_FILES    32u
#define QV_BLOB_MAX_STRINGS  32768u /* bytes */
#endif
#define QV_SANDBOX_MAX_LOADS   16u
#define QV_SANDBOX_MAX_DEVICES 16u
#define QV_SANDBOX_MAX_VCPUS   16u
#define QV_PLACE_FLOOR (16ull << 20) /* nothing of the blob lies below: boot code and its stack do */
#define QV_CORE_REGION_MIN (256ull << 10) /* of a core's region, beside the monitor image */

/*
 * What holds after qv_blob_check, beyond the layout rules of abi/blob.h: names NUL-terminated printable ASCII, not
 * empty; those of sandboxes differ cores every ordinal below core_count belongs to exactly one sandbox memory host
 * ranges of all records and regions are disjoint (a CONSOLE record is the sandbox's own slice of BLACKBOX: base + (1 +
 * sandbox) * 2 MiB), guest ranges of one sandbox are disjoint; everything ends at or below memory_top; PRIVATE guest-
 * physical addresses lie below QV_WINDOW regions exactly one MACHINE, BLACKBOX, IOMMU, ARCHIVE, one CORE per core, one
 * TABLES and START per sandbox, each large enough for what abi/ puts into it; ARCHIVE holds total_size bytes loads
 * inside private memory of their sandbox, disjoint from each other and from the start pages; the entry point lies in
 * an executable one; the first of a Linux sandbox is its bzImage; monitor segments start on pages of their own, in
 * ascending order, and fit the core regions with QV_CORE_REGION_MIN to spare; both vendors' monitors are there unless
 * the system is bare launch after_mask has no cycle ports no port belongs to two records; devices: none is named twice
 * vcpus of Quest sandboxes, at most 16 each, on cores of theirs, parameters in range bare one Quest sandbox, guest-
 * physical = host-physical, no monitor loads
 */

struct qv_blob { /* pointers into the checked bytes */
	const uint8_t *bytes;
	const struct qv_system *system;
	const struct qv_sandbox *sandbox;
	const struct qv_memory *memory;
	const struct qv_region *region;
	const struct qv_device *device;
	const struct qv_port_range *port;
	const struct qv_load *load;
	const struct qv_file *file;
	const struct qv_vcpu *vcpu;
	const char *strings;
	uint32_t sandbox_count, memory_count, region_count, device_count, port_count, load_count, file_count, vcpu_count;
	uint32_t string_bytes;
};

struct qv_blob_error {
	const char *what;   /* static text: cause */
	const char *remedy; /* static text: what would help */
	uint32_t section;   /* enum qv_section_type, 0 = header */
	uint32_t entry;     /* index in the section */
};

/* Structure, digest of the sealed part, ranges, cross references, disjointness. `bytes` must be 8-byte aligned.
 * True: *blob is filled. False: *error is filled. Payload digests are checked by qv_blob_file_intact. */
bool qv_blob_check(const void *bytes, uint64_t size, struct qv_blob *blob, struct qv_blob_error *error);
/* Does the payload of file `index` match its digest? */
bool qv_blob_file_intact(const struct qv_blob *blob, uint32_t index);
/* Does a PRIVATE memory of the sandbox, or several that touch, cover [gpa, gpa + size)? */
bool qv_blob_private(const struct qv_blob *blob, uint32_t sandbox, uint64_t gpa, uint64_t size);
/* First region of that kind and index, or NULL. */
const struct qv_region *qv_blob_region(const struct qv_blob *blob, uint32_t kind, uint32_t index);

#endif
