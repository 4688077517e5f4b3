/* SPDX-License-Identifier: MIT */
#include <lib/bytes.h>
#include <lib/chacha.h>

static uint32_t rotate(uint32_t v, uint32_t n)
{
	return v << n | v >> (32 - n);
}

static void quarter(uint32_t x[16], uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 7);
}

/* One round on the columns, one on the diagonals. */
static void double_round(uint32_t x[16])
{
	for (uint32_t i = 0; i < 4; i++)
		quarter(x, i, i + 4, i + 8, i + 12);
	for (uint32_t i = 0; i < 4; i++)
		quarter(x, i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12);
}

void qv_chacha_block(const uint8_t key[32], uint32_t counter, const uint8_t nonce[12], uint8_t out[QV_CHACHA_BLOCK])
{
	uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, x[16];

	for (uint32_t i = 0; i < 8; i++)
		start[4 + i] = qv_get32(key + 4 * i);
	start[12] = counter;
	for (uint32_t i = 0; i < 3; i++)
		start[13 + i] = qv_get32(nonce + 4 * i);
	memcpy(x, start, sizeof(x));
	for (uint32_t i = 0; i < 10; i++)
		double_round(x);
	for (uint32_t i = 0; i < 16; i++)
		qv_put32(out + 4 * i, x[i] + start[i]);
}

/* Half of a block becomes the next key, the other half is given away. */
static void refill(struct qv_random *r)
{
	static const uint8_t nonce[12];
	uint8_t block[QV_CHACHA_BLOCK];

	qv_chacha_block(r->key, 0, nonce, block);
	memcpy(r->key, block, sizeof(r->key));
	memcpy(r->ready, block + sizeof(r->key), sizeof(r->ready));
	r->left = sizeof(r->ready);
	memset(block, 0, sizeof(block));
}

void qv_random_mix(struct qv_random *r, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;

	for (size_t i = 0; i < n; i++) {
		r->key[i % sizeof(r->key)] ^= from[i];
		if (i % sizeof(r->key) == sizeof(r->key) - 1)
			refill(r);
	}
	refill(r);
	r->left = 0;
}

void qv_random_fill(struct qv_random *r, void *to, size_t n)
{
	uint8_t *at = to;

	while (n > 0) {
		size_t some = n < r->left ? n : r->left;
		uint8_t *from = r->ready + sizeof(r->ready) - r->left;

		memcpy(at, from, some);
		memset(from, 0, some);
		r->left -= (uint32_t)some;
		at += some;
		n -= some;
		if (r->left == 0 && n > 0)
			refill(r);
	}
}
