/* SPDX-License-Identifier: MIT */
/* Walk a guest's own 64-bit page tables (SDM 3, 4.5), for the one monitor path that has to read guest code. */
#ifndef LIB_WALK_H
#define LIB_WALK_H

#include <abi/types.h>

struct qv_guest_memory {
	/* The aligned quadword at `gpa`. False: no memory of the guest's own. */
	bool (*read)(void *context, uint64_t gpa, uint64_t *value);
	void *context;
};

/* Guest-physical address of `linear`. `levels` is 4 or 5. False: not canonical or not mapped. Rights are not checked:
 * the processor has just executed from there. */
bool qv_guest_walk(const struct qv_guest_memory *m, uint64_t cr3, uint32_t levels, uint64_t linear, uint64_t *gpa);

/* Copy up to `n` bytes of code at `linear`; returns how many could be read. */
uint32_t qv_guest_fetch(const struct qv_guest_memory *m, uint64_t cr3, uint32_t levels, uint64_t linear, uint8_t *to,
	uint32_t n);

#endif
