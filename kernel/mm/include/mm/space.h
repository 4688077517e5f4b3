/* SPDX-License-Identifier: MIT */
/*
 * User address spaces: areas, page tables, demand-zero, copy-on-write, large pages, accounting and a limit. A space
 * belongs to one core (the core of its process), so no shootdown exists. Long operations have preemption points; the
 * caller holds the space's mutex around them. Errors are negative Linux errno values.
 */
#ifndef MM_SPACE_H
#define MM_SPACE_H

#include <abi/types.h>

#define SPACE_USER_START 0x10000ull
#define SPACE_USER_END   0x7ffffffff000ull

#define SPACE_READ   1u
#define SPACE_WRITE  2u
#define SPACE_EXEC   4u
#define SPACE_SHARED 8u  /* stays shared over fork; backing kept alive by its reference */
#define SPACE_GROWS  16u /* a stack: the range given is its limit, pages appear as it grows; room is left below it */
#define SPACE_FIXED  32u /* exactly here, replacing what is there; else `address` is a hint */
#define SPACE_LOCKED 64u /* frames are given at once (mlock, MAP_POPULATE) */
#define SPACE_SMALL  128u /* no large pages */
#define SPACE_NEVER_WRITE 256u /* shared with a file that is open for reading only: space_protect cannot add it */

struct space;

/* Pages that come from somewhere: a file. `page` gives the frame with one more reference, or 0. */
struct space_backing {
	uint64_t (*page)(struct space_backing *backing, uint64_t index);
	void (*reference)(struct space_backing *backing, int change);
	/* The frames of `count` pages as far as they are in memory, 0 for others, without references: they are there until
	 * others may run. NULL: the kind cannot tell. */
	void (*present)(struct space_backing *backing, uint64_t index, unsigned count, uint64_t *frame);
};

enum space_fault {
	SPACE_FAULT_DONE, SPACE_FAULT_NO_AREA, SPACE_FAULT_RIGHTS, SPACE_FAULT_NO_MEMORY, SPACE_FAULT_BACKING
};

struct space_usage {
	uint64_t resident; /* bytes mapped to frames, shared ones included */
	uint64_t tables;   /* bytes of page tables */
	uint64_t virtual_size;
	uint64_t peak;
	uint64_t faults, copies; /* page faults handled; of these copies on write */
};

/* An empty space with a limit in bytes for frames and tables together (0 = none). NULL: no memory. */
struct space *space_create(uint64_t limit);
/* Free everything; preemptible. On the core that the space belongs to, whose idle threads may still have it loaded. */
void space_destroy(struct space *space);
/* Empty it (execve); preemptible. */
void space_clear(struct space *space);
/* Give `child`, empty, a copy-on-write copy of `parent`; preemptible. 0, or -ENOMEM with child to be destroyed. */
int64_t space_fork(struct space *child, struct space *parent);
uint64_t space_root(const struct space *space);

/* Map; returns the address or an error. `backing` may be NULL (zero pages); `offset` in bytes, page-aligned. */
int64_t space_map(struct space *space, uint64_t address, uint64_t bytes, uint32_t flags, struct space_backing *backing,
	uint64_t offset);
/* What execve puts into an empty space, at once: areas with ascending addresses, SPACE_FIXED implied; those without
 * bytes are left out. 0 or -LX_ENOMEM; then nothing is mapped. */
#define SPACE_PARTS 32u
struct space_part {
	uint64_t start, bytes; /* page-aligned */
	uint32_t flags;
	struct space_backing *backing;
	uint64_t offset;
};
int64_t space_fill(struct space *space, const struct space_part *part, uint32_t count);
/* Before the first access to the page around `address`, which is writable, private and has a backing: make it the
 * space's own with the backing's first `kept` bytes, zeros behind. 0, -LX_ENOMEM, -LX_EFAULT. */
int64_t space_cut_off(struct space *space, uint64_t address, uint64_t kept);
/* Have the pages around `address`, of an area for reading or running, as a first read of one of them would. */
void space_near(struct space *space, uint64_t address);
/* Have the page around `address` as a write of the program would. */
enum space_fault space_touch(struct space *space, uint64_t address);
int64_t space_unmap(struct space *space, uint64_t address, uint64_t bytes);
/* -EACCES where writing is asked for and can never be allowed. */
int64_t space_protect(struct space *space, uint64_t address, uint64_t bytes, uint32_t rights);
/* mremap; `may_move` as MREMAP_MAYMOVE. */
int64_t space_resize(struct space *space, uint64_t address, uint64_t old_bytes, uint64_t new_bytes, bool may_move);
/* Drop the frames, keep the mapping (madvise DONTNEED). */
int64_t space_discard(struct space *space, uint64_t address, uint64_t bytes);
/* Large pages here from now on, or none (madvise HUGEPAGE, NOHUGEPAGE). */
int64_t space_allow_large(struct space *space, uint64_t address, uint64_t bytes, bool allowed);
/* Give all frames now (mlock). */
int64_t space_lock(struct space *space, uint64_t address, uint64_t bytes);
/* Is every byte of the range mapped with at least these rights? */
bool space_allows(struct space *space, uint64_t address, uint64_t bytes, uint32_t rights);
/* What a futex is known by: *frame is where the byte at `address` lies, as guest-physical address, if its page is
 * shared between spaces; 0 if it is not, SPACE_ABSENT if it is shared but not there yet. False: nothing is mapped. */
#define SPACE_ABSENT 1ull
bool space_shared_frame(struct space *space, uint64_t address, uint64_t *frame);

/* A page fault at `address`; `error` as the processor pushed it. */
enum space_fault space_fault(struct space *space, uint64_t address, uint64_t error);
void space_usage(const struct space *space, struct space_usage *usage);
/* Visit areas in order for /proc/self/maps: returns false when there is none at or after *address. */
bool space_next_area(struct space *space, uint64_t *address, uint64_t *bytes, uint32_t *flags);

/* What fills the area at `address`, and the offset in it; NULL: zero pages, or no area. */
struct space_backing *space_backing_at(struct space *space, uint64_t address, uint64_t *offset);

/* Copies between kernel and the loaded user space. All handle faults (demand-zero, COW) and give 0 or -EFAULT; nothing
 * outside user addresses is touched. SMAP is opened only inside. */
int64_t user_read(void *to, uint64_t from, size_t bytes);
int64_t user_write(uint64_t to, const void *from, size_t bytes);
int64_t user_zero(uint64_t to, size_t bytes);
/* NUL-terminated text of at most size - 1 bytes: its length, -EFAULT, or -ENAMETOOLONG. */
int64_t user_text(char *to, uint64_t from, size_t size);
/* An aligned 32-bit word: 0 or -EFAULT. */
int64_t user_word(uint32_t *value, uint64_t at);
/* Atomic compare-and-swap of a 32-bit word at an aligned address: 0 and *old, or -EFAULT. */
int64_t user_swap32(uint64_t at, uint32_t expected, uint32_t desired, uint32_t *old);

#endif
