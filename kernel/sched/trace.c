/* SPDX-License-Identifier: MIT */
/* Set-up of a core's trace ring; the records are written by trace() in sched.h. */
#include "sched.h"

#include <base/boot.h>
#include <base/layout.h>

static uint32_t rounded_up(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

void trace_init(struct core *c)
{
	const struct qv_info *info = boot_info();
	uint64_t bytes = QV_TRACE_BYTES / rounded_up(info->core_count);

	if (!info->slice_gpa) {
		c->trace = &c->no_trace.head;
		c->trace->records = 1;
		return;
	}
	c->trace = (struct qv_trace *)(SLICE_BASE + QV_SLICE_TRACE_OFF + c->cpu->index * bytes);
	*c->trace = (struct qv_trace){.version = QV_TRACE_VERSION, .core = c->cpu->index, .tsc_hz = info->tsc_hz,
		.records = (bytes - sizeof(struct qv_trace)) / sizeof(struct qv_trace_record)};
	__atomic_store_n(&c->trace->magic, QV_TRACE_MAGIC, __ATOMIC_RELEASE);
}
