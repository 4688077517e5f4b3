/* SPDX-License-Identifier: MIT */
/*
 * The one checker of the sealed blob (abi/blob.h): used by the system compiler, the boot code, the fuzzer and the proof.
 * It trusts nothing but (bytes, size). After it accepts, every offset, index, string and name can be used unchecked.
 */
#ifndef LIB_BLOB_H
#define LIB_BLOB_H

#include <abi/blob.h>

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
	const char *strings;
	uint32_t sandbox_count, memory_count, region_count, device_count, port_count, load_count, file_count, string_bytes;
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
/* First region of that kind and index, or NULL. */
const struct qv_region *qv_blob_region(const struct qv_blob *blob, uint32_t kind, uint32_t index);

#endif
