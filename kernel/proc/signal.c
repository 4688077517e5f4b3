/* SPDX-License-Identifier: MIT */
/* Signals: sending, masks, default actions, waiting. Frames are in sigframe.c. */
#include "proc.h"
#include "sigframe.h"

#include <base/log.h>
#include <base/time.h>
#include <lib/assert.h>
#include <lib/string.h>

#define IGNORED_BY_DEFAULT (SIGNAL_BIT(LX_SIGCHLD) | SIGNAL_BIT(LX_SIGURG) | SIGNAL_BIT(LX_SIGWINCH) | \
	SIGNAL_BIT(LX_SIGCONT))
#define STOPS (SIGNAL_BIT(LX_SIGSTOP) | SIGNAL_BIT(LX_SIGTSTP) | SIGNAL_BIT(LX_SIGTTIN) | SIGNAL_BIT(LX_SIGTTOU))
#define SWEEP_FEW  4u  /* tasks that are asked at once; */
#define SWEEP_STEP 2u  /* in one step later, */
#define SWEEP_LOOK 48u /* of so many numbers */
#define SYSCALL_BYTES 2u /* of the SYSCALL instruction */
#define SYNCHRONOUS (SIGNAL_BIT(LX_SIGSEGV) | SIGNAL_BIT(LX_SIGBUS) | SIGNAL_BIT(LX_SIGILL) | SIGNAL_BIT(LX_SIGFPE) | \
	SIGNAL_BIT(LX_SIGTRAP))

static bool is_ignored(const struct process *p, int32_t signal)
{
	uint64_t handler = p->handlers->actions->action[signal].handler;

	return handler == LX_SIG_IGN || (handler == LX_SIG_DFL && (SIGNAL_BIT(signal) & IGNORED_BY_DEFAULT));
}

static uint64_t waiting(const struct task *t)
{
	return (t->pending | t->process->pending) & ~t->blocked;
}

static void poke(struct task *t)
{
	t->thread.work |= THREAD_WORK_SIGNAL;
	sched_interrupt(&t->thread);
}

/*
 * Who is to look: for a signal one task that does not block it is enough; all of them if the process must stop or end.
 * The first few tasks are asked at once. The others are in steps of a timer of their VCPU, in the order of their
 * numbers: whoever sends is not held up by them, and better VCPUs run between the steps.
 */

/* False: nobody else needs to be asked. */
static bool ask(struct signal_sweep *s, struct task *t)
{
	if (!t->killed && (s->all || (s->set & ~t->blocked))) {
		s->set &= t->blocked;
		poke(t);
	}
	return s->all || s->set;
}

static void sweep(struct sched_timer *timer)
{
	struct signal_sweep *s = (struct signal_sweep *)timer;
	struct process *p = (struct process *)((uint8_t *)s - offsetof(struct process, sweep));
	uint32_t seen = 0, asked = 0;

	for (; s->at < PROC_MOST && seen < SWEEP_LOOK && asked < SWEEP_STEP; seen++) {
		struct task *t = proc_core()->task[s->at++];

		if (!t || t->process != p)
			continue;
		asked++;
		if (!ask(s, t))
			s->at = PROC_MOST;
	}
	if (s->at < PROC_MOST)
		sched_timer_set(timer, hw_rdtsc());
	else
		s->all = false;
}

static void start_sweep(struct process *p, uint64_t set, bool all)
{
	struct signal_sweep *s = &p->sweep;
	struct task *t = p->tasks;
	bool goes_on = qv_due_has(&s->timer.due);

	s->set = goes_on ? s->set | set : set;
	s->all |= all;
	for (uint32_t asked = 0; t && asked < SWEEP_FEW && ask(s, t); asked++)
		t = t->next;
	if (!t || !(s->set || s->all)) {
		signal_sweep_end(p); /* all that was asked for before is in `set` and `all` */
		return;
	}
	s->at = 1;
	if (goes_on)
		return;
	s->timer.fire = sweep;
	sched_timer_set_for(t->thread.home, &s->timer, hw_rdtsc());
}

void signal_sweep_end(struct process *p)
{
	sched_timer_cancel(&p->sweep.timer);
	p->sweep.all = false;
}

static void resume(struct process *p)
{
	p->pending &= ~STOPS;
	if (p->state != PROCESS_STOPPED)
		return;
	p->state = PROCESS_ALIVE;
	p->continue_told = false;
	sched_wake_all(&p->stopped);
	if (p->parent)
		process_tell_parent(p, LX_CLD_CONTINUED);
}

void signal_pass_on(struct process *p, uint64_t set)
{
	if (set & p->pending)
		start_sweep(p, set & p->pending, false);
}

static void set_blocked(struct task *t, uint64_t mask)
{
	uint64_t added = mask & ~t->blocked;

	t->blocked = mask;
	signal_pass_on(t->process, added);
}

_Static_assert(sizeof(struct signal_origin) * LX_SIGNALS <= 2048, "a block that is given out in one step (mm/heap.c)");

/* In the table of a process, or of a task, which is made when it is first needed. */
static void keep_origin(struct signal_origin **table, int32_t signal, struct signal_origin origin)
{
	if (!*table)
		*table = mm_heap_alloc(sizeof(**table) * LX_SIGNALS);
	if (*table) /* else the signal is delivered all the same, without details */
		(*table)[signal - 1] = origin;
}

static struct signal_origin origin_of(const struct lx_siginfo *info, int32_t otherwise)
{
	if (!info)
		return (struct signal_origin){.code = otherwise};
	return (struct signal_origin){.code = info->code, .pid = info->sender.pid, .status = info->sender.status};
}

static struct lx_siginfo told_origin(const struct signal_origin *table, int32_t signal)
{
	struct lx_siginfo info = {.signal = signal};

	if (!table)
		return info;
	info.code = table[signal - 1].code;
	info.sender.pid = table[signal - 1].pid;
	info.sender.status = table[signal - 1].status;
	return info;
}

/* What must happen before the signal is looked at by anyone. True if it is to be kept pending. */
static bool prepare(struct process *p, int32_t signal, uint64_t blocked)
{
	if (p->state >= PROCESS_DYING)
		return false;
	if (signal == LX_SIGCONT || signal == LX_SIGKILL)
		resume(p);
	if (SIGNAL_BIT(signal) & STOPS)
		p->pending &= ~SIGNAL_BIT(LX_SIGCONT);
	return (blocked & SIGNAL_BIT(signal)) || !is_ignored(p, signal);
}

/* Whose mask says whether an ignored signal is kept: of the first task, as on Linux, while there is one. */
static uint64_t kept_by(const struct process *p)
{
	const struct task *t = task_by_tid(p->pid);

	if (!t)
		t = p->tasks;
	return t ? t->blocked | t->kept : 0;
}

void signal_process(struct process *p, int32_t signal, const struct lx_siginfo *info)
{
	assert(signal > 0 && signal <= LX_SIGNALS);
	if (!prepare(p, signal, kept_by(p)))
		return;
	if (!(p->pending & SIGNAL_BIT(signal)))
		keep_origin(&p->origin, signal, origin_of(info, 0));
	p->pending |= SIGNAL_BIT(signal);
	start_sweep(p, SIGNAL_BIT(signal), signal == LX_SIGKILL);
}

void signal_task(struct task *t, int32_t signal, const struct lx_siginfo *info)
{
	assert(signal > 0 && signal <= LX_SIGNALS);
	if (!prepare(t->process, signal, t->blocked | t->kept))
		return;
	if (!(t->pending & SIGNAL_BIT(signal)))
		keep_origin(&t->origin, signal, origin_of(info, LX_SI_TKILL));
	t->pending |= SIGNAL_BIT(signal);
	if (!(t->blocked & SIGNAL_BIT(signal)))
		poke(t);
}

int64_t signal_group(int32_t group, int32_t signal, const struct lx_siginfo *info)
{
	int64_t found = -LX_ESRCH;
	int32_t pid;

	for (struct process *p = process_next(0); p; p = process_next(pid)) {
		pid = p->pid;
		if (p->group != group || p->state == PROCESS_ZOMBIE)
			continue;
		found = 0;
		if (signal)
			signal_process(p, signal, info);
		sched_preempt_point();
	}
	return found;
}

bool signal_group_step(int32_t group, int32_t signal, int32_t *at)
{
	uint32_t sent = 0;

	for (uint32_t seen = 0; *at < (int32_t)PROC_MOST && seen < SWEEP_LOOK && sent < SWEEP_STEP; seen++) {
		struct process *p = proc_core()->process[(*at)++];

		if (!p || p->group != group || p->state == PROCESS_ZOMBIE)
			continue;
		signal_process(p, signal, NULL);
		sent++;
	}
	return *at == (int32_t)PROC_MOST;
}

/* An action of `p` that may be changed, or NULL: no memory. */
static struct lx_sigaction *slot_of(struct process *p, int32_t signal)
{
	if (!handlers_own(p->handlers))
		return NULL;
	p->handlers->actions->set |= SIGNAL_BIT(signal);
	return &p->handlers->actions->action[signal];
}

/* To the default. A process that has no memory left even for this ends. */
static void reset_handler(struct process *p, int32_t signal)
{
	struct lx_sigaction *slot = slot_of(p, signal);

	if (slot)
		slot->handler = LX_SIG_DFL;
	else
		signal_process(p, LX_SIGKILL, NULL);
}

void signal_fault(int32_t signal, int32_t code, uint64_t address)
{
	struct task *t = task_self();
	const struct lx_sigaction *a = &t->process->handlers->actions->action[signal];

	t->info = (struct lx_siginfo){.signal = signal, .code = code, .address = address};
	if ((t->blocked & SIGNAL_BIT(signal)) || a->handler == LX_SIG_IGN) { /* it would come again for ever */
		reset_handler(t->process, signal);
		t->blocked &= ~SIGNAL_BIT(signal);
	}
	t->pending |= SIGNAL_BIT(signal);
	t->thread.work |= THREAD_WORK_SIGNAL;
}

int64_t signal_action(int32_t signal, const struct lx_sigaction *new, struct lx_sigaction *old)
{
	struct process *p = process_self();
	struct lx_sigaction *slot;

	if (signal < 1 || signal > LX_SIGNALS || (new && (SIGNAL_BIT(signal) & SIGNAL_UNBLOCKABLE)))
		return -LX_EINVAL;
	*old = p->handlers->actions->action[signal];
	if (!new)
		return 0;
	slot = slot_of(p, signal);
	if (!slot)
		return -LX_ENOMEM;
	*slot = *new;
	slot->mask &= ~SIGNAL_UNBLOCKABLE;
	if (is_ignored(p, signal)) {
		p->pending &= ~SIGNAL_BIT(signal);
		for (struct task *t = task_next(p->pid, 0); t; t = task_next(p->pid, t->tid))
			t->pending &= ~SIGNAL_BIT(signal);
	}
	return 0;
}

void signal_set_mask(uint64_t mask)
{
	struct task *t = task_self();

	set_blocked(t, mask & ~SIGNAL_UNBLOCKABLE);
	if (waiting(t))
		t->thread.work |= THREAD_WORK_SIGNAL;
}

void signal_borrow_mask(uint64_t mask)
{
	struct task *t = task_self();

	t->saved_mask = t->blocked;
	t->restore_mask = true;
	signal_set_mask(mask);
}

void signal_return_mask(void)
{
	struct task *t = task_self();

	if (waiting(t)) { /* the handler runs under the borrowed mask; the hook puts the old one back */
		t->thread.work |= THREAD_WORK_SIGNAL;
		return;
	}
	t->restore_mask = false;
	signal_set_mask(t->saved_mask);
}

/* The lowest number first, faults before all others. Takes it off the pending ones. */
static int32_t take(struct task *t, uint64_t set, struct lx_siginfo *info)
{
	uint64_t ready = (t->pending | t->process->pending) & set;
	int32_t signal;

	if (!ready)
		return 0;
	if (ready & (SYNCHRONOUS | SIGNAL_BIT(LX_SIGKILL)))
		ready &= SYNCHRONOUS | SIGNAL_BIT(LX_SIGKILL);
	signal = __builtin_ctzll(ready) + 1;
	*info = (struct lx_siginfo){.signal = signal};
	if (t->pending & SIGNAL_BIT(signal)) {
		t->pending &= ~SIGNAL_BIT(signal);
		*info = t->info.signal == signal ? t->info : told_origin(t->origin, signal);
		if (t->info.signal == signal)
			t->info.signal = 0; /* told */
	} else {
		t->process->pending &= ~SIGNAL_BIT(signal);
		*info = told_origin(t->process->origin, signal);
	}
	return signal;
}

int64_t signal_wait(uint64_t set, struct lx_siginfo *info, uint64_t deadline)
{
	struct task *t = task_self();
	uint64_t blocked = t->blocked;
	int32_t signal = take(t, set, info);
	enum wait_result result;

	if (signal)
		return signal;
	t->kept = blocked;
	t->blocked &= ~set; /* so that it interrupts the wait */
	result = sched_sleep(deadline, true);
	t->kept = 0;
	signal = take(t, set, info);
	set_blocked(t, blocked);
	if (signal)
		return signal;
	return result == WAIT_TIMEOUT ? -LX_EAGAIN : -LX_EINTR;
}

bool signal_ends_self(void)
{
	const struct task *t = task_self();
	uint64_t left = waiting(t) & ~(IGNORED_BY_DEFAULT | STOPS);

	for (; left; left &= left - 1) {
		if (t->process->handlers->actions->action[__builtin_ctzll(left) + 1].handler == LX_SIG_DFL)
			return true;
	}
	return t->killed;
}

bool signal_exec(struct process *p)
{
	uint64_t left = p->handlers->actions->set;
	struct lx_sigaction *a;

	if (!left)
		return true;
	if (!handlers_own(p->handlers))
		return false;
	for (a = p->handlers->actions->action; left; left &= left - 1) {
		int i = __builtin_ctzll(left) + 1;

		a[i] = (struct lx_sigaction){.handler = a[i].handler == LX_SIG_IGN ? LX_SIG_IGN : LX_SIG_DFL};
		if (a[i].handler == LX_SIG_DFL)
			p->handlers->actions->set &= ~SIGNAL_BIT(i);
	}
	return true;
}

/* ---- default actions ---- */

static void stop(struct process *p, int32_t signal)
{
	p->state = PROCESS_STOPPED;
	p->stop_signal = (uint32_t)signal;
	p->stop_told = false;
	if (p->parent)
		process_tell_parent(p, LX_CLD_STOPPED);
	start_sweep(p, 0, true);
}

static void wait_while_stopped(struct process *p)
{
	while (p->state == PROCESS_STOPPED && !task_self()->killed)
		sched_wait(&p->stopped, WAIT_FOREVER, false);
}

static void tell_death(const struct process *p, int32_t signal, const struct trap_frame *frame)
{
	if (SIGNAL_BIT(signal) & SYNCHRONOUS)
		log_warn("%s[%d]: signal %d at 0x%llx, address 0x%llx", p->name, p->pid, signal,
			(unsigned long long)frame->rip, (unsigned long long)task_self()->info.address);
}

static void act_by_default(struct process *p, int32_t signal, const struct trap_frame *frame)
{
	if (SIGNAL_BIT(signal) & IGNORED_BY_DEFAULT)
		return;
	if (SIGNAL_BIT(signal) & STOPS) {
		stop(p, signal);
		return;
	}
	tell_death(p, signal, frame);
	process_end((uint32_t)signal);
}

/* ---- delivery ---- */

int64_t signal_keep_deadline(uint64_t deadline)
{
	task_self()->deadline = deadline;
	return -LX_ERESTARTBLOCK;
}

bool signal_kept_deadline(uint64_t *deadline)
{
	struct task *t = task_self();

	if (!t->again)
		return false;
	t->again = false;
	*deadline = t->deadline;
	return true;
}

static bool is_restart(int64_t result)
{
	return result == -LX_ERESTART || result == -LX_ERESTARTNOINTR || result == -LX_ERESTARTNOHAND ||
		result == -LX_ERESTARTBLOCK;
}

/* A handler runs before a call that was to be made again with its old deadline: it is not made again. */
static void give_up_call(struct task *t, struct trap_frame *frame)
{
	if (!t->again)
		return;
	t->again = false;
	frame->rax = (uint64_t)-LX_EINTR;
	frame->rip += SYSCALL_BYTES;
}

/* A system call that a signal cut short: made again, or EINTR. `a` is the handler that runs now, NULL = none. */
static void settle_call(struct trap_frame *frame, const struct lx_sigaction *a)
{
	struct task *t = task_self();
	int64_t result = (int64_t)frame->rax;

	if (frame->vector != TRAP_SYSCALL || !is_restart(result))
		return;
	if (a && result != -LX_ERESTARTNOINTR && (result != -LX_ERESTART || !(a->flags & LX_SA_RESTART))) {
		frame->rax = (uint64_t)-LX_EINTR;
		return;
	}
	t->again = result == -LX_ERESTARTBLOCK;
	frame->rax = frame->error;
	frame->rip -= SYSCALL_BYTES;
	t->thread.work |= THREAD_WORK_FRAME;
}

static void run_handler(struct task *t, struct trap_frame *frame, int32_t signal, const struct lx_siginfo *info)
{
	const struct lx_sigaction a = t->process->handlers->actions->action[signal];
	uint64_t mask = t->restore_mask ? t->saved_mask : t->blocked;

	give_up_call(t, frame);
	settle_call(frame, &a);
	frame->vector = 0; /* settled once */
	if (!sigframe_push(frame, signal, &a, info, mask)) {
		log_warn("%s[%d]: no room for a signal frame", t->process->name, t->process->pid);
		process_end(LX_SIGSEGV);
	}
	t->restore_mask = false;
	set_blocked(t, t->blocked | a.mask |
		((a.flags & LX_SA_NODEFER) ? 0 : SIGNAL_BIT(signal) & ~SIGNAL_UNBLOCKABLE));
	if (a.flags & LX_SA_RESETHAND)
		reset_handler(t->process, signal);
}

static void deliver_all(struct task *t, struct trap_frame *frame)
{
	struct process *p = t->process;
	struct lx_siginfo info;
	int32_t signal;

	for (;;) {
		wait_while_stopped(p);
		if (t->killed)
			task_end(p->exit_status);
		signal = take(t, ~t->blocked, &info);
		if (!signal)
			return;
		if (p->handlers->actions->action[signal].handler > LX_SIG_IGN)
			run_handler(t, frame, signal, &info);
		else if (p->handlers->actions->action[signal].handler == LX_SIG_DFL)
			act_by_default(p, signal, frame);
	}
}

void signal_deliver(struct trap_frame *frame)
{
	struct task *t = task_self();

	t->thread.work &= ~THREAD_WORK_SIGNAL;
	deliver_all(t, frame);
	settle_call(frame, NULL);
	if (!t->restore_mask)
		return;
	t->restore_mask = false;
	signal_set_mask(t->saved_mask);
}
