/* SPDX-License-Identifier: MIT */
/* Private to lib/blob*.c: the checker's context and its second half. */
#ifndef LIB_BLOB_RULES_H
#define LIB_BLOB_RULES_H

#include <lib/blob.h>

struct qv_blob_check_context {
	const struct qv_blob *blob;
	uint64_t sealed_size, total_size;
	struct qv_blob_error *error;
};

/* Fill the error; always false, so that a rule can return it. */
bool qv_blob_refuse(const struct qv_blob_check_context *c, uint32_t section, uint32_t entry, const char *what,
	const char *remedy);
/* Every rule about contents; the directory and all section ranges are known to be good. */
bool qv_blob_rules(const struct qv_blob_check_context *c);
/* The rules about LOAD records, part of the above. */
bool qv_blob_load_rules(const struct qv_blob_check_context *c);
/* Do two ranges of bytes share one? Neither wraps. */
bool qv_ranges_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size);

#define QV_REBUILD "build the blob again with the system compiler of this version"

#endif
