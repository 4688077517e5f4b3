/* SPDX-License-Identifier: MIT */
/* Set-up of a core's trace ring, and records of others; those of the scheduler are written by trace() in sched.h. */
#include "sched.h"

#include <base/boot.h>
#include <base/init.h>
#include <base/layout.h>
#include <hw/cpu.h>
#include <sched/trace.h>

/* Is this the ring of a former life, whose records are worth keeping? Its clock was this one: after a reset of the
 * machine it starts anew. */
INIT static bool is_ring(const struct qv_trace *t, uint32_t core, uint64_t records, uint64_t now)
{
	if (t->magic != QV_TRACE_MAGIC || t->version != QV_TRACE_VERSION || t->core != core || t->records != records)
		return false;
	return t->head > 0 && t->head < QV_TSC_MAX && t->record[(t->head - 1) % records].tsc <= now;
}

INIT static void make_ring(struct qv_trace *t, uint32_t core, uint64_t records)
{
	*t = (struct qv_trace){.version = QV_TRACE_VERSION, .core = core, .records = records};
	__atomic_store_n(&t->magic, QV_TRACE_MAGIC, __ATOMIC_RELEASE);
}

INIT static void use_ring(struct core *c, struct qv_trace *t)
{
	c->trace = t;
	c->trace_at = t->record + t->head % t->records;
	c->trace_end = t->record + t->records;
}

INIT void trace_init(struct core *c)
{
	const struct qv_info *info = boot_info();
	uint64_t now = hw_rdtsc(), records = qv_trace_room(info->core_count);
	uint32_t index = c->cpu->index;
	struct qv_trace *t = (struct qv_trace *)(SLICE_BASE + QV_SLICE_TRACE_OFF + index * qv_trace_stride(info->core_count));

	if (!info->slice_gpa) {
		t = &c->no_trace.head;
		make_ring(t, index, 1);
	} else if (!is_ring(t, index, records, now)) {
		make_ring(t, index, records);
	}
	t->tsc_hz = info->tsc_hz;
	use_ring(c, t);
	trace(c, now, QV_TRACE_START, info->tsc_hz);
}

void sched_trace_mark(enum qv_trace_mark mark, uint32_t number)
{
	struct core *c = this_core();
	const struct thread *t = thread_self();

	trace(c, hw_rdtsc(), thread_tag(t, QV_TRACE_MARK), (uint64_t)mark << 32 | number);
}

void sched_trace_call(uint64_t number)
{
	struct core *c = this_core();
	const struct thread *t = thread_self();

	trace(c, hw_rdtsc(), thread_tag(t, QV_TRACE_SYSCALL), number);
}
