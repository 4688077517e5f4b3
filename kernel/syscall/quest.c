/* SPDX-License-Identifier: MIT */
/* Quest's own calls: VCPUs of programs. */
#include "calls.h"

#include <abi/quest.h>
#include <base/cpu.h>
#include <base/sections.h>
#include <lib/string.h>
#include <sched/trace.h>
#include <sched/vcpu.h>
#include <syscall/syscall.h>


static int64_t refusal(enum vcpu_error error)
{
	switch (error) {
	case VCPU_OK: return 0;
	case VCPU_BUSY: return -LX_EBUSY;
	case VCPU_GONE: return -LX_ESRCH;
	case VCPU_NO_ROOM: return -LX_ENOMEM;
	case VCPU_UTILISATION: return -LX_ENOSPC;
	default: return -LX_EINVAL;
	}
}

static void to_parameters(const struct quest_vcpu *q, struct vcpu_parameters *p)
{
	*p = (struct vcpu_parameters){.io = q->kind == QUEST_VCPU_IO, .core = this_cpu()->index,
		.budget = proc_cycles(q->budget_ns), .period = proc_cycles(q->period_ns), .num = q->share_num,
		.den = q->share_den, .replenishments = q->replenishments};
	memcpy(p->name, q->name, sizeof(p->name));
	p->name[sizeof(p->name) - 1] = '\0';
}

static int64_t take(uint64_t from, struct quest_vcpu *q)
{
	if (user_read(q, from, sizeof(*q)))
		return -LX_EFAULT;
	return q->kind > QUEST_VCPU_IO ? -LX_EINVAL : 0;
}

/* The reason goes back in the program's own struct. */
static int64_t tell(uint64_t to, struct quest_vcpu *q, enum vcpu_error error)
{
	q->reason = (uint32_t)error;
	return user_write(to, q, sizeof(*q)) ? -LX_EFAULT : refusal(error);
}

static int64_t sys_vcpu_create(struct trap_frame *f)
{
	struct quest_vcpu q;
	struct vcpu_parameters p;
	struct vcpu *v;
	uint32_t generation;
	enum vcpu_error refused;
	int64_t error = take(arg0(f), &q);

	if (error)
		return error;
	to_parameters(&q, &p);
	refused = vcpu_create(&p, &v);
	generation = refused ? 0 : vcpu_generation(v);
	error = tell(arg0(f), &q, refused);
	if (error && !refused && vcpu_is(v, generation)) /* nobody would ever know it */
		(void)vcpu_destroy(v);
	return error ? error : (int64_t)vcpu_id(v);
}

static struct vcpu *find(uint64_t id)
{
	return (int32_t)id == -1 ? thread_self()->home : vcpu_by_id((uint32_t)id);
}

static int64_t sys_vcpu_bind_task(struct trap_frame *f)
{
	struct vcpu *v = find(arg0(f));

	if (!v)
		return -LX_ESRCH;
	thread_bind(thread_self(), v);
	return 0;
}

static int64_t sys_vcpu_destroy(struct trap_frame *f)
{
	struct vcpu *v = find(arg0(f));

	return v ? refusal(vcpu_destroy(v)) : -LX_ESRCH;
}

static int64_t sys_vcpu_getparams(struct trap_frame *f)
{
	struct vcpu *v = find(arg0(f));
	struct vcpu_parameters p;
	struct vcpu_usage u;
	struct quest_vcpu q = {0};

	if (!v)
		return -LX_ESRCH;
	vcpu_get(v, &p, &u);
	q = (struct quest_vcpu){.kind = p.io, .replenishments = p.replenishments, .budget_ns = proc_ns(p.budget),
		.period_ns = proc_ns(p.period), .share_num = p.num, .share_den = p.den};
	memcpy(q.name, p.name, sizeof(q.name));
	if (user_write(arg1(f), &q, sizeof(q)))
		return -LX_EFAULT;
	if (!arg2(f))
		return 0;
	return user_write(arg2(f), &(struct quest_vcpu_usage){.consumed_ns = proc_ns(u.consumed),
		.background_ns = proc_ns(u.background), .worst_wakeup_ns = proc_ns(u.worst_wakeup),
		.replenishments = u.replenishments, .depletions = u.depletions, .dispatches = u.dispatches,
		.missed = u.missed, .interrupts = u.interrupts}, sizeof(struct quest_vcpu_usage));
}

static int64_t sys_vcpu_setparams(struct trap_frame *f)
{
	struct quest_vcpu q;
	struct vcpu_parameters p;
	int64_t error = take(arg1(f), &q);
	struct vcpu *v = find(arg0(f)); /* after the copy, which may block */

	if (!v)
		return -LX_ESRCH;
	if (error)
		return error;
	to_parameters(&q, &p);
	return tell(arg1(f), &q, vcpu_set(v, &p));
}

static int64_t sys_vcpu_fork(struct trap_frame *f)
{
	struct vcpu *v = find(arg0(f));

	return v ? process_clone(f, &(struct clone_request){.flags = LX_SIGCHLD, .vcpu = v}) : -LX_ESRCH;
}

static int64_t sys_trace_mark(struct trap_frame *f)
{
	if (arg0(f) >= QV_MARKS)
		return -LX_EINVAL;
	sched_trace_mark((enum qv_trace_mark)arg0(f), (uint32_t)arg1(f));
	return 0;
}

static int64_t sys_trace_calls(struct trap_frame *f)
{
	if (arg0(f) > 1)
		return -LX_EINVAL;
	syscall_trace(arg0(f) == 1);
	return 0;
}

static int64_t sys_sections(struct trap_frame *f)
{
	const struct sections *s = sections_seen();
	struct quest_sections q = {.blocking_ns = proc_ns(sched_blocking()),
		.latency_ns = proc_ns(sched_latency()), .lock_ns = proc_ns(s->worst_lock)};

	for (uint32_t i = 0; i < QUEST_SECTIONS_KEPT; i++)
		q.worst[i] = (struct quest_section){proc_ns(s->worst[i].cycles), s->worst[i].from, s->worst[i].to};
	sections_measure(arg0(f) != 0);
	return arg1(f) ? user_write(arg1(f), &q, sizeof(q)) : 0;
}

static struct quest_switch_cost switch_cost(const struct sched_switches *s)
{
	return (struct quest_switch_cost){s->count, proc_ns(s->cycles), proc_ns(s->worst)};
}

static int64_t sys_switches(struct trap_frame *f)
{
	struct sched_core_usage u;
	struct quest_switches q;

	sched_core_usage(&u);
	q = (struct quest_switches){switch_cost(&u.switches[0]), switch_cost(&u.switches[1])};
	sched_measure(arg0(f) != 0);
	return arg1(f) ? user_write(arg1(f), &q, sizeof(q)) : 0;
}

static const struct call quest_calls[] = {
	{QUEST_VCPU_CREATE, sys_vcpu_create}, {QUEST_VCPU_BIND_TASK, sys_vcpu_bind_task},
	{QUEST_VCPU_DESTROY, sys_vcpu_destroy}, {QUEST_VCPU_GETPARAMS, sys_vcpu_getparams},
	{QUEST_VCPU_SETPARAMS, sys_vcpu_setparams}, {QUEST_VCPU_FORK, sys_vcpu_fork},
	{QUEST_TRACE_MARK, sys_trace_mark}, {QUEST_TRACE_CALLS, sys_trace_calls},
	{QUEST_SECTIONS, sys_sections}, {QUEST_SWITCHES, sys_switches},
};
CALL_GROUP(quest);
