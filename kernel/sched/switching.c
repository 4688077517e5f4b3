/* SPDX-License-Identifier: MIT */
/*
 * From one thread to the next: stack, address space, and what ring 3 has in registers. A kernel thread uses none of
 * the latter, so they stay loaded while it runs; between two threads of ring 3 they are saved and loaded at once
 * (eagerly).
 */
#include "hot.h"

#include <base/features.h>
#include <hw/cpu.h>
#include <hw/msr.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <lib/xsave.h>

_Static_assert(offsetof(struct thread, sp) == THREAD_SP && offsetof(struct thread, work) == THREAD_WORK,
	"offsets in base/entry.h");

uint32_t thread_xsave_bytes(void)
{
	return features()->xsave_bytes;
}

void thread_xsave_init(void *area)
{
	memset(area, 0, thread_xsave_bytes());
	qv_xsave_init(area);
}

static void save_extended(const struct cpu_features *f, void *area)
{
	if (f->xsaveopt)
		save_registers(area);
	else
		__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
}

/* With FSGSBASE ring 3 may have set the bases itself; without it only the kernel can, which keeps the fields. */
static void set_bases(const struct thread *to)
{
	hw_wrmsr(HW_MSR_FS_BASE, to->fs_base);
	hw_wrmsr(HW_MSR_KERNEL_GS, to->gs_base);
}

static __attribute__((noinline)) void load_first_user(const struct cpu_features *f, const struct thread *to)
{
	if (f->fsgsbase)
		__asm__ volatile("wrfsbase %0; swapgs; wrgsbase %1; swapgs" : : "r"(to->fs_base), "r"(to->gs_base) : "memory");
	else
		set_bases(to);
	load_registers(to->xsave);
}

/* The unusual cases of load_thread() in hot.h. */
void switch_load_user(struct core *c, struct thread *to)
{
	const struct cpu_features *f = features();
	struct thread **holder = c->quick ? &c->user : &c->slow_user, *from = *holder;

	if (from == to)
		return;
	*holder = to;
	if (!from) {
		load_first_user(f, to);
		return;
	}
	save_extended(f, from->xsave);
	if (f->fsgsbase)
		swap_bases(from, to);
	else
		set_bases(to);
	load_registers(to->xsave);
}

/* On the stack of the thread that comes after one that ended. */
void switch_reap(void)
{
	struct core *c = this_core();
	struct thread *dead = c->dead;

	c->dead = NULL;
	c->reap(dead);
}

/* The next switch to `t` goes on in `through`, and from there where it would have gone on. */
void switch_divert(struct thread *t, void (*through)(void))
{
	uint64_t *sp = (uint64_t *)t->sp;

	*--sp = (uint64_t)through;
	t->sp = (uint64_t)sp;
}

/* Where a thread starts: as if it had been in switch_stacks, with room for a frame of ring 3 above it. */
static void prepare_stack(struct thread *t, void (*entry)(void *argument), void *argument)
{
	uint64_t *sp = (uint64_t *)(t->stack_top - FRAME_BYTES);

	*--sp = (uint64_t)argument;
	*--sp = (uint64_t)entry;
	*--sp = (uint64_t)switch_first;
	t->sp = (uint64_t)sp;
}

static void start_here(struct core *c, struct thread *t)
{
	uint64_t now = wake_time(c);

	t->number = c->next_number++;
	set_vcpu(t, t->vcpu);
	t->vcpu->threads++;
	make_ready(c, t, now, now);
}

static void start_posted(struct sched_post *post)
{
	start_here(this_core(), (struct thread *)((uint8_t *)post - offsetof(struct thread, post)));
}

void thread_start(struct thread *t, struct vcpu *vcpu, void (*entry)(void *argument), void *argument)
{
	assert(t->stack_top % 16 == 0 && (uint64_t)t->xsave % 64 == 0 && !t->xsave == !t->root);
	t->state = THREAD_NEW;
	t->work = 0;
	t->vcpu = vcpu;
	t->home = vcpu;
	t->consumed = 0;
	prepare_stack(t, entry, argument);
	if (vcpu->core == this_cpu()->index) {
		start_here(this_core(), t);
	} else {
		t->post.run = start_posted;
		sched_post(vcpu->core, &t->post);
	}
}

_Noreturn void thread_exit(void (*reap)(struct thread *t))
{
	struct core *c = this_core();
	struct thread *t = thread_self();

	assert(!t->held);
	if (c->user == t)
		c->user = NULL;
	if (c->slow_user == t)
		c->slow_user = NULL;
	if (t->root)
		load_root(c->kernel_root);
	account(c, hw_rdtsc());
	leave_ring(c, t, THREAD_DEAD);
	t->home->threads--;
	c->dead = t;
	c->reap = reap;
	decide_accounted(c, c->stamp);
	__builtin_unreachable();
}

/* A guest of a VCPU is a runnable thread there with another home. */
static void set_home(struct thread *t, struct vcpu *home)
{
	bool runnable = t->state == THREAD_READY;

	if (runnable && t->home != t->vcpu)
		t->vcpu->guests--;
	t->home->threads--;
	t->home = home;
	home->threads++;
	if (runnable && home != t->vcpu)
		t->vcpu->guests++;
}

void thread_bind(struct thread *t, struct vcpu *vcpu)
{
	struct core *c = this_core();
	bool at_home = t->vcpu == t->home;

	assert(vcpu->core == c->cpu->index && t->home->core == vcpu->core);
	account(c, hw_rdtsc());
	set_home(t, vcpu);
	if (at_home)
		move_thread(c, t, vcpu);
	if (t == c->cpu->thread)
		decide();
}
