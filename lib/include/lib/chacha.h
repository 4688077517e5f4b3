/* SPDX-License-Identifier: MIT */
/* Random numbers: the ChaCha20 block function (RFC 8439, 2.3), and a generator on it that overwrites its key with its
 * own output before it gives any away, so that what was given cannot be found from a later state. */
#ifndef LIB_CHACHA_H
#define LIB_CHACHA_H

#include <abi/types.h>

#define QV_CHACHA_BLOCK 64u

void qv_chacha_block(const uint8_t key[32], uint32_t counter, const uint8_t nonce[12], uint8_t out[QV_CHACHA_BLOCK]);

struct qv_random {
	uint8_t key[32];
	uint8_t ready[QV_CHACHA_BLOCK - 32]; /* output not given yet: its last `left` bytes */
	uint32_t left;
};

/* Stir `n` bytes of whatever quality into the state; what was secret before stays so. */
void qv_random_mix(struct qv_random *r, const void *bytes, size_t n);
void qv_random_fill(struct qv_random *r, void *to, size_t n);

#endif
