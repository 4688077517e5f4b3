/* SPDX-License-Identifier: MIT */
/* Port input and output. */
#ifndef HW_PORT_H
#define HW_PORT_H

#include <abi/types.h>

#define HW_PORT_ACCESSORS(type, name, suffix, reg) \
	static inline type hw_in##name(uint16_t port) \
	{ \
		type v; \
		__asm__ volatile("in" suffix " %1, %" reg "0" : "=a"(v) : "Nd"(port) : "memory"); \
		return v; \
	} \
	static inline void hw_out##name(uint16_t port, type v) \
	{ \
		__asm__ volatile("out" suffix " %" reg "0, %1" : : "a"(v), "Nd"(port) : "memory"); \
	}
HW_PORT_ACCESSORS(uint8_t, 8, "b", "b")
HW_PORT_ACCESSORS(uint16_t, 16, "w", "w")
HW_PORT_ACCESSORS(uint32_t, 32, "l", "k")
#undef HW_PORT_ACCESSORS

#endif
