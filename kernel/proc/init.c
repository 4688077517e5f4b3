/* SPDX-License-Identifier: MIT */
/* The room's start, first programs, and what the file system asks of it. */
#include "proc.h"

#include <base/init.h>
#include <base/log.h>
#include <fs/fs.h>
#include <lib/string.h>
#include <proc/time.h>
#include <proc/vdso.h>
#include <sched/vcpu.h>

#define FILE_LIMIT FD_DEFAULT_LIMIT
#define MOST_WORDS 16u

struct first { /* a program to be started: on the heap until its task runs */
	char path[128];
	char text[512]; /* arguments, then environment, NUL-terminated */
	const char *argument[MOST_WORDS + 1];
	const char *environment[MOST_WORDS + 1];
};

static int32_t group(void)
{
	return process_self()->group;
}

static int32_t session(void)
{
	return process_self()->session;
}

static bool leader(void)
{
	return process_self()->session == process_self()->pid;
}

static bool ignores(int32_t signal)
{
	return process_self()->handlers->actions->action[signal].handler == LX_SIG_IGN ||
		(task_self()->blocked & SIGNAL_BIT(signal));
}

static void send(int32_t to, int32_t signal)
{
	(void)signal_group(to, signal, NULL);
}

static const struct fs_hooks hooks = {.group = group, .session = session, .leader = leader, .ignores = ignores,
	.signal = send, .now = proc_realtime, .signal_step = signal_group_step};

INIT void proc_init(void)
{
	exec_init();
	vdso_init();
	fs_set_hooks(&hooks);
	trap_set_fault_hook(proc_fault);
	sched_set_return_hook(signal_deliver);
	proc_fs_init();
}

/* ---- first programs ---- */

static const char **copy_words(const char *const *from, const char **to, char **text, const char *end)
{
	uint32_t n = 0;

	for (; from && from[n]; n++) {
		size_t size = strlen(from[n]) + 1;

		if (n == MOST_WORDS || size > (size_t)(end - *text))
			return NULL;
		memcpy(*text, from[n], size);
		to[n] = *text;
		*text += size;
	}
	to[n] = NULL;
	return to;
}

static struct first *prepare(const struct first_program *program)
{
	struct first *f = mm_heap_alloc(sizeof(*f));
	char *text;

	if (!f)
		return NULL;
	text = f->text;
	if (strlen(program->path) < sizeof(f->path) &&
		copy_words(program->arguments, f->argument, &text, f->text + sizeof(f->text)) &&
		copy_words(program->environment, f->environment, &text, f->text + sizeof(f->text))) {
		memcpy(f->path, program->path, strlen(program->path) + 1);
		return f;
	}
	mm_heap_free(f, sizeof(*f));
	return NULL;
}

/* Runs as the first task of the process, in the kernel's own space until exec loads one. */
static void run_first(void *argument)
{
	struct first *f = argument;
	struct trap_frame frame = {0};
	int64_t error = fs_open_console(process_self()->files); /* asks whose terminal it becomes: by the process */

	if (error >= 0)
		error = exec_first(&frame, f->path, f->argument, f->environment);
	if (error)
		log_error("%s cannot be started: error %lld; is it in the sandbox's `programs` and linked with -static?",
			f->path, (long long)-error);
	mm_heap_free(f, sizeof(*f));
	if (error)
		task_end(127 << 8);
	trap_leave(&frame);
}

static bool fill(struct process *p)
{
	p->files = fd_create(FILE_LIMIT);
	p->paths = path_context_create();
	p->handlers = handlers_create(NULL);
	p->file_limit = FILE_LIMIT;
	p->stack_limit = USER_STACK_BYTES;
	return p->files && p->paths && p->handlers;
}

static void discard(struct process *p, struct task *t, struct first *f)
{
	if (p && p->files)
		fd_put(p->files);
	if (p && p->paths)
		path_context_put(p->paths);
	if (p && p->handlers)
		handlers_put(p->handlers);
	if (p)
		process_free(p);
	if (t)
		task_free(t);
	if (f)
		mm_heap_free(f, sizeof(*f));
}

int64_t process_start(const struct first_program *program)
{
	struct first *f = prepare(program);
	int32_t number = proc_number();
	struct process *p = process_create(number);
	struct task *t = task_create();

	if (!f || !p || !t || !fill(p)) {
		discard(p, t, f);
		proc_number_drop(number);
		return -LX_ENOMEM;
	}
	p->arena = program->arena;
	p->memory_limit = program->memory_limit;
	thread_xsave_init(t->thread.xsave);
	process_enter(p);
	task_join(t, p, p->pid);
	thread_start(&t->thread, program->vcpu, run_first, f);
	return p->pid;
}
