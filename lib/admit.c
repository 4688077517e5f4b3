/* SPDX-License-Identifier: MIT */
/* Admission tests: admit.h. Sums saturate at QV_ADMIT_NEVER, which is longer than any period. */
#include <lib/admit.h>
#include <lib/ratio.h>

#define ONE QV_UTIL_ONE
#define SHARE_BITS 31
#define WHOLE (1u << SHARE_BITS) /* for lower bounds of response times: shares of the core in 2^-31, rounded down */
#define CHUNKS_MAX 1024u

/* sum + n * each */
static uint64_t plus(uint64_t sum, uint64_t n, uint64_t each)
{
	uint64_t product, all;

	if (__builtin_mul_overflow(n, each, &product) || __builtin_add_overflow(sum, product, &all) || all > QV_ADMIT_NEVER)
		return QV_ADMIT_NEVER;
	return all;
}

/* Product of two factors in units of 2^-48, rounded up. */
static uint64_t product_of(uint64_t a, uint64_t b)
{
	return (uint64_t)(((unsigned __int128)a * b + (ONE - 1)) >> 48);
}

/* (1 + total / n)^n <= 2? From the highest bit of n down, so that no intermediate result is above the final one. */
static bool under_bound(uint64_t total, uint32_t n)
{
	uint64_t base, power = ONE;

	if (n == 0)
		return total <= ONE;
	base = ONE + qv_ratio_count(total, n);
	for (uint32_t bit = 1u << 31; bit > 0; bit /= 2) {
		power = product_of(power, power);
		if (n & bit)
			power = product_of(power, base);
		if (power > 2 * ONE)
			return false;
	}
	return true;
}

static bool under_hyperbola(const struct qv_admit_core *core, uint64_t phi, uint64_t psi)
{
	uint64_t above = ONE;

	if (phi >= ONE)
		return false;
	for (uint32_t i = 0; i < core->mains; i++) {
		uint64_t u = qv_ratio_fraction(core->main[i].budget, core->main[i].period);

		if (product_of(above, ONE + qv_ratio_fraction(u + psi, ONE - phi)) > 2 * ONE)
			return false;
		above = product_of(above, ONE + qv_ratio_fraction(u, ONE - phi));
	}
	return true;
}

struct qv_admit_util qv_admit_utilisation(const struct qv_admit_core *core)
{
	struct qv_admit_util util = {0};
	uint64_t phi = 0, psi = 0;

	for (uint32_t i = 0; i < core->mains; i++)
		util.total += qv_ratio_fraction(core->main[i].budget, core->main[i].period);
	for (uint32_t j = 0; j < core->ios; j++) {
		uint64_t u = qv_ratio_fraction(core->io[j].num, core->io[j].den);

		phi += u;
		psi += qv_ratio_up(u, core->io[j].den - core->io[j].num, core->io[j].den);
	}
	util.total += phi + psi; /* (2 - U) U = U + U (1 - U) */
	util.bound = under_bound(util.total, core->mains);
	util.hyperbolic = under_hyperbola(core, phi, psi);
	util.total = util.total < 4 * ONE ? util.total : 4 * ONE;
	return util;
}

/* The longest period at most `period` that the I/O VCPU can inherit, or a longer guess; 0 if there is none. */
static uint64_t inherits(const struct qv_admit_io *io, uint64_t period)
{
	if (io->shortest > period)
		return 0;
	return io->longest < period ? io->longest : period;
}

/* Bursts that it uses up in a window: each takes one of its periods, and one may have begun before. */
static uint64_t bursts(const struct qv_admit_core *core, const struct qv_admit_io *io, uint64_t span)
{
	uint64_t shortest = core->main[0].period > io->shortest ? core->main[0].period : io->shortest;

	return qv_ratio_count(span, shortest) + 1;
}

/* What main[index] and everything above it may ask for in a window of `span` cycles from a critical instant. */
static void ask(const struct qv_admit_core *core, uint32_t index, uint64_t span, uint64_t part[QV_TERMS])
{
	const struct qv_admit_main *own = &core->main[index];
	uint64_t twice = plus(core->switch_cost, 1, core->switch_cost);

	part[QV_TERM_BUDGET] = own->budget;
	part[QV_TERM_HIGHER] = part[QV_TERM_IO] = part[QV_TERM_TOP_HALF] = 0;
	part[QV_TERM_SWITCH] = plus(0, own->chunks, twice);
	part[QV_TERM_GRANULARITY] = plus(0, index + 1, core->granularity);
	part[QV_TERM_BLOCKING] = core->blocking < QV_ADMIT_NEVER ? core->blocking : QV_ADMIT_NEVER;
	for (uint32_t k = 0; k < index; k++) {
		uint64_t n = qv_ratio_count(span, core->main[k].period);

		part[QV_TERM_HIGHER] = plus(part[QV_TERM_HIGHER], n, core->main[k].budget);
		part[QV_TERM_SWITCH] = plus(part[QV_TERM_SWITCH], n * core->main[k].chunks, twice);
	}
	for (uint32_t j = 0; j < core->ios; j++) {
		const struct qv_admit_io *io = &core->io[j];
		uint64_t inherited = inherits(io, own->period), rest = io->den - io->num;

		if (inherited == 0)
			continue;
		part[QV_TERM_IO] += qv_ratio_up(span, io->num, io->den) +
				    qv_ratio_up(qv_ratio_up(inherited, io->num, io->den), (uint32_t)rest, io->den);
		part[QV_TERM_SWITCH] = plus(part[QV_TERM_SWITCH], bursts(core, io, span), twice);
		part[QV_TERM_GRANULARITY] = plus(part[QV_TERM_GRANULARITY], 1, core->granularity);
	}
	for (uint32_t q = 0; q < core->irqs; q++) {
		uint64_t n = qv_ratio_count(span, core->irq[q].interval);

		part[QV_TERM_TOP_HALF] = plus(part[QV_TERM_TOP_HALF], n, core->irq[q].cost);
		part[QV_TERM_SWITCH] = plus(part[QV_TERM_SWITCH], n, twice);
	}
}

static uint64_t sum_of(const uint64_t part[QV_TERMS], uint32_t terms)
{
	uint64_t sum = part[QV_TERM_BUDGET];

	for (uint32_t t = QV_TERM_BUDGET + 1; t < QV_TERMS; t++) {
		if (terms >> t & 1)
			sum = plus(sum, 1, part[t]);
	}
	return sum;
}

/* Share of the core, in 2^-31 and rounded down, that never reaches main[index]. */
static uint64_t share_above(const struct qv_admit_core *core, uint32_t index, uint32_t terms)
{
	uint64_t share = 0;

	for (uint32_t k = 0; k < index && (terms >> QV_TERM_HIGHER & 1); k++)
		share += (qv_ratio_fraction(core->main[k].budget, core->main[k].period) - 1) >> (48 - SHARE_BITS);
	for (uint32_t j = 0; j < core->ios && (terms >> QV_TERM_IO & 1); j++) {
		if (inherits(&core->io[j], core->main[index].period) > 0)
			share += ((uint64_t)core->io[j].num << SHARE_BITS) / core->io[j].den;
	}
	return share;
}

/* Cycles that `work` takes at least on a core of which `share` is gone. */
static uint64_t slowed(uint64_t work, uint64_t share)
{
	return share < WHOLE ? qv_ratio_down(work, WHOLE, WHOLE - (uint32_t)share) : QV_ADMIT_NEVER;
}

/*
 * The least span that holds all that is asked for in it. Two lower bounds make the search short: it starts with what
 * is asked for at once, on a core slowed by all above; and when `gain` more is asked for, the I/O servers' part of
 * that needs time as well (ios: what rounding up to cycles may have added).
 */
bool qv_admit_response(const struct qv_admit_core *core, uint32_t index, uint32_t terms, uint64_t *response)
{
	uint64_t period = core->main[index].period, part[QV_TERMS], span;
	uint64_t io_share = share_above(core, index, terms & ~(1u << QV_TERM_HIGHER));

	ask(core, index, 0, part);
	span = slowed(sum_of(part, terms), share_above(core, index, terms));
	for (uint32_t round = 0; round < QV_ADMIT_ROUNDS; round++) {
		uint64_t gain, least;

		*response = span;
		if (span > period)
			return false;
		ask(core, index, span, part);
		if (sum_of(part, terms) <= span)
			return true;
		gain = sum_of(part, terms) - span;
		least = gain > core->ios ? slowed(gain - core->ios, io_share) : 0;
		span += least > gain ? least : gain;
	}
	*response = 0;
	return false;
}

static bool refuse(struct qv_admit_answer *a, enum qv_admit_verdict verdict, uint32_t index, uint32_t id)
{
	a->verdict = verdict;
	a->index = index;
	a->id = id;
	return false;
}

static bool check_mains(const struct qv_admit_core *core, struct qv_admit_answer *a)
{
	for (uint32_t i = 0; i < core->mains; i++) {
		const struct qv_admit_main *m = &core->main[i], *last = m - (i > 0);

		if (m->budget < 1 || m->budget > m->period || m->period > QV_PERIOD_MAX ||
		    m->chunks > CHUNKS_MAX)
			return refuse(a, QV_REFUSED_MAIN, i, m->id);
		if (i > 0 && (last->period > m->period || (last->period == m->period && last->id >= m->id)))
			return refuse(a, QV_REFUSED_ORDER, i, m->id);
	}
	return true;
}

static bool check_ios(const struct qv_admit_core *core, struct qv_admit_answer *a)
{
	uint64_t phi = 0;

	for (uint32_t j = 0; j < core->ios; j++) {
		const struct qv_admit_io *io = &core->io[j];

		if (io->num < 1 || io->num >= io->den || io->shortest > io->longest || io->longest == 0)
			return refuse(a, QV_REFUSED_IO, j, io->id);
		phi += qv_ratio_fraction(io->num, io->den);
		if (phi >= ONE)
			return refuse(a, QV_REFUSED_FULL, j, io->id);
	}
	return true;
}

bool qv_admit_check(const struct qv_admit_core *core, struct qv_admit_answer *answer)
{
	*answer = (struct qv_admit_answer){.verdict = QV_ADMITTED};
	if (core->mains > QV_ADMIT_MAX || core->ios > QV_ADMIT_MAX || core->irqs > QV_ADMIT_MAX)
		return refuse(answer, QV_REFUSED_COUNT, 0, 0);
	for (uint32_t q = 0; q < core->irqs; q++) {
		const struct qv_admit_irq *irq = &core->irq[q];

		if (irq->interval < 1 || irq->interval > QV_PERIOD_MAX || irq->cost > irq->interval)
			return refuse(answer, QV_REFUSED_IRQ, q, irq->id);
	}
	return check_mains(core, answer) && check_ios(core, answer);
}

/* Blame the first term with which it does not fit any more. */
static void explain(const struct qv_admit_core *core, uint32_t index, struct qv_admit_answer *a)
{
	uint64_t response;
	uint32_t t = QV_TERM_BUDGET;

	while (t < QV_TERMS - 1 && qv_admit_response(core, index, (2u << t) - 1, &response))
		t++;
	a->term = (enum qv_admit_term)t;
	a->limit = core->main[index].period;
	ask(core, index, a->limit, a->part);
}

struct qv_admit_answer qv_admit(const struct qv_admit_core *core, uint64_t *response)
{
	struct qv_admit_answer answer;

	if (!qv_admit_check(core, &answer))
		return answer;
	for (uint32_t i = 0; i < core->mains; i++) {
		uint64_t r;

		if (!qv_admit_response(core, i, QV_TERMS_ALL, &r)) {
			refuse(&answer, r > 0 ? QV_REFUSED_RESPONSE : QV_REFUSED_ROUNDS, i, core->main[i].id);
			answer.response = r;
			explain(core, i, &answer);
			return answer;
		}
		if (response)
			response[i] = r;
	}
	return answer;
}
