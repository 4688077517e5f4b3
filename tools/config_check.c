/* SPDX-License-Identifier: MIT */
/* Rules that concern more than one key: references, cores, ports, devices, launch order, VCPU and channel form. */
#include "config.h"
#include "units.h"

#include <lib/blob.h>
#include <lib/policy.h>

#include <string.h>

#define MIN_MEMORY (20ull << 20) /* kernels are loaded at guest-physical 16 MiB */
#define MIN_OWN_MEMORY (2ull << 20)
#define MAX_MEMORY (1ull << 40)
#define MAX_ARENA  (512ull << 20) /* of one program: the kernel's records of it are one block of its heap */
#define MIN_PROGRAM_MEMORY (64ull << 10) /* page tables, stack and some pages of the file */

int config_find(const struct config *config, const char *name)
{
	for (int i = 0; i < config->sandbox_count; i++)
		if (strcmp(config->sandbox[i].name.text, name) == 0)
			return i;
	return -1;
}

uint16_t config_uart_port(uint64_t uart)
{
	static const uint16_t port[] = { 0, 0x3f8, 0x2f8, 0x3e8, 0x2e8 };

	return port[uart];
}

/* ---- one sandbox ---- */

static void check_memory(struct diag *d, const struct config_sandbox *s)
{
	uint64_t total = 0;
	char text[32];

	for (int i = 0; i < s->memory_count; i++) {
		const struct config_memory *m = &s->memory[i];

		if (m->size.value % QV_PAGE_SIZE || m->size.value == 0 || m->size.value > MAX_MEMORY)
			diag_error(d, m->size.at, "memory of %s; give a multiple of 4 KiB above zero and up to 1024 GiB",
				units_print_size(text, m->size.value));
		else
			total += m->size.value;
		if (m->pin.given && m->pin.value % QV_PAGE_SIZE)
			diag_error(d, m->pin.at, "`at` is not a multiple of 4 KiB; round it");
	}
	/* An image of one's own says itself what it needs: the plan checks that. */
	if (d->count == 0 && total < (strchr(s->kernel_text.text, '/') ? MIN_OWN_MEMORY : MIN_MEMORY))
		diag_error(d, s->memory_text.at, "%s of memory is too small for a kernel; give at least 20 MiB",
			units_print_size(text, total));
}

static void check_uniprocessor(struct diag *d, const struct config_sandbox *s)
{
	if (strcmp(s->kernel_text.text, "quest-uniprocessor") == 0 && s->cores.value > 1)
		diag_error(d, s->cores.at, "quest-uniprocessor has one core; write cores: 1 or kernel: quest");
}

static void check_linux_keys(struct diag *d, const struct config_sandbox *s)
{
	if (s->kernel == QV_KERNEL_LINUX) {
		if (s->cores.value > 1)
			diag_error(d, s->cores.at, "a Linux sandbox has one core; write cores: 1");
		if (s->uart.given && s->uart.value != 1)
			diag_error(d, s->uart.at, "the console of Linux is com1; write uart: com1");
		if (s->vcpu_count)
			diag_error(d, s->vcpu[0].name.at, "Linux has no VCPUs; move them to a quest sandbox");
		if (s->image.text && strcmp(s->image.text, "debian-cloud") && !strchr(s->image.text, '/'))
			diag_error(d, s->image.at, "no such image `%.40s`; use debian-cloud or the path of a bzImage", s->image.text);
	} else if (s->image.text) {
		diag_error(d, s->image.at, "`image` is for kernel: linux; remove it");
	}
}

static void check_args(struct diag *d, const struct config_sandbox *s)
{
	if (s->args.text && strlen(s->args.text) > 900)
		diag_error(d, s->args.at, "`args` has %zu characters; at most 900 are possible, shorten it", strlen(s->args.text));
	for (const char *p = s->args.text; p && *p; p++) {
		if (*p < ' ' || *p > '~') {
			diag_error(d, s->args.at, "`args` has a character outside printable ASCII; remove it");
			return;
		}
	}
}

static const struct config_vcpu *find_vcpu(const struct config_sandbox *s, const char *name)
{
	for (int i = 0; i < s->vcpu_count; i++)
		if (strcmp(s->vcpu[i].name.text, name) == 0)
			return &s->vcpu[i];
	return NULL;
}

static void check_vcpu(struct diag *d, const struct config_vcpu *v)
{
	bool main_keys = v->budget.given || v->period.given, io_keys = v->io.text || v->utilization.given;

	if (main_keys == io_keys)
		diag_error(d, v->name.at,
			   "VCPU `%s` must be a main one (budget, period) or an I/O one (io, utilization); give one pair",
			v->name.text);
	else if (main_keys && !(v->budget.given && v->period.given))
		diag_error(d, v->name.at, "VCPU `%s` has only one of budget and period; give both", v->name.text);
	else if (io_keys && !v->utilization.given)
		diag_error(d, v->name.at, "I/O VCPU `%s` has no utilization; add utilization: 10%%", v->name.text);
	if (main_keys && v->budget.given && v->budget.value == 0)
		diag_error(d, v->budget.at, "a budget of zero; give at least 1 us");
	if (v->budget.given && v->period.given && v->budget.value > v->period.value)
		diag_error(d, v->budget.at, "the budget is longer than the period; make it smaller");
	if (v->utilization.given && (v->utilization.value == 0 || v->utilization.value > 100000))
		diag_error(d, v->utilization.at, "a utilization must be above 0%% and at most 100%%; change it");
	else if (v->utilization.value == 100000)
		diag_error(d, v->utilization.at, "a utilization of 100%% leaves nothing to other VCPUs; make it smaller");
	if (v->period.given && v->period.value > QV_VCPU_PERIOD_MAX_NS)
		diag_error(d, v->period.at, "a period of more than an hour; make it shorter");
	if (v->run.text && strlen(v->run.text) >= QV_VCPU_RUN_LEN)
		diag_error(d, v->run.at, "the path has %zu bytes; at most %u are possible", strlen(v->run.text),
			QV_VCPU_RUN_LEN - 1);
}

static void check_migratable(struct diag *d, const struct config_vcpu *v)
{
	if (!v->migratable.given)
		return;
	if (!v->run.text || !v->budget.given)
		diag_error(d, v->migratable.at, "only a main VCPU with a program may be migratable; add `run`, or remove it");
	if (v->migratable.value == 0 || v->migratable.value % QV_LARGE_SIZE || v->migratable.value > MAX_ARENA)
		diag_error(d, v->migratable.at, "a migratable program lives in 2 MiB blocks; give a multiple of 2 MiB up to 512 MiB");
}

bool config_serves_uart(const struct config_vcpu *v)
{
	return v->io.text && strcmp(v->io.text, "uart") == 0;
}

/* What serves the serial port, if the file says it: one VCPU, where the port interrupts. */
static void check_uart_vcpu(struct diag *d, const struct config_sandbox *s)
{
	const struct config_vcpu *first = NULL;

	for (int i = 0; i < s->vcpu_count; i++) {
		const struct config_vcpu *v = &s->vcpu[i];

		if (!config_serves_uart(v))
			continue;
		if (!s->uart.value)
			diag_error(d, v->io.at, "the sandbox has no serial port for `%s`; add uart: com1", v->name.text);
		else if (v->core.value != 0)
			diag_error(d, v->core.at, "the serial port interrupts core 0; put `%s` there", v->name.text);
		else if (first)
			diag_error(d, v->io.at, "`%s` serves the serial port already; remove one", first->name.text);
		first = v;
	}
}

static void check_limit(struct diag *d, const struct config_sandbox *s, const struct config_number *limit)
{
	uint64_t total = 0;
	char text[32], most[32];

	for (int i = 0; i < s->memory_count; i++)
		total += s->memory[i].size.value;
	if (!limit->given)
		return;
	if (limit->value % QV_PAGE_SIZE || limit->value < MIN_PROGRAM_MEMORY)
		diag_error(d, limit->at, "a program's memory of %s; give a multiple of 4 KiB, at least 64 KiB",
			units_print_size(text, limit->value));
	else if (limit->value >= total)
		diag_error(d, limit->at, "a program's memory of %s in a sandbox of %s; make it smaller or leave it out",
			units_print_size(text, limit->value), units_print_size(most, total));
}

static void check_limits(struct diag *d, const struct config_sandbox *s)
{
	if (s->program_memory.given && s->kernel == QV_KERNEL_LINUX)
		diag_error(d, s->program_memory.at, "`program-memory` is for kernel: quest; remove it");
	else
		check_limit(d, s, &s->program_memory);
	for (int i = 0; i < s->vcpu_count; i++) {
		if (s->vcpu[i].memory.given && !s->vcpu[i].run.text)
			diag_error(d, s->vcpu[i].memory.at, "VCPU `%s` has no program to limit; add run: or remove memory",
				s->vcpu[i].name.text);
		else
			check_limit(d, s, &s->vcpu[i].memory);
	}
}

static void check_vcpus(struct diag *d, const struct config_sandbox *s)
{
	for (int i = 0; i < s->vcpu_count; i++) {
		const struct config_number *core = &s->vcpu[i].core;

		check_vcpu(d, &s->vcpu[i]);
		check_migratable(d, &s->vcpu[i]);
		if (core->given && core->value >= s->cores.value)
			diag_error(d, core->at, "the sandbox has no core %llu; its cores are 0 to %llu",
				(unsigned long long)core->value, (unsigned long long)s->cores.value - 1);
	}
	check_uart_vcpu(d, s);
	for (int i = 0; i < s->device_count; i++) {
		const struct config_text *vcpu = &s->device[i].vcpu;
		const struct config_vcpu *v = vcpu->text ? find_vcpu(s, vcpu->text) : NULL;

		if (vcpu->text && !v)
			diag_error(d, vcpu->at, "there is no VCPU `%s` in this sandbox; add it under vcpus", vcpu->text);
		else if (v && v->budget.given)
			diag_error(d, vcpu->at, "`%s` is a main VCPU; a device needs one with io and utilization", vcpu->text);
	}
}

const char *config_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* `run` is a path in the archive, /bin/NAME, and may be followed by arguments. */
static bool has_program(const struct config_sandbox *s, const char *run)
{
	size_t length = strcspn(run, " ");

	for (int i = 0; i < s->programs.count; i++) {
		const char *name = config_base_name(s->programs.item[i].text);

		if (length == 5 + strlen(name) && strncmp(run, "/bin/", 5) == 0 && strncmp(run + 5, name, length - 5) == 0)
			return true;
	}
	return false;
}

static bool is_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Names in the archive differ. */
static void check_names(struct diag *d, const struct config_list *list, const char *what, const char *no_name)
{
	for (int i = 0; i < list->count; i++) {
		const struct config_text *p = &list->item[i];

		if (!is_name(config_base_name(p->text)))
			diag_error(d, p->at, "`%.40s` %s", p->text, no_name);
		for (int j = 0; j < i; j++)
			if (strcmp(config_base_name(p->text), config_base_name(list->item[j].text)) == 0)
				diag_error(d, p->at, "two %s are called `%.40s`; rename one", what, config_base_name(p->text));
	}
}

static void check_programs(struct diag *d, const struct config_sandbox *s)
{
	for (int i = 0; i < s->vcpu_count; i++) {
		const struct config_text *run = &s->vcpu[i].run;

		if (run->text && !has_program(s, run->text))
			diag_error(d, run->at, "`%.40s` is not in the sandbox's `programs`; they are found as /bin/NAME", run->text);
	}
	check_names(d, &s->programs, "programs", "names a folder; name the program file");
	check_names(d, &s->files, "files", "does not end in a name; end it in the name that it shall have in the sandbox");
}

/* ---- between sandboxes ---- */

static void check_references(struct diag *d, const struct config *c, int self, const struct config_list *list,
	bool own_allowed)
{
	for (int i = 0; i < list->count; i++) {
		int found = config_find(c, list->item[i].text);

		if (found < 0)
			diag_error(d, list->item[i].at, "there is no sandbox `%s`; name one of this file", list->item[i].text);
		else if (found == self && !own_allowed)
			diag_error(d, list->item[i].at, "sandbox `%s` names itself; name another", list->item[i].text);
	}
}

static void check_watcher(struct diag *d, const struct config *c, int self)
{
	const struct config_text *watcher = &c->sandbox[self].watched_by;
	struct config_list one = { 1, { *watcher } };

	if (watcher->text)
		check_references(d, c, self, &one, false);
}

static bool ranges_share(const struct config_ports *a, const struct config_ports *b)
{
	return a->first <= b->last && b->first <= a->last;
}

static void check_port_policy(struct diag *d, const struct config_ports *p)
{
	for (uint32_t port = p->first; port <= p->last; port++) {
		if (qv_port_kept((uint16_t)port)) {
			diag_error(d, p->at, "port 0x%x acts on the whole machine and is never given away; leave it out", port);
			return;
		}
	}
}

/* All port ranges of a sandbox: those listed, then the UART's. Returns their number. */
static int all_ports(const struct config_sandbox *s, struct config_ports to[CONFIG_MAX_LIST + 1])
{
	int n = s->port_count;
	uint16_t uart = config_uart_port(s->uart.value);

	memcpy(to, s->ports, sizeof(s->ports));
	if (uart)
		to[n++] = (struct config_ports){ uart, (uint16_t)(uart + 7), s->uart.at };
	return n;
}

static void check_ports(struct diag *d, const struct config *c)
{
	struct config_ports seen[QV_MAX_SANDBOXES * (CONFIG_MAX_LIST + 1)], own[CONFIG_MAX_LIST + 1];
	int owner[QV_MAX_SANDBOXES * (CONFIG_MAX_LIST + 1)], count = 0;

	for (int i = 0; i < c->sandbox_count; i++) {
		int n = all_ports(&c->sandbox[i], own);

		for (int j = 0; j < n; j++) {
			check_port_policy(d, &own[j]);
			for (int k = 0; k < count; k++)
				if (ranges_share(&own[j], &seen[k]))
					diag_error(d, own[j].at, "ports 0x%x-0x%x%s are already given to sandbox `%s` on line %d; remove one",
						own[j].first, own[j].last, own[j].first == 0x3f8 ? " (console, com1)" : "", c->sandbox[owner[k]].name.text,
						seen[k].at.line);
			owner[count] = i;
			seen[count++] = own[j];
		}
	}
}

static bool same_device(const struct config_device *a, const struct config_device *b)
{
	return a->kind == b->kind && a->vendor == b->vendor && a->device == b->device && a->bdf == b->bdf;
}

static void check_device_twice(struct diag *d, const struct config *c, int sandbox, int index)
{
	const struct config_device *device = &c->sandbox[sandbox].device[index];

	if (device->kind == CONFIG_DEVICE_CONSOLE) /* the ports of com1 are compared like all others */
		return;
	for (int i = 0; i <= sandbox; i++)
		for (int j = 0; j < (i == sandbox ? index : c->sandbox[i].device_count); j++)
			if (same_device(device, &c->sandbox[i].device[j]))
				diag_error(d, device->label.at, "device `%s` is already given to sandbox `%s` on line %d; remove one%s",
					device->label.text, c->sandbox[i].name.text, c->sandbox[i].device[j].label.at.line,
					device->kind == CONFIG_DEVICE_PCI_ID ? ", or tell equal devices apart by bus address" : "");
}

static void check_devices(struct diag *d, const struct config *c)
{
	for (int i = 0; i < c->sandbox_count; i++)
		for (int j = 0; j < c->sandbox[i].device_count; j++) {
			const struct config_device *device = &c->sandbox[i].device[j];

			check_device_twice(d, c, i, j);
			if (device->kind == CONFIG_DEVICE_PCI_BDF && device->bdf == 0)
				diag_error(d, device->label.at, "00:00.0 is the host bridge and belongs to nobody; name another device");
		}
}

/* `console` is com1 by another name. */
static void merge_console(struct diag *d, struct config_sandbox *s)
{
	for (int i = 0; i < s->device_count; i++) {
		if (s->device[i].kind != CONFIG_DEVICE_CONSOLE)
			continue;
		if (s->uart.given && s->uart.value != 1)
			diag_error(d, s->device[i].label.at, "console is com1 but `uart` on line %d says another; remove one",
				s->uart.at.line);
		s->uart = (struct config_number){ 1, true, s->device[i].label.at };
	}
}

/* ---- cores ---- */

static uint32_t cores_mask(uint64_t first, uint64_t count)
{
	return (uint32_t)(((1ull << count) - 1) << first);
}

static uint32_t pinned_cores(struct diag *d, const struct config *c)
{
	uint32_t taken = 0;

	for (int i = 0; i < c->sandbox_count; i++) {
		const struct config_sandbox *s = &c->sandbox[i];
		uint32_t mask = s->core.given ? cores_mask(s->core.value, s->cores.value) : 0;

		if (s->core.given && s->core.value + s->cores.value > QV_MAX_CORES)
			diag_error(d, s->core.at, "cores %llu to %llu; the last possible core is %u, pin lower",
				(unsigned long long)s->core.value,
				(unsigned long long)(s->core.value + s->cores.value - 1), QV_MAX_CORES - 1);
		else if (taken & mask)
			diag_error(d, s->core.at, "core %d is given twice; change `core` here or in the other sandbox",
				__builtin_ctz(taken & mask));
		taken |= mask;
	}
	return taken;
}

void config_assign_cores(const struct config *c, uint32_t first[QV_MAX_SANDBOXES])
{
	uint32_t taken = 0;

	for (int i = 0; i < c->sandbox_count; i++) {
		first[i] = (uint32_t)c->sandbox[i].core.value;
		if (c->sandbox[i].core.given)
			taken |= cores_mask(first[i], c->sandbox[i].cores.value);
	}
	for (int i = 0; i < c->sandbox_count; i++) {
		uint64_t n = c->sandbox[i].cores.value;

		if (c->sandbox[i].core.given)
			continue;
		while (first[i] + n < 32 && (taken & cores_mask(first[i], n)))
			first[i]++;
		taken |= cores_mask(first[i], n);
	}
}

static void check_core_gap(struct diag *d, const struct config *c)
{
	uint32_t first[QV_MAX_SANDBOXES], taken = 0, top = 0;

	config_assign_cores(c, first);
	for (int i = 0; i < c->sandbox_count; i++) {
		uint32_t end = first[i] + (uint32_t)c->sandbox[i].cores.value;

		if (end > QV_MAX_CORES)
			diag_error(d, c->sandbox[i].name.at,
				   "no room for the %llu cores of sandbox `%s` beside the pinned ones; move `core`",
				(unsigned long long)c->sandbox[i].cores.value, c->sandbox[i].name.text);
		top = end > top ? end : top;
		taken |= cores_mask(first[i], c->sandbox[i].cores.value);
	}
	for (int i = 0; i < c->sandbox_count && d->count == 0; i++)
		if (c->sandbox[i].core.given && taken != cores_mask(0, top) && first[i] > (uint32_t)__builtin_ctz(~taken))
			diag_error(d, c->sandbox[i].core.at, "core %d belongs to no sandbox; pin lower, so that no core is left out",
				__builtin_ctz(~taken));
}

static void check_cores(struct diag *d, const struct config *c)
{
	uint64_t total = 0, limit = c->machine.core_count.given ? c->machine.core_count.value : QV_MAX_CORES;

	for (int i = 0; i < c->sandbox_count; i++)
		total += c->sandbox[i].cores.value;
	if (total > limit) {
		diag_error(d, c->sandboxes.at, "the sandboxes ask for %llu cores, %s %llu; give some fewer",
			(unsigned long long)total,
			c->machine.core_count.given ? "the machine has" : "at most possible are", (unsigned long long)limit);
		return;
	}
	pinned_cores(d, c);
	if (d->count == 0)
		check_core_gap(d, c);
}

/* ---- launch order ---- */

static uint32_t names_to_mask(const struct config *c, const struct config_list *list)
{
	uint32_t mask = 0;

	for (int i = 0; i < list->count; i++)
		mask |= 1u << config_find(c, list->item[i].text);
	return mask;
}

static void check_launch_order(struct diag *d, const struct config *c)
{
	uint32_t launched = 0;

	for (int round = 0; round < c->sandbox_count; round++)
		for (int i = 0; i < c->sandbox_count; i++)
			if ((names_to_mask(c, &c->sandbox[i].starts_after) & ~launched) == 0)
				launched |= 1u << i;
	for (int i = 0; i < c->sandbox_count; i++) {
		if (launched & 1u << i)
			continue;
		diag_error(d, c->sandbox[i].starts_after.item[0].at,
			"sandbox `%s` waits for itself through `starts-after`; remove one link of the circle", c->sandbox[i].name.text);
		return;
	}
}

/* ---- channels ---- */

static void check_channel_end(struct diag *d, const struct config *c, const struct config_channel *ch,
	const struct config_text *end, const char *key)
{
	if (!end->text)
		diag_error(d, ch->name.at, "channel `%s` has no `%s`; name a sandbox", ch->name.text, key);
	else if (config_find(c, end->text) < 0)
		diag_error(d, end->at, "there is no sandbox `%s`; name one of this file", end->text);
}

static void check_channel(struct diag *d, const struct config *c, const struct config_channel *ch)
{
	bool latest = ch->kind.text && strcmp(ch->kind.text, "latest") == 0;

	check_channel_end(d, c, ch, &ch->from, "from");
	check_channel_end(d, c, ch, &ch->to, "to");
	if (ch->from.text && ch->to.text && strcmp(ch->from.text, ch->to.text) == 0)
		diag_error(d, ch->to.at, "channel `%s` begins and ends in the same sandbox; name two", ch->name.text);
	if (!ch->slot.given)
		diag_error(d, ch->name.at, "channel `%s` has no `slot`; add slot: 4 KiB", ch->name.text);
	else if (ch->slot.value == 0 || ch->slot.value > 1ull << 30)
		diag_error(d, ch->slot.at, "a slot must have 1 KiB to 1 GiB; change it");
	if (!latest && !ch->slots.given)
		diag_error(d, ch->name.at, "queue `%s` has no `slots`; add slots: 16", ch->name.text);
	if (latest && ch->slots.given)
		diag_error(d, ch->slots.at, "a channel of kind latest has no `slots`; remove it");
	if (ch->max_delay.given && ch->max_delay.value == 0)
		diag_error(d, ch->max_delay.at, "a max-delay of zero cannot hold; give the delay you can accept");
}

/* The blob's sections have fixed limits: lib/blob.h. */
static void check_totals(struct diag *d, const struct config *c)
{
	uint32_t devices = 0, ports = 0;

	for (int i = 0; i < c->sandbox_count; i++) {
		devices += (uint32_t)c->sandbox[i].device_count;
		ports += (uint32_t)c->sandbox[i].port_count + (c->sandbox[i].uart.value > 0);
	}
	if (devices > QV_BLOB_MAX_DEVICES)
		diag_error(d, c->sandboxes.at, "%u devices in all; at most %u are possible, remove some", devices,
			   QV_BLOB_MAX_DEVICES);
	if (ports > QV_BLOB_MAX_PORTS)
		diag_error(d, c->sandboxes.at, "%u port ranges in all; at most %u are possible, join some", ports, QV_BLOB_MAX_PORTS);
}

static void check_sandbox(struct diag *d, struct config *c, int i)
{
	struct config_sandbox *s = &c->sandbox[i];

	merge_console(d, s);
	check_memory(d, s);
	check_uniprocessor(d, s);
	check_linux_keys(d, s);
	check_args(d, s);
	check_vcpus(d, s);
	check_limits(d, s);
	check_programs(d, s);
	check_references(d, c, i, &s->starts_after, false);
	check_references(d, c, i, &s->restarts, true);
	check_watcher(d, c, i);
}

void config_check(struct config *c, struct diag *d)
{
	for (int i = 0; i < c->sandbox_count; i++)
		check_sandbox(d, c, i);
	check_devices(d, c);
	check_ports(d, c);
	check_totals(d, c);
	for (int i = 0; i < c->channel_count; i++)
		check_channel(d, c, &c->channel[i]);
	if (d->count == 0)
		check_launch_order(d, c);
	check_cores(d, c);
	if (d->count == 0)
		config_admit(c, d);
}
