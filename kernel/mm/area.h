/* SPDX-License-Identifier: MIT */
/* Private to the room: what a space is made of. */
#ifndef MM_AREA_H
#define MM_AREA_H

#include <abi/limits.h>
#include <base/memory.h>
#include <lib/areas.h>
#include <mm/space.h>

#define PAGE  QV_PAGE_SIZE
#define LARGE QV_LARGE_SIZE
#define LARGE_PAGES (LARGE / PAGE)

#define HOT_PAGES 4u

#define AREA_RIGHTS (SPACE_READ | SPACE_WRITE | SPACE_EXEC)

struct shared_quota;

struct area {
	struct qv_area range; /* first, so that a pointer to it is one to the area */
	uint32_t flags;       /* rights, SPACE_SHARED, SPACE_GROWS, SPACE_LOCKED */
	struct space_backing *backing; /* NULL: zero pages; one reference is held */
	uint64_t offset;      /* in the backing, of range.start */
};

struct space {
	uint64_t root;
	uint64_t *top; /* the root table, in the direct map */
	struct qv_areas areas;
	struct area *recent; /* where the last look-up ended; NULL after any area went */
	uint64_t walk_gib;   /* 1 + number of the GiB whose directory `walk` is; 0 = none */
	uint64_t *walk;
	uint64_t shared_page;  /* where the last look-up of a shared frame was, 0 = none; forgotten as the TLB would ... */
	uint64_t shared_frame; /* ... and the frame */
	struct mm_arena *arena; /* of a space that may migrate; else NULL */
	struct shared_quota *shared; /* what the shared memory that it created may take; NULL = no limit, or none yet */
	uint64_t limit;      /* pages of frames and tables together */
	uint64_t resident, tables; /* pages */
	uint64_t peak;             /* of both together */
	uint64_t reserved;         /* pages of all areas */
	uint64_t faults, copies;
	uint64_t hot[HOT_PAGES]; /* pages written soon after a fork: the next fork copies them at once */
	uint32_t hot_next;
};

static inline struct area *area_of(struct qv_area *range)
{
	return (struct area *)range;
}

static inline struct area *area_next(const struct area *a)
{
	return area_of(a->range.next);
}

/* The area that holds `address`, or NULL. */
struct area *area_search(struct space *space, uint64_t address);
static inline struct area *area_at(struct space *space, uint64_t address)
{
	struct area *a = space->recent;

	return a && address >= a->range.start && address < a->range.end ? a : area_search(space, address);
}
/* The first area that ends above `address`, or NULL. */
struct area *area_from(struct space *space, uint64_t address);
/* A new area of `space`, not in its set yet, with one more reference to `backing`. NULL: no memory, or too many. */
struct area *area_new(const struct space *space, uint32_t flags, struct space_backing *backing, uint64_t offset);
void area_add(struct space *space, struct area *a, uint64_t start, uint64_t end);
/* Drop an area that is, or is not, in the set. Its pages are gone already. */
void area_remove(struct space *space, struct area *a);
void area_free(struct area *a);
void area_resize(struct space *space, struct area *a, uint64_t start, uint64_t end);
/* Make `start` and `end` bounds of areas, and of pages. -ENOMEM leaves what was mapped as it was. */
int64_t area_isolate(struct space *space, uint64_t start, uint64_t end);
/* Join areas that are one in all but name, from the one before `start` to the one at `end`. */
void area_merge(struct space *space, uint64_t start, uint64_t end);
/* In loops over areas: let others run now and then. */
void area_pause(unsigned *seen);
/* Is [start, end) covered by areas without a hole? */
bool area_covers(struct space *space, uint64_t start, uint64_t end);
/* Has a page of `a` at least these rights? What may be written or executed may be read: x86 has no other way. */
static inline bool area_permits(const struct area *a, uint32_t rights)
{
	uint32_t given = a->flags & AREA_RIGHTS;

	return given ? (rights & ~(given | SPACE_READ)) == 0 : rights == 0;
}

/* Frames that stay shared over fork, for SPACE_SHARED without a backing; one reference. NULL: no memory, or > 1 GiB. */
struct space_backing *shared_create(struct space *space, uint64_t bytes);
/* A space goes: its limit for shared memory lasts as long as that does. NULL = it had none. */
void shared_quota_put(struct shared_quota *quota);

/* Have the page at `at`, which lies in `a`, present and, if `write`, writable. */
enum space_fault page_in(struct space *space, struct area *a, uint64_t at, bool write);

#endif
