/* SPDX-License-Identifier: MIT */
/* Ticket spinlock: first come, first served, interrupts off while held. Zero-initialised = free. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <abi/limits.h>
#include <hw/cpu.h>

#define LOCK_RFLAGS_IF (1u << 9)

struct lock {
	volatile uint32_t next;
	volatile uint32_t serving;
};

/* Returns RFLAGS from before, for lock_release. */
static inline uint64_t lock_take(struct lock *lock)
{
	uint64_t flags;
	uint32_t ticket;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	if (QUEST_CORES == 1)
		return flags;
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		hw_pause();
	return flags;
}

static inline void lock_pass(struct lock *lock)
{
	if (QUEST_CORES > 1)
		__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

static inline void lock_release(struct lock *lock, uint64_t flags)
{
	lock_pass(lock);
	if (flags & LOCK_RFLAGS_IF)
		hw_sti();
}

/* Free the lock whoever holds it: panic only. */
static inline void lock_reset(struct lock *lock)
{
	__atomic_store_n(&lock->serving, lock->next, __ATOMIC_RELEASE);
}

#endif
