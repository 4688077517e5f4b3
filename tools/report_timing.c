/* SPDX-License-Identifier: MIT */
/* The part of the reports about time: what each core promises its VCPUs. */
#include "analysis.h"
#include "report.h"

typedef unsigned long long number;

/* 2^-48 units as thousandths. */
static number thousandths(uint64_t util)
{
	return (number)((util * 125) >> 45);
}

/* Microseconds with one decimal, rounded up. */
static void print_us(FILE *to, int width, uint64_t ns)
{
	uint64_t tenths = (ns + 99) / 100;

	(void)fprintf(to, "%*llu.%llu", width - 2, (number)(tenths / 10), (number)(tenths % 10));
}

static void print_vcpu(const struct analysis_vcpu *v, FILE *to)
{
	if (v->io) {
		(void)fprintf(to, "    %-24s  %u.%03u%% for I/O\n", v->name, v->share / 1000, v->share % 1000);
		return;
	}
	(void)fprintf(to, "    %-24s  ", v->name);
	print_us(to, 12, v->budget);
	print_us(to, 12, v->period);
	print_us(to, 12, v->response);
	print_us(to, 12, v->period - v->response);
	(void)fprintf(to, "\n");
}

static void print_core(const struct config *config, const struct analysis_core *core, FILE *to)
{
	(void)fprintf(to, "  core %u of %s: utilisation %llu.%llu%%; %s; %s\n", core->core,
		config->sandbox[core->sandbox].name.text, thousandths(core->util.total) / 10, thousandths(core->util.total) % 10,
		core->util.bound ? "below the Liu-Layland bound" : "above the Liu-Layland bound",
		core->util.hyperbolic ? "the hyperbolic test holds" : "the hyperbolic test does not hold");
	(void)fprintf(to, "    VCPU (us)                       budget      period    response       slack\n");
	for (int i = 0; i < core->count; i++)
		print_vcpu(&core->vcpu[i], to);
}

static void print_core_json(const struct config *config, const struct analysis_core *core, FILE *to)
{
	const char *separator = "";

	(void)fprintf(to, "{\"sandbox\": \"%s\", \"core\": %u, \"utilisation_permille\": %llu, \"bound\": %s, "
		"\"hyperbolic\": %s, \"vcpus\": [",
		config->sandbox[core->sandbox].name.text, core->core, thousandths(core->util.total),
		core->util.bound ? "true" : "false", core->util.hyperbolic ? "true" : "false");
	for (int i = 0; i < core->count; i++, separator = ", ") {
		const struct analysis_vcpu *v = &core->vcpu[i];

		if (v->io)
			(void)fprintf(to, "%s{\"name\": \"%s\", \"io\": true, \"share\": %u}", separator, v->name, v->share);
		else
			(void)fprintf(to, "%s{\"name\": \"%s\", \"io\": false, \"budget_ns\": %llu, \"period_ns\": %llu, "
				"\"response_ns\": %llu}", separator, v->name, (number)v->budget, (number)v->period, (number)v->response);
	}
	(void)fputs("]}", to);
}

/* Each core of the Quest sandboxes that have VCPUs. True if there was one. */
static bool for_each_core(const struct config *config, FILE *to, const char *separator,
	void (*print)(const struct config *config, const struct analysis_core *core, FILE *to))
{
	struct analysis_core core;
	bool any = false;

	for (int i = 0; i < config->sandbox_count; i++) {
		for (uint32_t n = 0; config->sandbox[i].vcpu_count && n < config->sandbox[i].cores.value; n++) {
			analyse_core(config, i, n, &analysis_costs_default, &core);
			(void)fputs(any ? separator : "", to);
			print(config, &core, to);
			any = true;
		}
	}
	return any;
}

static bool has_vcpus(const struct config *config)
{
	for (int i = 0; i < config->sandbox_count; i++)
		if (config->sandbox[i].vcpu_count)
			return true;
	return false;
}

void report_timing(const struct config *config, FILE *to)
{
	const struct analysis_costs *c = &analysis_costs_default;

	if (!has_vcpus(config))
		return;
	(void)fprintf(to, "\nTime\n");
	(void)for_each_core(config, to, "", print_core);
	(void)fprintf(to, "  counted: %llu ns a context switch, %llu ns the timer, %llu ns the longest section that cannot be "
		"preempted\n", (number)c->switch_cost, (number)c->granularity, (number)c->blocking);
}

void report_timing_json(const struct config *config, FILE *to)
{
	(void)fputs(", \"timing\": [", to);
	(void)for_each_core(config, to, ", ", print_core_json);
	(void)fputs("]", to);
}
