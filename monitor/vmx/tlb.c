/* SPDX-License-Identifier: MIT */
/* Translation caches (SDM 3, 29.4): one VPID and one nested table set a core, so the widest types cost no more. */
#include "vmx.h"

#define ALL_CONTEXTS 2ull

struct descriptor {
	uint64_t words[2];
};

void vmx_flush_guest(void)
{
	struct descriptor none = { { 0, 0 } };

	__asm__ volatile("invvpid %0, %1" : : "m"(none), "r"(ALL_CONTEXTS) : "cc", "memory");
}

void vmx_flush_all(void)
{
	struct descriptor none = { { 0, 0 } };

	__asm__ volatile("invept %0, %1" : : "m"(none), "r"(ALL_CONTEXTS) : "cc", "memory");
	vmx_flush_guest();
}
