/* SPDX-License-Identifier: MIT */
/* The tables that the entry code jumps through, and the count of what programs asked for in vain.
 *
 * Tracing of calls: the entry code is given an empty table, so all numbers go to a handler that records them and looks
 * in the real one. A call costs nothing more while that is off. */
#include "calls.h"

#include <base/init.h>
#include <base/lock.h>
#include <base/log.h>
#include <base/sections.h>
#include <base/stats.h>
#include <fs/proc.h>
#include <sched/trace.h>
#include <syscall/syscall.h>

#define QUEST_FIRST 0x1000u
#define QUEST_CALLS 32u
#define UNKNOWN_KINDS QV_STATS_UNKNOWN

static syscall_handler *quest_table[QUEST_CALLS];

static const struct call_group *const groups[] = {&calls_file, &calls_path, &calls_send, &calls_memory, &calls_process,
	&calls_signal, &calls_time, &calls_sched, &calls_info, &calls_quest};

static int64_t make_unknown(struct proc_text *out, uint32_t pid)
{
	const struct qv_stats_unknown *kinds = stats_page()->unknown;

	(void)pid;
	for (uint32_t i = 0; i < UNKNOWN_KINDS && kinds[i].count; i++)
		proc_print(out, "%llu %llu\n", (unsigned long long)kinds[i].number, (unsigned long long)kinds[i].count);
	return 0;
}

static const struct proc_file unknown_file = {"unknown", LX_S_IFREG | 0444u, make_unknown};

static int64_t count_unknown(uint64_t number)
{
	static struct lock lock; /* programs run on every core */
	struct qv_stats_unknown *kinds = stats_page()->unknown;
	uint64_t flags = lock_hold(&lock);
	bool first;
	uint32_t i = 0;

	while (i < UNKNOWN_KINDS - 1 && kinds[i].count && kinds[i].number != number)
		i++;
	first = !kinds[i].count;
	kinds[i].number = number;
	kinds[i].count++;
	lock_drop(&lock, flags);
	if (first)
		log_info("system call %llu does not exist (%s)", (unsigned long long)number, process_self()->name);
	return -LX_ENOSYS;
}

static int64_t unknown(struct trap_frame *f)
{
	uint64_t number = f->error;

	if (number >= QUEST_FIRST && number < QUEST_FIRST + QUEST_CALLS && quest_table[number - QUEST_FIRST])
		return quest_table[number - QUEST_FIRST](f);
	return count_unknown(number);
}

static int64_t traced(struct trap_frame *f)
{
	uint64_t number = f->error;

	sched_trace_call(number);
	return number < SYSCALL_NUMBERS ? syscall_table[number](f) : unknown(f);
}

/* In two steps: other cores may be in the entry code, and `traced` is right with either count. */
void syscall_trace(bool on)
{
	syscall_install(SYSCALL_NUMBERS, traced);
	syscall_install(on ? 0 : SYSCALL_NUMBERS, on ? traced : unknown);
}

INIT static void enter(const struct call *c)
{
	if (c->number >= QUEST_FIRST && c->number < CALL_WHOLE)
		quest_table[c->number - QUEST_FIRST] = c->handler;
	else
		syscall_enter(c->number & ~CALL_WHOLE, c->handler, c->number & CALL_WHOLE);
}

INIT void syscall_setup(void)
{
	for (uint32_t i = 0; i < SYSCALL_NUMBERS; i++)
		syscall_enter(i, unknown, false);
	for (uint32_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		for (uint32_t i = 0; i < groups[g]->count; i++)
			enter(&groups[g]->call[i]);
	}
	proc_add_files(&unknown_file, 1);
	syscall_trace(false);
}
