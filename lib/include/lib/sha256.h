/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4), incremental. */
#ifndef LIB_SHA256_H
#define LIB_SHA256_H

#include <abi/types.h>

struct qv_sha256 {
	uint32_t state[8];
	uint64_t length;
	uint8_t block[64];
};
void qv_sha256_init(struct qv_sha256 *s);
void qv_sha256_update(struct qv_sha256 *s, const void *bytes, size_t n);
void qv_sha256_final(struct qv_sha256 *s, uint8_t digest[32]);

#endif
