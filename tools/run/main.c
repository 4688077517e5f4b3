/* SPDX-License-Identifier: MIT */
/*
 * build/quest-run: boots a sealed blob on an emulated PC, shows every console in one terminal and reports at the end.
 * Exit status: 0 = every sandbox reported ready and none faulted, 1 = not so, 2 = wrong use.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Host time within which boot code must have written the black box. On Bochs its digest of a Linux image is slow. */
#define BLACK_BOX_SECONDS 180.0
#define BLACK_BOX_SECONDS_BOCHS 600.0

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

double run_wall(const struct run *r)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - r->began.tv_sec) + (double)(now.tv_nsec - r->began.tv_nsec) * 1e-9;
}

static void *read_whole(const char *path, uint64_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes = NULL;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
		bytes = malloc((size_t)st.st_size);
	*size = 0;
	while (bytes && *size < (uint64_t)st.st_size) {
		ssize_t n = read(fd, bytes + *size, (size_t)st.st_size - *size);

		if (n <= 0)
			break;
		*size += (uint64_t)n;
	}
	if (!bytes || *size != (uint64_t)st.st_size)
		(void)fprintf(stderr, "quest: cannot read %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return bytes;
}

/* QEMU's devices by PCI identity, so that a system file that names one finds it in the emulated PC. */
static const struct {
	uint16_t vendor, device;
	const char *name;
} emulated[] = {
	{0x1234, 0x11e8, "edu"}, {0x8086, 0x10d3, "e1000e"}, {0x8086, 0x100e, "e1000"}, {0x1af4, 0x1005, "virtio-rng-pci"},
	{0x1af4, 0x1044, "virtio-rng-pci,disable-legacy=on,disable-modern=off"}, {0x1b36, 0x000d, "qemu-xhci"},
};

static void plan_devices(struct run *r)
{
	struct machine_plan *p = &r->machine.plan;

	for (uint32_t i = 0; i < r->blob.device_count; i++)
		for (size_t k = 0; k < sizeof emulated / sizeof emulated[0]; k++)
			if (r->blob.device[i].kind == QV_DEVICE_PCI_ID && r->blob.device[i].vendor == emulated[k].vendor &&
			    r->blob.device[i].device == emulated[k].device && p->device_count < 16)
				p->devices[p->device_count++] = emulated[k].name;
}

static bool load_blob(struct run *r)
{
	struct machine_plan *p = &r->machine.plan;
	struct qv_blob_error error;

	r->blob_bytes = read_whole(p->blob, &p->blob_size);
	if (!r->blob_bytes)
		return false;
	if (!qv_blob_check(r->blob_bytes, p->blob_size, &r->blob, &error)) {
		(void)fprintf(stderr, "quest: %s is not a usable system: %s; %s\n", p->blob, error.what, error.remedy);
		return false;
	}
	p->memory_top = r->blob.system->memory_top;
	if (!p->cores)
		p->cores = r->blob.system->core_count;
	plan_devices(r);
	return true;
}

static bool all_ready(const struct run *r)
{
	for (uint32_t i = 0; i < r->blob.sandbox_count; i++)
		if (!snapshot_ready(r->shared, i))
			return false;
	return true;
}

static double black_box_limit(const struct run *r)
{
	return r->machine.ops == &machine_bochs ? BLACK_BOX_SECONDS_BOCHS : BLACK_BOX_SECONDS;
}

/* Has some core come as far as the options ask? */
static bool core_reached(const struct run *r)
{
	const struct run_options *o = &r->options;

	for (uint32_t i = 0; i < r->shared->header.core_count && i < QV_MAX_CORES; i++) {
		const struct qv_bb_core *c = &r->shared->core[i];

		if ((o->until_ended && c->state >= QV_CORE_STOPPED) || (o->until_lives && c->launches >= o->until_lives))
			return true;
	}
	return false;
}

/* Have all sandboxes been ready for as much machine time as the options ask? */
static bool ready_for_long(struct run *r)
{
	if (!all_ready(r))
		return false;
	if (r->all_ready_at <= 0)
		r->all_ready_at = r->shared->seconds;
	return r->shared->seconds - r->all_ready_at >= r->options.after_ready;
}

static bool core_is(const struct run *r, const struct core_wanted *w)
{
	return w->core < r->shared->header.core_count && r->shared->core[w->core].magic &&
	       strcmp(snapshot_state(r->shared->core[w->core].state), w->state) == 0;
}

/* Have all lines and states that end the run been seen, damage having been done? */
static bool all_seen(const struct run *r)
{
	const struct run_options *o = &r->options;

	if (r->lines.wanted_count + o->until_core_count == 0 || (o->poke_count && !r->poked))
		return false;
	for (size_t i = 0; i < o->until_core_count; i++)
		if (!core_is(r, &o->until_core[i]))
			return false;
	return r->lines.wanted_count == 0 || r->lines.found;
}

/* Should the run end now? */
static bool done(struct run *r)
{
	const struct run_options *o = &r->options;
	double wall = run_wall(r);

	if (r->quit || interrupted || r->machine.ended || r->machine.finished || r->lines.refused)
		return true;
	if (all_seen(r))
		return true;
	if ((o->seconds > 0 && r->shared->seconds >= o->seconds) || (o->until_ready && all_ready(r)) ||
	    (o->after_ready > 0 && ready_for_long(r)))
		return true;
	if (snapshot_all_ended(r->shared) || core_reached(r))
		return true;
	if (o->wall_limit > 0 && wall > o->wall_limit)
		(void)snprintf(r->machine.why, sizeof r->machine.why, "not done after %.0f s of host time", wall);
	else if (!r->shared->seen && wall > black_box_limit(r))
		(void)snprintf(r->machine.why, sizeof r->machine.why, "boot code has not written the black box within "
			       "%.0f s; the lines above show how far it came, the emulator's log is in %s",
			       wall, r->machine.plan.directory);
	return r->machine.why[0] != '\0';
}

/* Damage that a test wants done. Lines of before do not end the run. */
static void poke(struct run *r)
{
	const struct run_options *o = &r->options;

	if (r->poked || o->poke_count == 0 || !all_ready(r))
		return;
	r->poked = true;
	lines_forget(&r->lines);
	for (size_t i = 0; i < o->poke_count; i++)
		if (!r->machine.ops->write(&r->machine, o->poke[i].address, o->poke[i].value))
			(void)snprintf(r->machine.why, sizeof r->machine.why, "cannot write memory at 0x%llx",
				       (unsigned long long)o->poke[i].address);
}

static void loop(struct run *r)
{
	if (r->machine.plan.watch_exits == WATCH_ALWAYS)
		r->machine.ops->watch_exits(&r->machine);
	while (!done(r)) {
		r->machine.ops->step(&r->machine);
		watch_poll(&r->watch, run_wall(r));
		lines_idle(&r->lines);
		keyboard_release_held(r);
		capture_serve(r);
		poke(r);
		if (!r->machine.exits_watched && r->machine.plan.watch_exits == WATCH_AFTER_READY && all_ready(r))
			r->machine.ops->watch_exits(&r->machine);
	}
	watch_poll(&r->watch, run_wall(r));
}

static bool judge_sandbox(const struct run *r, uint32_t i)
{
	const char *name = r->blob.sandbox[i].name;
	uint64_t faults = snapshot_faults(r->shared, i);
	bool ready = snapshot_ready(r->shared, i);

	if (!ready)
		(void)fprintf(stderr, "quest: sandbox %s did not report ready\n", name);
	if (faults)
		(void)fprintf(stderr, "quest: sandbox %s faulted %llu times; the report names each place\n", name,
			      (unsigned long long)faults);
	return ready && !faults;
}

static int judge(const struct run *r)
{
	bool good = !r->lines.refused && !r->machine.why[0];

	if (r->lines.refused)
		(void)fprintf(stderr, "quest: the machine refused this system; the lines above say why\n");
	else if (r->machine.why[0])
		(void)fprintf(stderr, "quest: %s\n", r->machine.why);
	for (size_t i = 0; i < r->lines.wanted_count; i++) {
		if (r->lines.wanted[i].found)
			continue;
		(void)fprintf(stderr, "quest: no line contained `%s`\n", r->lines.wanted[i].text);
		good = false;
	}
	for (size_t i = 0; i < r->options.until_core_count; i++) {
		const struct core_wanted *w = &r->options.until_core[i];

		if (core_is(r, w))
			continue;
		(void)fprintf(stderr, "quest: core %u is not %s\n", w->core, w->state);
		good = false;
	}
	for (uint32_t i = 0; i < r->blob.sandbox_count && !r->lines.refused; i++)
		good = judge_sandbox(r, i) && good;
	return good ? 0 : 1;
}

static void write_facts(const struct run *r)
{
	FILE *f = r->options.facts ? fopen(r->options.facts, "w") : NULL;

	if (!f)
		return;
	report_facts(r->shared, &r->watch, f);
	(void)fclose(f);
}

static void dump_slices(struct run *r)
{
	static uint8_t slice[2 << 20];

	for (uint32_t i = 0; r->options.dump && i < r->blob.sandbox_count; i++) {
		char path[600];
		FILE *f;

		(void)snprintf(path, sizeof path, "%s/%s.slice", r->options.dump, r->blob.sandbox[i].name);
		if (!r->watch.slice[i] || !r->machine.ops->read(&r->machine, r->watch.slice[i], slice, sizeof slice))
			continue;
		f = fopen(path, "w");
		if (f) {
			(void)fwrite(slice, 1, sizeof slice, f);
			(void)fclose(f);
		}
	}
}

/* A monitor's image, stack and tables as they are at the end: DIR/core.N.memory. */
static void dump_cores(struct run *r)
{
	static uint8_t page[4096];

	for (uint32_t i = 0; r->options.dump && r->options.dump_cores && i < r->blob.region_count; i++) {
		const struct qv_region *m = &r->blob.region[i];
		char path[600];
		FILE *f;

		(void)snprintf(path, sizeof path, "%s/core.%u.memory", r->options.dump, m->index);
		f = m->kind == QV_REGION_CORE ? fopen(path, "w") : NULL;
		if (!f)
			continue;
		for (uint64_t at = 0; at < m->size && r->machine.ops->read(&r->machine, m->hpa + at, page, sizeof page);
		     at += sizeof page)
			(void)fwrite(page, 1, sizeof page, f);
		(void)fclose(f);
	}
}

/* What is shown and kept of a run that is over, while its memory can still be read. */
static void conclude(struct run *r)
{
	struct capture capture;

	write_facts(r);
	dump_slices(r);
	dump_cores(r);
	(void)capture_machine(r, &capture);
	capture_done(r->machine.plan.directory);
	if (r->options.seconds > 0 && !r->options.quiet) {
		report_print(r->shared, stdout);
		stats_print(&capture, stdout);
	}
	capture_free(&capture);
	(void)fflush(stdout);
}

static int run(struct run *r)
{
	struct machine *m = &r->machine;
	int status = 1;

	m->pump = run_pump;
	m->pump_context = r;
	m->console = -1;
	r->watch.machine = m;
	r->watch.lines = &r->lines;
	r->watch.blob = &r->blob;
	r->watch.now = r->shared;
	(void)clock_gettime(CLOCK_MONOTONIC, &r->began);
	if (!watch_begin(&r->watch)) {
		(void)fprintf(stderr, "quest: %s has no black box\n", m->plan.blob);
		return 1;
	}
	if (m->ops->start(m)) {
		keyboard_begin(r);
		r->lines.terminal = isatty(1);
		loop(r);
		lines_finish(&r->lines);
		keyboard_end(r);
		conclude(r);
		status = judge(r);
	} else {
		(void)fprintf(stderr, "quest: %s did not start: %s\n", m->ops->name, m->why);
	}
	m->ops->stop(m);
	return status;
}

static const struct option options[] = {
	{"blob", 1, NULL, 'b'}, {"on", 1, NULL, 'o'}, {"emulator", 1, NULL, 'e'}, {"kernel", 1, NULL, 'k'},
	{"iso", 1, NULL, 'I'}, {"profile", 1, NULL, 'p'}, {"directory", 1, NULL, 'd'}, {"name", 1, NULL, 'n'},
	{"for", 1, NULL, 'f'}, {"log", 1, NULL, 'l'}, {"icount", 0, NULL, 'i'}, {"facts", 1, NULL, 'F'},
	{"dump", 1, NULL, 'D'}, {"dump-cores", 0, NULL, 'M'}, {"until", 1, NULL, 'u'},
	{"until-ready", 0, NULL, 'r'}, {"until-ended", 0, NULL, 'E'},
	{"until-lives", 1, NULL, 'L'}, {"after-ready", 1, NULL, 'R'}, {"wall", 1, NULL, 'w'},
	{"poke", 1, NULL, 'P'}, {"until-core", 1, NULL, 'C'},
	{"quiet", 0, NULL, 'q'}, {"append", 1, NULL, 'a'}, {"exit-log", 1, NULL, 'x'}, {"emulator-arg", 1, NULL, 'A'},
	{"cores", 1, NULL, 'c'}, {"watch-exits", 1, NULL, 'W'},
	{"stat", 0, NULL, 's'}, {NULL, 0, NULL, 0}};

static const char usage[] =
	"usage: quest-run --blob FILE [--on qemu|bochs] [--emulator PROGRAM] [--kernel BOOT] [--iso FILE]\n"
	"         [--profile FILE] [--directory DIR] [--name TEXT] [--for SECONDS] [--until [NAME|]TEXT]... [--until-ready]\n"
	"         [--until-ended] [--until-lives N] [--after-ready SECONDS]\n"
	"         [--wall SECONDS] [--log FILE] [--facts FILE] [--dump DIR [--dump-cores]] [--icount]\n"
	"         [--append TEXT] [--quiet] [--cores N] [--exit-log FILE] [--watch-exits always|after-ready]\n"
	"         [--emulator-arg WORD]... [--poke ADDRESS=VALUE]...\n"
	"         [--until-core N=STATE]...\n"
	"       quest-run --stat [--directory DIR]\n";

static bool choose(struct run *r, const char *name)
{
	if (strcmp(name, "qemu") == 0)
		r->machine.ops = &machine_qemu;
	else if (strcmp(name, "bochs") == 0)
		r->machine.ops = &machine_bochs;
	else
		return false;
	return true;
}

static bool plan_option(struct machine_plan *p, int c)
{
	switch (c) {
	case 'b': p->blob = optarg; return true;
	case 'e': p->emulator = optarg; return true;
	case 'k': p->kernel = optarg; return true;
	case 'I': p->iso = optarg; return true;
	case 'p': p->profile = optarg; return true;
	case 'd': p->directory = optarg; return true;
	case 'i': p->icount = true; return true;
	case 'a': p->append = optarg; return true;
	case 'x': p->exit_log = optarg; return true;
	case 'c': p->cores = (uint32_t)strtoul(optarg, NULL, 10); return true;
	case 'W':
		p->watch_exits = strcmp(optarg, "always") == 0 ? WATCH_ALWAYS : WATCH_AFTER_READY;
		return true;
	case 'A':
		if (p->extra_count < MACHINE_MAX_EXTRA)
			p->extra[p->extra_count++] = optarg;
		return true;
	default: return false;
	}
}

/* ADDRESS=VALUE: physical address of a quadword, and what it shall be when every sandbox is ready. */
static bool add_poke(struct run_options *o, const char *text)
{
	char *end;
	struct poke p = {.address = strtoull(text, &end, 0)};

	if (o->poke_count == RUN_POKES || *end != '=')
		return false;
	p.value = strtoull(end + 1, &end, 0);
	o->poke[o->poke_count++] = p;
	return *end == '\0';
}

/* N=STATE: the run may end when core N is in this state. */
static bool add_until_core(struct run_options *o, const char *text)
{
	char *end;
	struct core_wanted w = {.core = (uint32_t)strtoul(text, &end, 10)};

	if (o->until_core_count == RUN_POKES || *end != '=')
		return false;
	w.state = end + 1;
	o->until_core[o->until_core_count++] = w;
	return true;
}

static bool run_option(struct run *r, int c)
{
	struct run_options *o = &r->options;

	switch (c) {
	case 'o': return choose(r, optarg);
	case 'n': o->file = optarg; return true;
	case 'f': o->seconds = atof(optarg); return true;
	case 'w': o->wall_limit = atof(optarg); return true;
	case 'l': o->log = optarg; return true;
	case 'F': o->facts = optarg; return true;
	case 'D': o->dump = optarg; return true;
	case 'M': o->dump_cores = true; return true;
	case 'u': return lines_want(&r->lines, optarg);
	case 'r': o->until_ready = true; return true;
	case 'E': o->until_ended = true; return true;
	case 'L': o->until_lives = strtoull(optarg, NULL, 10); return true;
	case 'R': o->after_ready = atof(optarg); return true;
	case 'q': o->quiet = true; return true;
	case 'C': return add_until_core(o, optarg);
	case 'P': return add_poke(o, optarg);
	default: return false;
	}
}

static bool parse(struct run *r, int argc, char **argv, bool *stat_only)
{
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			*stat_only = true;
		else if (!plan_option(&r->machine.plan, c) && !run_option(r, c))
			return false;
	}
	if (!r->options.file)
		r->options.file = r->machine.plan.blob;
	if (r->machine.plan.watch_exits && !r->machine.ops->watch_exits)
		return false;
	return optind == argc && (*stat_only || r->machine.plan.blob);
}

static bool open_outputs(struct run *r)
{
	r->lines.open = -1;
	r->lines.quiet = r->options.quiet;
	if (!r->options.log)
		return true;
	r->lines.log = fopen(r->options.log, "w");
	if (!r->lines.log)
		(void)fprintf(stderr, "quest: cannot write %s: %s; choose another file\n", r->options.log,
			      strerror(errno));
	return r->lines.log != NULL;
}

/* A closed standard stream would give its number to the next file opened; lines for the terminal would go there. */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		(void)close(fd);
}

int main(int argc, char **argv)
{
	static struct run r = {.machine = {.ops = &machine_qemu, .plan = {.directory = "build/run", .append = "",
		.kernel = "build/boot.elf", .profile = "mk/bochs.bxrc.in"}}, .lock = -1};
	const struct sigaction action = {.sa_handler = on_signal};
	bool stat_only = false;
	int status = 1;

	fill_standard_streams();
	if (!parse(&r, argc, argv, &stat_only)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (stat_only)
		return state_print(r.machine.plan.directory);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	if (load_blob(&r) && open_outputs(&r) && state_begin(&r)) {
		status = run(&r);
		state_end(&r);
	}
	if (r.lines.log)
		(void)fclose(r.lines.log);
	free(r.blob_bytes);
	return status;
}
