/* SPDX-License-Identifier: MIT */
/* Calls with bad numbers, bad arguments, and for sandboxes that this one has no power over. */
#include "attacks.h"

#include <abi/limits.h>

static uint64_t number_is_unknown(uint64_t number)
{
	return guest_call(number, 0) == QV_ENOSYS ? 0 : 1;
}

static uint64_t restart_is_refused(uint64_t sandbox)
{
	int64_t error = guest_call(QV_CALL_RESTART, sandbox);

	return error == QV_EPERM || error == QV_EINVAL ? 0 : 1;
}

static uint64_t restart_foreign(uint64_t unused)
{
	(void)unused;
	return restart_is_refused(guest_info->sandbox == 0 ? 1 : 0);
}

static uint64_t counter_is_refused(uint64_t reason)
{
	return guest_call(QV_CALL_EXITS, reason) < 0 ? 0 : 1;
}

/* All registers but RAX come back as they were. */
static uint64_t registers_are_kept(uint64_t unused)
{
	uint64_t b = 0x1111, r8, r15, d = 0x3333, di = 0, si = 0x4444;

	(void)unused;
	if (guest_is_amd())
		__asm__ volatile("mov $0x2222, %%r8; mov %%r8, %%r15; xor %%eax, %%eax; vmmcall; mov %%r8, %0; mov %%r15, %1"
			: "=&r"(r8), "=&r"(r15), "+b"(b), "+d"(d), "+D"(di), "+S"(si) : : "rax", "r8", "r15", "memory");
	else
		__asm__ volatile("mov $0x2222, %%r8; mov %%r8, %%r15; xor %%eax, %%eax; vmcall; mov %%r8, %0; mov %%r15, %1"
			: "=&r"(r8), "=&r"(r15), "+b"(b), "+d"(d), "+D"(di), "+S"(si) : : "rax", "r8", "r15", "memory");
	return r8 == 0x2222 && r15 == 0x2222 && b == 0x1111 && d == 0x3333 && di == 0 && si == 0x4444 ? 0 : 1;
}

static uint64_t null_call(uint64_t unused)
{
	(void)unused;
	return (uint64_t)guest_call(QV_CALL_NULL, 0);
}

static uint64_t panic(uint64_t place)
{
	(void)guest_call(QV_CALL_PANIC, place);
	return 1;
}

#define LIVE EVERYWHERE(SURVIVES), 0, false

static const struct attack attacks[] = {
	{"null call", null_call, 0, LIVE},
	{"call keeps registers", registers_are_kept, 0, LIVE},
	{"unknown call number", number_is_unknown, QV_CALL_COUNT, LIVE},
	{"call number with high bits", number_is_unknown, 1ull << 32, LIVE},
	{"largest call number", number_is_unknown, ~0ull, LIVE},
	{"restart of a foreign sandbox", restart_foreign, 0, LIVE},
	{"restart of an absent sandbox", restart_is_refused, QV_MAX_SANDBOXES - 1, LIVE},
	{"restart of sandbox 2^32", restart_is_refused, 1ull << 32, LIVE},
	{"restart of sandbox -1", restart_is_refused, ~0ull, LIVE},
	{"exit counter out of range", counter_is_refused, QV_EXIT_SLOTS, LIVE},
	{"exit counter far out of range", counter_is_refused, 1ull << 40, LIVE},
	{"call that the kernel panicked", panic, ~0ull, EVERYWHERE(STOPPED_ANYHOW), 0, false},
};
const struct attack_list attacks_call = {attacks, sizeof(attacks) / sizeof(attacks[0])};
