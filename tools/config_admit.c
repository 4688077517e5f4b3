/* SPDX-License-Identifier: MIT */
/*
 * Admission of the VCPUs of a system file, core by core, by the same lib/admit that the kernel asks at boot. The
 * kernel measures what scheduling costs on its machine; here a cautious figure for a PC is taken, so that what passes
 * here is refused at boot only on a machine that is slower than that.
 */
#include "config.h"

#include <lib/admit.h>
#include <lib/blob.h>

#include <string.h>

/* The kernel's default VCPU (sched/vcpu.h) and the figures for overheads, in ns. */
#define DEFAULT_BUDGET_NS 10000000u
#define DEFAULT_PERIOD_NS 100000000u
#define SWITCH_NS      500u
#define GRANULARITY_NS 1000u
#define BLOCKING_NS    5000u
#define TOP_HALF_NS    2000u /* two accesses to an ISA port among it */
#define DEFAULT_ID UINT32_MAX
#define UART_ID (UINT32_MAX - 1)

struct load { /* of one core */
	struct qv_admit_main main[CONFIG_MAX_LIST + 1];
	struct qv_admit_io io[CONFIG_MAX_LIST + 1];
	struct qv_admit_irq irq;
	uint32_t mains, ios, irqs;
};

/* In order of periods; those of one period in the order of the file, the default last. */
static void add_main(struct load *l, uint64_t budget, uint64_t period, uint32_t id)
{
	uint32_t at = l->mains++;

	for (; at > 0 && l->main[at - 1].period > period; at--)
		l->main[at] = l->main[at - 1];
	l->main[at] = (struct qv_admit_main){ budget, period, id, 1 };
}

/* The serial port: a top half and a later wake-up by timer in each interval (sched/vcpu.h: vcpu_admit_interrupt), and
 * an I/O VCPU of its own if the file names none. */
static void add_uart(struct load *l, const struct config_sandbox *s)
{
	bool named = false;

	for (int i = 0; i < s->vcpu_count; i++)
		named = named || config_serves_uart(&s->vcpu[i]);
	if (!named)
		l->io[l->ios++] = (struct qv_admit_io){ 0, UINT64_MAX, UART_ID, QV_UART_UTILISATION, QV_VCPU_UTILISATION_ONE };
	l->irq = (struct qv_admit_irq){ TOP_HALF_NS + 2 * SWITCH_NS + GRANULARITY_NS, QV_UART_INTERVAL_NS, UART_ID };
	l->irqs = 1;
}

static void collect(struct load *l, const struct config_sandbox *s, uint32_t core)
{
	for (int i = 0; i < s->vcpu_count; i++) {
		const struct config_vcpu *v = &s->vcpu[i];

		if (v->core.value != core)
			continue;
		if (v->utilization.given)
			l->io[l->ios++] = (struct qv_admit_io){ 0, UINT64_MAX, (uint32_t)i, (uint32_t)v->utilization.value,
				QV_VCPU_UTILISATION_ONE };
		else
			add_main(l, v->budget.value, v->period.value, (uint32_t)i);
	}
	add_main(l, DEFAULT_BUDGET_NS, DEFAULT_PERIOD_NS, DEFAULT_ID);
	if (s->uart.value && core == 0)
		add_uart(l, s);
}

static void say(struct diag *d, const struct config_sandbox *s, uint32_t core, const struct qv_admit_answer *a)
{
	static const char *const blame[QV_TERMS] = { "its own budget", "VCPUs with shorter periods", "I/O VCPUs", "interrupts",
		"context switches", "the timer", "sections that cannot be preempted" };
	bool named = a->id < UART_ID;
	const char *name = named ? s->vcpu[a->id].name.text : "default (10 ms every 100 ms, always there)";
	struct place_in_file at = named ? s->vcpu[a->id].name.at : s->vcpu[0].name.at;

	if (a->verdict == QV_REFUSED_RESPONSE)
		diag_error(d, at, "core %u: VCPU `%s` would get its budget only after %llu us of its %llu us period, because of %s; "
			"give less to it or to the others", core, name, (unsigned long long)(a->response + 999) / 1000,
			(unsigned long long)a->limit / 1000, blame[a->term]);
	else if (a->verdict == QV_REFUSED_FULL)
		diag_error(d, at, "core %u: the I/O VCPUs take the whole core; lower their utilizations", core);
	else
		diag_error(d, at, "core %u: VCPU `%s` is not possible with the others; give less to it or to them", core, name);
}

void config_admit(const struct config *c, struct diag *d)
{
	for (int i = 0; i < c->sandbox_count; i++) {
		const struct config_sandbox *s = &c->sandbox[i];

		for (uint32_t core = 0; s->vcpu_count && core < s->cores.value; core++) {
			struct load l = { .mains = 0 };
			struct qv_admit_core a = { .main = l.main, .io = l.io, .irq = &l.irq, .switch_cost = SWITCH_NS,
				.granularity = GRANULARITY_NS, .blocking = BLOCKING_NS };
			struct qv_admit_answer answer;

			collect(&l, s, core);
			a.mains = l.mains;
			a.ios = l.ios;
			a.irqs = l.irqs;
			answer = qv_admit(&a, NULL);
			if (answer.verdict != QV_ADMITTED)
				say(d, s, core, &answer);
		}
	}
}
