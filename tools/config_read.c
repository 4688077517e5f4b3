/* SPDX-License-Identifier: MIT */
/* The table of keys and what each means: the only place that knows the language of system files. */
#include "config_take.h"

#include <lib/place.h>

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define READER(name) static void name(struct diag *d, const struct yaml_node *value, void *into)

/* Readers that only name a field and a form. */
#define FIELD_READER(name, type, field, take) \
	READER(name) \
	{ \
		(void)take(d, value, &((struct type *)into)->field); \
	}

/* ---- devices ---- */


/* Exactly `digits` hexadecimal digits at *text, then one of `after` (NUL included); moves past. */
static bool hex_part(const char **text, int digits, const char *after, unsigned long *to)
{
	char buffer[8] = "";

	for (int i = 0; i < digits; i++) {
		if (!isxdigit((unsigned char)(*text)[i]))
			return false;
		buffer[i] = (*text)[i];
	}
	*to = strtoul(buffer, NULL, 16);
	*text += digits;
	if (*after == 0)
		return **text == 0;
	return *(*text)++ == *after;
}

static bool parse_bdf(const char *text, uint16_t *bdf)
{
	unsigned long bus, slot, function;

	if (!hex_part(&text, 2, ":", &bus) || !hex_part(&text, 2, ".", &slot) || !hex_part(&text, 1, "", &function) ||
	    slot > 31 || function > 7)
		return false;
	*bdf = (uint16_t)(bus << 8 | slot << 3 | function);
	return true;
}

static bool parse_pci_id(const char *text, uint16_t *vendor, uint16_t *device)
{
	unsigned long v, i;

	if (!hex_part(&text, 4, ":", &v) || !hex_part(&text, 4, "", &i) || v == 0 || v == 0xffff)
		return false;
	*vendor = (uint16_t)v;
	*device = (uint16_t)i;
	return true;
}

READER(read_device_pci)
{
	struct config_device *device = into;

	if (!take_text(d, value, &device->label))
		return;
	if (parse_pci_id(value->text, &device->vendor, &device->device))
		device->kind = CONFIG_DEVICE_PCI_ID;
	else if (parse_bdf(value->text, &device->bdf))
		device->kind = CONFIG_DEVICE_PCI_BDF;
	else
		diag_error(d, value->at, "`pci: %.40s` is no PCI device; write \"8086:10d3\" (vendor:device) or \"00:03.0\" "
			"(bus:device.function), in quotes", value->text);
}

static const char *const trust_words[] = { "trusted", NULL };

READER(read_device_dma)
{
	int i;

	((struct config_device *)into)->dma_trusted = take_choice(d, value, trust_words, &i);
}

READER(read_device_msi)
{
	int i;

	((struct config_device *)into)->msi_trusted = take_choice(d, value, trust_words, &i);
}

FIELD_READER(read_device_vcpu, config_device, vcpu, take_name)

static const struct key device_keys[] = {
	{ "pci", "\"vendor:device\" or \"bus:device.function\"", "which function; hexadecimal, in quotes", read_device_pci },
	{ "dma", "trusted", "allow a bus master without an IOMMU: it can then reach all memory", read_device_dma },
	{ "msi", "trusted", "allow its interrupts without interrupt remapping: it can then interrupt any core",
		read_device_msi },
	{ "vcpu", "name", "the I/O VCPU of this sandbox that handles the device", read_device_vcpu },
	{ 0 }
};

static void read_device_word(struct diag *d, const struct yaml_node *value, struct config_device *device)
{
	if (strcmp(value->text, "console") == 0)
		device->kind = CONFIG_DEVICE_CONSOLE;
	else if (strcmp(value->text, "rest") == 0)
		device->kind = CONFIG_DEVICE_REST;
	else
		diag_error(d, value->at, "no such device kind `%.40s`; use console, rest or {pci: \"8086:10d3\"}", value->text);
	device->label = (struct config_text){ value->text, value->at };
}

READER(read_device)
{
	struct config_sandbox *s = into;
	struct config_device *device = &s->device[s->device_count];

	if (s->device_count == CONFIG_MAX_LIST)
		return;
	s->device_count++;
	if (value->kind == YAML_SCALAR) {
		read_device_word(d, value, device);
		return;
	}
	take_map(d, value, device_keys, "a device", device);
	if (value->kind == YAML_MAP && !yaml_get(value, "pci"))
		diag_error(d, value->at, "the device has no `pci`; add pci: \"vendor:device\"");
}

/* ---- memory, ports, VCPUs ---- */

FIELD_READER(read_memory_size, config_memory, size, take_size)

READER(read_memory_at)
{
	struct config_number *pin = &((struct config_memory *)into)->pin;

	if (value->kind == YAML_SCALAR && strstr(value->text, "iB"))
		(void)take_size(d, value, pin);
	else
		(void)take_number(d, value, 0, 1ull << 46, pin);
}

static const struct key memory_keys[] = {
	{ "size", "size", "bytes of this part, a multiple of 4 KiB", read_memory_size },
	{ "at", "address or size", "host-physical address of this part: 0x40000000 or 1 GiB; default: placed by the compiler",
	  read_memory_at },
	{ 0 }
};

READER(read_memory_part)
{
	struct config_sandbox *s = into;

	if (s->memory_count == CONFIG_MAX_PARTS) {
		diag_error(d, value->at, "`memory` has more than %d parts; join some", CONFIG_MAX_PARTS);
		return;
	}
	if (value->kind == YAML_SCALAR) {
		if (take_size(d, value, &s->memory[s->memory_count].size))
			s->memory_count++;
		return;
	}
	take_map(d, value, memory_keys, "a part of `memory`", &s->memory[s->memory_count]);
	if (s->memory[s->memory_count].size.given)
		s->memory_count++;
	else if (value->kind == YAML_MAP && !yaml_get(value, "size"))
		diag_error(d, value->at, "the part has no `size`; add size: 64 MiB");
}

READER(read_memory)
{
	((struct config_sandbox *)into)->memory_text.at = value->at;
	if (value->kind == YAML_LIST)
		take_list(d, value, into, read_memory_part);
	else
		read_memory_part(d, value, into);
}

READER(read_ports_part)
{
	struct config_sandbox *s = into;
	struct config_text text;
	unsigned long first, last;
	char *end;

	if (s->port_count == CONFIG_MAX_LIST || !take_text(d, value, &text))
		return;
	first = last = strtoul(text.text, &end, 0);
	if (*end == '-' && end != text.text && isdigit((unsigned char)end[1]))
		last = strtoul(end + 1, &end, 0);
	if (*end || end == text.text || first > last || last > 0xffff || !isdigit((unsigned char)*text.text)) {
		diag_error(d, value->at, "`%.40s` is no range of ports; write it like 0x2f8-0x2ff, at most 0xffff", text.text);
		return;
	}
	s->ports[s->port_count++] = (struct config_ports){ (uint16_t)first, (uint16_t)last, value->at };
}

READER(read_ports)
{
	take_list(d, value, into, read_ports_part);
}

FIELD_READER(read_vcpu_budget, config_vcpu, budget, take_time)
FIELD_READER(read_vcpu_period, config_vcpu, period, take_time)
FIELD_READER(read_vcpu_io, config_vcpu, io, take_name)
FIELD_READER(read_vcpu_utilization, config_vcpu, utilization, take_percent)
FIELD_READER(read_vcpu_run, config_vcpu, run, take_text)
FIELD_READER(read_vcpu_memory, config_vcpu, memory, take_size)
FIELD_READER(read_vcpu_migratable, config_vcpu, migratable, take_size)

READER(read_vcpu_core)
{
	(void)take_number(d, value, 0, QV_MAX_CORES - 1, &((struct config_vcpu *)into)->core);
}

static const struct key vcpu_keys[] = {
	{ "budget", "time", "processor time per period (main VCPU)", read_vcpu_budget },
	{ "period", "time", "period of the budget (main VCPU)", read_vcpu_period },
	{ "io", "name", "class of devices it serves (I/O VCPU); uart: the serial port", read_vcpu_io },
	{ "utilization", "percent", "share of a core (I/O VCPU)", read_vcpu_utilization },
	{ "run", "path", "program it runs, as named in `programs`", read_vcpu_run },
	{ "memory", "size", "most memory of that program, and of each process it starts. Default: `program-memory`",
		read_vcpu_memory },
	{ "migratable", "size", "the program may migrate, and has so much memory: whole 2 MiB blocks that nobody else has",
	  read_vcpu_migratable },
	{ "core", "number", "which core of the sandbox, 0 = its first, the default", read_vcpu_core },
	{ 0 }
};

READER(read_vcpus)
{
	struct config_sandbox *s = into;

	if (value->kind != YAML_MAP || value->count > CONFIG_MAX_LIST) {
		diag_error(d, value->at, "`vcpus` must be a map of at most %d; write `name: {budget: 1 ms, period: 5 ms}`",
			CONFIG_MAX_LIST);
		return;
	}
	for (const struct yaml_node *v = value->first; v; v = v->next) {
		struct config_vcpu *vcpu = &s->vcpu[s->vcpu_count++];

		if (take_name(d, v->key, &vcpu->name))
			take_map(d, v, vcpu_keys, "a VCPU", vcpu);
	}
}

/* ---- sandboxes ---- */

READER(read_kernel)
{
	struct config_sandbox *s = into;

	if (!take_text(d, value, &s->kernel_text))
		return;
	s->kernel = strcmp(value->text, "linux") == 0 ? QV_KERNEL_LINUX : QV_KERNEL_QUEST;
	if (strcmp(value->text, "linux") && strcmp(value->text, "quest") && strcmp(value->text, "quest-uniprocessor") &&
		!strchr(value->text, '/')) {
		diag_error(d, value->at, "no such kernel `%.40s`; use quest, quest-uniprocessor, linux or the path of an ELF file",
			value->text);
		s->kernel_text.text = NULL;
	}
}

READER(read_cores)
{
	(void)take_number(d, value, 1, QV_MAX_CORES, &((struct config_sandbox *)into)->cores);
}

READER(read_core)
{
	(void)take_number(d, value, 0, QV_MAX_CORES - 1, &((struct config_sandbox *)into)->core);
}

READER(read_grain)
{
	struct config_number size;

	if (!take_size(d, value, &size))
		return;
	if (size.value == QV_PAGE_SIZE || size.value == QV_LARGE_SIZE || size.value == QV_HUGE_SIZE)
		((struct config_sandbox *)into)->grain = size;
	else
		diag_error(d, value->at, "`grain: %.40s` is not a page size; use 4 KiB, 2 MiB or 1 GiB", value->text);
}

READER(read_program)
{
	struct config_list *list = &((struct config_sandbox *)into)->programs;

	if (list->count < CONFIG_MAX_LIST && take_text(d, value, &list->item[list->count]))
		list->count++;
}

READER(read_programs)
{
	take_list(d, value, into, read_program);
}

READER(read_file)
{
	struct config_list *list = &((struct config_sandbox *)into)->files;

	if (list->count < CONFIG_MAX_LIST && take_text(d, value, &list->item[list->count]))
		list->count++;
}

READER(read_files)
{
	take_list(d, value, into, read_file);
}

READER(read_devices)
{
	take_list(d, value, into, read_device);
}

READER(read_uart)
{
	static const char *const words[] = { "com1", "com2", "com3", "com4", NULL };
	int i;

	if (take_choice(d, value, words, &i))
		((struct config_sandbox *)into)->uart = (struct config_number){ (uint64_t)i + 1, true, value->at };
}

READER(read_args)
{
	struct config_sandbox *s = into;

	if (take_text(d, value, &s->args) && strchr(value->text, '\n'))
		diag_error(d, value->at, "`args` has a line break; write one line");
}

READER(read_on_fault)
{
	static const char *const words[] = { "stop", "restart", NULL };
	int i;

	if (take_choice(d, value, words, &i))
		((struct config_sandbox *)into)->on_fault = i ? QV_ON_FAULT_RESTART : QV_ON_FAULT_STOP;
}

static void read_reference(struct diag *d, const struct yaml_node *value, void *into)
{
	struct config_list *list = into;

	if (list->count < CONFIG_MAX_LIST && take_name(d, value, &list->item[list->count]))
		list->count++;
}

READER(read_starts_after)
{
	struct config_sandbox *s = into;

	s->starts_after_given = true;
	take_list(d, value, &s->starts_after, read_reference);
}

READER(read_restarts)
{
	take_list(d, value, &((struct config_sandbox *)into)->restarts, read_reference);
}

READER(read_smt)
{
	static const char *const words[] = { "exclusive", "shared", NULL };
	int i;

	if (take_choice(d, value, words, &i))
		((struct config_sandbox *)into)->smt = (struct config_text){ value->text, value->at };
}

FIELD_READER(read_image, config_sandbox, image, take_text)
FIELD_READER(read_watched_by, config_sandbox, watched_by, take_name)
FIELD_READER(read_program_memory, config_sandbox, program_memory, take_size)

static const struct key sandbox_keys[] = {
	{ "kernel", "quest, quest-uniprocessor, linux or a path", "what it runs; quest-uniprocessor is Quest for `cores: 1`, "
		"smaller and slower; a path names an ELF64 file entered like Quest. Required",
		read_kernel },
	{ "memory", "size, or list of {size, at}", "its private memory, up to 6 parts. Required", read_memory },
	{ "cores", "1 to 16", "processor cores, whole ones. Default 1", read_cores },
	{ "core", "0 to 15", "ordinal of its first core; default: the lowest free ones in the order of the file", read_core },
	{ "grain", "4 KiB, 2 MiB or 1 GiB", "largest page of its nested tables. Default: the largest that fits", read_grain },
	{ "image", "debian-cloud or a path", "the Linux kernel (bzImage). Default debian-cloud, fetched by set-up",
		read_image },
	{ "programs", "list of paths", "static ELF programs and scripts, packed as /bin/NAME", read_programs },
	{ "files", "list of paths", "files, and folders with all that is in them, packed as /NAME", read_files },
	{ "program-memory", "size", "most memory of one program: the first that needs more is ended. Default: no limit",
		read_program_memory },
	{ "vcpus", "map of VCPUs", "its VCPUs, by name", read_vcpus },
	{ "devices", "list", "console (com1), rest, or {pci: ...} entries", read_devices },
	{ "ports", "list of ranges", "I/O ports it may use without an exit, like 0x2f8-0x2ff", read_ports },
	{ "uart", "com1 to com4", "serial port passed through to it", read_uart },
	{ "args", "text", "arguments of the Quest kernel, or additions to the Linux command line", read_args },
	{ "on-fault", "stop or restart", "when it breaks a rule or its kernel panics. Default stop", read_on_fault },
	{ "starts-after", "list of sandboxes", "launched after these. Default: Linux after every Quest sandbox",
		read_starts_after },
	{ "restarts", "list of sandboxes", "sandboxes it may restart by a call", read_restarts },
	{ "watched-by", "sandbox", "the sandbox that watches it, and so may restart it", read_watched_by },
	{ "smt", "exclusive or shared", "whether other sandboxes may use the hardware threads of its cores. Default exclusive",
	  read_smt },
	{ 0 }
};

static void read_sandbox(struct diag *d, const struct yaml_node *value, struct config_sandbox *s)
{
	if (!take_name(d, value->key, &s->name))
		return;
	s->cores.value = 1;
	take_map(d, value, sandbox_keys, "a sandbox", s);
	if (value->kind != YAML_MAP)
		return;
	if (!yaml_get(value, "kernel"))
		diag_error(d, value->key->at, "sandbox `%s` has no `kernel`; add kernel: quest or kernel: linux", s->name.text);
	if (!yaml_get(value, "memory"))
		diag_error(d, value->key->at, "sandbox `%s` has no `memory`; add memory: 64 MiB", s->name.text);
}

READER(read_sandboxes)
{
	struct config *config = into;

	config->sandboxes.at = value->at;
	if (value->kind != YAML_MAP || value->count == 0) {
		diag_error(d, value->at, "`sandboxes` must be a map with at least one sandbox; write `name:` and its keys below");
		return;
	}
	if (value->count > QV_MAX_SANDBOXES) {
		diag_error(d, value->at, "%zu sandboxes; at most %u are possible, remove some", value->count, QV_MAX_SANDBOXES);
		return;
	}
	for (const struct yaml_node *s = value->first; s; s = s->next)
		read_sandbox(d, s, &config->sandbox[config->sandbox_count++]);
}

/* ---- channels ---- */

FIELD_READER(read_from, config_channel, from, take_name)
FIELD_READER(read_to, config_channel, to, take_name)
FIELD_READER(read_slot, config_channel, slot, take_size)
FIELD_READER(read_max_delay, config_channel, max_delay, take_time)
FIELD_READER(read_notify_every, config_channel, notify_every, take_time)
FIELD_READER(read_assume_latency, config_channel, assume_latency, take_time)

READER(read_slots)
{
	(void)take_number(d, value, 1, 65536, &((struct config_channel *)into)->slots);
}

READER(read_channel_kind)
{
	static const char *const words[] = { "queue", "latest", NULL };
	int i;

	if (take_choice(d, value, words, &i))
		((struct config_channel *)into)->kind = (struct config_text){ value->text, value->at };
}

static const struct key channel_keys[] = {
	{ "from", "sandbox", "the only writer. Required", read_from },
	{ "to", "sandbox", "the only reader. Required", read_to },
	{ "kind", "queue or latest", "ring that keeps every message, or always the newest value. Default queue",
		read_channel_kind },
	{ "slot", "size", "bytes of one message. Required", read_slot },
	{ "slots", "1 to 65536", "messages a queue holds. Required for a queue", read_slots },
	{ "max-delay", "time", "the longest a message may take, end to end", read_max_delay },
	{ "notify-every", "time", "least time between two notifications", read_notify_every },
	{ "assume-latency", "time", "assumed reaction time of a Linux reader, which has no guarantee", read_assume_latency },
	{ 0 }
};

READER(read_channels)
{
	struct config *config = into;

	if (value->kind != YAML_MAP || value->count > CONFIG_MAX_CHANNELS) {
		diag_error(d, value->at,
			   "`channels` must be a map of at most %d; write `name: {from: a, to: b, slot: 4 KiB, slots: 16}`",
			CONFIG_MAX_CHANNELS);
		return;
	}
	for (const struct yaml_node *c = value->first; c; c = c->next) {
		struct config_channel *channel = &config->channel[config->channel_count++];

		if (take_name(d, c->key, &channel->name))
			take_map(d, c, channel_keys, "a channel", channel);
	}
}

/* ---- the whole file, and machine descriptions ---- */

FIELD_READER(read_system, config, system, take_name)

READER(read_machine)
{
	struct config *config = into;

	if (take_text(d, value, &config->machine_text) && strcmp(value->text, "auto") && !strchr(value->text, '/'))
		diag_error(d, value->at, "no such machine `%.40s`; use auto or the path of a file like systems/machines/NAME.yaml",
			value->text);
}

static const struct key system_keys[] = {
	{ "system", "name", "name of the system. Required", read_system },
	{ "machine", "auto or a path", "the PC: auto takes what boot finds; a path names a description of it", read_machine },
	{ "sandboxes", "map of sandboxes", "the sandboxes, by name. Required", read_sandboxes },
	{ "channels", "map of channels", "the channels between them, by name", read_channels },
	{ 0 }
};

READER(read_machine_cores)
{
	(void)take_number(d, value, 1, QV_MAX_CORES, &((struct config_machine *)into)->core_count);
}

READER(read_ram_part)
{
	struct config_machine *m = into;

	if (m->ram_count == CONFIG_MAX_RAM)
		return;
	take_map(d, value, memory_keys, "a range of `memory`", &m->ram[m->ram_count]);
	if (value->kind == YAML_MAP && (!yaml_get(value, "size") || !yaml_get(value, "at")))
		diag_error(d, value->at, "the range has no `size` or no `at`; write {at: 1 MiB, size: 2047 MiB}");
	if (m->ram[m->ram_count].size.given && m->ram[m->ram_count].pin.given)
		m->ram_count++;
}

READER(read_ram)
{
	take_list(d, value, into, read_ram_part);
}

READER(read_iommu)
{
	static const char *const words[] = { "none", "vt-d", NULL };
	int i;

	((struct config_machine *)into)->iommu_given = take_choice(d, value, words, &i);
	((struct config_machine *)into)->iommu = ((struct config_machine *)into)->iommu_given && i == 1;
}

FIELD_READER(read_machine_name, config_machine, name, take_name)
FIELD_READER(read_fingerprint, config_machine, fingerprint, take_text)

static const struct key machine_keys[] = {
	{ "machine", "name", "name of the PC. Required", read_machine_name },
	{ "cores", "1 to 16", "processor cores it has. Required", read_machine_cores },
	{ "memory", "list of {at, size}", "its usable RAM. Required", read_ram },
	{ "iommu", "none or vt-d", "whether device DMA can be confined", read_iommu },
	{ "fingerprint", "text", "what identifies this PC, for people; not compared yet", read_fingerprint },
	{ 0 }
};

static void require(struct diag *d, const struct yaml_node *root, const char *key, const char *example)
{
	if (root->kind == YAML_MAP && !yaml_get(root, key))
		diag_error(d, root->at, "the file has no `%s`; add %s", key, example);
}

void config_read(const struct yaml_node *root, struct config *config, struct diag *d)
{
	memset(config, 0, sizeof(*config));
	take_map(d, root, system_keys, "the system file", config);
	require(d, root, "system", "`system: NAME`");
	require(d, root, "sandboxes", "`sandboxes:` and at least one below it");
}

/* RAM ranges are judged here, with the machine file's own places. */
static void check_ram(struct diag *d, const struct config_machine *machine)
{
	struct qv_place ram = { 0 };

	for (int i = 0; i < machine->ram_count; i++) {
		const struct config_memory *m = &machine->ram[i];

		if (m->pin.value % QV_PAGE_SIZE || m->size.value % QV_PAGE_SIZE || m->size.value == 0)
			diag_error(d, m->size.at, "this range is not made of whole pages of 4 KiB; round `at` and `size`");
		else if (!qv_place_add(&ram, m->pin.value, m->size.value))
			diag_error(d, m->size.at, "this range overlaps another one; RAM ranges must be disjoint");
	}
}

void config_read_machine(const struct yaml_node *root, struct config_machine *machine, struct diag *d)
{
	memset(machine, 0, sizeof(*machine));
	take_map(d, root, machine_keys, "the machine file", machine);
	require(d, root, "machine", "`machine: NAME`");
	require(d, root, "cores", "`cores: 4`");
	require(d, root, "memory", "`memory: [{at: 1 MiB, size: 2047 MiB}]`");
	check_ram(d, machine);
}

void config_print_keys(FILE *to)
{
	static const struct {
		const char *title;
		const struct key *keys;
	} tables[] = {
		{ "System file", system_keys }, { "A sandbox (`sandboxes:`)", sandbox_keys },
		{ "A part of `memory:`", memory_keys }, { "A device (`devices:`)", device_keys },
		{ "A VCPU (`vcpus:`)", vcpu_keys }, { "A channel (`channels:`)", channel_keys },
		{ "Machine file (`machine:` names it)", machine_keys },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		(void)fprintf(to, "%s### %s\n\n| key | value | meaning |\n|---|---|---|\n", i ? "\n" : "", tables[i].title);
		for (const struct key *k = tables[i].keys; k->name; k++)
			(void)fprintf(to, "| `%s` | %s | %s |\n", k->name, k->form, k->help);
	}
}
