/* SPDX-License-Identifier: MIT */
/* Processes: numbers, birth by clone, groups, and how parents learn of their children. */
#include "proc.h"

#include <hw/cpu.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <sched/registers.h>
#include <sched/vcpu.h>

#define KNOWN_FLAGS (LX_CLONE_SIGNAL_MASK | LX_CLONE_VM | LX_CLONE_FS | LX_CLONE_FILES | LX_CLONE_SIGHAND | \
	LX_CLONE_VFORK | LX_CLONE_PARENT | LX_CLONE_THREAD | LX_CLONE_SYSVSEM | LX_CLONE_SETTLS | \
	LX_CLONE_PARENT_SETTID | LX_CLONE_CHILD_CLEARTID | LX_CLONE_DETACHED | LX_CLONE_CHILD_SETTID)
#define THREAD_FLAGS (LX_CLONE_VM | LX_CLONE_SIGHAND | LX_CLONE_THREAD)

#define LOOK_STEP 16u    /* numbers between two preemption points */
#define FEW_CHILDREN 16u /* that are looked at in one piece */

static struct mm_cache processes = MM_CACHE(struct process);

static struct process **slot_of(int32_t pid)
{
	uint32_t index = (uint32_t)pid & PROC_INDEX_MASK;

	if (pid <= 0 || (uint32_t)pid >> PROC_CORE_SHIFT != this_cpu()->index || index >= PROC_MOST)
		return NULL;
	return &proc_core()->process[index];
}

struct process *process_by_pid(int32_t pid)
{
	struct process **slot = slot_of(pid);

	return slot ? *slot : NULL;
}

struct process *process_next(int32_t after)
{
	uint32_t index = after > 0 ? ((uint32_t)after & PROC_INDEX_MASK) + 1 : 1;

	for (; index < PROC_MOST; index++) {
		if (index % LOOK_STEP == 0)
			sched_preempt_point();
		if (proc_core()->process[index])
			return proc_core()->process[index];
	}
	return NULL;
}

struct process *process_create(int32_t pid)
{
	struct process **slot = slot_of(pid), *p;

	if (!slot || *slot)
		return NULL;
	p = mm_cache_alloc(&processes);
	if (!p)
		return NULL;
	p->pid = p->group = p->session = pid;
	p->stop_told = p->continue_told = true;
	p->born = hw_rdtsc();
	return p;
}

void process_enter(struct process *p)
{
	struct process **slot = slot_of(p->pid);

	assert(slot && !*slot && p->handlers && p->files && p->paths);
	*slot = p;
}

void process_free(struct process *p)
{
	struct process **slot = slot_of(p->pid);

	if (*slot == p)
		*slot = NULL;
	if (p->origin)
		mm_heap_free(p->origin, sizeof(*p->origin) * LX_SIGNALS);
	mm_cache_free(&processes, p);
}

int32_t process_parent(const struct process *p)
{
	return p->parent ? p->parent->pid : p->orphan ? 1 : 0;
}

uint64_t process_consumed(int32_t pid)
{
	uint64_t sum = 0;
	const struct process *p;
	int32_t tid;

	for (const struct task *t = task_next(pid, 0); t; t = task_next(pid, tid)) {
		tid = t->tid;
		sum += thread_consumed(&t->thread);
	}
	p = process_by_pid(pid);
	return p ? sum + p->consumed : sum;
}

/* ---- clone ---- */

struct birth { /* everything a clone needs, before anything is changed */
	struct task *task;
	struct process *process;
	struct memory *memory;
	struct handlers *handlers;
	struct fd_table *files;
	struct path_context *paths;
	int32_t number;
};

static void abandon(struct birth *b)
{
	if (b->task)
		task_free(b->task);
	if (b->memory)
		memory_put(b->memory);
	if (b->handlers)
		handlers_put(b->handlers);
	if (b->files)
		fd_put(b->files);
	if (b->paths)
		path_context_put(b->paths);
	if (b->process)
		process_free(b->process);
	proc_number_drop(b->number);
}

static struct memory *copy_memory(struct process *parent)
{
	struct memory *from = parent->memory, *m = memory_create(parent->memory_limit, NULL);
	int64_t error;

	if (!m)
		return NULL;
	m->brk_start = from->brk_start;
	m->brk = from->brk;
	memcpy(m->command, from->command, from->command_bytes);
	m->command_bytes = from->command_bytes;
	memcpy(m->program, from->program, strlen(from->program) + 1);
	sched_preempt_point();
	memory_lock(from);
	error = space_fork(m->space, from->space);
	memory_unlock(from);
	if (error == 0)
		return m;
	memory_put(m);
	return NULL;
}

static struct handlers *share_handlers(struct handlers *h)
{
	h->references++;
	return h;
}

/* A new process: its own or shared parts. False: no memory. */
static bool gather_process(struct birth *b, uint64_t flags)
{
	struct process *parent = process_self();

	b->process = process_create(b->number);
	if (!b->process)
		return false;
	sched_preempt_point();
	b->files = (flags & LX_CLONE_FILES) ? fd_get(parent->files) : fd_copy(parent->files);
	sched_preempt_point();
	b->paths = (flags & LX_CLONE_FS) ? path_context_get(parent->paths) : path_context_copy(parent->paths);
	sched_preempt_point();
	b->handlers = (flags & LX_CLONE_SIGHAND) ? share_handlers(parent->handlers) : handlers_create(parent->handlers);
	if (!b->files || !b->paths || !b->handlers)
		return false;
	sched_preempt_point();
	b->memory = (flags & LX_CLONE_VM) ? memory_get(parent->memory) : copy_memory(parent);
	return b->memory;
}

static void link_child(struct process *p)
{
	p->sibling = p->parent->children;
	p->sibling_link = &p->parent->children;
	if (p->sibling)
		p->sibling->sibling_link = &p->sibling;
	p->parent->children = p;
}

static void unlink_child(struct process *p)
{
	*p->sibling_link = p->sibling;
	if (p->sibling)
		p->sibling->sibling_link = p->sibling_link;
}

static void fill_process(struct birth *b, uint64_t flags)
{
	struct process *p = b->process, *parent = process_self();
	uint32_t exit_signal = (uint32_t)flags & LX_CLONE_SIGNAL_MASK;

	p->memory = b->memory;
	p->handlers = b->handlers;
	p->files = b->files;
	p->paths = b->paths;
	p->group = parent->group;
	p->session = parent->session;
	p->exit_signal = exit_signal <= LX_SIGNALS ? (int32_t)exit_signal : 0; /* Linux takes others, and sends none */
	if (flags & LX_CLONE_PARENT) /* a sibling ends as its creator does: it cannot choose a signal for their parent */
		p->exit_signal = parent->exit_signal;
	p->memory_limit = parent->memory_limit;
	p->file_limit = parent->file_limit;
	p->stack_limit = parent->stack_limit;
	memcpy(p->name, parent->name, sizeof(p->name));
	p->parent = (flags & LX_CLONE_PARENT) ? parent->parent : parent;
	p->orphan = !p->parent && parent->orphan;
	if (p->parent)
		link_child(p);
	process_enter(p);
}

static void fill_task(struct task *t, const struct trap_frame *frame, const struct clone_request *r)
{
	const struct task *self = task_self();

	t->start = *frame;
	t->start.rax = 0;
	t->start.rcx = frame->rip; /* as SYSCALL leaves them */
	t->start.r11 = frame->rflags;
	trap_sanitise(&t->start);
	if (r->stack)
		t->start.rsp = r->stack;
	thread_xsave_save(t->thread.xsave);
	t->thread.fs_base = (r->flags & LX_CLONE_SETTLS) ? r->tls : thread_fs_base();
	t->thread.gs_base = thread_gs_base();
	t->blocked = self->blocked;
	policy_of_child(t);
	if (!(r->flags & LX_CLONE_VM))
		t->alternate = self->alternate;
	if (r->flags & LX_CLONE_CHILD_CLEARTID)
		t->clear_tid = r->child_tid;
}

static int64_t check_request(const struct clone_request *r)
{
	uint64_t flags = r->flags, sharing = flags & THREAD_FLAGS;

	if (flags & ~(uint64_t)KNOWN_FLAGS)
		return -LX_EINVAL;
	if ((flags & LX_CLONE_THREAD) && sharing != THREAD_FLAGS)
		return -LX_EINVAL;
	if ((flags & LX_CLONE_SIGHAND) && !(flags & LX_CLONE_VM))
		return -LX_EINVAL;
	if ((flags & LX_CLONE_SETTLS) && r->tls >= SPACE_USER_END) /* what is loaded into FS must be canonical */
		return -LX_EPERM;
	return 0;
}

/* The numbers that clone leaves with parent and child. The child's word is written where the child will see it: in the
 * shared memory now, in a copied one by the child's own first fault, which copies what the parent wrote. */
static int64_t write_tids(const struct clone_request *r, int32_t tid)
{
	if ((r->flags & LX_CLONE_PARENT_SETTID) && user_write(r->parent_tid, &tid, sizeof(tid)))
		return -LX_EFAULT;
	if ((r->flags & LX_CLONE_CHILD_SETTID) && (r->flags & LX_CLONE_VM) && user_write(r->child_tid, &tid, sizeof(tid)))
		return -LX_EFAULT;
	return 0;
}

static int64_t gather(struct birth *b, const struct clone_request *r)
{
	int64_t error = write_tids(r, b->number);

	if (error)
		return error;
	b->task = task_create();
	if (!b->task || (!(r->flags & LX_CLONE_THREAD) && !gather_process(b, r->flags)))
		return -LX_ENOMEM;
	/* The process may have begun to end while this blocked: a thread that joined now would miss it. */
	return task_self()->killed || process_self()->ender ? -LX_EINTR : 0;
}

/* A parent in vfork waits until the child has a program of its own or has ended: its struct may be gone by then. Only
 * what ends the parent ends the wait; other signals wait, too. */
static void wait_for_release(struct vfork_wait *wait, struct process *child)
{
	struct task *self = task_self();
	uint32_t work = 0;

	while (!wait->done) {
		if (sched_wait(&wait->queue, WAIT_FOREVER, true) != WAIT_INTERRUPTED || wait->done)
			continue;
		work = THREAD_WORK_SIGNAL;
		if (signal_ends_self()) {
			child->vfork = NULL;
			break;
		}
		self->thread.work &= ~THREAD_WORK_SIGNAL;
	}
	self->thread.work |= work;
}

/* Start the child; by vfork, wait for it. */
static void start_child(struct birth *b, uint64_t flags, struct vcpu *vcpu)
{
	struct vfork_wait wait = {.done = !b->process || !(flags & LX_CLONE_VFORK)};

	if (!wait.done)
		b->process->vfork = &wait;
	task_start(b->task, vcpu);
	wait_for_release(&wait, b->process);
}

int64_t process_clone(const struct trap_frame *frame, const struct clone_request *r)
{
	struct birth b = {0};
	struct vcpu *vcpu = r->vcpu ? r->vcpu : policy_child_vcpu(thread_self()->home);
	uint32_t generation = vcpu_generation(vcpu);
	int64_t error = check_request(r);

	if (!error)
		error = policy_may_fork();
	if (error)
		return error;
	b.number = proc_number();
	if (!b.number)
		return -LX_EAGAIN;
	error = gather(&b, r);
	if (!error && !vcpu_is(vcpu, generation)) /* nothing runs on it, so it may go meanwhile */
		error = -LX_ESRCH;
	if (error) {
		abandon(&b);
		return error;
	}
	if (b.process)
		fill_process(&b, r->flags);
	fill_task(b.task, frame, r);
	if ((r->flags & LX_CLONE_CHILD_SETTID) && !(r->flags & LX_CLONE_VM))
		b.task->set_tid = r->child_tid;
	task_join(b.task, b.process ? b.process : process_self(), b.number);
	start_child(&b, r->flags, vcpu);
	return b.number;
}

/* ---- parents ---- */

void process_release_parent(struct process *p)
{
	if (!p->vfork)
		return;
	p->vfork->done = true;
	sched_wake_all(&p->vfork->queue);
	p->vfork = NULL;
}

static bool wants_no_zombie(const struct process *parent)
{
	const struct lx_sigaction *a = &parent->handlers->actions->action[LX_SIGCHLD];

	return a->handler == LX_SIG_IGN || (a->flags & LX_SA_NOCLDWAIT);
}

/* si_status: how it exited, or the signal that changed it. */
static int32_t status_of(const struct process *p, int32_t code)
{
	if (code == LX_CLD_EXITED)
		return (int32_t)(p->exit_status >> 8);
	if (code == LX_CLD_STOPPED)
		return (int32_t)p->stop_signal;
	return code == LX_CLD_CONTINUED ? LX_SIGCONT : (int32_t)(p->exit_status & 0x7f);
}

void process_tell_parent(struct process *p, int32_t code)
{
	struct process *parent = p->parent;
	struct lx_siginfo info = {.signal = p->exit_signal, .code = code};
	bool ended = p->state == PROCESS_ZOMBIE;

	if (parent->state == PROCESS_DYING || parent->state == PROCESS_ZOMBIE)
		return;
	info.sender.pid = p->pid;
	info.sender.status = status_of(p, code);
	if (!ended)
		info.signal = LX_SIGCHLD;
	if (info.signal && (ended || !(parent->handlers->actions->action[LX_SIGCHLD].flags & LX_SA_NOCLDSTOP)))
		signal_process(parent, info.signal, &info);
	parent->child_events++;
	sched_wake_all(&parent->child_wait);
	if (ended && wants_no_zombie(parent)) {
		unlink_child(p);
		process_free(p);
	}
}

static bool selects(const struct process *caller, const struct process *child, int32_t pid)
{
	if (pid > 0)
		return child->pid == pid;
	if (pid == 0)
		return child->group == caller->group;
	return pid == -1 || child->group == -pid;
}

/* Has `child` something to tell for `flags`? */
static bool take_report(struct process *child, uint32_t flags, struct wait_report *report)
{
	report->pid = child->pid;
	report->consumed = child->consumed + child->child_consumed; /* of its ended tasks, that is all of a zombie's */
	if (child->state == PROCESS_ZOMBIE && (flags & LX_WEXITED)) {
		report->status = child->exit_status;
		return true;
	}
	if (child->state == PROCESS_STOPPED && !child->stop_told && (flags & LX_WUNTRACED)) {
		report->status = child->stop_signal << 8 | 0x7f;
		child->stop_told = !(flags & LX_WNOWAIT);
		return true;
	}
	if (child->state == PROCESS_ALIVE && !child->continue_told && (flags & LX_WCONTINUED)) {
		report->status = 0xffff;
		child->continue_told = !(flags & LX_WNOWAIT);
		return true;
	}
	return false;
}

static void bury(struct process *child, const struct wait_report *report)
{
	child->parent->child_consumed += report->consumed;
	unlink_child(child);
	process_free(child);
}

/* Its pid if it has a report, 0 = none yet, -LX_ECHILD = it is not waited for. */
static int64_t look_at(struct process *child, int32_t pid, uint32_t flags, struct wait_report *report)
{
	if (child->parent != process_self() || !selects(process_self(), child, pid))
		return -LX_ECHILD;
	if (!take_report(child, flags, report))
		return 0;
	if (child->state == PROCESS_ZOMBIE && !(flags & LX_WNOWAIT))
		bury(child, report);
	return report->pid;
}

/* By number, so that others may come and go between two steps. */
static int64_t look_at_all(int32_t pid, uint32_t flags, struct wait_report *report)
{
	int64_t result = -LX_ECHILD;
	uint32_t seen = 0;
	int32_t at;

	for (struct process *p = process_next(0); p; p = process_next(at)) {
		int64_t found = look_at(p, pid, flags, report);

		if (found > 0)
			return found;
		if (found == 0)
			result = 0;
		at = p->pid;
		if (++seen % FEW_CHILDREN == 0)
			sched_preempt_point();
	}
	return result;
}

/* pid of a child with a report, 0 = none yet, -LX_ECHILD = none to wait for. */
static int64_t look_at_children(int32_t pid, uint32_t flags, struct wait_report *report)
{
	struct process *child = pid > 0 ? process_by_pid(pid) : process_self()->children;
	int64_t result = -LX_ECHILD;

	if (pid > 0)
		return child ? look_at(child, pid, flags, report) : result;
	for (uint32_t seen = 0; child; child = child->sibling) {
		int64_t found = look_at(child, pid, flags, report);

		if (found > 0)
			return found;
		if (found == 0)
			result = 0;
		if (++seen == FEW_CHILDREN && child->sibling)
			return look_at_all(pid, flags, report);
	}
	return result;
}

int64_t process_wait(int32_t pid, uint32_t flags, struct wait_report *report)
{
	for (;;) {
		uint32_t seen = process_self()->child_events;
		int64_t found = look_at_children(pid, flags, report);

		if (found || (flags & LX_WNOHANG))
			return found;
		if (seen != process_self()->child_events) /* one that was looked at already */
			continue;
		if (sched_wait(&process_self()->child_wait, WAIT_FOREVER, true) != WAIT_INTERRUPTED)
			continue;
		found = look_at_children(pid, flags, report); /* the signal may be the one that tells of it */
		return found ? found : -LX_ERESTART;
	}
}

/* ---- groups and sessions ---- */

static bool group_in_session(int32_t group, int32_t session)
{
	for (const struct process *p = process_next(0); p; p = process_next(p->pid)) {
		if (p->group == group && p->session == session)
			return true;
	}
	return false;
}

/* The calling process or one of its children; NULL: there is none with that number. */
static struct process *self_or_child(int32_t pid)
{
	struct process *self = process_self(), *p = pid ? process_by_pid(pid) : self;

	return p && (p == self || p->parent == self) ? p : NULL;
}

int64_t process_set_group(int32_t pid, int32_t group)
{
	const struct process *self = process_self();
	struct process *p = self_or_child(pid);

	if (group < 0)
		return -LX_EINVAL;
	if (!p)
		return -LX_ESRCH;
	if (!group)
		group = p->pid;
	if (p->session != self->session || p->session == p->pid)
		return -LX_EPERM;
	if (group != p->pid && !group_in_session(group, self->session))
		return -LX_EPERM;
	p = self_or_child(pid); /* the search lets others run: the child may have ended, or led a session */
	if (!p)
		return -LX_ESRCH;
	if (p->session != self->session)
		return -LX_EPERM;
	p->group = group;
	return 0;
}

int64_t process_set_session(void)
{
	struct process *self = process_self();

	for (const struct process *p = process_next(0); p; p = process_next(p->pid)) {
		if (p->group == self->pid)
			return -LX_EPERM;
	}
	self->group = self->session = self->pid;
	return self->pid;
}
