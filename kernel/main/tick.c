/* SPDX-License-Identifier: MIT */
/* The heartbeat: after every tick the host can see how far this core's clock is. It is the default VCPU's, so that
 * it takes nothing from VCPUs with shorter periods; ticks that come late for their sake are made up for. */
#include "tick.h"

#include <base/cpu.h>
#include <base/log.h>
#include <base/time.h>
#include <dev/console.h>
#include <sched/vcpu.h>
#include <sched/wait.h>

static struct tick {
	struct sched_timer timer;
	uint64_t period, limit, count;
} ticks[QUEST_CORES];

static void fire(struct sched_timer *timer)
{
	struct tick *t = (struct tick *)timer;
	uint32_t core = this_cpu()->index;

	t->count++;
	console_set_word(core, t->count);
	if (t->limit && t->count >= t->limit)
		log_info("core %u: %llu ticks done", core, (unsigned long long)t->count);
	else
		sched_timer_set(timer, timer->when + t->period);
}

void tick_start(uint64_t us, uint64_t limit)
{
	struct tick *t = &ticks[this_cpu()->index];

	t->timer.fire = fire;
	t->period = time_cycles(us);
	t->limit = limit;
	sched_timer_set_for(vcpu_by_id(0), &t->timer, hw_rdtsc() + t->period);
}

void tick_stop(void)
{
	sched_timer_cancel(&ticks[this_cpu()->index].timer);
}

uint64_t tick_count(void)
{
	return ticks[this_cpu()->index].count;
}
