/* SPDX-License-Identifier: MIT */
/* Calls on the address space. */
#include "calls.h"

#include <hw/cpu.h>

#define PAGE 4096ull

static uint64_t page_up(uint64_t a)
{
	return (a + PAGE - 1) & ~(PAGE - 1);
}

/* A page-aligned start and a length that does not wrap. */
static bool is_range(uint64_t address, uint64_t bytes)
{
	return address % PAGE == 0 && bytes <= SPACE_USER_END && address <= SPACE_USER_END - page_up(bytes);
}

static uint32_t rights(uint64_t protection)
{
	return ((protection & LX_PROT_READ) ? SPACE_READ : 0u) | ((protection & LX_PROT_WRITE) ? SPACE_WRITE : 0u) |
		((protection & LX_PROT_EXEC) ? SPACE_EXEC : 0u);
}

static uint32_t space_flags(uint64_t protection, uint64_t flags)
{
	uint32_t result = rights(protection);

	if ((flags & LX_MAP_TYPE) != LX_MAP_PRIVATE)
		result |= SPACE_SHARED;
	if (flags & (LX_MAP_FIXED | LX_MAP_FIXED_NOREPLACE))
		result |= SPACE_FIXED;
	if (flags & LX_MAP_GROWSDOWN)
		result |= SPACE_GROWS;
	if (flags & (LX_MAP_POPULATE | LX_MAP_LOCKED))
		result |= SPACE_LOCKED;
	return result;
}

static bool is_free(struct space *space, uint64_t address, uint64_t bytes)
{
	uint64_t at = address, size;
	uint32_t flags;

	return !space_next_area(space, &at, &size, &flags) || at >= address + bytes;
}

/* `more` are SPACE_* flags beyond what the arguments say. */
static int64_t map(const struct trap_frame *f, struct space_backing *backing, uint32_t more)
{
	struct memory *m = process_self()->memory;
	uint64_t bytes = page_up(arg1(f)), flags = arg3(f);
	struct space *space = memory_lock(m);
	int64_t result = -LX_EEXIST;

	if (!(flags & LX_MAP_FIXED_NOREPLACE) || is_free(space, arg0(f), bytes))
		result = space_map(space, arg0(f), bytes, space_flags(arg2(f), flags) | more, backing, arg5(f));
	memory_unlock(m);
	return result;
}

static int64_t map_file(const struct trap_frame *f)
{
	struct file *file = fd_file(process_self()->files, (uint32_t)arg4(f));
	struct space_backing *backing;
	bool shared = (arg3(f) & LX_MAP_TYPE) != LX_MAP_PRIVATE; /* else writes go to copies */
	int64_t result;

	if (!file)
		return -LX_EBADF;
	result = file_backing(file, rights(arg2(f)) | (shared ? SPACE_SHARED : 0), &backing);
	if (result == 0)
		result = map(f, backing, shared && (file->flags & LX_O_ACCMODE) == LX_O_RDONLY ? SPACE_NEVER_WRITE : 0);
	file_put(file);
	return result;
}

static int64_t sys_mmap(struct trap_frame *f)
{
	uint64_t type = arg3(f) & LX_MAP_TYPE;
	bool fixed = arg3(f) & (LX_MAP_FIXED | LX_MAP_FIXED_NOREPLACE);

	if (arg1(f) == 0 || arg1(f) > SPACE_USER_END || arg5(f) % PAGE || (type != LX_MAP_PRIVATE && type != 1 && type != 3))
		return -LX_EINVAL;
	if (fixed && !is_range(arg0(f), arg1(f)))
		return arg0(f) % PAGE ? -LX_EINVAL : -LX_ENOMEM;
	return (arg3(f) & LX_MAP_ANONYMOUS) ? map(f, NULL, 0) : map_file(f);
}

typedef int64_t range_call(struct space *space, uint64_t address, uint64_t bytes, uint64_t argument);

static int64_t on_range(uint64_t address, uint64_t bytes, range_call *call, uint64_t argument)
{
	struct memory *m = process_self()->memory;
	int64_t result;

	if (!is_range(address, bytes))
		return -LX_EINVAL;
	result = call(memory_lock(m), address, page_up(bytes), argument);
	memory_unlock(m);
	return result;
}

static int64_t do_unmap(struct space *s, uint64_t address, uint64_t bytes, uint64_t argument)
{
	(void)argument;
	return space_unmap(s, address, bytes);
}

static int64_t do_protect(struct space *s, uint64_t address, uint64_t bytes, uint64_t argument)
{
	return space_protect(s, address, bytes, rights(argument));
}

static int64_t do_advise(struct space *s, uint64_t address, uint64_t bytes, uint64_t argument)
{
	if (!space_allows(s, address, bytes, 0))
		return -LX_ENOMEM;
	if (argument == LX_MADV_DONTNEED || argument == LX_MADV_FREE)
		return space_discard(s, address, bytes);
	if (argument == LX_MADV_HUGEPAGE || argument == LX_MADV_NOHUGEPAGE)
		return space_allow_large(s, address, bytes, argument == LX_MADV_HUGEPAGE);
	return argument <= 25 ? 0 : -LX_EINVAL; /* the others are hints */
}

static int64_t do_lock(struct space *s, uint64_t address, uint64_t bytes, uint64_t argument)
{
	(void)argument;
	return space_lock(s, address, bytes);
}

static int64_t do_check(struct space *s, uint64_t address, uint64_t bytes, uint64_t argument)
{
	(void)argument;
	return space_allows(s, address, bytes, 0) ? 0 : -LX_ENOMEM;
}

static int64_t sys_munmap(struct trap_frame *f)
{
	return arg1(f) ? on_range(arg0(f), arg1(f), do_unmap, 0) : -LX_EINVAL;
}

static int64_t sys_mprotect(struct trap_frame *f)
{
	return arg1(f) ? on_range(arg0(f), arg1(f), do_protect, arg2(f)) : 0;
}

static int64_t sys_madvise(struct trap_frame *f)
{
	return arg1(f) ? on_range(arg0(f), arg1(f), do_advise, arg2(f)) : 0;
}

static int64_t sys_mlock(struct trap_frame *f)
{
	uint64_t start = arg0(f) & ~(PAGE - 1);

	return on_range(start, arg1(f) + (arg0(f) - start), do_lock, 0);
}

/* Nothing is ever paged out: unlocking, syncing and checking need no more than that the memory exists. */
static int64_t sys_check_range(struct trap_frame *f)
{
	uint64_t start = arg0(f) & ~(PAGE - 1);

	return on_range(start, arg1(f) + (arg0(f) - start), do_check, 0);
}

/* Everything that is mapped now but the stack, whose untouched part is large and mostly never used; MCL_FUTURE is
 * accepted without effect (docs/programs.md). */
static int64_t sys_mlockall(struct trap_frame *f)
{
	struct memory *m = process_self()->memory;
	uint64_t at = 0, bytes;
	uint32_t flags;
	int64_t error = arg0(f) & ~7ull ? -LX_EINVAL : 0;
	struct space *space = memory_lock(m);

	while (!error && (arg0(f) & 1) && space_next_area(space, &at, &bytes, &flags)) {
		if ((flags & (SPACE_READ | SPACE_WRITE | SPACE_EXEC)) && !(flags & SPACE_GROWS))
			error = space_lock(space, at, bytes);
		at += bytes;
	}
	memory_unlock(m);
	return error;
}

static int64_t sys_nothing(struct trap_frame *f)
{
	(void)f;
	return 0;
}

static int64_t sys_mremap(struct trap_frame *f)
{
	struct memory *m = process_self()->memory;
	int64_t result;

	if (!is_range(arg0(f), arg1(f)) || !is_range(0, arg2(f)) || arg2(f) == 0 || (arg3(f) & ~(uint64_t)LX_MREMAP_MAYMOVE))
		return -LX_EINVAL;
	result = space_resize(memory_lock(m), arg0(f), page_up(arg1(f)), page_up(arg2(f)), arg3(f) & LX_MREMAP_MAYMOVE);
	memory_unlock(m);
	return result;
}

/* Linux answers brk with the old end when it cannot be moved. */
static int64_t sys_brk(struct trap_frame *f)
{
	struct memory *m = process_self()->memory;
	struct space *space = memory_lock(m);
	uint64_t wanted = arg0(f), old = page_up(m->brk), new, end;
	int64_t error = 0;

	if (wanted >= m->brk_start && wanted < SPACE_USER_END) {
		new = page_up(wanted);
		if (new > old && is_free(space, old, new - old))
			error = space_map(space, old, new - old, SPACE_READ | SPACE_WRITE | SPACE_FIXED, NULL, 0);
		else if (new > old)
			error = -LX_ENOMEM;
		else if (new < old)
			error = space_unmap(space, new, old - new);
		if (error >= 0)
			m->brk = wanted;
	}
	end = m->brk;
	memory_unlock(m);
	return (int64_t)end;
}

static const struct call memory_calls[] = {
	{9, sys_mmap}, {10, sys_mprotect}, {11, sys_munmap}, {12, sys_brk}, {25, sys_mremap}, {26, sys_check_range},
	{28, sys_madvise}, {149, sys_mlock}, {150, sys_check_range}, {151, sys_mlockall}, {152, sys_nothing},
};
CALL_GROUP(memory);
