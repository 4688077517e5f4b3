/* SPDX-License-Identifier: MIT */
/* Private to the room: page tables of spaces. */
#ifndef MM_TABLES_H
#define MM_TABLES_H

#include "area.h"

/* Entries (SDM 3, 4.5). Accessed and dirty are set from the start, so the processor never writes an entry. */
#define ENTRY_PRESENT  0x1ull
#define ENTRY_WRITE    0x2ull
#define ENTRY_USER     0x4ull
#define ENTRY_ACCESSED 0x20ull
#define ENTRY_DIRTY    0x40ull
#define ENTRY_LARGE    0x80ull
#define ENTRY_KEPT     0x200ull /* ours: not present, but holds a frame of an area without rights */
#define ENTRY_NO_EXEC  0x8000000000000000ull
#define ENTRY_ADDRESS  0x000ffffffffff000ull
#define ENTRY_GROUP    (1ull << 52) /* ours, the first of 8 in directory entries: groups of 64 pages used */
#define ENTRY_TABLE    (ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER | ENTRY_ACCESSED)
#define TABLE_ENTRIES  512u
#define TOP_LEVEL      3u
#define GROUP_PAGES    64u
#define GIB            (LARGE * TABLE_ENTRIES)

static inline unsigned table_index(uint64_t at, unsigned level)
{
	return (unsigned)(at >> (12 + 9 * level)) & (TABLE_ENTRIES - 1);
}

static inline uint64_t *table_at(uint64_t entry)
{
	return memory_at(entry & ENTRY_ADDRESS);
}

/* Large pages of the sandbox's own memory only while this share of it stays free: they give more than was asked for. */
#define LARGE_SHARE 4u

/* Pages of the space, from its arena or from the sandbox: contents undefined, but tables are zero when taken and when
 * given back. False: no memory. */
bool space_page(struct space *space, uint64_t *gpa);
void space_put_page(struct space *space, uint64_t gpa);
/* The same of a page in an entry; what it cost as frame_put tells. */
uint32_t space_drop_page(struct space *space, uint64_t gpa);
bool space_table(struct space *space, uint64_t *gpa);
void space_put_table(struct space *space, uint64_t gpa);
bool space_large(struct space *space, uint64_t *gpa);
void space_put_large(struct space *space, uint64_t gpa);
/* Pages [from, to) of a large page are about to be pages of their own. */
void space_count_large(const struct space *space, uint64_t gpa, uint32_t from, uint32_t to);
/* Is the space the only one that has this frame? */
bool space_owns(const struct space *space, uint64_t gpa);

/* The root: kernel half shared, user half empty. False: no memory. */
bool tables_create(struct space *space);
void tables_destroy(struct space *space);
/* Does the limit allow `pages` more? */
static inline bool space_fits(const struct space *space, uint64_t pages)
{
	return space->resident + space->tables + pages <= space->limit;
}

/* The same, for pages that come now: the peak is noted. */
static inline bool space_charge(struct space *space, uint64_t pages)
{
	uint64_t now = space->resident + space->tables + pages;

	if (now > space->limit)
		return false;
	if (now > space->peak)
		space->peak = now;
	return true;
}
/* The directory entry for the 2 MiB around `at`: a large page, a table, or 0. NULL if there is no directory. */
uint64_t *directory_find(struct space *space, uint64_t at);
/* The same, making the directory. NULL: no memory. */
uint64_t *directory_search(struct space *space, uint64_t at);
static inline uint64_t *directory_make(struct space *space, uint64_t at)
{
	return space->walk_gib == at / GIB + 1 ? &space->walk[table_index(at, 1)] : directory_search(space, at);
}
/* Make the entry lead to a table if it is 0. False: no memory. */
bool directory_fill(struct space *space, uint64_t *directory);

/* The entry of the page at `at` in the table that `directory` leads to, about to be used. */
static inline uint64_t *directory_page(uint64_t *directory, uint64_t at)
{
	unsigned index = table_index(at, 0);

	*directory |= ENTRY_GROUP << index / GROUP_PAGES;
	return &table_at(*directory)[index];
}
/* Turn the large page of directory entry `entry` into 512 small ones. False: no memory. Preemptible. */
bool tables_split(struct space *space, uint64_t *entry);
/* Give up the empty table that `entry` leads to. */
void table_free(struct space *space, uint64_t *entry);
/* Free the tables that map only addresses in [low, high), which are all unmapped, looking at those on [start, end). */
void tables_free(struct space *space, uint64_t start, uint64_t end, uint64_t low, uint64_t high);
/* Entry bits by rights, for a frame that nobody else has, or that is meant to be shared. */
extern const uint64_t leaf_of_rights[8];

static inline uint64_t leaf_bits(const struct area *a, bool own)
{
	uint64_t bits = leaf_of_rights[a->flags & AREA_RIGHTS];

	return own ? bits : bits & ~ENTRY_WRITE;
}

/* The space is loaded on this core, the only one that may have it. */
bool space_loaded(const struct space *space);

/*
 * One operation on the pages of a range. `pages` gets up to 16 entries of one table, some of them not 0; `large` gets a
 * directory entry of a whole large page, and returns SWEEP_SPLIT after making it a table. An error ends the sweep.
 * Changed pages are reported by sweep_changed; before other threads may run, and at the end, the TLB forgets them.
 */
#define SWEEP_SPLIT 1
struct sweep {
	struct space *space;
	struct area *area;
	int64_t (*pages)(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count);
	int64_t (*large)(struct sweep *s, uint64_t at, uint64_t *entry);
	struct space *target;
	uint64_t shift;   /* of the target's addresses against the source's */
	uint64_t *directory; /* of the target, for ... */
	uint64_t chunk;      /* ... this address / 2 MiB, plus 1; 0 = none yet */
	uint32_t work;    /* entries since the last preemption point */
	uint32_t changed; /* pages since the last TLB flush */
	uint64_t last;    /* one of them */
};
int64_t sweep_run(struct sweep *s, uint64_t start, uint64_t end);
/* About to do what costs as much as `work` entries: a preemption point if it is time for one. */
void sweep_work(struct sweep *s, uint32_t work);
/* A preemption point inside a step; all entries are in order. */
void sweep_pause(struct sweep *s);
/* The end of one or more runs. */
void sweep_finish(struct sweep *s);

static inline void sweep_changed(struct sweep *s, uint64_t at, unsigned count)
{
	s->changed += count;
	s->last = at;
}

/* Steps for sweeps: give the frames up; take over the area's rights. */
int64_t drop_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count);
int64_t drop_large(struct sweep *s, uint64_t at, uint64_t *entry);
int64_t protect_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count);
int64_t protect_large(struct sweep *s, uint64_t at, uint64_t *entry);
/* The target's directory entry for the 2 MiB around `at`, leading to a table. NULL: no memory. Preemptible. */
uint64_t *target_directory(struct sweep *s, uint64_t at);
/* Make the tables the target needs; then move the pages there. `shift` is a multiple of 2 MiB. */
int64_t prepare_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count);
int64_t prepare_large(struct sweep *s, uint64_t at, uint64_t *entry);
int64_t move_pages(struct sweep *s, uint64_t at, uint64_t *entry, unsigned count);
int64_t move_large(struct sweep *s, uint64_t at, uint64_t *entry);

#endif
