/* SPDX-License-Identifier: MIT */
/*
 * Who gets a VCPU: lib/admit decides over the core's VCPUs with the new or changed one. One request at a time in the
 * whole sandbox; response times are computed one by one with preemption points between, since the mutex holds the
 * tables still.
 */
#include "table.h"

#include <base/boot.h>
#include <base/time.h>
#include <lib/admit.h>
#include <lib/fmt.h>
#include <lib/string.h>

static struct mutex admission;

static struct {
	struct qv_admit_main main[QV_ADMIT_MAX];
	struct qv_admit_io io[VCPU_MAX_IO];
} *lists;

#define REASON_BYTES sizeof(((struct core *)0)->refusal)

/* Of the last refusal of a request that came from this core. */
static char *reason(void)
{
	return this_core()->refusal;
}

static struct qv_admit_main main_of(const struct vcpu_parameters *p, uint32_t id)
{
	return (struct qv_admit_main){p->budget, p->period, id, 1};
}

static struct qv_admit_io io_of(const struct vcpu_parameters *p, uint32_t id)
{
	return (struct qv_admit_io){0, UINT64_MAX, id, p->num, p->den};
}

static void add_main(struct qv_admit_core *a, uint32_t at, struct qv_admit_main m)
{
	for (uint32_t i = a->mains; i > at; i--)
		lists->main[i] = lists->main[i - 1];
	lists->main[at] = m;
	a->mains++;
}

/* The core's VCPUs without `skip`. */
static struct qv_admit_core collect(const struct core *c, const struct vcpu *skip)
{
	struct qv_admit_core a = {.main = lists->main, .io = lists->io, .irq = c->irq, .irqs = c->irqs,
		.switch_cost = c->switch_cost,
		.granularity = c->granularity, .blocking = sched_blocking()};

	for (uint32_t r = 0; r < c->order.count; r++) {
		if (c->by_rank[r] != skip)
			lists->main[a.mains++] = main_of(&c->by_rank[r]->parameters, c->by_rank[r]->id);
	}
	for (uint32_t i = 0; i < VCPU_MAX_IO; i++) {
		if (c->io[i] && c->io[i] != skip)
			lists->io[a.ios++] = io_of(&c->io[i]->parameters, c->io[i]->id);
	}
	return a;
}

/* Add the candidate; returns the first index whose response time it changes. */
static uint32_t add_candidate(struct qv_admit_core *a, const struct vcpu_parameters *p, uint32_t id)
{
	uint32_t at = 0;

	if (p->io) {
		lists->io[a->ios++] = io_of(p, id);
		return 0;
	}
	while (at < a->mains && (a->main[at].period < p->period ||
			(a->main[at].period == p->period && a->main[at].id < id)))
		at++;
	add_main(a, at, main_of(p, id));
	return at;
}

static const char *const terms[QV_TERMS] = {
	"its own budget", "VCPUs with shorter periods", "I/O VCPUs", "interrupts", "context switches", "the timer",
	"sections that cannot be preempted",
};

/* The candidate is VCPU `id` with `name`. */
static void refuse(const struct core *c, const struct qv_admit_answer *answer, const char *candidate, uint32_t id)
{
	const char *name = answer->id == id || !c->vcpu[answer->id] ? candidate : c->vcpu[answer->id]->parameters.name;

	if (answer->verdict == QV_REFUSED_RESPONSE)
		qv_snprintf(reason(), REASON_BYTES, "VCPU %u (%s) would get its budget only after %llu of %llu us, because of %s",
			answer->id, name, (unsigned long long)time_us(answer->response),
			(unsigned long long)time_us(answer->limit), terms[answer->term]);
	else if (answer->verdict == QV_REFUSED_FULL)
		qv_snprintf(reason(), REASON_BYTES, "the I/O VCPUs would take the whole core, with VCPU %u (%s)", answer->id, name);
	else
		qv_snprintf(reason(), REASON_BYTES, "VCPU %u (%s): parameters out of range", answer->id, name);
}

static bool responds(const struct qv_admit_core *a, uint32_t from)
{
	for (uint32_t i = from; i < a->mains; i++) {
		uint64_t response;

		if (!qv_admit_response(a, i, QV_TERMS_ALL, &response))
			return false;
		sched_preempt_point();
	}
	return true;
}

/* `id` breaks ties; of a new VCPU it is the highest there is. */
static enum vcpu_error admitted(const struct core *c, const struct vcpu_parameters *p, const struct vcpu *old)
{
	uint32_t id = old ? old->id : VCPU_MAX_PER_CORE - 1, from;
	struct qv_admit_core a = collect(c, old);
	struct qv_admit_answer answer;

	if (p->io ? a.ios == VCPU_MAX_IO : a.mains == QV_ADMIT_MAX)
		return VCPU_NO_ROOM;
	from = add_candidate(&a, p, id);
	if (qv_admit_check(&a, &answer) && responds(&a, from))
		return VCPU_OK;
	answer = qv_admit(&a, NULL);
	refuse(c, &answer, p->name, id);
	return VCPU_UTILISATION;
}

/* The core with one interrupt source more, which is the last one. */
static bool admitted_with(const struct core *c, const char *name)
{
	struct qv_admit_core a = collect(c, NULL);
	struct qv_admit_answer answer;

	if (qv_admit_check(&a, &answer) && responds(&a, 0))
		return true;
	answer = qv_admit(&a, NULL);
	if (answer.verdict == QV_REFUSED_IRQ)
		qv_snprintf(reason(), REASON_BYTES, "interrupts of %s: a top half costs %llu cycles, one may come every %llu", name,
			(unsigned long long)c->irq[c->irqs - 1].cost, (unsigned long long)c->irq[c->irqs - 1].interval);
	else
		refuse(c, &answer, name, VCPU_MAX_PER_CORE - 1);
	return false;
}

static enum vcpu_error bad(const struct vcpu_parameters *p)
{
	const char *what = NULL;

	if (p->core >= boot_info()->core_count)
		what = "its core does not exist";
	else if (p->io && (p->num == 0 || p->num >= p->den))
		what = "its utilisation is not between 0 and 1";
	else if (!p->io && (p->budget == 0 || p->budget > p->period || p->period > QV_PERIOD_MAX))
		what = "its budget is 0 or above its period, or its period is above an hour";
	else if (p->replenishments == 1 || p->replenishments > QV_SS_CAPACITY_MAX)
		what = "it needs 2 to 32 replenishments";
	if (!what)
		return VCPU_OK;
	qv_snprintf(reason(), REASON_BYTES, "VCPU %s: %s", p->name, what);
	return VCPU_BAD;
}

static enum vcpu_error check(const struct vcpu_parameters *p, const struct vcpu *old)
{
	enum vcpu_error error = bad(p);
	const struct core *c;

	if (error)
		return error;
	c = cores[p->core];
	if (!lists)
		lists = take_memory(sizeof(*lists));
	if (!c || !lists)
		return VCPU_NO_ROOM;
	if (!p->io && p->budget < c->least_budget) {
		qv_snprintf(reason(), REASON_BYTES, "VCPU %s: a budget of %llu cycles is below the %llu that can be enforced here",
			p->name, (unsigned long long)p->budget, (unsigned long long)c->least_budget);
		return VCPU_TOO_SMALL;
	}
	return admitted(c, p, old);
}

static void insert(struct core *c, struct table_job *job)
{
	job->vcpu = table_insert(c, job->parameters);
}

static void change(struct core *c, struct table_job *job)
{
	table_change(c, job->vcpu, job->parameters);
}

static void remove_idle(struct core *c, struct table_job *job)
{
	job->busy = job->vcpu->threads > 0 || job->vcpu->ring || job->vcpu == c->running;
	if (!job->busy)
		table_remove(c, job->vcpu);
}

enum vcpu_error vcpu_create(const struct vcpu_parameters *parameters, struct vcpu **out)
{
	struct table_job job = {.parameters = parameters};
	enum vcpu_error error;

	mutex_take(&admission);
	error = check(parameters, NULL);
	if (!error) {
		table_on_core(parameters->core, insert, &job);
		error = job.vcpu ? VCPU_OK : VCPU_NO_ROOM;
	}
	*out = job.vcpu;
	mutex_release(&admission);
	sched_preempt_point(); /* the table is done in one piece */
	return error;
}

enum vcpu_error vcpu_destroy(struct vcpu *v)
{
	struct table_job job = {.vcpu = v};
	uint32_t generation = v->generation;
	enum vcpu_error error = VCPU_GONE;

	if (v->id == 0)
		return VCPU_BUSY;
	mutex_take(&admission);
	if (vcpu_is(v, generation)) {
		table_on_core(v->core, remove_idle, &job);
		error = job.busy ? VCPU_BUSY : VCPU_OK;
	}
	mutex_release(&admission);
	sched_preempt_point(); /* the table is done in one piece */
	return error;
}

enum vcpu_error vcpu_set(struct vcpu *v, const struct vcpu_parameters *parameters)
{
	struct table_job job = {.parameters = parameters, .vcpu = v};
	uint32_t generation = v->generation;
	enum vcpu_error error;

	if (parameters->io != v->io || parameters->core != v->core)
		return VCPU_DIFFERENT;
	mutex_take(&admission);
	error = vcpu_is(v, generation) ? check(parameters, v) : VCPU_GONE;
	if (!error)
		table_on_core(v->core, change, &job);
	mutex_release(&admission);
	sched_preempt_point(); /* the table is done in one piece */
	return error;
}

enum vcpu_error vcpu_admit_interrupt(uint32_t core, const char *name, uint64_t cost, uint64_t interval)
{
	struct core *c = core < boot_info()->core_count ? cores[core] : NULL;
	enum vcpu_error error = VCPU_OK;

	if (!c)
		return VCPU_NO_ROOM;
	mutex_take(&admission);
	if (!lists)
		lists = take_memory(sizeof(*lists));
	if (!lists || c->irqs == VCPU_MAX_INTERRUPTS) {
		error = VCPU_NO_ROOM;
	} else {
		/* The two switches for the wake-up are lib/admit's part, two more and a timer are for the sleep. */
		cost += 2 * c->switch_cost + c->granularity;
		c->irq[c->irqs] = (struct qv_admit_irq){cost, interval, c->irqs};
		c->irqs++;
		if (!admitted_with(c, name)) {
			c->irqs--;
			error = VCPU_UTILISATION;
		}
	}
	mutex_release(&admission);
	sched_preempt_point();
	return error;
}

const char *vcpu_refusal(enum vcpu_error error, char *text, size_t size)
{
	static const char *const plain[] = {
		[VCPU_OK] = "no error", [VCPU_NO_ROOM] = "no room for another VCPU or interrupt", [VCPU_BUSY] = "the VCPU is in use",
		[VCPU_DIFFERENT] = "a VCPU stays on its core and main or I/O", [VCPU_GONE] = "there is no such VCPU any more",
	};

	if (error == VCPU_BAD || error == VCPU_TOO_SMALL || error == VCPU_UTILISATION)
		qv_snprintf(text, size, "%s", reason());
	else
		qv_snprintf(text, size, "%s", plain[error]);
	return text;
}
