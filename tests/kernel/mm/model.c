/* SPDX-License-Identifier: MIT */
/*
 * Random operations on spaces beside a model: an array of pages for each space. The window is 6 MiB at a multiple of
 * 2 MiB, so that large pages come, are split and go. A page's content is its first word; all other bytes stay as its
 * origin made them, which a second word checks.
 */
#include "world.h"

#include <lib/string.h>
#include <mm/heap.h>

#define SPACES 4u
#define WINDOW 0x40000000ull
#define PAGES  1536u
#define SHARED_MAX 64u /* shared mappings alive at a time */
#define ENOMEM 12

struct page {
	uint64_t value;
	uint64_t origin; /* before the first write */
	uint8_t mapped, rights;
	uint8_t shared; /* 1 + number of the shared mapping; 0 = private */
	uint16_t index; /* in the shared mapping */
};

struct shared {
	uint32_t users; /* pages of spaces that show it */
	uint64_t value[PAGES];
};

static struct model {
	uint64_t limit;
	struct mm_arena *arena;
	struct space *space[SPACES];
	struct page page[SPACES][PAGES];
	struct shared shared[SHARED_MAX];
	uint32_t done[12], failed;
	const char *doing;
} *m;

static bool differ(uint32_t s, uint64_t page, const char *what)
{
	test_note("%s: space %u, page %llu: %s", m->doing, s, (unsigned long long)page, what);
	return false;
}

/* With a limit an operation may fail for want of memory; then it must have changed nothing. */
static bool failed(int64_t result)
{
	if (m->limit == 0 || result != -ENOMEM)
		return false;
	m->failed++;
	return true;
}

static uint64_t address(uint32_t page)
{
	return WINDOW + page * PAGE;
}

static uint64_t *value_of(struct page *p)
{
	return p->shared ? &m->shared[p->shared - 1].value[p->index] : &p->value;
}

static void forget(struct page *p)
{
	if (p->shared)
		m->shared[p->shared - 1].users--;
	memset(p, 0, sizeof(*p));
}

static uint8_t free_shared(void)
{
	for (uint32_t i = 0; i < SHARED_MAX; i++) {
		if (m->shared[i].users == 0) {
			memset(&m->shared[i], 0, sizeof(m->shared[i]));
			return (uint8_t)(i + 1);
		}
	}
	return 0;
}

/* A range that is often small and sometimes most of the window. */
static void some_range(uint32_t *start, uint32_t *count)
{
	uint32_t most = random_below(4) ? 24 : PAGES;

	*start = random_below(PAGES);
	*count = 1 + random_below(most);
	if (*count > PAGES - *start)
		*count = PAGES - *start;
}

static bool do_map(uint32_t s, uint32_t start, uint32_t count)
{
	static const uint8_t rights[] = {0, 1, 3, 3, 3, 5, 7};
	uint32_t r = rights[random_below(7)], kind = random_below(6), offset = random_below(FILE_PAGES);
	uint8_t shared = kind == 0 && !m->arena ? free_shared() : 0;
	uint32_t flags = r | SPACE_FIXED | (shared ? SPACE_SHARED : 0) | (kind == 3 ? SPACE_GROWS : 0);
	int64_t result = space_map(m->space[s], address(start), count * PAGE, flags, kind == 1 ? file_open() : NULL,
		kind == 1 ? offset * PAGE : 0);

	if (failed(result))
		return true;
	if (result != (int64_t)address(start))
		return differ(s, start, "map refused");
	for (uint32_t i = 0; i < count; i++) {
		struct page *p = &m->page[s][start + i];

		forget(p);
		p->mapped = 1;
		p->rights = (uint8_t)r;
		p->value = kind == 1 ? (offset + i < FILE_PAGES ? file_value(offset + i) : UINT64_MAX) : 0;
		p->origin = p->value;
		p->shared = shared;
		p->index = (uint16_t)i;
		if (shared)
			m->shared[shared - 1].users++;
	}
	return true;
}

static bool do_unmap(uint32_t s, uint32_t start, uint32_t count)
{
	int64_t result = space_unmap(m->space[s], address(start), count * PAGE);

	if (failed(result))
		return true;
	if (result)
		return differ(s, start, "unmap refused");
	for (uint32_t i = 0; i < count; i++)
		forget(&m->page[s][start + i]);
	return true;
}

static bool covered(uint32_t s, uint32_t start, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!m->page[s][start + i].mapped)
			return false;
	}
	return true;
}

static bool do_protect(uint32_t s, uint32_t start, uint32_t count)
{
	uint32_t rights = random_below(8);
	int64_t result = space_protect(m->space[s], address(start), count * PAGE, rights);

	if (!covered(s, start, count))
		return result == -ENOMEM || differ(s, start, "protect over a hole");
	if (failed(result))
		return true;
	if (result)
		return differ(s, start, "protect refused");
	for (uint32_t i = 0; i < count; i++)
		m->page[s][start + i].rights = (uint8_t)rights;
	return true;
}

/* A page beyond the end of the file can be mapped but not reached: its model value is all ones. */
static bool reachable(struct page *p, bool write)
{
	return p->mapped && (write ? p->rights & SPACE_WRITE : p->rights) && *value_of(p) != UINT64_MAX;
}

/* Shared memory that its creator's limit has no room for is like what its backing does not have. */
static bool over_limit(const struct page *p)
{
	return m->limit && (world_last == SPACE_FAULT_NO_MEMORY || (p->shared && world_last == SPACE_FAULT_BACKING));
}

static bool do_write(uint32_t s, uint32_t at)
{
	struct page *p = &m->page[s][at];
	uint64_t value = 1 + random_below(1u << 30);
	bool done = poke(address(at), value);

	if (!done && over_limit(p)) {
		m->failed++;
		return true;
	}
	if (done != reachable(p, true))
		return differ(s, at, done ? "write allowed" : "write refused");
	if (done)
		*value_of(p) = value;
	return true;
}

static bool do_read(uint32_t s, uint32_t at)
{
	struct page *p = &m->page[s][at];
	uint64_t value = 0, rest = 0;
	bool done = peek(address(at), &value);

	if (!done && over_limit(p)) {
		m->failed++;
		return true;
	}
	if (done != reachable(p, false))
		return differ(s, at, done ? "read allowed" : "read refused");
	if (done && (value != *value_of(p) || !peek(address(at) + 8 * (1 + random_below(511)), &rest) || rest))
		return differ(s, at, "wrong content");
	return true;
}

/* Private zero pages are zero again, private pages of a file are the file's. */
static bool do_discard(uint32_t s, uint32_t start, uint32_t count)
{
	bool mapped = covered(s, start, count);
	int64_t result;

	result = space_discard(m->space[s], address(start), count * PAGE);
	if (mapped && failed(result))
		return true;
	if (result != (mapped ? 0 : -ENOMEM))
		return differ(s, start, "discard");
	for (uint32_t i = 0; i < count; i++) {
		struct page *p = &m->page[s][start + i];

		if (!p->shared)
			p->value = p->origin;
	}
	return true;
}

static bool do_allows(uint32_t s, uint32_t start, uint32_t count)
{
	uint32_t rights = random_below(8);
	bool wanted = covered(s, start, count);

	for (uint32_t i = 0; i < count && wanted; i++) {
		uint32_t given = m->page[s][start + i].rights;

		wanted = (rights & ~(given | (given ? SPACE_READ : 0))) == 0;
	}
	return space_allows(m->space[s], address(start), count * PAGE, rights) == wanted || differ(s, start, "rights");
}

static void empty(uint32_t s)
{
	for (uint32_t i = 0; i < PAGES; i++)
		forget(&m->page[s][i]);
}

static bool do_fork(uint32_t s, uint32_t child)
{
	int64_t result;

	if (child == s)
		return true;
	space_clear(m->space[child]);
	empty(child);
	result = space_fork(m->space[child], m->space[s]);
	if (failed(result)) {
		space_clear(m->space[child]);
		return true;
	}
	if (result)
		return differ(s, 0, "fork refused");
	memcpy(m->page[child], m->page[s], sizeof(m->page[s]));
	for (uint32_t i = 0; i < PAGES; i++) {
		if (m->page[child][i].shared)
			m->shared[m->page[child][i].shared - 1].users++;
	}
	return true;
}

static bool do_clear(uint32_t s)
{
	space_clear(m->space[s]);
	empty(s);
	return true;
}

/* In place and smaller only: growing needs all of the range in one area, which the model cannot know. */
static bool do_resize(uint32_t s, uint32_t start, uint32_t count)
{
	uint32_t smaller = 1 + random_below(count);
	int64_t result = space_resize(m->space[s], address(start), count * PAGE, smaller * PAGE, false);

	if (result == -14 || failed(result)) /* EFAULT: several areas */
		return true;
	if (result != (int64_t)address(start) || !covered(s, start, count))
		return differ(s, start, "resize");
	for (uint32_t i = smaller; i < count; i++)
		forget(&m->page[s][start + i]);
	return true;
}

static bool step(void)
{
	static const char *const names[] = {"map", "unmap", "protect", "discard", "allows", "fork", "clear", "resize"};
	static const uint8_t kinds[30] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 5, 5,
		6, 7};
	uint32_t s = random_below(SPACES), choice = random_below(100), start, count, kind;

	world_load(m->space[s]);
	m->doing = choice < 40 ? "write" : "read";
	if (choice < 70)
		return choice < 40 ? do_write(s, random_below(PAGES)) : do_read(s, random_below(PAGES));
	some_range(&start, &count);
	kind = kinds[choice - 70];
	m->doing = names[kind];
	m->done[kind]++;
	if (kind == 6 && random_below(4))
		kind = 7;
	switch (kind) {
	case 0: return do_map(s, start, count);
	case 1: return do_unmap(s, start, count);
	case 2: return do_protect(s, start, count);
	case 3: return do_discard(s, start, count);
	case 4: return do_allows(s, start, count);
	case 5: return do_fork(s, random_below(SPACES));
	case 6: return do_clear(s);
	default: return do_resize(s, start, count);
	}
}

static bool check_all(void)
{
	m->doing = "at the end";
	for (uint32_t s = 0; s < SPACES; s++) {
		world_load(m->space[s]);
		for (uint32_t i = 0; i < PAGES; i++) {
			if (!do_read(s, i))
				return false;
		}
	}
	return true;
}

static bool run(uint32_t steps)
{
	bool good = true;

	for (uint32_t s = 0; s < SPACES && good; s++) {
		m->space[s] = space_create_migratable(m->limit, s ? m->arena : NULL);
		good = m->space[s] != NULL;
	}
	for (uint32_t i = 0; i < steps && good; i++)
		good = step();
	good = good && check_all();
	world_load(NULL);
	for (uint32_t s = 0; s < SPACES; s++) {
		if (m->space[s])
			space_destroy(m->space[s]);
	}
	return good;
}

bool model_run(uint32_t steps, uint64_t limit, struct mm_arena *arena)
{
	bool good;

	m = mm_heap_alloc(sizeof(*m));
	if (!m)
		return false;
	m->limit = limit;
	m->arena = arena;
	good = run(steps);
	test_note("%u steps: %u maps, %u unmaps, %u protects, %u discards, %u forks, %u resizes; %u failed for want of memory",
		steps, m->done[0], m->done[1], m->done[2], m->done[3], m->done[5], m->done[7], m->failed);
	mm_heap_free(m, sizeof(*m));
	return good && file_references() == 0;
}
