/* SPDX-License-Identifier: MIT */
/* I/O server: pibs.h. Times never exceed QV_NEVER. Every rounding is against the server. */
#include <lib/assert.h>
#include <lib/pibs.h>
#include <lib/ratio.h>

static void set_period(struct qv_pibs *p, uint64_t period)
{
	uint64_t limit = qv_ratio_down(period, p->num, p->den);

	assert(period >= 1 && period <= QV_PERIOD_MAX);
	p->period = period;
	p->limit = limit > 0 ? limit : 1;
}

/* What was consumed since the anchor takes used / U of the server's time; nothing is left unaccounted. */
static void close_account(struct qv_pibs *p)
{
	uint64_t span = qv_ratio_up(p->used, p->den, p->num);

	p->eligible = span < QV_NEVER - p->eligible ? p->eligible + span : QV_NEVER;
	p->used = 0;
}

void qv_pibs_init(struct qv_pibs *p, uint32_t num, uint32_t den, uint64_t period, uint64_t now)
{
	assert(num >= 1 && num <= den);
	p->num = num;
	p->den = den;
	p->eligible = now;
	p->left = 0;
	p->used = 0;
	set_period(p, period);
}

void qv_pibs_change(struct qv_pibs *p, uint32_t num, uint32_t den, uint64_t now)
{
	close_account(p);
	qv_pibs_init(p, num, den, p->period, p->eligible > now ? p->eligible : now);
}

bool qv_pibs_charge(struct qv_pibs *p, uint64_t began, uint64_t cycles)
{
	p->used += cycles;
	if (p->left == 0 && p->eligible <= began) { /* a burst begins; time that it waited with budget is not made up for */
		p->left = p->limit;
		p->eligible = began;
	}
	p->left -= cycles < p->left ? cycles : p->left;
	if (p->left > 0)
		return false;
	close_account(p);
	return true;
}

void qv_pibs_block(struct qv_pibs *p)
{
	p->left = 0;
	close_account(p);
}

void qv_pibs_unblock(struct qv_pibs *p, uint64_t period, uint64_t now)
{
	assert(p->left == 0 && p->used == 0);
	set_period(p, period);
	if (p->eligible < now)
		p->eligible = now;
}

bool qv_pibs_inherit(struct qv_pibs *p, uint64_t period, uint64_t now)
{
	if (period >= p->period)
		return false;
	set_period(p, period);
	if (p->left > p->limit)
		p->left = p->limit;
	close_account(p);
	if (p->eligible < now)
		p->eligible = now;
	return true;
}

bool qv_pibs_intact(const struct qv_pibs *p)
{
	return p->num >= 1 && p->num <= p->den && p->period >= 1 && p->period <= QV_PERIOD_MAX && p->limit >= 1 &&
	       p->limit <= p->period && p->left <= p->limit && p->used <= p->limit - p->left &&
	       (p->left > 0 || p->used == 0) && p->eligible <= QV_NEVER;
}
