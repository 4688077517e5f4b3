/* SPDX-License-Identifier: MIT */
/* Address arithmetic between guest-physical addresses and the direct map. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <abi/types.h>
#include <base/layout.h>

/* Where the kernel reaches guest-physical `gpa`. Valid from the first instruction for the low 4 GiB. */
static inline void *memory_at(uint64_t gpa)
{
	return (void *)(DIRECT_BASE + gpa);
}

/* Top of a stack of core `cpu`; `kind` is STACK_*. */
static inline uint64_t memory_stack_top(uint32_t cpu, uint32_t kind)
{
	return STACK_BASE + ((uint64_t)cpu * STACK_KINDS + kind + 1) * STACK_SLOT;
}

#endif
