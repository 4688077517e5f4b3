/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/state: what /proc/PID/handles lists, as bytes that can be checked and read elsewhere (abi/handles.h). The
 * process goes on meanwhile: it is looked up anew after each preemption point, and who wants a consistent state stops
 * it first. What cannot be opened elsewhere is listed as it is, and the header names the first of it.
 */
#include "proc.h"

#include <base/boot.h>
#include <fs/proc.h>
#include <hw/cpu.h>
#include <lib/fmt.h>
#include <lib/handles.h>
#include <lib/string.h>
#include <proc/signal.h>
#include <sched/vcpu.h>

#define MOST_THREADS 64u /* of which each is found by a walk over all */

struct making {
	struct qv_handles_writer writer;
	int32_t pid;
	bool full;
};

/* At a preemption point, and NULL if the process has gone meanwhile. */
static const struct process *still(const struct making *m)
{
	sched_preempt_point();
	return process_by_pid(m->pid);
}

static void add(struct making *m, const struct qv_handle *h)
{
	const char *wrong = m->writer.size - m->writer.used < sizeof(*h) ? "" : qv_handles_add(&m->writer, h);

	if (wrong && !wrong[0])
		m->full = true;
	else if (wrong)
		qv_handles_refuse(&m->writer, wrong);
}

static void add_process(struct making *m, const struct process *p)
{
	struct qv_handle h = {.kind = QV_HANDLE_PROCESS, .number = (uint32_t)p->pid, .value = {(uint32_t)p->group,
		(uint32_t)p->session, p->pending, p->memory ? p->memory->brk_start : 0, p->memory ? p->memory->brk : 0,
		p->paths ? p->paths->umask : 0, p->memory_limit}};

	add(m, &h);
}

static const struct task *next_thread(const struct process *p, int32_t after)
{
	const struct task *next = NULL;

	for (const struct task *t = p->tasks; t; t = t->next) {
		if (t->tid > after && (!next || t->tid < next->tid))
			next = t;
	}
	return next;
}

static void add_threads(struct making *m)
{
	const struct process *p = process_by_pid(m->pid);
	const struct task *t;

	if (p && p->task_count > MOST_THREADS)
		qv_handles_refuse(&m->writer, "it has more than 64 threads");
	for (int32_t tid = 0; p && p->task_count <= MOST_THREADS && (t = next_thread(p, tid)); p = still(m)) {
		struct qv_handle h = {.kind = QV_HANDLE_THREAD, .number = (uint32_t)t->tid, .value = {t->blocked, t->pending,
			t->robust, t->clear_tid, t->thread.fs_base, vcpu_id(t->thread.home),
			t->thread.stack_top - sizeof(struct trap_frame)}};

		tid = t->tid;
		add(m, &h);
	}
}

static void add_signals(struct making *m)
{
	const struct process *p = process_by_pid(m->pid);

	for (uint32_t signal = 1; p && p->handlers && signal <= LX_SIGNALS; signal++) {
		const struct lx_sigaction *a = &p->handlers->actions->action[signal];
		struct qv_handle h = {.kind = QV_HANDLE_SIGNAL, .number = signal, .value = {a->handler, a->flags, a->restorer,
			a->mask}};

		if (!(p->handlers->actions->set & SIGNAL_BIT(signal)) || !(a->handler | a->flags | a->mask))
			continue;
		add(m, &h);
		p = still(m);
	}
}

static void add_alarm(struct making *m, const struct process *p)
{
	uint64_t now = hw_rdtsc(), when = p->alarm.when;
	struct qv_handle h = {.kind = QV_HANDLE_TIMER, .value = {when > now ? when - now : 1, p->alarm_interval}};

	if (qv_due_has(&p->alarm.due))
		add(m, &h);
}

static bool uses(const struct process *p, const struct vcpu *v)
{
	for (const struct task *t = p->tasks; t; t = t->next) {
		if (t->thread.home == v)
			return true;
	}
	return false;
}

static void add_vcpus(struct making *m)
{
	const struct process *p = process_by_pid(m->pid);

	for (uint32_t id = 0; p && p->task_count <= MOST_THREADS && id < VCPU_MAX_PER_CORE; id++) {
		const struct vcpu *v = vcpu_by_id(id);
		struct qv_handle h = {.kind = QV_HANDLE_VCPU, .number = id};
		struct vcpu_parameters of;
		struct vcpu_usage usage;

		if (v && uses(p, v)) {
			vcpu_get(v, &of, &usage);
			h.value[0] = of.io ? of.num : of.budget;
			h.value[1] = of.io ? of.den : of.period;
			h.value[2] = of.replenishments;
			h.value[3] = of.io;
			memcpy(h.text, of.name, strlen(of.name));
			add(m, &h);
		}
		if (v || id % 64 == 0)
			p = still(m);
	}
}

static void add_areas(struct making *m)
{
	const struct process *p = process_by_pid(m->pid);
	struct qv_handle h = {.kind = QV_HANDLE_AREA};
	uint64_t at = 0, bytes;
	uint32_t flags;

	for (; p && p->memory && space_next_area(p->memory->space, &at, &bytes, &flags); at += bytes) {
		h.value[0] = at;
		h.value[1] = bytes;
		h.value[2] = flags;
		add(m, &h);
		if (flags & SPACE_SHARED)
			qv_handles_refuse(&m->writer, "it shares memory with others");
		p = still(m);
	}
}

static void refuse_file(struct making *m, uint32_t fd, const struct file *f, const char *why)
{
	char text[QV_HANDLES_TEXT];

	qv_snprintf(text, sizeof(text), "descriptor %u (%s) %s", fd, f->ops->kind, why);
	qv_handles_refuse(&m->writer, text);
}

static void add_file(struct making *m, uint32_t fd, struct file *f, bool cloexec)
{
	struct qv_handle h = {.kind = QV_HANDLE_FILE, .number = fd, .value = {f->flags, f->offset, cloexec}};
	const char *bond = handles_file_bond(f, 1);
	int64_t n = f->inode ? path_of(f->inode, h.text, sizeof(h.text)) : 0;

	if (bond)
		refuse_file(m, fd, f, bond);
	else if (n < 0)
		refuse_file(m, fd, f, "has no path, or a long one");
	if (n <= 0) {
		memset(h.text, 0, sizeof(h.text));
		memcpy(h.text, f->ops->kind, strlen(f->ops->kind));
	} else {
		memset(h.text + n, 0, sizeof(h.text) - (size_t)n);
	}
	add(m, &h);
}

static void add_files(struct making *m)
{
	const struct process *p = process_by_pid(m->pid);
	struct file *f;

	for (uint32_t fd = 0; p && p->files && (f = fd_next(p->files, &fd)); fd++, p = still(m)) {
		add_file(m, fd, f, fd_fcntl(p->files, fd, LX_F_GETFD, 0) & LX_FD_CLOEXEC);
		file_put(f);
	}
}

int64_t state_make(struct proc_text *out, uint32_t pid)
{
	struct process *p = process_by_pid((int32_t)pid);
	struct making m = {.pid = (int32_t)pid};
	const char *bond;

	if (!p || p->state >= PROCESS_DYING)
		return -LX_ESRCH;
	bond = handles_process_bond(p);
	if (!qv_handles_begin(&m.writer, out->text, out->size, pid, (uint32_t)(boot_info()->tsc_hz / 1000)))
		return -LX_ENOMEM;
	if (bond)
		qv_handles_refuse(&m.writer, bond);
	add_process(&m, p);
	add_threads(&m);
	add_signals(&m);
	p = process_by_pid(m.pid);
	if (p)
		add_alarm(&m, p);
	add_vcpus(&m);
	add_areas(&m);
	add_files(&m);
	out->length = m.writer.used;
	out->failed = m.full;
	return 0;
}
