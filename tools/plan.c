/* SPDX-License-Identifier: MIT */
/* Config -> records: owners, names, launch order, devices, ports. Images and addresses follow in their own files. */
#include "plan.h"

#include <lib/assert.h>

#include <stdlib.h>
#include <string.h>

#define QUEST_START_GPA 0x1000u /* page 0 stays unused, so that a null pointer does not find the start pages */
#define QUEST_START_SIZE 0xf000u
#define LINUX_START_GPA 0x10000u /* ends at 640 KiB; ACPI tables are its last 16 KiB */
#define LINUX_START_SIZE 0x90000u

/* Console on com1 if there is one; TSC as the only clock; no IO-APIC and no early PCI probing: neither exists here.
 * */
#define LINUX_ARGS "tsc=reliable noapic pci=noearly"
#define LINUX_CONSOLE "console=ttyS0,115200 8250.nr_uarts=1"
#define LINUX_NO_CONSOLE "8250.nr_uarts=0"

uint32_t plan_string(struct plan *plan, const char *text)
{
	uint32_t at = plan->string_bytes;
	size_t n = strlen(text) + 1;

	if (n == 1)
		return 0;
	assert(n <= sizeof(plan->strings) - at);
	memcpy(plan->strings + at, text, n);
	plan->string_bytes += (uint32_t)n;
	return at;
}

static void set_name(char to[QV_NAME_LEN], const char *name)
{
	assert(strlen(name) < QV_NAME_LEN);
	memset(to, 0, QV_NAME_LEN);
	memcpy(to, name, strlen(name));
}

static bool has_pci_devices(const struct config_sandbox *s)
{
	for (int i = 0; i < s->device_count; i++)
		if (s->device[i].kind != CONFIG_DEVICE_CONSOLE)
			return true;
	return false;
}

static uint32_t linux_args(struct plan *plan, const struct config_sandbox *s)
{
	char *text = tool_format("%s " LINUX_ARGS "%s%s%s", s->uart.value ? LINUX_CONSOLE : LINUX_NO_CONSOLE,
		has_pci_devices(s) ? " pci=conf1,nocrs" : " pci=off", s->args.text ? " " : "", s->args.text ? s->args.text : "");
	uint32_t at = plan_string(plan, text);

	free(text);
	return at;
}

static void add_sandbox(struct plan *plan, const struct config_sandbox *s, uint32_t first_core)
{
	struct qv_sandbox *to = &plan->sandbox[plan->sandbox_count];
	bool quest = s->kernel == QV_KERNEL_QUEST;

	set_name(to->name, s->name.text);
	to->kernel = s->kernel;
	to->first_core = first_core;
	to->core_count = (uint32_t)s->cores.value;
	to->on_fault = s->on_fault;
	to->program_memory = s->program_memory.value;
	to->uart_port = config_uart_port(s->uart.value);
	to->args = quest ? plan_string(plan, s->args.text ? s->args.text : "") : linux_args(plan, s);
	to->start_gpa = quest ? QUEST_START_GPA : LINUX_START_GPA;
	to->start_size = quest ? QUEST_START_SIZE : LINUX_START_SIZE;
	for (int i = 0; i < s->memory_count; i++)
		plan->memory_size[plan->sandbox_count] += s->memory[i].size.value;
	plan->source[plan->sandbox_count++] = s;
}

static void add_port(struct plan *plan, uint32_t sandbox, uint16_t first, uint16_t last)
{
	assert(plan->port_count < QV_BLOB_MAX_PORTS);
	plan->port[plan->port_count++] = (struct qv_port_range){ sandbox, first, last };
}

static void add_ports(struct plan *plan, uint32_t i)
{
	const struct config_sandbox *s = plan->source[i];
	uint32_t uart = plan->sandbox[i].uart_port;

	for (int j = 0; j < s->port_count; j++)
		add_port(plan, i, s->ports[j].first, s->ports[j].last);
	if (uart)
		add_port(plan, i, (uint16_t)uart, (uint16_t)(uart + 7));
}

static uint32_t vcpu_flags(const struct config_vcpu *v)
{
	if (!v->utilization.given)
		return 0;
	return QV_VCPU_IO | (config_serves_uart(v) ? QV_VCPU_UART : 0);
}

static void add_vcpus(struct plan *plan, uint32_t i)
{
	for (int j = 0; j < plan->source[i]->vcpu_count; j++) {
		const struct config_vcpu *v = &plan->source[i]->vcpu[j];
		struct qv_vcpu *to = &plan->vcpu[plan->vcpu_count++];

		*to = (struct qv_vcpu){ .sandbox = i, .core = (uint32_t)v->core.value, .budget_ns = v->budget.value,
			.period_ns = v->period.value, .utilisation = (uint32_t)v->utilization.value,
			.flags = vcpu_flags(v),
			.run = plan_string(plan, v->run.text ? v->run.text : ""), .memory = v->memory.value,
			.arena = (uint32_t)(v->migratable.value / QV_LARGE_SIZE) };
		set_name(to->name, v->name.text);
	}
}

static void add_devices(struct plan *plan, uint32_t i)
{
	static const uint32_t kind[] = { [CONFIG_DEVICE_REST] = QV_DEVICE_REST, [CONFIG_DEVICE_PCI_ID] = QV_DEVICE_PCI_ID,
		[CONFIG_DEVICE_PCI_BDF] = QV_DEVICE_PCI_BDF };

	for (int j = 0; j < plan->source[i]->device_count; j++) {
		const struct config_device *device = &plan->source[i]->device[j];
		uint32_t flags = (device->dma_trusted ? QV_DEVICE_DMA_TRUSTED : 0) |
				 (device->msi_trusted ? QV_DEVICE_MSI_TRUSTED : 0);

		assert(plan->device_count < QV_BLOB_MAX_DEVICES);
		if (device->kind != CONFIG_DEVICE_CONSOLE)
			plan->device[plan->device_count++] = (struct qv_device){ .sandbox = i, .kind = kind[device->kind],
				.vendor = device->vendor, .device = device->device, .bdf = device->bdf, .flags = (uint16_t)flags,
				.label = plan_string(plan, device->label.text) };
	}
}

static uint32_t mask_of(const struct config *config, const struct config_list *list)
{
	uint32_t mask = 0;

	for (int i = 0; i < list->count; i++)
		mask |= 1u << config_find(config, list->item[i].text);
	return mask;
}

/* Does launching `from` wait, directly or through others, for `to`? */
static bool waits_for(const struct plan *plan, uint32_t from, uint32_t to)
{
	uint32_t seen = 1u << from;

	for (uint32_t round = 0; round < plan->sandbox_count; round++)
		for (uint32_t i = 0; i < plan->sandbox_count; i++)
			if (seen & 1u << i)
				seen |= plan->sandbox[i].after_mask;
	return seen & 1u << to;
}

/* Linux without `starts-after` comes after every Quest sandbox that does not itself wait for it. */
static void add_default_order(struct plan *plan, uint32_t i)
{
	for (uint32_t j = 0; j < plan->sandbox_count; j++)
		if (plan->sandbox[j].kernel == QV_KERNEL_QUEST && !waits_for(plan, j, i))
			plan->sandbox[i].after_mask |= 1u << j;
}

static void add_relations(struct plan *plan, const struct config *config)
{
	for (uint32_t i = 0; i < plan->sandbox_count; i++) {
		const struct config_sandbox *s = plan->source[i];

		plan->sandbox[i].after_mask = mask_of(config, &s->starts_after);
		plan->sandbox[i].may_restart |= mask_of(config, &s->restarts);
		if (s->watched_by.text)
			plan->sandbox[config_find(config, s->watched_by.text)].may_restart |= 1u << i;
	}
	for (uint32_t i = 0; i < plan->sandbox_count; i++)
		if (plan->sandbox[i].kernel == QV_KERNEL_LINUX && !plan->source[i]->starts_after_given)
			add_default_order(plan, i);
}

static bool bare_possible(const struct config *config, const char *name, struct diag *d)
{
	int found = config_find(config, name);
	const struct config_sandbox *s = found < 0 ? NULL : &config->sandbox[found];

	if (!s)
		diag_error(d, config->sandboxes.at, "there is no sandbox `%.40s` to run bare; name one of this file", name);
	else if (s->kernel != QV_KERNEL_QUEST)
		diag_error(d, s->name.at, "sandbox `%s` runs Linux; only a quest sandbox can run bare", name);
	for (int i = 0; s && i < s->memory_count; i++)
		if (s->memory[i].pin.given)
			diag_error(d, s->memory[i].pin.at, "bare memory begins at 0; remove `at` to run this sandbox bare");
	return d->count == 0;
}

static void add_bare(struct plan *plan, const struct config *config, const char *name)
{
	plan->system.flags = QV_SYSTEM_BARE;
	add_sandbox(plan, &config->sandbox[config_find(config, name)], 0);
	if (mask_of(config, &plan->source[0]->restarts) & 1u << config_find(config, name))
		plan->sandbox[0].may_restart = 1;
}

static void add_all(struct plan *plan, const struct config *config)
{
	uint32_t first[QV_MAX_SANDBOXES];

	config_assign_cores(config, first);
	for (int i = 0; i < config->sandbox_count; i++)
		add_sandbox(plan, &config->sandbox[i], first[i]);
	add_relations(plan, config);
}

bool plan_make(struct plan *plan, const struct config *config, const struct plan_options *options, struct diag *d)
{
	memset(plan, 0, sizeof(*plan));
	plan->string_bytes = 1; /* the empty string */
	if (options->bare && !bare_possible(config, options->bare, d))
		return false;
	if (options->bare)
		add_bare(plan, config, options->bare);
	else
		add_all(plan, config);
	set_name(plan->system.name, config->system.text);
	plan->system.sandbox_count = plan->sandbox_count;
	for (uint32_t i = 0; i < plan->sandbox_count; i++) {
		plan->system.core_count += plan->sandbox[i].core_count;
		add_ports(plan, i);
		add_devices(plan, i);
		add_vcpus(plan, i);
	}
	return plan_images(plan, config, options, d) && plan_place(plan, config, d);
}

void plan_free(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->file_count; i++) {
		free(plan->file[i].path);
		free(plan->file[i].bytes);
	}
	plan->file_count = 0;
}
