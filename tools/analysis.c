/* SPDX-License-Identifier: MIT */
#include "analysis.h"

#include <lib/blob.h>

/* The kernel's default VCPU: sched/vcpu.h. */
#define DEFAULT_BUDGET_NS 10000000u
#define DEFAULT_PERIOD_NS 100000000u

const struct analysis_costs analysis_costs_default = {
	.switch_cost = 500, .granularity = 1000, .blocking = 5000, .lock = 1000,
	.top_half = 2000, /* two accesses to an ISA port among it */
};

struct load { /* of one core, as lib/admit wants it; ids are places in analysis_core.vcpu */
	struct qv_admit_main main[ANALYSIS_VCPUS];
	struct qv_admit_io io[ANALYSIS_VCPUS];
	struct qv_admit_irq irq;
	uint32_t mains, ios, irqs;
};

/* In order of periods; those of one period in the order of the file, the default last. */
static void add_main(struct analysis_core *to, const char *name, uint64_t budget, uint64_t period, int index)
{
	int at = to->count++;

	for (; at > 0 && to->vcpu[at - 1].period > period; at--)
		to->vcpu[at] = to->vcpu[at - 1];
	to->vcpu[at] = (struct analysis_vcpu){ .name = name, .budget = budget, .period = period, .index = index };
}

static void add_io(struct analysis_core *to, const char *name, uint64_t share, int index)
{
	to->vcpu[to->count++] = (struct analysis_vcpu){ .name = name, .io = true, .share = (uint32_t)share, .index = index };
}

static void collect(struct analysis_core *to, const struct config_sandbox *s)
{
	bool named = false;

	for (int i = 0; i < s->vcpu_count; i++) {
		const struct config_vcpu *v = &s->vcpu[i];

		if (v->core.value == to->core && !v->utilization.given)
			add_main(to, v->name.text, v->budget.value, v->period.value, i);
	}
	add_main(to, "default", DEFAULT_BUDGET_NS, DEFAULT_PERIOD_NS, -1);
	for (int i = 0; i < s->vcpu_count; i++) {
		const struct config_vcpu *v = &s->vcpu[i];

		named = named || config_serves_uart(v);
		if (v->core.value == to->core && v->utilization.given)
			add_io(to, v->name.text, v->utilization.value, i);
	}
	if (s->uart.value && to->core == 0 && !named)
		add_io(to, "uart", QV_UART_UTILISATION, -1);
}

/* The serial port: a top half and a later wake-up by timer in each interval (sched/vcpu.h: vcpu_admit_interrupt). */
static void make_load(struct load *l, const struct analysis_core *of, bool uart, const struct analysis_costs *costs)
{
	for (int i = 0; i < of->count; i++) {
		const struct analysis_vcpu *v = &of->vcpu[i];

		if (v->io)
			l->io[l->ios++] = (struct qv_admit_io){ 0, UINT64_MAX, (uint32_t)i, v->share, QV_VCPU_UTILISATION_ONE };
		else
			l->main[l->mains++] = (struct qv_admit_main){ v->budget, v->period, (uint32_t)i, 1 };
	}
	if (!uart)
		return;
	l->irq = (struct qv_admit_irq){ costs->top_half + 2 * costs->switch_cost + costs->granularity,
		QV_UART_INTERVAL_NS, 0 };
	l->irqs = 1;
}

void analyse_core(const struct config *config, int sandbox, uint32_t core, const struct analysis_costs *costs,
	struct analysis_core *to)
{
	const struct config_sandbox *s = &config->sandbox[sandbox];
	uint64_t response[ANALYSIS_VCPUS] = { 0 };
	struct load l = { .mains = 0 };
	struct qv_admit_core a = { .main = l.main, .io = l.io, .irq = &l.irq, .switch_cost = costs->switch_cost,
		.granularity = costs->granularity, .blocking = costs->blocking + (s->cores.value - 1) * costs->lock };

	*to = (struct analysis_core){ .sandbox = sandbox, .core = core };
	collect(to, s);
	make_load(&l, to, s->uart.value && core == 0, costs);
	a.mains = l.mains;
	a.ios = l.ios;
	a.irqs = l.irqs;
	to->answer = qv_admit(&a, response);
	if (to->answer.verdict == QV_ADMITTED)
		to->util = qv_admit_utilisation(&a);
	for (uint32_t i = 0; i < l.mains; i++)
		to->vcpu[i].response = response[i];
}
