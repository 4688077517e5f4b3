/* SPDX-License-Identifier: MIT */
/*
 * Four-level radix tables of every hardware format.
 *
 *   level 3 (root) -> level 2 -> level 1 -> level 0
 *                     1 GiB      2 MiB      4 KiB leaves
 *
 * A table is never shared and never freed, so each has exactly one parent entry. A walk trusts no entry: a pointer
 * that leaves the pool ends it.
 */
#include <lib/assert.h>
#include <lib/pt.h>

#define TOP_LEVEL  (QV_PT_LEVELS - 1u)
#define PAGE_SHIFT 12u
#define LEAF_TOP   2u /* no format has leaves in the root */
#define ADDRESSES  (QV_PAGE_SIZE << (QV_PT_LEVELS * QV_PT_BITS)) /* first address that no table set covers */
#define FRAME_MASK 0x000ffffffffff000ull /* bits 51:12: the most that any format of either vendor holds */
#define RIGHTS     (QV_PT_READ | QV_PT_WRITE | QV_PT_EXEC | QV_PT_UNCACHED)

#define NO_PAGE    UINT32_MAX

#define BIT(n) (1ull << (n))

/* SDM 3, 4.5: P, R/W, PWT and PCD (strong uncached with the reset PAT), PS, XD. */
const struct qv_pt_format qv_pt_x86 = {
	.name = "x86",
	.present_mask = BIT(0), .table_bits = BIT(0) | BIT(1), .leaf_bits = BIT(0), .large_bit = BIT(7),
	.bit_write = BIT(1), .bit_noexec = BIT(63),
	.uncached_bits = BIT(3) | BIT(4), .address_mask = FRAME_MASK,
};

/* APM 2, 15.25.5: as above, walked as user accesses: U/S in every entry. */
const struct qv_pt_format qv_pt_npt = {
	.name = "npt",
	.present_mask = BIT(0), .table_bits = BIT(0) | BIT(1) | BIT(2), .leaf_bits = BIT(0) | BIT(2),
	.large_bit = BIT(7),
	.bit_write = BIT(1), .bit_noexec = BIT(63),
	.uncached_bits = BIT(3) | BIT(4), .address_mask = FRAME_MASK,
};

/* SDM 3, 29.3.2: read, write, execute; memory type in bits 5:3 of leaves: 0 = UC, 6 = WB. */
const struct qv_pt_format qv_pt_ept = {
	.name = "ept",
	.present_mask = BIT(0) | BIT(1) | BIT(2), .table_bits = BIT(0) | BIT(1) | BIT(2), .large_bit = BIT(7),
	.bit_read = BIT(0), .bit_write = BIT(1), .bit_exec = BIT(2),
	.cached_bits = 6ull << 3, .address_mask = FRAME_MASK,
};

/* VT-d 9.7, second-stage entries: read, write. Devices do not execute, and memory types are the root complex's. */
const struct qv_pt_format qv_pt_vtd = {
	.name = "vt-d",
	.present_mask = BIT(0) | BIT(1), .table_bits = BIT(0) | BIT(1), .large_bit = BIT(7),
	.bit_read = BIT(0), .bit_write = BIT(1), .address_mask = FRAME_MASK,
};

_Static_assert(QV_PAGE_SIZE == 1u << PAGE_SHIFT, "page shift");
_Static_assert(QV_PT_BITS >= 1 && QV_PT_BITS <= 9, "a table is at most a page");
_Static_assert(QV_PT_BITS != 9 || QV_PT_ENTRIES * sizeof(uint64_t) == QV_PAGE_SIZE, "a hardware table is a page");
_Static_assert(QV_PT_BITS != 9 || QV_PAGE_SIZE << QV_PT_BITS == QV_LARGE_SIZE, "level 1 leaves");
_Static_assert(QV_PT_BITS != 9 || QV_PAGE_SIZE << (2 * QV_PT_BITS) == QV_HUGE_SIZE, "level 2 leaves");
_Static_assert(QV_PT_BITS != 9 || ADDRESSES == 1ull << 48, "48-bit addresses");

/* Bytes that one entry of a table of this level covers; a power of two. */
static uint64_t level_size(uint32_t level)
{
	return QV_PAGE_SIZE << (level * QV_PT_BITS);
}

static uint32_t level_index(uint64_t address, uint32_t level)
{
	return (uint32_t)(address >> (PAGE_SHIFT + level * QV_PT_BITS)) & (QV_PT_ENTRIES - 1);
}

static uint64_t round_down(uint64_t address, uint64_t power_of_two)
{
	return address & ~(power_of_two - 1);
}

static bool is_present(const struct qv_pt *pt, uint64_t entry)
{
	return (entry & pt->format->present_mask) != 0;
}

static bool is_leaf(const struct qv_pt *pt, uint64_t entry, uint32_t level)
{
	return level == 0 || (entry & pt->format->large_bit) != 0;
}

/* Place in the pool of the entry that covers `address` in the table on `page`. Tables are named by page numbers and
 * entries by places, never by pointers: provers follow indices far more easily. */
static uint32_t place(uint32_t page, uint64_t address, uint32_t level)
{
	return page * QV_PT_ENTRIES + level_index(address, level);
}

/* The page of the pool an entry points to, NO_PAGE if that is not a table of this set. */
static uint32_t entry_page(const struct qv_pt *pt, uint64_t entry)
{
	uint64_t offset = (entry & pt->format->address_mask) - pt->base_hpa;

	if (offset >> PAGE_SHIFT >= pt->used || offset % QV_PAGE_SIZE != 0)
		return NO_PAGE;
	return (uint32_t)(offset >> PAGE_SHIFT);
}

static void clear_table(struct qv_pt *pt, uint32_t page)
{
	for (uint32_t i = 0; i < QV_PT_ENTRIES; i++)
		pt->base[page * QV_PT_ENTRIES + i] = 0;
}

/* Take the next free page as an empty table and let the entry at `from` point to it. NO_PAGE: pool used up. */
static uint32_t new_table(struct qv_pt *pt, uint32_t from)
{
	uint32_t page = pt->used;

	if (page >= pt->pages)
		return NO_PAGE;
	pt->used++;
	clear_table(pt, page);
	pt->base[from] = (pt->base_hpa + page * QV_PAGE_SIZE) | pt->format->table_bits;
	return page;
}

static uint64_t leaf_entry(const struct qv_pt_format *f, uint64_t to, uint32_t level, uint32_t rights)
{
	uint64_t entry = to | f->leaf_bits;

	if (level > 0)
		entry |= f->large_bit;
	if (rights & QV_PT_READ)
		entry |= f->bit_read;
	if (rights & QV_PT_WRITE)
		entry |= f->bit_write;
	entry |= rights & QV_PT_EXEC ? f->bit_exec : f->bit_noexec;
	entry |= rights & QV_PT_UNCACHED ? f->uncached_bits : f->cached_bits;
	return entry;
}

static uint32_t leaf_rights(const struct qv_pt_format *f, uint64_t entry)
{
	uint64_t type_bits = f->uncached_bits | f->cached_bits;
	uint32_t rights = 0;

	if (!f->bit_read || entry & f->bit_read)
		rights |= QV_PT_READ;
	if (!f->bit_write || entry & f->bit_write)
		rights |= QV_PT_WRITE;
	if (entry & f->bit_exec || (f->bit_noexec && !(entry & f->bit_noexec)))
		rights |= QV_PT_EXEC;
	if (type_bits && (entry & type_bits) == f->uncached_bits)
		rights |= QV_PT_UNCACHED;
	return rights;
}

void qv_pt_init(struct qv_pt *pt, const struct qv_pt_format *format, void *base, uint64_t base_hpa, uint32_t pages)
{
	assert(pages >= 1);
	assert(base_hpa % QV_PAGE_SIZE == 0 && base_hpa <= FRAME_MASK - (pages - 1) * QV_PAGE_SIZE);
	pt->format = format;
	pt->base = base;
	pt->base_hpa = base_hpa;
	pt->pages = pages;
	pt->used = 1;
	clear_table(pt, 0);
}

static bool grain_valid(uint64_t grain)
{
	return grain == level_size(0) || grain == level_size(1) || grain == level_size(2);
}

/* Is [from, from + size) -> [to, to + size) a mapping that tables can express? */
static bool range_valid(uint64_t from, uint64_t to, uint64_t size, uint64_t grain)
{
	if ((from | to | size) % QV_PAGE_SIZE != 0 || size == 0 || !grain_valid(grain))
		return false;
	if (from >= ADDRESSES || size > ADDRESSES - from)
		return false;
	return to <= FRAME_MASK && size <= FRAME_MASK + QV_PAGE_SIZE - to;
}

/* Read-less rights are refused: write without read is a misconfiguration in EPT, and no caller wants the others. */
static bool rights_valid(uint32_t rights)
{
	return (rights & QV_PT_READ) && !(rights & ~RIGHTS);
}

/* Level of the largest leaf that may start here. */
static uint32_t best_level(uint64_t from, uint64_t to, uint64_t size, uint64_t grain)
{
	uint32_t level = LEAF_TOP;

	while (level > 0) {
		uint64_t leaf = level_size(level);

		if (leaf <= grain && leaf <= size && (from | to) % leaf == 0)
			break;
		level--;
	}
	return level;
}

/* One step down: from the table on *page, of that level, to the one below it on the way to `from`, made if need be. */
static enum qv_pt_error descend(struct qv_pt *pt, uint32_t *page, uint64_t from, uint32_t level)
{
	uint32_t at = place(*page, from, level);
	uint64_t entry = pt->base[at];

	if (!is_present(pt, entry))
		*page = new_table(pt, at);
	else if (is_leaf(pt, entry, level))
		return QV_PT_EEXIST;
	else
		*page = entry_page(pt, entry);
	return *page == NO_PAGE ? QV_PT_ENOMEM : QV_PT_OK;
}

static enum qv_pt_error put_leaf(struct qv_pt *pt, uint32_t at, uint64_t entry)
{
	if (is_present(pt, pt->base[at]))
		return QV_PT_EEXIST;
	pt->base[at] = entry;
	return QV_PT_OK;
}

static enum qv_pt_error map_leaf(struct qv_pt *pt, uint64_t from, uint64_t to, uint32_t leaf_level, uint32_t rights)
{
	uint32_t page = 0;

	for (uint32_t level = TOP_LEVEL; level > leaf_level; level--) {
		enum qv_pt_error error = descend(pt, &page, from, level);

		if (error != QV_PT_OK)
			return error;
	}
	return put_leaf(pt, place(page, from, leaf_level), leaf_entry(pt->format, to, leaf_level, rights));
}

enum qv_pt_error qv_pt_map(struct qv_pt *pt, uint64_t from, uint64_t to, uint64_t size, uint32_t rights, uint64_t grain)
{
	if (!range_valid(from, to, size, grain) || !rights_valid(rights))
		return QV_PT_EINVAL;
	while (size > 0) {
		uint32_t level = best_level(from, to, size, grain);
		enum qv_pt_error error = map_leaf(pt, from, to, level, rights);

		if (error != QV_PT_OK)
			return error;
		from += level_size(level);
		to += level_size(level);
		size -= level_size(level);
	}
	return QV_PT_OK;
}

/* Blocks of `block` bytes that [from, end) touches; with `partly`, only those it does not cover. */
static uint64_t blocks(uint64_t from, uint64_t end, uint64_t block, bool partly)
{
	uint64_t first = from / block, last = (end - 1) / block;

	if (!partly)
		return last - first + 1;
	if (first == last)
		return from % block != 0 || end % block != 0;
	return (uint64_t)(from % block != 0) + (uint64_t)(end % block != 0);
}

uint32_t qv_pt_cost(uint64_t from, uint64_t to, uint64_t size, uint64_t grain)
{
	uint64_t pages = 0;
	uint32_t largest;

	if (!range_valid(from, to, size, grain))
		return 0;
	/* Where from and to differ by less than a large page they are never both aligned to one. */
	largest = best_level(to - from, 0, grain, grain);
	/* A table of this level is needed unless one leaf can take its place. */
	for (uint32_t level = 0; level < TOP_LEVEL; level++)
		pages += blocks(from, from + size, level_size(level + 1), level < largest);
	return (uint32_t)pages;
}

/* Where a walk ended: the entry that says what `address` is, 0 when it is unmapped, and its level. */
static uint64_t walk(const struct qv_pt *pt, uint64_t address, uint32_t *level)
{
	uint32_t page = 0;

	for (*level = TOP_LEVEL;; (*level)--) {
		uint64_t entry = pt->base[place(page, address, *level)];

		if (!is_present(pt, entry))
			return 0;
		if (is_leaf(pt, entry, *level))
			return *level <= LEAF_TOP ? entry : 0;
		page = entry_page(pt, entry);
		if (page == NO_PAGE)
			return 0;
	}
}

static void describe(const struct qv_pt *pt, uint64_t address, uint64_t entry, uint32_t level, struct qv_pt_leaf *leaf)
{
	leaf->size = level_size(level);
	leaf->from = round_down(address, leaf->size);
	leaf->to = round_down(entry & pt->format->address_mask, leaf->size);
	leaf->rights = leaf_rights(pt->format, entry);
}

bool qv_pt_lookup(const struct qv_pt *pt, uint64_t address, struct qv_pt_leaf *leaf)
{
	uint32_t level;
	uint64_t entry;

	if (address >= ADDRESSES)
		return false;
	entry = walk(pt, address, &level);
	if (!entry)
		return false;
	describe(pt, address, entry, level, leaf);
	return true;
}

bool qv_pt_next(const struct qv_pt *pt, uint64_t address, struct qv_pt_leaf *leaf)
{
	while (address < ADDRESSES) {
		uint32_t level;
		uint64_t entry = walk(pt, address, &level);

		if (entry) {
			describe(pt, address, entry, level, leaf);
			return true;
		}
		address = round_down(address, level_size(level)) + level_size(level);
	}
	return false;
}

static bool leaf_sound(const struct qv_pt *pt, uint64_t entry, uint32_t level)
{
	uint64_t to = round_down(entry & pt->format->address_mask, level_size(level));
	uint32_t rights = leaf_rights(pt->format, entry);

	return level <= LEAF_TOP && rights_valid(rights) && entry == leaf_entry(pt->format, to, level, rights);
}

static bool pointer_sound(const struct qv_pt *pt, uint64_t entry)
{
	uint32_t page = entry_page(pt, entry);

	if (page == NO_PAGE || page == 0)
		return false;
	return entry == ((pt->base_hpa + page * QV_PAGE_SIZE) | pt->format->table_bits);
}

/* A walk over all entries, depth first: at[level] is the next entry to look at in the table on page[level]. */
struct tour {
	uint32_t page[QV_PT_LEVELS], at[QV_PT_LEVELS];
	uint32_t level;
	uint32_t tables; /* met so far */
};

static uint64_t tour_address(const struct tour *t)
{
	uint64_t address = 0;

	for (uint32_t level = t->level; level < QV_PT_LEVELS; level++)
		address += (t->at[level] - 1) * level_size(level);
	return address;
}

static bool tour_step(const struct qv_pt *pt, struct tour *t)
{
	uint64_t entry = pt->base[t->page[t->level] * QV_PT_ENTRIES + t->at[t->level]++];

	if (entry == 0)
		return true;
	if (!is_present(pt, entry))
		return false;
	if (is_leaf(pt, entry, t->level))
		return leaf_sound(pt, entry, t->level);
	if (!pointer_sound(pt, entry) || ++t->tables > pt->used)
		return false;
	t->level--;
	t->page[t->level] = entry_page(pt, entry);
	t->at[t->level] = 0;
	return true;
}

bool qv_pt_sound(const struct qv_pt *pt, uint64_t *address)
{
	struct tour t = { .level = TOP_LEVEL, .tables = 1 };

	while (t.level < QV_PT_LEVELS) {
		if (t.at[t.level] == QV_PT_ENTRIES) {
			t.level++;
		} else if (!tour_step(pt, &t)) {
			*address = tour_address(&t);
			return false;
		}
	}
	*address = 0;
	return t.tables == pt->used;
}
