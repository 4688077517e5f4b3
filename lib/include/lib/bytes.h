/* SPDX-License-Identifier: MIT */
/* Little-endian fields at any alignment, for tables whose layout others have fixed. */
#ifndef LIB_BYTES_H
#define LIB_BYTES_H

#include <lib/string.h>

#define QV_BYTES_ACCESSORS(bits) \
	static inline uint##bits##_t qv_get##bits(const uint8_t *from) \
	{ \
		uint##bits##_t v; \
		memcpy(&v, from, sizeof(v)); \
		return v; \
	} \
	static inline void qv_put##bits(uint8_t *to, uint##bits##_t v) \
	{ \
		memcpy(to, &v, sizeof(v)); \
	}
QV_BYTES_ACCESSORS(16)
QV_BYTES_ACCESSORS(32)
QV_BYTES_ACCESSORS(64)
#undef QV_BYTES_ACCESSORS

#endif
