/* SPDX-License-Identifier: MIT */
/* Admission of the VCPUs of a system file, core by core: errors for what analysis.h finds. */
#include "analysis.h"

static void say(struct diag *d, const struct config_sandbox *s, const struct analysis_core *core)
{
	static const char *const blame[QV_TERMS] = { "its own budget", "VCPUs with shorter periods", "I/O VCPUs", "interrupts",
		"context switches", "the timer", "sections that cannot be preempted" };
	const struct qv_admit_answer *a = &core->answer;
	const struct analysis_vcpu *v = &core->vcpu[a->id];
	const char *name = v->index >= 0 ? v->name : "default (10 ms every 100 ms, always there)";
	struct place_in_file at = s->vcpu[v->index >= 0 ? v->index : 0].name.at;

	if (a->verdict == QV_REFUSED_RESPONSE)
		diag_error(d, at, "core %u: VCPU `%s` would get its budget only after %llu us of its %llu us period, because of %s; "
			"give less to it or to the others", core->core, name, (unsigned long long)(a->response + 999) / 1000,
			(unsigned long long)a->limit / 1000, blame[a->term]);
	else if (a->verdict == QV_REFUSED_FULL)
		diag_error(d, at, "core %u: the I/O VCPUs take the whole core; lower their utilizations", core->core);
	else
		diag_error(d, at, "core %u: VCPU `%s` is not possible with the others; give less to it or to them", core->core, name);
}

void config_admit(const struct config *c, struct diag *d)
{
	for (int i = 0; i < c->sandbox_count; i++) {
		const struct config_sandbox *s = &c->sandbox[i];

		for (uint32_t core = 0; s->vcpu_count && core < s->cores.value; core++) {
			struct analysis_core found;

			analyse_core(c, i, core, &analysis_costs_default, &found);
			if (found.answer.verdict != QV_ADMITTED)
				say(d, s, &found);
		}
	}
}
