/* SPDX-License-Identifier: MIT */
/* Private to the room: one core's scheduler. Touched by that core only, interrupts off. */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <abi/stats.h>
#include <abi/trace.h>
#include <base/cpu.h>
#include <base/irq.h>
#include <lib/admit.h>
#include <lib/due.h>
#include <lib/events.h>
#include <lib/pibs.h>
#include <lib/prio.h>
#include <lib/ss.h>
#include <sched/mutex.h>
#include <sched/thread.h>
#include <sched/vcpu.h>
#include <sched/wait.h>

#define DEFAULT_REPLENISHMENTS 32u
#define NEVER UINT64_MAX

enum vcpu_state {
	VCPU_BLOCKED,  /* no runnable thread */
	VCPU_READY,    /* budget */
	VCPU_DEPLETED, /* no budget: background */
	VCPU_FREE      /* slot not in use */
};

struct vcpu {
	struct thread *ring; /* its runnable threads; the first one runs next */
	struct qv_due *timers;
	uint64_t period;   /* T; of an I/O VCPU the inherited one */
	uint64_t event;    /* earliest of timers and, if depleted, replenishment */
	uint64_t owed;     /* cycles it must get until `deadline`, 0 = nothing */
	uint64_t deadline;
	uint32_t id, core;
	uint32_t state;    /* enum vcpu_state */
	uint32_t guests;   /* threads in the ring that have another home */
	uint32_t threads;  /* whose home it is */
	uint32_t generation; /* how many VCPUs had this place before */
	uint16_t rank;     /* main: in the order of periods */
	uint16_t io_index; /* I/O: in the heaps */
	bool io;
	bool asked; /* I/O: somebody asked since it was last blocked */
	struct qv_stats_vcpu *stats; /* in the black box, or own_stats */
	struct qv_stats_vcpu own_stats;
	uint64_t top_halves; /* I/O: cycles of its devices' top halves, not yet charged */
	struct vcpu_parameters parameters;
	union {
		struct qv_ss ss;
		struct qv_pibs pibs;
	};
};

struct io_heap {
	struct qv_heap heap;
	struct qv_heap_node node[VCPU_MAX_IO];
	uint16_t place[VCPU_MAX_IO];
};

struct core {
	/* What runs. */
	struct vcpu *running; /* NULL = idle */
	bool background;      /* without budget */
	uint64_t stamp;       /* TSC of the last accounting */
	uint64_t irq_stamp;   /* cpu->irq_cycles then */
	uint64_t irq_charged_stamp; /* how much of cpu->irq_charged was left out so far */
	uint64_t thread_stamp, thread_irq_stamp; /* the same of the running thread, which may change inside a VCPU */
	uint64_t armed;       /* the timer is set for this TSC; NEVER = it is not */
	uint64_t quantum;     /* cycles of a round-robin turn */
	/* Who may run: ranks for main VCPUs, heaps by inherited period for I/O VCPUs. */
	struct qv_ready ready, depleted;
	struct qv_events events;
	struct qv_order order;
	struct io_heap io_ready, io_depleted, io_events;
	struct vcpu *io[VCPU_MAX_IO];
	struct vcpu *by_rank[QV_PRIO_MAX];
	struct qv_due *timers; /* of the core itself */
	struct sched_timer *firing;
	uint64_t fired_at; /* when that was to fire: it may be set anew by now */
	/* Trace. */
	struct qv_trace *trace;
	struct qv_trace_record *trace_at; /* the next record */
	const struct qv_trace_record *trace_end;
	struct {
		struct qv_trace head;
		struct qv_trace_record record[1];
	} no_trace; /* where there is no black box */
	/* The rest. */
	struct cpu *cpu;
	struct thread *dead; /* to be reaped by whoever runs next */
	void (*reap)(struct thread *t);
	struct thread *user; /* whose ring-3 registers are loaded */
	uint64_t kernel_root;
	struct sched_post *volatile inbox;
	struct thread idle;
	struct sched_core_usage usage;
	uint64_t least_budget, switch_cost, granularity;
	struct qv_admit_irq irq[VCPU_MAX_INTERRUPTS]; /* admitted, by admission.c under its mutex */
	uint32_t irqs;
	uint32_t next_number;
	struct mutex admission; /* of the table of VCPUs */
	struct vcpu *vcpu[VCPU_MAX_PER_CORE];
	char refusal[160];
	uint16_t id_at[QV_PRIO_MAX], rank_of[QV_PRIO_MAX];
	uint64_t period_of[QV_PRIO_MAX];
	uint64_t event_time[2 * QV_PRIO_MAX];
};

extern struct core *cores[QV_MAX_CORES];

static inline struct core *this_core(void)
{
	return cores[this_cpu()->index];
}

void *take_memory(size_t bytes); /* from sched_setup's giver */

/* One trace record. */
static inline void trace(struct core *c, uint64_t now, enum qv_trace_kind kind, uint32_t vcpu, uint32_t thread,
	uint64_t argument)
{
	struct qv_trace_record *r = c->trace_at;

	r->tsc = now;
	r->kind = (uint16_t)kind;
	r->vcpu = (uint16_t)vcpu;
	r->thread = thread;
	r->argument = argument;
	if (++r == c->trace_end)
		r = c->trace->record;
	c->trace_at = r;
	/* After the record: stores are seen in order. */
	__asm__ volatile("incq %0" : "+m"(c->trace->head) : : "memory");
}

/* `v` goes on with what was due to it at `due`. */
static inline void trace_replenish(struct core *c, uint64_t now, uint32_t vcpu, uint64_t due, uint64_t budget)
{
	c->trace_at->budget = budget;
	trace(c, now, QV_TRACE_REPLENISH, vcpu, 0, due);
}

void trace_init(struct core *c);

/* account.c: what was used, and which set a VCPU is in. */
void account(struct core *c, uint64_t now);
/* The running thread's part: what the core spent since the last switch of threads, interrupts left out. */
static inline void account_thread(struct core *c, uint64_t now)
{
	struct thread *t = c->cpu->thread;
	uint64_t cycles = now - c->thread_stamp, interrupts = c->cpu->irq_cycles - c->thread_irq_stamp;

	c->thread_stamp = now;
	c->thread_irq_stamp += interrupts;
	t->consumed += cycles > interrupts ? cycles - interrupts : 0;
	t->quantum = t->quantum > cycles ? t->quantum - cycles : 0;
}
void vcpu_settle(struct core *c, struct vcpu *v, uint64_t now);
void vcpu_set_event(struct core *c, struct vcpu *v);
void vcpu_unblock(struct core *c, struct vcpu *v, uint64_t now);
void vcpu_block(struct core *c, struct vcpu *v, uint64_t now);
bool vcpu_before(const struct vcpu *a, const struct vcpu *b);
static inline uint64_t vcpu_budget(const struct vcpu *v, uint64_t now)
{
	return v->io ? qv_pibs_budget(&v->pibs, now) : qv_ss_budget(&v->ss, now);
}

/* ring.c: runnable threads of a VCPU. */
void ring_add(struct vcpu *v, struct thread *t);
void ring_remove(struct thread *t);
/* Runnable from now on; `since` is when what woke it happened. Asks for a decision if that may change who runs. */
void make_ready(struct core *c, struct thread *t, uint64_t since);
/* The running thread leaves the ring of its VCPU with `state`. */
void leave_ring(struct core *c, enum thread_state state);
/* Another effective VCPU, whatever the thread's state. */
void move_thread(struct core *c, struct thread *t, struct vcpu *to);
void send_guests_home(struct core *c, struct vcpu *v);

/* decide.c */
void decide(void);
void decide_at(struct core *c, uint64_t now); /* >= c->stamp */
void timer_interrupt(struct trap_frame *frame);
static inline void want_decision(struct core *c)
{
	c->cpu->thread->work |= THREAD_WORK_RESCHED;
}
/* The running thread is no longer alone on its VCPU: its turn ends. */
void limit_turn(struct core *c, uint64_t now);
/* Another thread of the running VCPU comes, whose accounting and timer go on: the timer may then come earlier than
 * needed, never later. */
void switch_inside(struct core *c, struct thread *next, uint64_t now);

/* switching.c, stacks.S */
void switch_to(struct core *c, struct thread *next);
void switch_stacks(struct thread *from, struct thread *to);
void switch_first(void);
void switch_finish(void);

/* wait.c */
void wait_enqueue(struct wait_queue *q, struct thread *t);
void wait_dequeue(struct thread *t);
void wait_block(void);
void wait_wake(struct thread *t, uint64_t since);
void fire_timers(struct core *c, struct qv_due **timers, uint64_t now);
void timer_move(struct core *c, struct vcpu *from, struct vcpu *to);

/* vcpu.c */
void vcpu_make_default(struct core *c);
void costs_measure(struct core *c); /* costs.c */
void inbox_interrupt(struct trap_frame *frame); /* post.c */

#endif
