/* SPDX-License-Identifier: MIT */
#include <lib/bytes.h>
#include <lib/chacha.h>

static inline uint32_t rotate(uint32_t v, uint32_t n)
{
	return v << n | v >> (32 - n);
}

/* In registers: half the instructions of one on memory. */
static inline __attribute__((always_inline)) void quarter(uint32_t *pa, uint32_t *pb, uint32_t *pc, uint32_t *pd)
{
	uint32_t a = *pa, b = *pb, c = *pc, d = *pd;

	a += b;
	d = rotate(d ^ a, 16);
	c += d;
	b = rotate(b ^ c, 12);
	a += b;
	d = rotate(d ^ a, 8);
	c += d;
	b = rotate(b ^ c, 7);
	*pa = a;
	*pb = b;
	*pc = c;
	*pd = d;
}

/* One round on the columns, one on the diagonals. */
static void double_round(uint32_t x[16])
{
	quarter(&x[0], &x[4], &x[8], &x[12]);
	quarter(&x[1], &x[5], &x[9], &x[13]);
	quarter(&x[2], &x[6], &x[10], &x[14]);
	quarter(&x[3], &x[7], &x[11], &x[15]);
	quarter(&x[0], &x[5], &x[10], &x[15]);
	quarter(&x[1], &x[6], &x[11], &x[12]);
	quarter(&x[2], &x[7], &x[8], &x[13]);
	quarter(&x[3], &x[4], &x[9], &x[14]);
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
