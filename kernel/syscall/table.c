/* SPDX-License-Identifier: MIT */
/* The tables that the entry code jumps through, and the count of what programs asked for in vain. */
#include "calls.h"

#include <base/log.h>
#include <fs/proc.h>
#include <syscall/syscall.h>

#define LINUX_CALLS 450u
#define QUEST_FIRST 0x1000u
#define QUEST_CALLS 32u
#define UNKNOWN_KINDS 64u

static syscall_handler *table[LINUX_CALLS];
static syscall_handler *quest_table[QUEST_CALLS];
static struct {
	uint64_t number;
	uint64_t count; /* 0 = unused */
} unknown_kinds[UNKNOWN_KINDS]; /* the last one gathers the rest */

static const struct call_group *const groups[] = {&calls_file, &calls_path, &calls_memory, &calls_process,
	&calls_signal, &calls_time, &calls_sched, &calls_info, &calls_quest};

static int64_t make_unknown(struct proc_text *out, uint32_t pid)
{
	(void)pid;
	for (uint32_t i = 0; i < UNKNOWN_KINDS && unknown_kinds[i].count; i++)
		proc_print(out, "%llu %llu\n", (unsigned long long)unknown_kinds[i].number,
			(unsigned long long)unknown_kinds[i].count);
	return 0;
}

static const struct proc_file unknown_file = {"unknown", LX_S_IFREG | 0444u, make_unknown};

static int64_t count_unknown(uint64_t number)
{
	uint32_t i = 0;

	while (i < UNKNOWN_KINDS - 1 && unknown_kinds[i].count && unknown_kinds[i].number != number)
		i++;
	if (!unknown_kinds[i].count)
		log_info("system call %llu does not exist (%s)", (unsigned long long)number, process_self()->name);
	unknown_kinds[i].number = number;
	unknown_kinds[i].count++;
	return -LX_ENOSYS;
}

static int64_t unknown(struct trap_frame *f)
{
	uint64_t number = f->error;

	if (number >= QUEST_FIRST && number < QUEST_FIRST + QUEST_CALLS && quest_table[number - QUEST_FIRST])
		return quest_table[number - QUEST_FIRST](f);
	return count_unknown(number);
}

static void enter(const struct call *c)
{
	if (c->number >= QUEST_FIRST)
		quest_table[c->number - QUEST_FIRST] = c->handler;
	else
		table[c->number] = c->handler;
}

void syscall_setup(void)
{
	for (uint32_t i = 0; i < LINUX_CALLS; i++)
		table[i] = unknown;
	for (uint32_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		for (uint32_t i = 0; i < groups[g]->count; i++)
			enter(&groups[g]->call[i]);
	}
	proc_add_files(&unknown_file, 1);
	syscall_install(table, LINUX_CALLS, unknown);
}
