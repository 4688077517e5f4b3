/* SPDX-License-Identifier: MIT */
/* Private to kernel/proc. */
#ifndef PROC_PRIVATE_H
#define PROC_PRIVATE_H

#include <base/cpu.h>
#include <mm/heap.h>
#include <proc/futex.h>
#include <proc/process.h>
#include <proc/signal.h>

#define PROC_INDEX_MASK ((1 << PROC_CORE_SHIFT) - 1)
#define USER_STACK_BYTES (8ull << 20)

struct pi_lock;
#define PI_BUCKETS 64u

/* All that one core knows of processes. */
struct proc_core {
	struct process *process[PROC_MOST]; /* by index; 0 is not used */
	struct task *task[PROC_MOST];
	bool reserved[PROC_MOST];           /* the number is promised to a birth that goes on */
	uint32_t next;                      /* where the search for a free number starts */
	struct pi_lock *pi[PI_BUCKETS];
};
extern struct proc_core proc_cores[QUEST_CORES];

static inline struct proc_core *proc_core(void)
{
	return &proc_cores[this_cpu()->index];
}

/* Reserve a number that is free for a process and a task, 0 = none; task_join or proc_number_drop ends that. */
int32_t proc_number(void);
void proc_number_drop(int32_t number);

/* Tasks: memory, kernel stack and register area; NULL: no memory. Not started, of no process. */
struct task *task_create(void);
/* Give back what task_create made; on another stack than the task's. */
void task_free(struct task *t);
/* Write 0 to the word that set_tid_address named, and wake who waits there; preemptible. */
void task_tell_joiner(struct task *t);
/* Make `t` with `tid` a task of `p`. */
void task_join(struct task *t, struct process *p, int32_t tid);
/* Take the calling task out of its process; true if it was the last one. */
bool task_leave(struct task *t);
/* Start in ring 3 with the registers of t->start. */
void task_start(struct task *t, struct vcpu *vcpu);
/* Who was to look for signals of `p` need not any more: it has no tasks. */
void signal_sweep_end(struct process *p);
/* Every other task of the calling process ends; true when they are gone. False: another task was faster to ask for
 * that, or ends the process, and this one ends on its way to ring 3. */
bool task_end_others(void);

/* With an arena: memory that may migrate, all in it; otherwise NULL. */
struct memory *memory_create(uint64_t limit, struct mm_arena *arena);
static inline struct memory *memory_get(struct memory *m)
{
	m->references++;
	return m;
}
/* Not the loaded one with the last reference. */
void memory_put(struct memory *m);
/* Make `m` the memory of the calling process and task, and load it; the old one is returned, referenced. */
struct memory *memory_switch(struct memory *m);

/* With the actions of `from`, or with default ones. NULL: no memory. */
struct handlers *handlers_create(const struct handlers *from);
void handlers_put(struct handlers *h);
/* Make the actions, which others may have as well, its own: to be changed. False: no memory. */
bool handlers_own(struct handlers *h);

/* A process without tasks, known to nobody; NULL: no memory or no number. */
struct process *process_create(int32_t pid);
/* It has all its parts: others may look it up from now on. */
void process_enter(struct process *p);
void process_free(struct process *p);
/* vfork's parent may go on. */
void process_release_parent(struct process *p);
/* The parent learns of `p`: SIGCHLD and wait4. */
void process_tell_parent(struct process *p, int32_t code);

/* execve for a process that has no program yet: arguments are kernel text. */
int64_t exec_first(struct trap_frame *frame, const char *path, const char *const *arguments,
	const char *const *environment);
bool proc_fault(struct trap_frame *frame, uint64_t address);
void exec_init(void);
void proc_fs_init(void);
struct proc_text;
int64_t handles_make(struct proc_text *out, uint32_t pid); /* of /proc/PID/handles */
int64_t state_make(struct proc_text *out, uint32_t pid);   /* of /proc/PID/state */
/* Why the description, of which the caller has `held` references, cannot be opened elsewhere; why the process
 * as a whole cannot go; NULL = it can. */
const char *handles_file_bond(const struct file *f, uint32_t held);
const char *handles_process_bond(const struct process *p);

#endif
