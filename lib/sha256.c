/* SPDX-License-Identifier: MIT */
/* SHA-256 as FIPS 180-4 section 6.2 describes it, without tables beyond its constants. */
#include <lib/sha256.h>
#include <lib/string.h>

static const uint32_t k[64] = { /* FIPS 180-4, 4.2.2 */
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static inline uint32_t rotr(uint32_t x, uint32_t n)
{
	return x >> n | x << (32 - n);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void schedule(uint32_t w[64], const uint8_t *block)
{
	for (uint32_t i = 0; i < 16; i++)
		w[i] = load_be32(block + 4 * i);
	for (uint32_t i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] + (rotr(a ^ rotr(a, 11), 7) ^ a >> 3) + (rotr(b ^ rotr(b, 2), 17) ^ b >> 10);
	}
}

/* One round (6.2.2, step 3). Only d and h change of the eight working variables: the caller renames instead of moving.
 * Rotations are nested: rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22) in half the copies. */
static inline void sha_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
	uint32_t *h, uint32_t kw)
{
	uint32_t t1 = *h + rotr(e ^ rotr(e ^ rotr(e, 14), 5), 6) + (g ^ (e & (f ^ g))) + kw;

	*d += t1;
	*h = t1 + rotr(a ^ rotr(a ^ rotr(a, 9), 11), 2) + ((a & b) | (c & (a | b)));
}

static void compress(uint32_t state[8], const uint8_t *block)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	uint32_t w[64];

	schedule(w, block);
	for (uint32_t i = 0; i < 64; i += 8) {
		sha_round(a, b, c, &d, e, f, g, &h, k[i] + w[i]);
		sha_round(h, a, b, &c, d, e, f, &g, k[i + 1] + w[i + 1]);
		sha_round(g, h, a, &b, c, d, e, &f, k[i + 2] + w[i + 2]);
		sha_round(f, g, h, &a, b, c, d, &e, k[i + 3] + w[i + 3]);
		sha_round(e, f, g, &h, a, b, c, &d, k[i + 4] + w[i + 4]);
		sha_round(d, e, f, &g, h, a, b, &c, k[i + 5] + w[i + 5]);
		sha_round(c, d, e, &f, g, h, a, &b, k[i + 6] + w[i + 6]);
		sha_round(b, c, d, &e, f, g, h, &a, k[i + 7] + w[i + 7]);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void qv_sha256_init(struct qv_sha256 *s)
{
	static const uint32_t initial[8] = { /* FIPS 180-4, 5.3.3 */
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
	};

	memcpy(s->state, initial, sizeof(initial));
	s->length = 0;
}

void qv_sha256_update(struct qv_sha256 *s, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t used = s->length % 64;

	s->length += n;
	while (n > 0) {
		size_t part = 64 - used < n ? 64 - used : n;

		if (part == 64) {
			compress(s->state, p);
		} else {
			memcpy(s->block + used, p, part);
			if (used + part == 64)
				compress(s->state, s->block);
		}
		used = (used + part) % 64;
		p += part;
		n -= part;
	}
}

void qv_sha256_final(struct qv_sha256 *s, uint8_t digest[32])
{
	static const uint8_t padding[64] = { 0x80 };
	uint64_t bits = s->length * 8;
	uint8_t tail[8];

	qv_sha256_update(s, padding, 1 + (119 - s->length % 64) % 64);
	for (uint32_t i = 0; i < 8; i++)
		tail[i] = (uint8_t)(bits >> (56 - 8 * i));
	qv_sha256_update(s, tail, sizeof(tail));
	for (uint32_t i = 0; i < 32; i++)
		digest[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
}
