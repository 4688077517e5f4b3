/* SPDX-License-Identifier: MIT */
/* Tasks: their pieces, how they enter ring 3 for the first time, how they end. */
#include "proc.h"

#include <base/log.h>
#include <fs/terminal.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/mm.h>

#define KILL_STEP 4u /* tasks that are woken between two preemption points */
#define FEW_TASKS 8u  /* of a process: looked at without others in between */
#define LOOK_STEP 32u /* numbers that are looked at */

struct proc_core proc_cores[QUEST_CORES];

static struct mm_cache tasks = MM_CACHE(struct task);

int32_t proc_number(void)
{
	struct proc_core *core = proc_core();

	for (uint32_t tried = 1; tried < PROC_MOST; tried++) {
		uint32_t index = core->next = core->next % (PROC_MOST - 1) + 1;

		if (tried % LOOK_STEP == 0)
			sched_preempt_point();
		if (core->process[index] || core->task[index] || core->reserved[index])
			continue;
		core->reserved[index] = true;
		return (int32_t)(this_cpu()->index << PROC_CORE_SHIFT | index);
	}
	return 0;
}

void proc_number_drop(int32_t number)
{
	proc_core()->reserved[(uint32_t)number & PROC_INDEX_MASK] = false;
}

static struct task **slot_of(int32_t tid)
{
	uint32_t index = (uint32_t)tid & PROC_INDEX_MASK;

	if (tid <= 0 || (uint32_t)tid >> PROC_CORE_SHIFT != this_cpu()->index || index >= PROC_MOST)
		return NULL;
	return &proc_core()->task[index];
}

struct task *task_by_tid(int32_t tid)
{
	struct task **slot = slot_of(tid);

	return slot ? *slot : NULL;
}

static struct task *next_of_few(const struct process *p, int32_t after)
{
	struct task *next = NULL;

	for (struct task *t = p->tasks; t; t = t->next) {
		if (t->tid > after && (!next || t->tid < next->tid))
			next = t;
	}
	return next;
}

struct task *task_next(int32_t pid, int32_t after)
{
	uint32_t index = after > 0 ? ((uint32_t)after & PROC_INDEX_MASK) + 1 : 1;
	const struct process *p = process_by_pid(pid);

	if (!p || p->task_count <= FEW_TASKS)
		return p ? next_of_few(p, after) : NULL;
	for (; index < PROC_MOST; index++) {
		struct task *t = proc_core()->task[index];

		if (t && t->process->pid == pid)
			return t;
		if (index % LOOK_STEP == 0)
			sched_preempt_point();
	}
	return NULL;
}

struct task *task_create(void)
{
	struct task *t = mm_cache_alloc(&tasks);

	if (!t)
		return NULL;
	t->thread.xsave = mm_heap_alloc(thread_xsave_bytes());
	t->thread.stack_top = mm_stack_alloc();
	t->alternate.flags = LX_SS_DISABLE;
	if (t->thread.xsave && t->thread.stack_top)
		return t;
	task_free(t);
	return NULL;
}

void task_free(struct task *t)
{
	if (t->thread.xsave)
		mm_heap_free(t->thread.xsave, thread_xsave_bytes());
	if (t->thread.stack_top)
		mm_stack_free(t->thread.stack_top);
	if (t->origin)
		mm_heap_free(t->origin, sizeof(*t->origin) * LX_SIGNALS);
	mm_cache_free(&tasks, t);
}

void task_join(struct task *t, struct process *p, int32_t tid)
{
	struct task **slot = slot_of(tid);

	assert(slot && !*slot);
	*slot = t;
	proc_number_drop(tid);
	t->tid = tid;
	t->process = p;
	t->thread.name = p->name;
	t->thread.root = p->memory ? space_root(p->memory->space) : mm_root();
	t->next = p->tasks;
	t->link = &p->tasks;
	if (t->next)
		t->next->link = &t->next;
	p->tasks = t;
	p->task_count++;
}

bool task_leave(struct task *t)
{
	struct process *p = t->process;

	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	*slot_of(t->tid) = NULL;
	p->consumed += t->thread.consumed;
	if (--p->task_count == 1)
		sched_wake_all(&p->alone);
	if (p->task_count == 0)
		signal_sweep_end(p);
	else
		signal_pass_on(p, ~t->blocked);
	return p->task_count == 0;
}

static void enter(void *argument)
{
	struct task *t = argument;
	struct trap_frame frame = t->start; /* must lie on this stack */

	if (t->set_tid)
		(void)user_write(t->set_tid, &t->tid, sizeof(t->tid)); /* as Linux: a bad address is the child's own */
	trap_leave(&frame);
}

void task_start(struct task *t, struct vcpu *vcpu)
{
	thread_start(&t->thread, vcpu, enter, t);
}

static void reap(struct thread *thread)
{
	task_free((struct task *)thread);
}

void task_tell_joiner(struct task *t)
{
	uint32_t zero = 0;

	if (t->clear_tid && user_write(t->clear_tid, &zero, sizeof(zero)) == 0)
		futex_wake(t->clear_tid, 1, UINT32_MAX);
	t->clear_tid = 0;
}

static void orphan_children(struct process *p)
{
	struct process *child;

	while ((child = p->children)) {
		p->children = child->sibling;
		if (child->sibling)
			child->sibling->sibling_link = &p->children;
		child->parent = NULL;
		child->orphan = true;
		child->sibling = NULL;
		if (child->state == PROCESS_ZOMBIE)
			process_free(child);
		sched_preempt_point();
	}
}

/* The last task is leaving: all but number and status is given back. */
static void wind_up(struct process *p)
{
	struct path_context *paths = p->paths;
	struct fd_table *files = p->files;
	struct memory *memory;

	sched_timer_cancel(&p->alarm);
	p->files = NULL; /* /proc may look at the process at every preemption point */
	p->paths = NULL;
	fd_put(files);
	sched_preempt_point();
	path_context_put(paths);
	if (p->session == p->pid)
		terminal_session_ended(p->session);
	memory = memory_switch(NULL);
	process_release_parent(p);
	memory_put(memory);
	sched_preempt_point();
	handlers_put(p->handlers);
	p->handlers = NULL;
	orphan_children(p);
}

_Noreturn void task_end(uint32_t status)
{
	struct task *t = task_self();
	struct process *p = t->process;

	futex_end(t);
	futex_pi_end(t);
	policy_end(t);
	task_tell_joiner(t);
	if (p->task_count == 1) {
		if (p->state != PROCESS_DYING)
			p->exit_status = status;
		p->state = PROCESS_DYING;
		wind_up(p);
	}
	if (task_leave(t)) {
		p->state = PROCESS_ZOMBIE;
		if (p->parent)
			process_tell_parent(p, p->exit_status & 0x7f ? LX_CLD_KILLED : LX_CLD_EXITED);
		else
			process_free(p);
	}
	thread_exit(reap);
}

/* Of the calling process. None is born meanwhile. */
static void kill_others(struct process *p, struct task *self)
{
	uint32_t killed = 0;
	int32_t tid;

	p->ender = self;
	if (p->task_count == 1)
		return;
	for (struct task *t = task_next(p->pid, 0); t; t = task_next(p->pid, tid)) {
		tid = t->tid;
		if (t == self || t->killed)
			continue;
		t->killed = true;
		t->thread.work |= THREAD_WORK_SIGNAL;
		sched_interrupt(&t->thread);
		if (++killed % KILL_STEP == 0)
			sched_preempt_point();
	}
}

bool task_end_others(void)
{
	struct process *p = process_self();

	if (task_self()->killed || p->ender) { /* two that wait for each other's end would do so for ever */
		task_self()->killed = true;
		task_self()->thread.work |= THREAD_WORK_SIGNAL;
		return false;
	}
	kill_others(p, task_self());
	sched_wake_all(&p->stopped);
	while (p->task_count > 1)
		sched_wait(&p->alone, WAIT_FOREVER, false);
	p->ender = NULL;
	return true;
}

_Noreturn void process_end(uint32_t status)
{
	struct process *p = process_self();

	if (p->state != PROCESS_DYING) {
		p->state = PROCESS_DYING;
		p->exit_status = status;
		kill_others(p, task_self());
		sched_wake_all(&p->stopped);
	}
	task_end(status);
}
