/* SPDX-License-Identifier: MIT */
/*
 * How long this core lets nobody better run: from the way into the kernel, a preemption point or a decision to the next
 * of them or the way out. Off, a preemption point and a trap test one word each, a system call nothing. On, the longest
 * sections are kept by the places where they begin and end. What is not seen: some 60 instructions of the entry code
 * on both ends.
 */
#ifndef BASE_SECTIONS_H
#define BASE_SECTIONS_H

#include <base/cpu.h>
#include <base/lock.h>

/* Places: addresses of the kernel, or these. A system call is its number. */
#define SECTION_VECTOR 0x10000ull /* plus the vector: interrupt or exception */
#define SECTION_WORK   0x20000ull /* on the way out: signals and decisions */
#define SECTION_RING3  0x20001ull /* a system call's number above it */
#define SECTION_CALL_SHIFT 20u
#define SECTION_IDLE   0x20002ull
#define SECTION_DECISION 0x20003ull

#define SECTIONS_KEPT 16u

struct section {
	uint64_t cycles, from, to;
};

struct sections {
	uint64_t stamp; /* when the current one began; 0 = interrupts are on */
	uint64_t from;
	struct section worst[SECTIONS_KEPT]; /* longest first, one for each pair of places */
	uint32_t locks;       /* that are held now */
	uint64_t lock_stamp;  /* when the first of them was taken */
	uint64_t worst_lock;  /* longest that another core would have had to wait */
};

/* Start afresh, or stop, on this core. */
void sections_measure(bool on);
/* What this core has; NULL = it never measured. */
const struct sections *sections_seen(void);

void sections_open(struct sections *s, uint64_t from);
void sections_close(struct sections *s, uint64_t to);

/* Nothing if one is open already: a trap inside the kernel is a part of its section. */
static inline void section_begin(uint64_t from)
{
	struct sections *s = this_cpu()->sections;

	if (s)
		sections_open(s, from);
}

static inline void section_end(uint64_t to)
{
	struct sections *s = this_cpu()->sections;

	if (s)
		sections_close(s, to);
}

/* Locks that cores of the sandbox share, measured likewise: memory, stacks, arenas, unknown calls. Not the log's, which
 * is there before all this, nor the word of a mutex, which is held for a comparison and a store. What lock_hold returns
 * is for lock_drop. */
#define LOCK_WATCHED (1u << 31) /* no bit of RFLAGS */

uint64_t sections_locked(uint64_t flags);
void sections_unlocked(struct lock *lock, uint64_t flags);

static inline uint64_t lock_hold(struct lock *lock)
{
	uint64_t flags = lock_take(lock);

	return cpu_watched() ? sections_locked(flags) : flags;
}

static inline void lock_drop(struct lock *lock, uint64_t flags)
{
	if (__builtin_expect((flags & (LOCK_WATCHED | LOCK_RFLAGS_IF)) != 0, 0))
		sections_unlocked(lock, flags);
	else
		lock_pass(lock);
}

#endif
