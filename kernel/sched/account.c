/* SPDX-License-Identifier: MIT */
/*
 * Who used the time since the last look, and what follows for the VCPU: it has budget (ready), it has none (depleted:
 * in the background, with an event when it is replenished) or nothing to do (blocked). Every cycle of a core goes to
 * exactly one VCPU or to idle; what interrupt handlers took is part of it and told apart, unless it is charged to the
 * I/O VCPU of the device.
 */
#include "hot.h"

#include <lib/assert.h>

static uint64_t replenished_at(const struct vcpu *v)
{
	return v->io ? qv_pibs_due(&v->pibs) : qv_ss_due(&v->ss);
}

/* Rate-monotonic; between equal periods I/O VCPUs first, then by id. */
bool vcpu_before(const struct vcpu *a, const struct vcpu *b)
{
	if (a->period != b->period)
		return a->period < b->period;
	if (a->io != b->io)
		return a->io;
	return a->id < b->id;
}

/* From `since` on it has budget: what is its due in this period. */
static void owe(struct vcpu *v, uint64_t since, uint64_t now)
{
	v->owed = v->io ? 0 : vcpu_budget(v, now);
	v->deadline = since + v->period;
}

/* It ran from `start` for `cycles` on its budget, and not all of that before its deadline. */
void account_late(struct vcpu *v, uint64_t start, uint64_t cycles)
{
	uint64_t paid = cycles < v->owed ? cycles : v->owed;

	if (paid > 0 && start + paid > v->deadline)
		v->stats->missed++;
	v->owed -= paid;
}

/* Top halves since the last look: those of `v` are told apart, those of others leave its account. Returns the latter.
 * A handler that asks for accounting itself is charged to others next time, when its cycles are known. */
static uint64_t interrupted(struct core *c, struct vcpu *v, uint64_t now, uint64_t cycles, uint64_t interrupts)
{
	uint64_t others = c->cpu->irq_charged - c->irq_charged_stamp;

	if (others > cycles)
		others = cycles;
	c->irq_charged_stamp += others;
	if (v)
		v->stats->interrupts += interrupts > others ? interrupts - others : 0;
	if (v)
		trace(c, now, thread_tag(thread_self(), QV_TRACE_INTERRUPT), interrupts);
	return others;
}

/* What top halves of its devices took elsewhere. */
static uint64_t take_top_halves(struct vcpu *v)
{
	uint64_t cycles = v->top_halves;

	v->top_halves = 0;
	v->stats->interrupts += cycles;
	return cycles;
}

static void account_idle(struct core *c, uint64_t cycles, uint64_t interrupts)
{
	c->usage.idle += cycles > interrupts ? cycles - interrupts : 0;
	c->cpu->thread_since = c->stamp;
}

/* Interrupts came, or it is not a main VCPU on its budget that ran from `start` to c->stamp. */
void account_rest(struct core *c, uint64_t start, uint64_t cycles)
{
	struct vcpu *v = c->running;
	uint64_t interrupts = c->cpu->irq_cycles - c->irq_stamp, now = c->stamp, others = 0;

	if (cycles == 0)
		return;
	c->irq_stamp += interrupts;
	if (interrupts)
		others = interrupted(c, v, now, cycles, interrupts);
	if (!v) {
		account_idle(c, cycles, interrupts);
		return;
	}
	account_thread(c, now);
	cycles -= others;
	if (v->io)
		cycles += take_top_halves(v);
	if (c->mode == RUNS_MAIN) {
		account_main(c, v, start + others, cycles, now);
	} else if (c->mode == RUNS_BACKGROUND) {
		v->stats->background += cycles;
	} else {
		v->stats->consumed += cycles;
		if (qv_pibs_charge(&v->pibs, start + others, cycles))
			vcpu_settle(c, v, now);
	}
}

/* ---- sets ---- */

void vcpu_set_event(struct core *c, struct vcpu *v)
{
	uint64_t at = qv_due_first(v->timers);

	if (v->state == VCPU_DEPLETED && replenished_at(v) < at)
		at = replenished_at(v);
	if (at == v->event)
		return;
	v->event = at;
	if (at < c->armed)
		c->quiet = 0;
	if (!v->io)
		qv_events_set(&c->events, v->rank, at);
	else if (at == NEVER)
		qv_heap_remove(&c->io_events.heap, v->io_index);
	else
		qv_heap_set(&c->io_events.heap, v->io_index, at);
}

static void put_main(struct core *c, const struct vcpu *v, enum vcpu_state state)
{
	if (v->state == VCPU_READY)
		qv_ready_clear(&c->ready, v->rank);
	else if (v->state == VCPU_DEPLETED)
		qv_ready_clear(&c->depleted, v->rank);
	if (state == VCPU_READY)
		qv_ready_set(&c->ready, v->rank);
	else if (state == VCPU_DEPLETED)
		qv_ready_set(&c->depleted, v->rank);
}

static void put_io(struct core *c, const struct vcpu *v, enum vcpu_state state)
{
	c->quiet = 0;
	if (state == VCPU_READY)
		qv_heap_set(&c->io_ready.heap, v->io_index, v->period);
	else
		qv_heap_remove(&c->io_ready.heap, v->io_index);
	if (state == VCPU_DEPLETED)
		qv_heap_set(&c->io_depleted.heap, v->io_index, v->period);
	else
		qv_heap_remove(&c->io_depleted.heap, v->io_index);
}

static void put(struct core *c, struct vcpu *v, enum vcpu_state state)
{
	if (v->io)
		put_io(c, v, state);
	else if (v->state != state)
		put_main(c, v, state);
	v->state = state;
	vcpu_set_event(c, v);
}

static void deplete(struct core *c, struct vcpu *v, uint64_t now)
{
	if (v->state == VCPU_READY)
		v->stats->depletions++;
	put(c, v, VCPU_DEPLETED);
	trace(c, now, trace_tag(v->id, 0) | QV_TRACE_DEPLETED, replenished_at(v));
	if (v->guests)
		send_guests_home(c, v);
}

/* Put it where it belongs now. Called when its budget may have changed sides. */
void vcpu_settle(struct core *c, struct vcpu *v, uint64_t now)
{
	if (!v->ring) {
		put(c, v, VCPU_BLOCKED);
	} else if (vcpu_budget(v, now) == 0) {
		if (v->state != VCPU_DEPLETED)
			deplete(c, v, now);
		else
			vcpu_set_event(c, v);
	} else {
		if (v->state != VCPU_BLOCKED) {
			v->stats->replenishments += v->state == VCPU_DEPLETED;
			trace_replenish(c, now, v->id, replenished_at(v), vcpu_budget(v, now));
			owe(v, replenished_at(v), now);
		}
		put(c, v, VCPU_READY);
	}
}

/* The first thread of an I/O VCPU is runnable. */
void vcpu_unblock_rest(struct core *c, struct vcpu *v, uint64_t now)
{
	qv_pibs_unblock(&v->pibs, v->period, now);
	vcpu_settle(c, v, now);
}

/* The last thread of an I/O VCPU, or of one without budget, is not. */
void vcpu_block_rest(struct core *c, struct vcpu *v, uint64_t now)
{
	if (v->io)
		qv_pibs_block(&v->pibs);
	else
		qv_ss_block(&v->ss, now);
	v->owed = 0;
	v->asked = false;
	put(c, v, VCPU_BLOCKED);
}
