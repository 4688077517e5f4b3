/* SPDX-License-Identifier: MIT */
/* Calls about the system, limits, and what is accepted without effect. */
#include "calls.h"

#include <base/boot.h>
#include <fs/device.h>
#include <lib/string.h>
#include <mm/mm.h>

#define PAGE 4096u
#define RLIMIT_STACK 3u
#define RLIMIT_NOFILE 7u
#define RLIMIT_AS 9u
#define RLIMIT_KINDS 16u
#define FIELD 65u
#define MEMBARRIER_QUERY 0u
#define MEMBARRIER_KNOWN 0x19ull /* GLOBAL, PRIVATE_EXPEDITED and its registration */

static void put_field(char *to, const char *text)
{
	size_t n = strlen(text);

	memcpy(to, text, n < FIELD ? n : FIELD - 1);
}

static int64_t sys_uname(struct trap_frame *f)
{
	char name[6 * FIELD] = {0};

	put_field(name, "Quest");
	put_field(name + FIELD, boot_info()->name);
	put_field(name + 2 * FIELD, "5.10.0-quest"); /* C libraries look for a Linux version */
	put_field(name + 3 * FIELD, "Quest-V");
	put_field(name + 4 * FIELD, "x86_64");
	return user_write(arg0(f), name, sizeof(name));
}

static int64_t sys_sysinfo(struct trap_frame *f)
{
	struct {
		int64_t uptime;
		uint64_t loads[3], total, free, shared, buffers, swap, swap_free;
		uint16_t processes, pad;
		uint32_t pad2;
		uint64_t high, high_free;
		uint32_t unit, pad3;
	} info = {.uptime = proc_monotonic() / 1000000000, .total = mm_total_pages() * PAGE, .free = mm_free_pages() * PAGE,
		.unit = 1};

	for (struct process *p = process_next(0); p; p = process_next(p->pid))
		info.processes++;
	return user_write(arg0(f), &info, sizeof(info));
}

/* Never short of entropy: the generator is seeded at boot. */
static int64_t sys_getrandom(struct trap_frame *f)
{
	return (arg2(f) & ~7ull) ? -LX_EINVAL : random_read(arg0(f), arg1(f) < LX_RW_MAX ? arg1(f) : LX_RW_MAX);
}

static uint64_t *limit_of(struct process *p, uint32_t kind)
{
	switch (kind) {
	case RLIMIT_STACK: return &p->stack_limit;
	case RLIMIT_NOFILE: return &p->file_limit;
	case RLIMIT_AS: return &p->memory_limit;
	default: return NULL;
	}
}

static uint64_t get_limit(struct process *p, uint32_t kind)
{
	const uint64_t *limit = limit_of(p, kind);

	return limit && *limit ? *limit : UINT64_MAX;
}

/* Limits can be lowered; a memory limit that the system file gave cannot be raised by programs. */
static int64_t set_limit(struct process *p, uint32_t kind, const uint64_t pair[2])
{
	uint64_t *limit = limit_of(p, kind);

	if (pair[0] > pair[1])
		return -LX_EINVAL;
	if (!limit)
		return 0;
	if (kind == RLIMIT_AS && *limit && pair[0] > *limit)
		return -LX_EPERM;
	if (kind == RLIMIT_NOFILE) {
		if (pair[0] > FD_MOST)
			return -LX_EPERM;
		p->files->limit = (uint32_t)pair[0];
	}
	if (kind != RLIMIT_STACK) /* the stack of a running program keeps its size */
		*limit = pair[0] == UINT64_MAX ? 0 : pair[0] ? pair[0] : 1; /* 0 would mean none */
	return 0;
}

/* `to` and `from` may be 0. The copies come first and last: the process may be gone after one. */
static int64_t limits(int32_t pid, uint32_t kind, uint64_t from, uint64_t to)
{
	uint64_t pair[2], old;
	struct process *p;
	int64_t error = 0;

	if (kind >= RLIMIT_KINDS)
		return -LX_EINVAL;
	if (from && user_read(pair, from, sizeof(pair)))
		return -LX_EFAULT;
	p = pid ? process_by_pid(pid) : process_self();
	if (!p || p->state >= PROCESS_DYING) /* its tables may be gone */
		return -LX_ESRCH;
	old = get_limit(p, kind);
	if (from)
		error = set_limit(p, kind, pair);
	if (error || !to)
		return error;
	return user_write(to, (uint64_t[2]){old, old}, 2 * sizeof(old));
}

static int64_t sys_getrlimit(struct trap_frame *f)
{
	return arg1(f) ? limits(0, (uint32_t)arg0(f), 0, arg1(f)) : -LX_EFAULT;
}

static int64_t sys_setrlimit(struct trap_frame *f)
{
	return arg1(f) ? limits(0, (uint32_t)arg0(f), arg1(f), 0) : -LX_EFAULT;
}

static int64_t sys_prlimit64(struct trap_frame *f)
{
	return limits((int32_t)arg0(f), (uint32_t)arg1(f), arg2(f), arg3(f));
}

static int64_t sys_getcpu(struct trap_frame *f)
{
	uint32_t zero = 0;

	if (arg0(f) && user_write(arg0(f), &zero, sizeof(zero)))
		return -LX_EFAULT;
	return arg1(f) && user_write(arg1(f), &zero, sizeof(zero)) ? -LX_EFAULT : 0;
}

static int64_t sys_accept(struct trap_frame *f) /* sync and the like: nothing to do, and done */
{
	(void)f;
	return 0;
}

/* One core runs all of a process: a barrier between its threads is already there. Commands: membarrier(2). */
static int64_t sys_membarrier(struct trap_frame *f)
{
	if (arg0(f) == MEMBARRIER_QUERY)
		return MEMBARRIER_KNOWN;
	return arg0(f) <= MEMBARRIER_KNOWN && !(arg0(f) & ~MEMBARRIER_KNOWN) && !(arg0(f) & (arg0(f) - 1)) ? 0 : -LX_EINVAL;
}

/* glibc goes on without restartable sequences. */
static int64_t sys_rseq(struct trap_frame *f)
{
	(void)f;
	return -LX_ENOSYS;
}

static const struct call info_calls[] = {
	{63, sys_uname}, {97, sys_getrlimit}, {99, sys_sysinfo}, {160, sys_setrlimit}, {162, sys_accept},
	{302, sys_prlimit64}, {309, sys_getcpu}, {318, sys_getrandom}, {324, sys_membarrier}, {334, sys_rseq},
};
CALL_GROUP(info);
