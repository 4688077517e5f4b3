/* SPDX-License-Identifier: MIT */
/* Private to the room: one core's scheduler. Touched by that core only, interrupts off. */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <abi/stats.h>
#include <abi/trace.h>
#include <base/cpu.h>
#include <base/irq.h>
#include <hw/cpu.h>
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
#define MOST_EVENTS 3u /* of VCPUs that one decision lets happen, */
#define MOST_TIMERS 2u /* each with so many timers; the next decision goes on */

enum run_mode {
	RUNS_MAIN, /* a main VCPU on its budget: the usual case comes first everywhere */
	RUNS_IO,   /* an I/O VCPU on its budget */
	RUNS_BACKGROUND,
	RUNS_IDLE
};

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
	uint32_t mode;        /* enum run_mode */
	bool measuring;       /* how long decisions, events and switches take */
	bool quick;           /* XSAVEOPT and FSGSBASE are there */
	uint64_t stamp;       /* TSC of the last accounting */
	uint64_t irq_stamp;   /* cpu->irq_cycles then */
	uint64_t irq_charged_stamp; /* how much of cpu->irq_charged was left out so far */
	uint64_t armed;       /* the timer is set for this TSC; NEVER = it is not, 0 = it came and nobody has looked yet */
	uint64_t quiet;       /* until then nothing is due and no I/O VCPU runs; 0 = look */
	uint64_t slack;       /* an interrupt that nobody needs may come if it is at least so far away */
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
	volatile struct qv_trace_record *trace_at; /* the next record */
	const volatile struct qv_trace_record *trace_end;
	struct {
		struct qv_trace head;
		struct qv_trace_record record[1];
	} no_trace; /* where there is no black box */
	/* The rest. */
	struct cpu *cpu;
	struct thread *dead; /* to be reaped by whoever runs next */
	void (*reap)(struct thread *t);
	uint64_t switch_start; /* of a measured one */
	bool switch_other;     /* to another address space */
	struct thread *user; /* whose ring-3 registers are loaded; without XSAVEOPT and FSGSBASE that is slow_user */
	struct thread *slow_user;
	uint64_t kernel_root;
	struct irq_usage *timer_irqs;
	struct sched_post *volatile inbox;
	struct thread idle;
	struct sched_core_usage usage;
	uint64_t least_budget, switch_cost, granularity;
	struct qv_admit_irq irq[VCPU_MAX_INTERRUPTS]; /* admitted, by admission.c under its mutex */
	uint32_t irqs;
	uint32_t next_number;
	struct mutex admission; /* of the table of VCPUs */
	struct vcpu *vcpu[VCPU_MAX_PER_CORE];
	char refusal[160]; /* text of the last one, of a request from this core */
	uint16_t id_at[QV_PRIO_MAX], rank_of[QV_PRIO_MAX];
	uint64_t period_of[QV_PRIO_MAX];
	uint64_t event_time[2 * QV_PRIO_MAX];
};

extern struct core *cores[QUEST_CORES];

static inline struct core *this_core(void)
{
	struct core *c;

	__asm__("mov %%gs:%c1, %0" : "=r"(c) : "i"(CPU_SCHEDULER));
	return c;
}

void *take_memory(size_t bytes); /* from sched_setup's giver */

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Second word of a trace record but for its kind. */
static inline uint64_t trace_tag(uint32_t vcpu, uint32_t thread)
{
	return (uint64_t)thread << 32 | vcpu << 16;
}

/* The same of a thread's record, which is at hand for what happens most. */
static inline uint64_t thread_tag(const struct thread *t, enum qv_trace_kind kind)
{
	return t->tag + kind - QV_TRACE_DISPATCH;
}

/* One trace record; `word` is its second one. Its parts are stored in order, the count of records last. */
static inline void trace(struct core *c, uint64_t now, uint64_t word, uint64_t argument)
{
	volatile struct qv_trace_record *r = c->trace_at;

	r->tsc = now;
	*(volatile uint64_t *)&r->kind = word;
	r->argument = argument;
	c->trace_at = r + 1;
	if (__builtin_expect(r + 1 == c->trace_end, 0))
		c->trace_at = c->trace->record;
	__asm__ volatile("incq %0" : "+m"(c->trace->head));
}

/* `v` goes on with what was due to it at `due`. */
static inline void trace_replenish(struct core *c, uint64_t now, uint32_t vcpu, uint64_t due, uint64_t budget)
{
	c->trace_at->budget = budget;
	trace(c, now, trace_tag(vcpu, 0) | QV_TRACE_REPLENISH, due);
}

void trace_init(struct core *c);

/* The VCPU that a thread runs on from now on. */
static inline void set_vcpu(struct thread *t, struct vcpu *v)
{
	t->vcpu = v;
	t->tag = trace_tag(v->id, t->number) | QV_TRACE_DISPATCH;
}

/* account.c: what was used, and which set a VCPU is in. */
void account_rest(struct core *c, uint64_t start, uint64_t cycles);
void account_late(struct vcpu *v, uint64_t start, uint64_t cycles);
void vcpu_settle(struct core *c, struct vcpu *v, uint64_t now);
void vcpu_set_event(struct core *c, struct vcpu *v);
void vcpu_unblock_rest(struct core *c, struct vcpu *v, uint64_t now);
void vcpu_block_rest(struct core *c, struct vcpu *v, uint64_t now);
bool vcpu_before(const struct vcpu *a, const struct vcpu *b);
static inline uint64_t vcpu_budget(const struct vcpu *v, uint64_t now)
{
	return v->io ? qv_pibs_budget(&v->pibs, now) : qv_ss_budget(&v->ss, now);
}

/* ring.c: runnable threads of a VCPU. */
/* Runnable from `now` on, after what happened at `since`. Asks for a decision if that may change who runs. */
void make_ready(struct core *c, struct thread *t, uint64_t since, uint64_t now);
bool may_preempt(const struct core *c, const struct vcpu *v);
void add_ready(struct core *c, struct thread *t, uint64_t now);
/* The time of a wake-up: one for all in a decision. */
static inline uint64_t wake_time(const struct core *c)
{
	return __builtin_expect(c->firing != NULL, 0) ? c->stamp : hw_rdtsc();
}
/* Another effective VCPU, whatever the thread's state. */
void move_thread(struct core *c, struct thread *t, struct vcpu *to);
void send_guests_home(struct core *c, struct vcpu *v);

/* decide.c */
void decide(void);
/* The same for a core whose time is accounted up to `now`. */
void decide_accounted(struct core *c, uint64_t now);
void decide_fully(struct core *c, uint64_t now, uint64_t start);
void decide_on_way_out(void);
void timer_interrupt(struct trap_frame *frame);
static inline void want_decision(struct core *c)
{
	(void)c;
	thread_self()->work |= THREAD_WORK_RESCHED;
}

/* switching.c, stacks.S */
void switch_load_user(struct core *c, struct thread *to);
void switch_divert(struct thread *t, void (*through)(void));
void switch_watch(struct core *c, struct thread *next, uint64_t start);
void switch_measured(void);
void switch_watched(uint64_t now); /* called by switch_measured */
void switch_first(void);
void switch_after_death(void);
void switch_reap(void); /* called by switch_after_death */

/* wait.c */
void wait_enqueue(struct wait_queue *q, struct thread *t);
void wait_dequeue(struct thread *t);
void wait_block(void);
void wait_wake(struct thread *t);
struct sleeper {
	struct sched_timer timer;
	struct thread *thread;
};
void wait_time_out(struct sched_timer *timer); /* of a sleeper */
static inline struct sched_timer *timer_of(struct qv_due *due)
{
	return (struct sched_timer *)((uint8_t *)due - offsetof(struct sched_timer, due));
}
void fire_timers(struct core *c, struct qv_due **timers, uint64_t now);
void timer_move(struct core *c, struct vcpu *from, struct vcpu *to);

/* vcpu.c */
void vcpu_make_default(struct core *c);
void costs_measure(struct core *c); /* costs.c */
void inbox_interrupt(struct trap_frame *frame); /* post.c */

#endif
