/* SPDX-License-Identifier: MIT */
/*
 * execve: everything is prepared in a new address space; only when nothing can fail any more does it become the
 * process's, so a failed exec leaves the caller as it was.
 */
#include "proc.h"

#include <base/init.h>
#include <base/log.h>
#include <base/memory.h>
#include <fs/device.h>
#include <hw/cpu.h>
#include <lib/exec.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <proc/time.h>
#include <proc/vdso.h>
#include <sched/registers.h>

#define PAGE 4096ull
#define PIE_BASE 0x10000000ull   /* where a static-PIE goes: programs are placed the same way in every run */
#define TEXT_STEP 256u /* bytes of text between two preemption points ... */
#define FRAME_STEP 128u /* ... and of text that is looked at */
#define STRINGS_FIRST 1024u
#define STRINGS_SMALL 2048u /* up to here a block need not be cleared */
#define STRINGS_MOST (256u << 10) /* arguments and environment together */
#define SCRIPT_DEPTH 4u
#define WORD_BYTES 256u
#define CLOCK_TICKS 100u

static uint64_t page_up(uint64_t a)
{
	return (a + PAGE - 1) & ~(PAGE - 1);
}

struct strings { /* packed, NUL-terminated */
	char *text;
	size_t used, size;
	size_t arguments; /* bytes of the first argc */
	uint32_t argc, envc;
};

struct image { /* all that exec gathers */
	struct file *file;
	struct qv_exec exec;
	struct strings strings;
	struct memory *memory;
	struct space_backing *backing; /* of the file, which holds it */
	uint64_t bias, sp, vdso;
	uint64_t top; /* of the stack */
	char program[PROC_TOLD]; /* path of the file that is mapped, without links */
	char script[WORD_BYTES], argument[WORD_BYTES];
	char inner[WORD_BYTES]; /* the interpreter that is opened now: the next line overwrites `script` */
};

static struct mm_cache images = MM_CACHE(struct image);

/* ---- strings ---- */

/* Text of the user may be long: others are let in. */
static void copy_text(char *to, const char *from, size_t bytes)
{
	for (size_t step; bytes > 0; to += step, from += step, bytes -= step) {
		step = bytes < TEXT_STEP ? bytes : TEXT_STEP;
		memcpy(to, from, step);
		sched_preempt_point();
	}
}

static size_t text_length(const char *text)
{
	size_t n = 0;

	while (text[n])
		if (++n % TEXT_STEP == 0)
			sched_preempt_point();
	return n;
}

static bool grow(struct strings *s, size_t wanted)
{
	size_t size = s->size ? s->size : STRINGS_FIRST;
	char *text;

	while (size < wanted)
		size *= 2;
	if (size == s->size)
		return true;
	if (size > STRINGS_MOST)
		return false;
	text = size <= STRINGS_SMALL ? mm_heap_take(size) : mm_heap_alloc(size);
	if (!text)
		return false;
	copy_text(text, s->text, s->used);
	if (s->text)
		mm_heap_free(s->text, s->size);
	s->text = text;
	s->size = size;
	return true;
}

static int64_t add_text(struct strings *s, const char *text)
{
	size_t n = strlen(text) + 1;

	if (!grow(s, s->used + n))
		return -LX_E2BIG;
	memcpy(s->text + s->used, text, n);
	s->used += n;
	return 0;
}

static int64_t add_user_text(struct strings *s, uint64_t from)
{
	for (;;) {
		int64_t n = user_text(s->text + s->used, from, s->size - s->used);

		if (n >= 0)
			s->used += (size_t)n + 1;
		if (n != -LX_ENAMETOOLONG)
			return n < 0 ? n : 0;
		if (!grow(s, s->size + 1))
			return -LX_E2BIG;
	}
}

/* A NULL-terminated array of user pointers; 0 = an empty one. */
static int64_t add_user_array(struct strings *s, uint64_t array, uint32_t *count)
{
	uint64_t pointer;

	if (!grow(s, s->used + 1))
		return -LX_ENOMEM;
	for (; array; array += sizeof(pointer)) {
		int64_t error = user_read(&pointer, array, sizeof(pointer));

		if (error || !pointer)
			return error;
		error = add_user_text(s, pointer);
		if (error)
			return error;
		++*count;
		sched_preempt_point();
	}
	return 0;
}

/* Put words in front of all arguments: what a script's first line says, in place of the script's own name. */
static int64_t add_interpreter(struct image *im, const char *path)
{
	struct strings old = im->strings, *s = &im->strings;
	size_t skip = old.argc ? text_length(old.text) + 1 : 0;
	int64_t error;

	*s = (struct strings){.argc = old.argc ? old.argc - 1 : 0, .envc = old.envc};
	error = add_text(s, im->script);
	if (!error && im->argument[0])
		error = add_text(s, im->argument);
	if (!error)
		error = add_text(s, path);
	if (!error && !grow(s, s->used + old.used - skip))
		error = -LX_E2BIG;
	if (!error) {
		s->arguments = s->used + old.arguments - skip;
		copy_text(s->text + s->used, old.text + skip, old.used - skip);
		s->used += old.used - skip;
		s->argc += im->argument[0] ? 3 : 2;
	}
	if (old.text)
		mm_heap_free(old.text, old.size);
	return error;
}

/* ---- the file ---- */

/* Look at the first page where it lies, the program's headers or a script's line: nobody else runs meanwhile. 1 = a
 * script. */
static int64_t read_head(struct image *im, const char *path, uint64_t size)
{
	uint64_t frame = im->backing ? im->backing->page(im->backing, 0) : 0;
	uint64_t n = !frame ? 0 : size < QV_EXEC_HEAD ? size : QV_EXEC_HEAD;
	const char *why = NULL;
	bool script = qv_exec_script(memory_at(frame), n, im->script, im->argument, WORD_BYTES);

	if (!script)
		why = qv_exec_read(memory_at(frame), n, size, &im->exec);
	if (frame)
		mm_frame_put(frame);
	if (!why)
		return script;
	log_debug("exec %s: %s", path, why);
	return -LX_ENOEXEC;
}

static int64_t open_program(struct image *im, const struct path_at *at, const char *path)
{
	struct lx_stat stat;
	int64_t n = path_open_program(at, path, &im->file, im->program, sizeof(im->program));

	if (n)
		return n;
	n = file_stat(im->file, &stat);
	if (n)
		return n;
	if ((stat.mode & LX_S_IFMT) != LX_S_IFREG || !(stat.mode & 0111))
		return -LX_EACCES;
	if (file_backing(im->file, SPACE_READ | SPACE_EXEC, &im->backing))
		return -LX_EACCES;
	sched_preempt_point();
	return read_head(im, path, (uint64_t)stat.size);
}

/* Follow "#!" lines to a program. `path` changes what AT_EXECFN says not at all: it stays the first one. */
static int64_t find_program(struct image *im, const struct path_at *at, const char *path)
{
	int64_t result = open_program(im, at, path);

	for (uint32_t depth = 0; result == 1 && depth < SCRIPT_DEPTH; depth++) {
		file_put(im->file);
		im->file = NULL;
		result = add_interpreter(im, path);
		if (!result)
			result = open_program(im, at, memcpy(im->inner, im->script, sizeof(im->inner)));
		path = im->inner;
	}
	return result == 1 ? -LX_ELOOP : result;
}

/* The file's pages of a segment and the zeros behind them. */
static void add_segment(const struct image *im, const struct qv_exec_segment *s, struct space_part part[2])
{
	uint64_t start = (im->bias + s->vaddr) & ~(PAGE - 1), end = page_up(im->bias + s->vaddr + s->mem_size);
	uint64_t file_end = s->file_size ? page_up(im->bias + s->vaddr + s->file_size) : start;

	part[0] = (struct space_part){start, file_end - start, s->rights, im->backing, s->offset & ~(PAGE - 1)};
	part[1] = (struct space_part){file_end, end - file_end, s->rights, NULL, 0};
}

_Static_assert(2 * QV_EXEC_SEGMENTS + 3 <= SPACE_PARTS, "segments, stack and vDSO");

/* From below: segments, stack, vDSO. The latter two share their page table. */
static int64_t lay_out(struct image *im, bool vdso)
{
	struct memory *m = im->memory;
	uint64_t stack = process_self()->stack_limit;
	uint32_t n = 2 * im->exec.count;
	struct space_part part[SPACE_PARTS];

	im->bias = im->exec.movable ? PIE_BASE - (im->exec.low & ~(PAGE - 1)) : 0;
	im->top = SPACE_USER_END - vdso_bytes();
	for (uint32_t i = 0; i < im->exec.count; i++)
		add_segment(im, &im->exec.segment[i], &part[2 * i]);
	part[n++] = (struct space_part){im->top - stack, stack, SPACE_READ | SPACE_WRITE | SPACE_GROWS, NULL, 0};
	if (vdso) {
		im->vdso = vdso_parts(im->top, &part[n]);
		n += 2;
	}
	m->brk_start = m->brk = im->bias + im->exec.high;
	sched_preempt_point();
	return space_fill(m->space, part, n);
}

/* The rest of a file's last page in a writable segment is zero memory, not file. */
static int64_t cut_tails(const struct image *im)
{
	int64_t error = 0;

	for (uint32_t i = 0; i < im->exec.count && !error; i++) {
		const struct qv_exec_segment *s = &im->exec.segment[i];
		uint64_t end = im->bias + s->vaddr + s->file_size;

		if (s->mem_size == s->file_size || !s->file_size || end % PAGE == 0 || !(s->rights & QV_EXEC_WRITE))
			continue;
		error = space_cut_off(im->memory->space, end, end % PAGE);
		sched_preempt_point();
	}
	return error;
}

/* The first pages of text and constants are wanted at once; for what comes later there are faults. */
static void have_first(const struct image *im)
{
	for (uint32_t i = 0; i < im->exec.count; i++) {
		const struct qv_exec_segment *s = &im->exec.segment[i];

		if (s->file_size && !(s->rights & QV_EXEC_WRITE))
			space_near(im->memory->space, im->bias + s->vaddr);
		sched_preempt_point();
	}
}

/* ---- with the new space loaded ---- */

static uint32_t capabilities; /* CPUID 1 EDX: asked once, since CPUID may leave the sandbox */

INIT void exec_init(void)
{
	capabilities = hw_cpuid(1, 0).edx;
}

static uint64_t push(uint64_t *sp, const void *bytes, size_t n, int64_t *error)
{
	*sp -= n;
	if (!*error)
		*error = user_write(*sp, bytes, n);
	return *sp;
}

static int64_t write_stack(struct image *im, const char *path)
{
	struct qv_exec_start start = {.argc = im->strings.argc, .envc = im->strings.envc, .text = im->strings.text,
		.text_size = im->strings.used, .entry = im->bias + im->exec.entry, .phnum = im->exec.phnum,
		.phdr = im->exec.phdr ? im->bias + im->exec.phdr : 0, .features = capabilities, .clock_ticks = CLOCK_TICKS,
		.vdso = im->vdso};
	uint64_t sp = im->top - 16, *words;
	struct qv_exec_cursor cursor = {0};
	enum qv_exec_step step;
	uint8_t seed[16];
	size_t bytes = qv_exec_words(&start) * sizeof(*words);
	int64_t error = 0;

	random_fill(seed, sizeof(seed));
	sched_preempt_point();
	(void)space_touch(im->memory->space, sp); /* what does not fit there comes by faults */
	sched_preempt_point();
	start.name = push(&sp, path, strlen(path) + 1, &error);
	sched_preempt_point();
	start.platform = push(&sp, "x86_64", 7, &error);
	start.strings = push(&sp, im->strings.text, im->strings.used, &error);
	start.random = push(&sp, seed, sizeof(seed), &error);
	sp = (sp & ~15ull) - ((bytes + 15) & ~(size_t)15);
	sched_preempt_point();
	words = bytes <= STRINGS_SMALL ? mm_heap_take(bytes) : mm_heap_alloc(bytes);
	if (!words)
		return -LX_ENOMEM;
	while ((step = qv_exec_frame_step(&start, words, &cursor, FRAME_STEP)) == QV_EXEC_MORE)
		sched_preempt_point();
	if (!error && (step == QV_EXEC_BAD || user_write(sp, words, bytes)))
		error = -LX_EFAULT;
	mm_heap_free(words, bytes);
	im->sp = sp;
	return error;
}

static void set_name(struct process *p, const char *path)
{
	const char *base = path;
	size_t n;

	for (const char *c = path; *c; c++)
		base = *c == '/' ? c + 1 : base;
	n = strlen(base);
	n = n < PROC_NAME ? n : PROC_NAME - 1;
	memset(p->name, 0, PROC_NAME);
	memcpy(p->name, base, n);
}

/* What /proc will tell of the program: its arguments, which are the first strings, and the path of its file. */
static void tell(struct image *im)
{
	struct memory *m = im->memory;
	size_t at = im->strings.arguments;

	m->command_bytes = (uint32_t)(at < sizeof(m->command) ? at : sizeof(m->command));
	memcpy(m->command, im->strings.text, m->command_bytes);
	memcpy(m->program, im->program, strlen(im->program) + 1);
}

/* Descriptors and handlers that exec must have for itself; false: no memory. */
static bool unshare(struct process *p)
{
	if (p->files->references > 1) {
		struct fd_table *copy = fd_copy(p->files), *old = p->files;

		if (!copy)
			return false;
		p->files = copy; /* the others may have put theirs meanwhile: then the old one goes */
		fd_put(old);
	}
	if (p->handlers->references > 1) {
		struct handlers *copy = handlers_create(p->handlers);

		if (!copy)
			return false;
		handlers_put(p->handlers);
		p->handlers = copy;
	}
	return true;
}

static void begin(struct image *im, struct trap_frame *frame, const char *path)
{
	struct task *t = task_self();
	struct process *p = t->process;

	fd_exec(p->files);
	sched_preempt_point();
	set_name(p, path);
	t->alternate = (struct lx_stack){.flags = LX_SS_DISABLE};
	t->clear_tid = t->robust = 0;
	futex_pi_end(t); /* what it held lies in memory that is gone */
	t->pi_over = false;
	thread_set_bases(0, 0);
	thread_xsave_init(t->thread.xsave);
	thread_xsave_load(t->thread.xsave);
	*frame = (struct trap_frame){.rip = im->bias + im->exec.entry, .rsp = im->sp, .vector = TRAP_SYSCALL};
	trap_sanitise(frame);
	t->thread.work |= THREAD_WORK_FRAME;
}

/* Who shares memory with the program that goes is told, as if this thread ended: locks of its robust list that it holds
 * have lost their owner, and who joins it goes on. The old space is loaded once more for it, now that exec cannot
 * fail. */
static void leave(struct memory *old)
{
	struct task *t = task_self();
	bool shared = t->clear_tid && old->references > 1; /* others go on with the memory that it leaves */
	struct memory *new;

	if (!t->robust && !shared)
		return;
	new = memory_switch(old);
	futex_end(t);
	if (shared)
		task_tell_joiner(t);
	memory_switch(new);
	sched_preempt_point();
}

/* The new space is loaded while its stack is written; it goes again if that fails. */
static int64_t move_in(struct image *im, struct trap_frame *frame, const char *path)
{
	struct process *p = process_self();
	struct memory *old;
	int64_t error;

	if (!task_end_others())
		return -LX_EINTR;
	old = memory_switch(im->memory);
	sched_preempt_point();
	error = write_stack(im, path);
	if (!error && (!unshare(p) || !signal_exec(p)))
		error = -LX_ENOMEM;
	if (error) {
		memory_switch(old);
		return error;
	}
	im->memory = NULL;
	leave(old);
	begin(im, frame, path);
	process_release_parent(p);
	sched_preempt_point();
	if (old)
		memory_put(old);
	return 0;
}

static int64_t build(struct image *im)
{
	int64_t error;

	sched_preempt_point();
	im->memory = memory_create(process_self()->memory_limit, process_self()->arena);
	if (!im->memory)
		return -LX_ENOMEM;
	tell(im);
	error = lay_out(im, !process_self()->arena); /* after a migration the clocks are another kernel's: it is asked */
	if (!error)
		have_first(im);
	return error ? error : cut_tails(im);
}

static void drop(struct image *im)
{
	if (im->file)
		file_put(im->file);
	if (im->strings.text)
		mm_heap_free(im->strings.text, im->strings.size);
	if (im->memory)
		memory_put(im->memory);
	mm_cache_free(&images, im);
}

/* Nothing gathered yet; what is not set here is written before it is read. NULL: no memory. */
static struct image *create(void)
{
	struct image *im = mm_cache_take(&images);

	if (!im)
		return NULL;
	im->file = NULL;
	im->memory = NULL;
	im->strings = (struct strings){0};
	im->vdso = 0;
	return im;
}

static int64_t run(struct image *im, struct trap_frame *frame, const struct path_at *at, const char *path)
{
	int64_t error = find_program(im, at, path);

	if (!error)
		error = build(im);
	return error ? error : move_in(im, frame, path);
}

int64_t process_exec(struct trap_frame *frame, const struct path_at *at, const char *path, uint64_t arguments,
	uint64_t environment)
{
	struct image *im = create();
	int64_t error;

	if (!im)
		return -LX_ENOMEM;
	error = add_user_array(&im->strings, arguments, &im->strings.argc);
	im->strings.arguments = im->strings.used;
	if (!error)
		error = add_user_array(&im->strings, environment, &im->strings.envc);
	if (!error)
		error = run(im, frame, at, path);
	drop(im);
	return error;
}

int64_t exec_first(struct trap_frame *frame, const char *path, const char *const *arguments,
	const char *const *environment)
{
	struct image *im = create();
	struct path_at at = {.context = process_self()->paths, .fd = LX_AT_FDCWD};
	int64_t error = 0;

	if (!im)
		return -LX_ENOMEM;
	for (; !error && *arguments; arguments++, im->strings.argc++)
		error = add_text(&im->strings, *arguments);
	im->strings.arguments = im->strings.used;
	for (; !error && *environment; environment++, im->strings.envc++)
		error = add_text(&im->strings, *environment);
	if (!error)
		error = run(im, frame, &at, path);
	drop(im);
	return error;
}
