/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/handles: what a process is made of beyond the contents of its memory: threads, children, alarm,
 * descriptors. Each is a handle: a kind and a few values. A process may go to another sandbox if it lives in an arena
 * and all its handles can be opened again there; otherwise the first thing that binds it is named.
 */
#include "proc.h"

#include <fs/proc.h>
#include <mm/arena.h>

#define STEP 16u /* descriptors between two preemption points */

typedef unsigned long long ull;

/* Why the description cannot be opened elsewhere; NULL = it can. */
const char *handles_file_bond(const struct file *f, uint32_t held)
{
	if (f->ops->place == FILE_STAYS)
		return "stands for something of this core";
	if (f->ops->place == FILE_BY_VALUE && f->references > 1 + held)
		return "has several descriptors";
	if (f->inode && inode_is(f->inode, LX_S_IFREG) && (f->flags & LX_O_ACCMODE) != LX_O_RDONLY)
		return "is open for writing";
	return NULL;
}

/* What the process shares with others as a whole; NULL = nothing. */
const char *handles_process_bond(const struct process *p)
{
	if (!p->arena)
		return "its memory is not in an arena, see `migratable` of the system file";
	if (p->children)
		return "it has children";
	if (p->memory && p->memory->references > 1)
		return "its memory is shared with another process";
	if (p->files && p->files->references > 1)
		return "its descriptors are shared with another process";
	return NULL;
}

static void list_process(struct proc_text *out, const struct process *p)
{
	if (p->arena)
		proc_print(out, "arena\t%llu KiB, %llu KiB free\n", (ull)mm_arena_pages(p->arena) * 4,
			(ull)mm_arena_free_pages(p->arena) * 4);
	if (qv_due_has(&p->alarm.due))
		proc_print(out, "alarm\tnext interval %llu cycles, 0 = once\n", (ull)p->alarm_interval);
}

/* Threads and children, by number. */
static void list_family(struct proc_text *out, int32_t pid)
{
	int32_t at;

	for (const struct task *t = task_next(pid, 0); t && !out->failed; t = task_next(pid, at)) {
		at = t->tid;
		proc_print(out, "thread\t%d, signals blocked 0x%llx, pending 0x%llx\n", at, (ull)t->blocked, (ull)t->pending);
		sched_preempt_point();
	}
	for (const struct process *p = process_next(0); p && !out->failed; p = process_next(at)) {
		at = p->pid;
		if (p->parent && p->parent->pid == pid)
			proc_print(out, "child\t%d\n", at);
		sched_preempt_point();
	}
}

static const char *list_file(struct proc_text *out, uint32_t fd, const struct file *f)
{
	const char *bond = handles_file_bond(f, 0);

	proc_print(out, "file\t%u, %s, flags 0x%x, offset %llu%s%s\n", fd, f->ops->kind, f->flags, (ull)f->offset,
		bond ? ", " : "", bond ? bond : "");
	return bond;
}

/* What binds it, NULL = nothing; *file is the descriptor, if it is one. The process is looked up anew after each
 * preemption point. */
static const char *list_files(struct proc_text *out, int32_t pid, uint32_t *file)
{
	const struct process *p = process_by_pid(pid);
	const char *first = NULL, *bond;

	for (uint32_t fd = 0; p && p->files && fd < p->files->capacity; fd++) {
		bond = p->files->file[fd] ? list_file(out, fd, p->files->file[fd]) : NULL;
		if (bond && !first) {
			first = bond;
			*file = fd;
		}
		if (fd % STEP == 0) {
			sched_preempt_point();
			p = process_by_pid(pid);
		}
	}
	return first;
}

int64_t handles_make(struct proc_text *out, uint32_t pid)
{
	const struct process *p = process_by_pid((int32_t)pid);
	const char *whole, *part;
	uint32_t file = 0;

	if (!p)
		return -LX_ESRCH;
	whole = handles_process_bond(p);
	list_process(out, p);
	list_family(out, (int32_t)pid);
	part = list_files(out, (int32_t)pid, &file);
	if (whole)
		proc_print(out, "it may not migrate: %s\n", whole);
	else if (part)
		proc_print(out, "it may not migrate: descriptor %u %s\n", file, part);
	else
		proc_print(out, "it may migrate\n");
	return 0;
}
