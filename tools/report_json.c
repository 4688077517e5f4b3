/* SPDX-License-Identifier: MIT */
/* The same report for programs. All text in it is printable ASCII: names are checked, labels and arguments escaped. */
#include "report.h"

#include <string.h>

typedef unsigned long long number;

static void string(FILE *to, const char *text)
{
	(void)fputc('"', to);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			(void)fprintf(to, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			(void)fprintf(to, "\\u%04x", (unsigned)(unsigned char)*text);
		else
			(void)fputc(*text, to);
	}
	(void)fputc('"', to);
}

static void field(FILE *to, const char *key, const char *text)
{
	(void)fprintf(to, "\"%s\": ", key);
	string(to, text);
}

static void names(FILE *to, const struct plan *p, const char *key, uint32_t mask)
{
	const char *separator = "";

	(void)fprintf(to, ", \"%s\": [", key);
	for (uint32_t i = 0; i < p->sandbox_count; i++) {
		if (mask & 1u << i) {
			(void)fputs(separator, to);
			string(to, p->sandbox[i].name);
			separator = ", ";
		}
	}
	(void)fputs("]", to);
}

static void memories(FILE *to, const struct plan *p, uint32_t sandbox)
{
	static const char *const kind[] = { "", "private", "console", "mmio", "arena" };
	const char *separator = "";

	(void)fputs(", \"memory\": [", to);
	for (uint32_t i = 0; i < p->memory_count; i++) {
		const struct qv_memory *m = &p->memory[i];

		if (m->sandbox != sandbox)
			continue;
		(void)fprintf(to, "%s{\"kind\": \"%s\", \"gpa\": %llu, \"hpa\": %llu, \"size\": %llu, \"grain\": %llu}", separator,
			kind[m->kind], (number)m->gpa, (number)m->hpa, (number)m->size, (number)m->grain);
		separator = ", ";
	}
	(void)fputs("]", to);
}

static void ports(FILE *to, const struct plan *p, uint32_t sandbox)
{
	const char *separator = "";

	(void)fputs(", \"ports\": [", to);
	for (uint32_t i = 0; i < p->port_count; i++) {
		if (p->port[i].sandbox != sandbox)
			continue;
		(void)fprintf(to, "%s{\"first\": %u, \"last\": %u}", separator, p->port[i].first, p->port[i].last);
		separator = ", ";
	}
	(void)fputs("]", to);
}

static void devices(FILE *to, const struct plan *p, uint32_t sandbox)
{
	const char *separator = "";

	(void)fputs(", \"devices\": [", to);
	for (uint32_t i = 0; i < p->device_count; i++) {
		const struct qv_device *d = &p->device[i];

		if (d->sandbox != sandbox)
			continue;
		(void)fprintf(to, "%s{", separator);
		field(to, "label", p->strings + d->label);
		(void)fprintf(to, ", \"dma_trusted\": %s, \"msi_trusted\": %s}", d->flags & QV_DEVICE_DMA_TRUSTED ? "true" : "false",
			d->flags & QV_DEVICE_MSI_TRUSTED ? "true" : "false");
		separator = ", ";
	}
	(void)fputs("]", to);
}

static void sandbox(FILE *to, const struct plan *p, uint32_t i)
{
	const struct qv_sandbox *s = &p->sandbox[i];

	(void)fprintf(to, "%s\n    {", i ? "," : "");
	field(to, "name", s->name);
	(void)fprintf(to,
		      ", \"kernel\": \"%s\", \"first_core\": %u, \"core_count\": %u, \"memory_bytes\": %llu, \"table_bytes\": %llu",
		s->kernel == QV_KERNEL_LINUX ? "linux" : "quest", s->first_core, s->core_count, (number)p->memory_size[i],
		(number)p->table_bytes[i]);
	(void)fprintf(to, ", \"entry\": %llu, \"initrd_bytes\": %llu, \"uart\": %u, \"on_fault\": \"%s\", ", (number)s->entry,
		(number)s->initrd_size, s->uart_port, s->on_fault == QV_ON_FAULT_RESTART ? "restart" : "stop");
	field(to, "args", p->strings + s->args);
	names(to, p, "starts_after", s->after_mask);
	names(to, p, "may_restart", s->may_restart);
	memories(to, p, i);
	devices(to, p, i);
	ports(to, p, i);
	(void)fputs("}", to);
}

static void regions(FILE *to, const struct plan *p)
{
	(void)fputs("  \"regions\": [", to);
	for (uint32_t i = 0; i < p->region_count; i++)
		(void)fprintf(to, "%s\n    {\"kind\": \"%s\", \"index\": %u, \"hpa\": %llu, \"size\": %llu}", i ? "," : "",
			report_region_name(p->region[i].kind), p->region[i].index, (number)p->region[i].hpa, (number)p->region[i].size);
	(void)fputs("\n  ],\n", to);
}

static void blackbox(FILE *to, const struct plan *p)
{
	const struct qv_blob blob = { .region = p->region, .region_count = p->region_count };
	const struct qv_region *r = qv_blob_region(&blob, QV_REGION_BLACKBOX, 0);

	(void)fprintf(to, "  \"blackbox\": {\"hpa\": %llu, \"size\": %llu},\n", (number)r->hpa, (number)r->size);
}

void report_json(const struct plan *plan, const struct config *config, FILE *to)
{
	const char *gap;
	int step = 0, first = 1;

	(void)fputs("{\n  ", to);
	field(to, "system", plan->system.name);
	(void)fprintf(to, ",\n  \"bare\": %s,\n  \"cores\": %u,\n  \"memory_top\": %llu,\n  \"ram_bytes\": %llu,\n",
		plan->system.flags & QV_SYSTEM_BARE ? "true" : "false", plan->system.core_count, (number)plan->system.memory_top,
		(number)report_ram_bytes(plan));
	blackbox(to, plan);
	(void)fputs("  \"sandboxes\": [", to);
	for (uint32_t i = 0; i < plan->sandbox_count; i++)
		sandbox(to, plan, i);
	(void)fputs("\n  ],\n", to);
	regions(to, plan);
	(void)fputs("  \"not_enforced\": [", to);
	for (; (gap = report_not_enforced(config, &step)); first = 0) {
		(void)fputs(first ? "" : ", ", to);
		string(to, gap);
	}
	(void)fputs("]", to);
	report_timing_json(config, to);
	(void)fputs("\n}\n", to);
}
