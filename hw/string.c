/* SPDX-License-Identifier: MIT */
/* Freestanding C-library subset. Quadword string moves: emulators bill byte moves one tick per byte. */
#include <lib/string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *d = to;
	size_t quads = n / 8, rest = n % 8;

	__asm__ volatile("rep movsq; mov %3, %%rcx; rep movsb"
		: "+D"(d), "+S"(from), "+c"(quads) : "r"(rest) : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	uint8_t *d = to;
	const uint8_t *s = from;

	if (d <= s || d >= s + n)
		return memcpy(to, from, n);
	while (n >= 8) {
		uint64_t quad;

		n -= 8;
		__builtin_memcpy(&quad, s + n, 8);
		__builtin_memcpy(d + n, &quad, 8);
	}
	while (n-- > 0)
		d[n] = s[n];
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	void *d = to;
	size_t quads = n / 8, rest = n % 8;
	uint64_t fill = 0x0101010101010101ull * (uint8_t)byte;

	__asm__ volatile("rep stosq; mov %2, %%rcx; rep stosb"
		: "+D"(d), "+c"(quads) : "r"(rest), "a"(fill) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	size_t i = 0;

	for (uint64_t u, v; i + 8 <= n; i += 8) {
		__builtin_memcpy(&u, x + i, 8);
		__builtin_memcpy(&v, y + i, 8);
		if (u != v)
			return __builtin_bswap64(u) < __builtin_bswap64(v) ? -1 : 1;
	}
	if (i < n && n >= 8) { /* the last eight, some of them once more */
		uint64_t u, v;

		__builtin_memcpy(&u, x + n - 8, 8);
		__builtin_memcpy(&v, y + n - 8, 8);
		return u == v ? 0 : __builtin_bswap64(u) < __builtin_bswap64(v) ? -1 : 1;
	}
	for (; i < n; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (int)(uint8_t)*a - (int)(uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i] || !a[i])
			return (int)(uint8_t)a[i] - (int)(uint8_t)b[i];
	}
	return 0;
}
