/* SPDX-License-Identifier: MIT */
/*
 * The frame is at (RSP + 8) % 16 == 0 when the handler starts, 128 bytes below the interrupted RSP (the red zone of the
 * System V ABI), the XSAVE area above it on 64 bytes. What comes back from the user stack is checked before it is
 * loaded: flags and selectors by trap_sanitise, the XSAVE header and MXCSR by thread_xsave_load, from a copy that
 * nothing is loaded from before that.
 */
#include "sigframe.h"
#include "proc.h"

#include <lib/string.h>
#include <sched/registers.h>

#define RED_ZONE 128u
#define XSAVE_ALIGN 64u
#define FLAG_TRAP      0x100ull
#define FLAG_DIRECTION 0x400ull
#define FLAG_RESUME    0x10000ull

static bool on_alternate(const struct lx_stack *s, uint64_t sp)
{
	return !(s->flags & LX_SS_DISABLE) && sp > s->base && sp - s->base <= s->bytes;
}

static void fill_context(struct lx_sigcontext *c, const struct trap_frame *f, uint64_t mask, uint64_t fpstate)
{
	*c = (struct lx_sigcontext){
		.r8 = f->r8, .r9 = f->r9, .r10 = f->r10, .r11 = f->r11, .r12 = f->r12, .r13 = f->r13, .r14 = f->r14,
		.r15 = f->r15, .rdi = f->rdi, .rsi = f->rsi, .rbp = f->rbp, .rbx = f->rbx, .rdx = f->rdx, .rax = f->rax,
		.rcx = f->rcx, .rsp = f->rsp, .rip = f->rip, .rflags = f->rflags, .cs = (uint16_t)f->cs,
		.ss = (uint16_t)f->ss, .error = f->error, .vector = f->vector, .old_mask = mask,
		.cr2 = task_self()->info.address, .fpstate = fpstate,
	};
}

/* The running thread's register state to `at`, with the words by which programs know its size. */
static bool push_state(uint64_t at)
{
	struct thread *t = thread_self();
	uint32_t bytes = thread_xsave_bytes(), magic2 = LX_FP_MAGIC2;
	struct lx_fpx_software software = {.magic1 = LX_FP_MAGIC1, .extended_bytes = bytes + sizeof(magic2),
		.features = thread_xsave_features(), .bytes = bytes};

	thread_xsave_save(t->xsave);
	return user_write(at, t->xsave, bytes) == 0 &&
		user_write(at + LX_FPX_SOFTWARE_AT, &software, sizeof(software)) == 0 &&
		user_write(at + bytes, &magic2, sizeof(magic2)) == 0;
}

static uint64_t stack_for(const struct trap_frame *frame, const struct lx_sigaction *a)
{
	const struct lx_stack *s = &task_self()->alternate;

	if ((a->flags & LX_SA_ONSTACK) && !(s->flags & LX_SS_DISABLE) && !on_alternate(s, frame->rsp))
		return s->base + s->bytes;
	return frame->rsp - RED_ZONE;
}

bool sigframe_push(struct trap_frame *frame, int32_t signal, const struct lx_sigaction *action,
	const struct lx_siginfo *info, uint64_t mask)
{
	uint64_t state = (stack_for(frame, action) - thread_xsave_bytes() - 4) & ~(uint64_t)(XSAVE_ALIGN - 1);
	uint64_t at = ((state - sizeof(struct lx_sigframe)) & ~15ull) - 8;
	struct lx_sigframe f = {.restorer = action->restorer, .info = *info};

	f.ucontext.flags = LX_UC_FP_XSTATE;
	f.ucontext.stack = task_self()->alternate;
	f.ucontext.mask = mask;
	fill_context(&f.ucontext.context, frame, mask, state);
	if (!(action->flags & LX_SA_RESTORER) || !push_state(state) || user_write(at, &f, sizeof(f)))
		return false;
	frame->rdi = (uint64_t)signal;
	frame->rsi = at + offsetof(struct lx_sigframe, info);
	frame->rdx = at + offsetof(struct lx_sigframe, ucontext);
	frame->rax = 0;
	frame->rsp = at;
	frame->rip = action->handler;
	frame->rflags &= ~(FLAG_DIRECTION | FLAG_TRAP | FLAG_RESUME); /* the ABI's; the handler is not stepped itself */
	trap_sanitise(frame);
	task_self()->thread.work |= THREAD_WORK_FRAME;
	return true;
}

static void take_context(struct trap_frame *f, const struct lx_sigcontext *c)
{
	*f = (struct trap_frame){
		.r8 = c->r8, .r9 = c->r9, .r10 = c->r10, .r11 = c->r11, .r12 = c->r12, .r13 = c->r13, .r14 = c->r14,
		.r15 = c->r15, .rdi = c->rdi, .rsi = c->rsi, .rbp = c->rbp, .rbx = c->rbx, .rdx = c->rdx, .rax = c->rax,
		.rcx = c->rcx, .rsp = c->rsp, .rip = c->rip, .rflags = c->rflags,
	};
	trap_sanitise(f);
}

/* Register state from the user stack; `at` 0 = the state of a fresh program. It is read beside the thread's own area:
 * reading may block, and what a switch saves and loads meanwhile must be the registers as they are. */
static bool pop_state(uint64_t at)
{
	uint32_t bytes = thread_xsave_bytes();
	void *image = mm_heap_alloc(bytes);
	bool good;

	if (!image)
		return false;
	thread_xsave_init(image);
	good = !at || (at % XSAVE_ALIGN == 0 && user_read(image, at, bytes) == 0);
	if (good) {
		memcpy(thread_self()->xsave, image, bytes);
		thread_xsave_load(thread_self()->xsave);
	}
	mm_heap_free(image, bytes);
	return good;
}

int64_t signal_return(struct trap_frame *frame)
{
	struct lx_sigframe f;

	/* RET has taken the restorer's address off. */
	if (user_read(&f, frame->rsp - 8, sizeof(f)) || !pop_state(f.ucontext.context.fpstate)) {
		signal_fault(LX_SIGSEGV, LX_SI_KERNEL, frame->rsp);
		return 0;
	}
	take_context(frame, &f.ucontext.context);
	signal_set_mask(f.ucontext.mask);
	task_self()->thread.work |= THREAD_WORK_FRAME;
	return (int64_t)frame->rax;
}

int64_t signal_alternate_stack(const struct lx_stack *new, struct lx_stack *old, uint64_t sp)
{
	struct task *t = task_self();

	*old = t->alternate;
	if (on_alternate(&t->alternate, sp))
		old->flags |= LX_SS_ONSTACK;
	if (!new)
		return 0;
	if (on_alternate(&t->alternate, sp))
		return -LX_EPERM;
	if (new->flags & ~(LX_SS_DISABLE | LX_SS_ONSTACK))
		return -LX_EINVAL;
	if (!(new->flags & LX_SS_DISABLE) && new->bytes < 2048)
		return -LX_ENOMEM;
	t->alternate = *new;
	t->alternate.flags &= LX_SS_DISABLE;
	return 0;
}
