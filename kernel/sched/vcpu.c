/* SPDX-License-Identifier: MIT */
/* The table of a core's VCPUs: who may be in it is decided in admission.c, all changes are made here, on its core. */
#include "hot.h"

#include <base/boot.h>
#include <base/stats.h>
#include <base/time.h>
#include <hw/cpu.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <sched/post.h>

#include "table.h"

/* ---- ranks ---- */

static uint64_t event_of(void *context, uint32_t rank)
{
	return ((const struct core *)context)->by_rank[rank]->event;
}

static void number_ranks(struct core *c, uint32_t from)
{
	for (uint32_t r = from; r < c->order.count; r++) {
		c->by_rank[r] = c->vcpu[c->order.id_at[r]];
		c->by_rank[r]->rank = (uint16_t)r;
	}
	qv_events_rebuild(&c->events, c->order.count, event_of, c);
	c->quiet = 0;
}

static void rank_in(struct core *c, struct vcpu *v)
{
	uint32_t rank = qv_order_insert(&c->order, v->id, v->period);

	qv_ready_open(&c->ready, rank);
	qv_ready_open(&c->depleted, rank);
	number_ranks(c, rank);
}

static void rank_out(struct core *c, struct vcpu *v)
{
	uint32_t rank = qv_order_remove(&c->order, v->id);

	qv_ready_close(&c->ready, rank);
	qv_ready_close(&c->depleted, rank);
	number_ranks(c, rank);
}

/* ---- servers ---- */

static void set_parameters(struct vcpu *v, const struct vcpu_parameters *p)
{
	v->parameters = *p;
	v->parameters.name[VCPU_NAME - 1] = '\0';
	if (p->replenishments == 0)
		v->parameters.replenishments = DEFAULT_REPLENISHMENTS;
}

static void init_server(struct vcpu *v, uint64_t now)
{
	const struct vcpu_parameters *p = &v->parameters;

	v->period = p->io ? time_cycles(VCPU_DEFAULT_PERIOD_US) : p->period;
	if (p->io)
		qv_pibs_init(&v->pibs, p->num, p->den, v->period, now);
	else
		qv_ss_init(&v->ss, p->budget, p->period, p->replenishments, now);
}

static uint64_t packed(const struct vcpu_parameters *p)
{
	uint64_t half = time_cycles(1) / 2; /* to the nearest microsecond */

	return p->io ? (uint64_t)p->num << 32 | p->den : time_us(p->budget + half) << 32 | time_us(p->period + half);
}

static void show_parameters(struct vcpu *v)
{
	const struct vcpu_parameters *p = &v->parameters;
	struct qv_stats_vcpu *s = v->stats;

	memcpy(s->name, p->name, sizeof(s->name));
	s->budget = p->io ? p->num : p->budget;
	s->period = p->io ? p->den : p->period;
	__atomic_store_n(&s->flags, QV_STATS_USED | (p->io ? QV_STATS_IO : 0), __ATOMIC_RELEASE);
}

/* Counters where the outside can see them, if there is room. */
static void start_counting(struct vcpu *v, uint64_t now)
{
	v->stats = stats_vcpu(v->core, v->id);
	if (!v->stats)
		v->stats = &v->own_stats;
	*v->stats = (struct qv_stats_vcpu){.created = now};
	show_parameters(v);
}

static void trace_vcpu(struct core *c, const struct vcpu *v, uint64_t now)
{
	memcpy((uint64_t *)&c->trace_at->budget, v->parameters.name, sizeof(c->trace_at->budget));
	trace(c, now, trace_tag(v->id, v->io) | QV_TRACE_VCPU, packed(&v->parameters));
}

static uint16_t free_io(struct core *c)
{
	uint16_t i = 0;

	while (i < VCPU_MAX_IO && c->io[i])
		i++;
	return i;
}

/* A slot that is free, with memory; NULL if there is none. */
static struct vcpu *free_slot(struct core *c)
{
	for (uint32_t id = 0; id < VCPU_MAX_PER_CORE; id++) {
		struct vcpu *v = c->vcpu[id];

		if (!v) {
			v = c->vcpu[id] = take_memory(sizeof(*v));
			if (!v)
				return NULL;
			v->id = id;
			v->state = VCPU_FREE;
		}
		if (v->state == VCPU_FREE)
			return v;
	}
	return NULL;
}

struct vcpu *table_insert(struct core *c, const struct vcpu_parameters *p)
{
	struct vcpu *v = free_slot(c);
	uint64_t now = hw_rdtsc();
	uint32_t id, generation;

	if (!v || (p->io && free_io(c) == VCPU_MAX_IO))
		return NULL;
	id = v->id;
	generation = v->generation + 1;
	*v = (struct vcpu){.id = id, .generation = generation, .core = c->cpu->index,
		.state = VCPU_BLOCKED, .event = NEVER, .io = p->io};
	set_parameters(v, p);
	start_counting(v, now);
	init_server(v, now);
	if (p->io) {
		v->io_index = free_io(c);
		c->io[v->io_index] = v;
	} else {
		rank_in(c, v);
	}
	trace_vcpu(c, v, now);
	return v;
}

void table_remove(struct core *c, struct vcpu *v)
{
	timer_move(c, v, c->vcpu[0]);
	if (v->io)
		c->io[v->io_index] = NULL;
	else
		rank_out(c, v);
	v->state = VCPU_FREE;
	v->stats->flags = 0;
}

void table_change(struct core *c, struct vcpu *v, const struct vcpu_parameters *p)
{
	uint64_t now = hw_rdtsc();
	uint32_t state = v->state;

	account(c, now);
	if (v->io) {
		set_parameters(v, p);
		show_parameters(v);
		qv_pibs_change(&v->pibs, p->num, p->den, now);
		vcpu_settle(c, v, now);
		want_decision(c);
		return;
	}
	rank_out(c, v);
	v->state = VCPU_BLOCKED;
	set_parameters(v, p);
	show_parameters(v);
	qv_ss_change(&v->ss, p->budget, p->period, v->parameters.replenishments, now);
	v->period = p->period;
	v->owed = 0;
	rank_in(c, v);
	if (state != VCPU_BLOCKED)
		vcpu_settle(c, v, now);
	trace_vcpu(c, v, now);
	want_decision(c);
}

/* ---- on the VCPU's own core ---- */

struct call {
	struct sched_post post;
	void (*run)(struct core *c, struct table_job *job);
	struct table_job *job;
	uint32_t origin;
	struct wait_queue queue;
	volatile bool done;
};

static void answer(struct sched_post *post)
{
	struct call *call = (struct call *)post;

	call->done = true;
	(void)sched_wake_one(&call->queue);
}

static void perform(struct sched_post *post)
{
	struct call *call = (struct call *)post;

	call->run(this_core(), call->job);
	call->post.run = answer;
	sched_post(call->origin, &call->post);
}

void table_on_core(uint32_t core, void (*run)(struct core *c, struct table_job *job), struct table_job *job)
{
	struct call call = {.post.run = perform, .run = run, .job = job, .origin = this_cpu()->index};

	if (core == call.origin) {
		run(this_core(), job);
		return;
	}
	sched_post(core, &call.post);
	while (!call.done) {
		if (thread_self()->vcpu)
			(void)sched_wait(&call.queue, WAIT_FOREVER, false);
		else /* boot: there is no thread to block */
			sched_preempt_point();
	}
}

/* ---- queries and I/O ---- */

void vcpu_make_default(struct core *c)
{
	const struct vcpu_parameters p = {.core = c->cpu->index, .budget = time_cycles(VCPU_DEFAULT_BUDGET_US),
		.period = time_cycles(VCPU_DEFAULT_PERIOD_US), .name = "default"};
	struct vcpu *v = table_insert(c, &p);

	assert(v && v->id == 0);
}

void vcpu_get(const struct vcpu *v, struct vcpu_parameters *parameters, struct vcpu_usage *usage)
{
	struct core *c = this_core();

	if (v == c->running)
		account(c, hw_rdtsc());
	*parameters = v->parameters;
	*usage = (struct vcpu_usage){.consumed = v->stats->consumed, .background = v->stats->background,
		.replenishments = v->stats->replenishments, .depletions = v->stats->depletions,
		.dispatches = v->stats->dispatches, .worst_wakeup = v->stats->worst_wakeup, .missed = v->stats->missed,
		.interrupts = v->stats->interrupts};
}

void vcpu_forget_worst(struct vcpu *v)
{
	v->stats->worst_wakeup = 0;
}

struct vcpu *vcpu_by_id(uint32_t id)
{
	struct core *c = this_core();

	if (id >= VCPU_MAX_PER_CORE || !c->vcpu[id] || c->vcpu[id]->state == VCPU_FREE)
		return NULL;
	return c->vcpu[id];
}

uint32_t vcpu_generation(const struct vcpu *v)
{
	return v->generation;
}

bool vcpu_is(const struct vcpu *v, uint32_t generation)
{
	return v->state != VCPU_FREE && v->generation == generation;
}

uint32_t vcpu_id(const struct vcpu *v)
{
	return v->id;
}

void vcpu_inherit(struct vcpu *io, const struct vcpu *asker)
{
	struct core *c = this_core();
	uint64_t now = hw_rdtsc();

	assert(io->io && io->core == c->cpu->index);
	if (!io->ring) { /* the next unblocking takes it */
		if (!io->asked || asker->period < io->period)
			io->period = asker->period;
		io->asked = true;
		return;
	}
	account(c, now);
	if (!qv_pibs_inherit(&io->pibs, asker->period, now))
		return;
	io->period = asker->period;
	vcpu_settle(c, io, now);
	want_decision(c);
}

uint64_t *vcpu_top_halves(struct vcpu *io)
{
	assert(io->io);
	return &io->top_halves;
}
