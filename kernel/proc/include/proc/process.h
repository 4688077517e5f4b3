/* SPDX-License-Identifier: MIT */
/*
 * Processes and their threads ("tasks"). They belong to the core they were started on, as its files do: no structure
 * here is shared between cores. Numbers of processes carry the core in their upper bits. Results are >= 0 or a negative
 * LX_E*. Thread context, interrupts off, unless said.
 */
#ifndef PROC_PROCESS_H
#define PROC_PROCESS_H

#include <abi/linux.h>
#include <abi/linux_process.h>
#include <base/irq.h>
#include <fs/path.h>
#include <fs/table.h>
#include <mm/space.h>
#include <proc/policy.h>
#include <sched/mutex.h>
#include <sched/thread.h>

struct mm_arena;
struct vcpu;

#define PROC_NAME 16u
#define PROC_CORE_SHIFT 15u /* process number = core << 15 | index */
#define PROC_TOLD 256u     /* bytes of a command line and of a program's path that /proc can tell */
#define PROC_MOST 1024u     /* tasks and processes of one core */

/* What tasks that share an address space share. */
struct memory {
	uint32_t references;
	struct mutex lock; /* of the areas, over preemption points */
	struct space *space;
	uint64_t brk_start, brk;
	char command[PROC_TOLD]; /* what execve was told, for /proc: arguments, each ended by NUL, cut off where it ends */
	uint32_t command_bytes;
	char program[PROC_TOLD]; /* path of the program's file; empty = too long, or none */
};

/* What signals do. Processes that fork made have one table until one of them changes it. */
struct actions {
	uint32_t references; /* handlers that have this table */
	uint64_t set;        /* signals that may have something other than zeros; bit signal - 1 */
	struct lx_sigaction action[LX_SIGNALS + 1];
};

/* Signal handlers, shared by CLONE_SIGHAND. */
struct handlers {
	uint32_t references;
	struct actions *actions; /* shared until handlers_own */
};

enum process_state { PROCESS_ALIVE, PROCESS_STOPPED, PROCESS_DYING, PROCESS_ZOMBIE };

struct vfork_wait { /* on the parent's stack */
	struct wait_queue queue;
	bool done;
};

struct process {
	int32_t pid, group, session;
	uint32_t state; /* enum process_state */
	struct process *parent, *children, *sibling, **sibling_link;
	bool orphan; /* the parent has ended */
	struct memory *memory;
	struct mm_arena *arena; /* of a process that may migrate: all its memory lies there; NULL = it may not */
	struct handlers *handlers;
	struct fd_table *files;
	struct path_context *paths;
	struct task *tasks;
	uint32_t task_count;
	struct task *ender;   /* it ends all others, and none may be born; NULL = nobody does */
	struct signal_sweep {
		struct sched_timer timer;
		uint64_t set; /* signals for which a task is looked for */
		bool all;     /* every task must look */
		uint32_t at;  /* index of the next task to be looked at */
	} sweep;              /* over many tasks, in steps (signal.c) */
	uint32_t exit_status; /* as wait4 reports it */
	int32_t exit_signal;  /* to the parent: SIGCHLD, 0 = none */
	bool stop_told, continue_told; /* wait4 has reported it; true also when there is nothing to report */
	uint32_t stop_signal;
	uint64_t pending; /* signals of the process; bit signal - 1 */
	struct signal_origin *origin; /* one for each signal, allocated when first needed */
	struct wait_queue child_wait;
	uint32_t child_events; /* how often children had something to tell */
	struct wait_queue stopped;  /* its tasks while it is stopped */
	struct wait_queue alone;    /* exec waits for the other tasks to be gone */
	struct vfork_wait *vfork;   /* the parent waits for exec or exit; NULL = it does not */
	uint64_t consumed, child_consumed; /* cycles of ended tasks; of waited-for children */
	uint64_t born; /* TSC */
	struct sched_timer alarm;
	uint64_t alarm_interval;
	uint64_t memory_limit, file_limit, stack_limit;
	char name[PROC_NAME];
};

struct task {
	struct thread thread; /* first */
	struct process *process;
	struct task *next, **link; /* of the process */
	int32_t tid;
	uint64_t blocked;    /* signal mask; bit signal - 1 */
	uint64_t kept;       /* blocked before sigtimedwait waits for some of them: they are kept, even if ignored */
	uint64_t pending;
	uint64_t saved_mask; /* to be restored after a handler ran, if restore_mask */
	bool restore_mask;
	bool again;          /* its next system call is one that was cut short and keeps its deadline: */
	uint64_t deadline;   /* TSC */
	bool killed; /* exit_group, or exec of another task: this one ends on its way to ring 3 */
	struct lx_siginfo info; /* of the last fault; its signal is 0 once it was told */
	struct lx_stack alternate;
	struct trap_frame start; /* registers of its first way to ring 3 */
	uint64_t set_tid;    /* user address that gets tid before ring 3 is entered, 0 = none */
	uint64_t clear_tid;  /* user address, 0 = none */
	uint64_t robust;     /* head of the robust futex list */
	struct policy_state policy;
	bool pi_over;        /* it gave its PI futexes on: nobody can wait for it any more */
	struct signal_origin *origin; /* of signals sent to this task: as in struct process */
};

/* The running task. Every thread that enters ring 3 is one. */
static inline struct task *task_self(void)
{
	return (struct task *)thread_self();
}
static inline struct process *process_self(void)
{
	return task_self()->process;
}

/* Once, on the first core, after fs_init. */
void proc_init(void);

struct first_program { /* what the system file says of a program; text is the kernel's */
	const char *path;
	const char *const *arguments;   /* ended by NULL */
	const char *const *environment;
	struct vcpu *vcpu;
	struct mm_arena *arena; /* it may migrate and has this memory; NULL = it may not. Its children never do */
	uint64_t memory_limit;  /* bytes, of it and of each process it starts; 0 = none */
};
/* Start it: descriptors 0-2 are the console, its children inherit the VCPU. The pid, or why not. */
int64_t process_start(const struct first_program *program);
/* fork, vfork, clone: `flags` LX_CLONE_*, all other arguments user addresses or 0. `vcpu` NULL = the caller's. */
struct clone_request {
	uint64_t flags;
	uint64_t stack;
	uint64_t parent_tid, child_tid;
	uint64_t tls;
	struct vcpu *vcpu;
};
int64_t process_clone(const struct trap_frame *frame, const struct clone_request *request);
/* Replace the program of the calling process; user addresses. On success `frame` starts the new one. */
int64_t process_exec(struct trap_frame *frame, const struct path_at *at, const char *path, uint64_t arguments,
	uint64_t environment);
/* The calling task ends; with the last one the process does. `status` is as wait4 reports it. */
_Noreturn void task_end(uint32_t status);
/* All tasks of the calling process end. */
_Noreturn void process_end(uint32_t status);
/* wait4 and waitid: `pid` as wait4. Fills what was found; the pid, 0 with WNOHANG, or an error. */
struct wait_report {
	int32_t pid;
	uint32_t status; /* wait4's word */
	uint64_t consumed;
};
int64_t process_wait(int32_t pid, uint32_t flags, struct wait_report *report);

/* NULL if there is none on this core. */
struct process *process_by_pid(int32_t pid);
struct task *task_by_tid(int32_t tid);
/* In order of pid: the first above `after`, NULL at the end. Others may run meanwhile, and what was found before may
 * end. */
struct process *process_next(int32_t after);
/* The same for the tasks of process `pid`. */
struct task *task_next(int32_t pid, int32_t after);
/* Cycles all tasks of process `pid` ran so far, 0 if there is none. Others may run meanwhile. */
uint64_t process_consumed(int32_t pid);
int64_t process_set_group(int32_t pid, int32_t group);
int64_t process_set_session(void);
/* Number of the parent as programs see it: 1 for an orphan, 0 for a program that the kernel started. */
int32_t process_parent(const struct process *p);

/* For all that changes areas: take, work, release; may block. */
static inline struct space *memory_lock(struct memory *m)
{
	mutex_take(&m->lock);
	return m->space;
}
static inline void memory_unlock(struct memory *m)
{
	mutex_release(&m->lock);
}

#endif
