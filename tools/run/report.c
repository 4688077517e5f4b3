/* SPDX-License-Identifier: MIT */
/* `quest stat`: exits per sandbox, core and reason, stolen cycles, consoles. */
#include "watch.h"

#include <inttypes.h>
#include <string.h>

static const char *const exit_names[QV_EXIT_SLOTS] = {
#define X(id, name) [QV_EXIT_##id] = name,
	QV_EXIT_LIST(X)
#undef X
};
static const char *const states[] = {"off", "waiting", "running", "stopped", "faulted", "dead"};

const char *snapshot_state(uint32_t state)
{
	return state < sizeof states / sizeof states[0] ? states[state] : "?";
}

static const char *exit_name(uint32_t reason)
{
	return reason < QV_EXIT_SLOTS && exit_names[reason] ? exit_names[reason] : "?";
}

static double micros(const struct snapshot *s, uint64_t cycles)
{
	return s->header.tsc_hz ? (double)cycles * 1e6 / (double)s->header.tsc_hz : 0;
}

static void print_reasons(const struct qv_bb_core *c, FILE *to)
{
	const char *sep = "";

	for (uint32_t i = 0; i < QV_EXIT_SLOTS; i++)
		if (c->exits[i]) {
			(void)fprintf(to, "%s%s %" PRIu64, sep, exit_name(i), c->exits[i]);
			sep = ", ";
		}
	(void)fprintf(to, "\n");
}

static void print_core(const struct snapshot *s, uint32_t i, FILE *to)
{
	const struct qv_bb_core *c = &s->core[i];
	const char *name = c->sandbox < s->header.sandbox_count ? s->header.sandbox[c->sandbox].name : "?";
	bool ready = c->flags & QV_CORE_READY;

	if (!c->magic) {
		(void)fprintf(to, "%-12s %4u  %-8s\n", "?", i, "no monitor");
		return;
	}
	(void)fprintf(to, "%-12.31s %4u  %-8s %5" PRIu64 " %7" PRIu64, name, i, snapshot_state(c->state), c->launches,
		      snapshot_exits(c, false));
	if (ready)
		(void)fprintf(to, " %11" PRIu64, snapshot_exits(c, true));
	else
		(void)fprintf(to, " %11s", "not ready");
	(void)fprintf(to, " %7" PRIu64 " %9.1f %8.1f  ", c->refused, micros(s, c->stolen_cycles),
		      micros(s, c->worst_cycles));
	print_reasons(c, to);
}

static void print_faults(const struct snapshot *s, uint32_t i, FILE *to)
{
	const struct qv_bb_core *c = &s->core[i];
	uint64_t first = c->fault_count > 4 ? c->fault_count - 3 : 1;

	for (uint64_t n = first; c->magic && n <= c->fault_count; n++) {
		const struct qv_fault *f = &c->faults[(n - 1) % QV_BB_FAULTS];

		(void)fprintf(to, "fault %" PRIu64 " of core %u: %s (code 0x%x) at 0x%" PRIx64 ", instruction 0x%" PRIx64
			      ", life %" PRIu64 "\n", n, i, exit_name(f->reason), f->code, f->address, f->rip, f->launch);
	}
	if (c->magic && c->panic[0])
		(void)fprintf(to, "monitor of core %u: %.127s\n", i, c->panic);
}

static void print_consoles(const struct snapshot *s, FILE *to)
{
	for (uint32_t i = 0; i < s->header.sandbox_count && i < QV_MAX_SANDBOXES; i++) {
		const struct qv_bb_sandbox *b = &s->header.sandbox[i];

		(void)fprintf(to, "%-12.31s %s, console %" PRIu64 " bytes, nested tables %u KiB\n", b->name,
			      snapshot_ready(s, i) ? "ready" : "NOT READY", s->console_bytes[i],
			      s->header.table_bytes[i] / 1024);
	}
}

void report_print(const struct snapshot *s, FILE *to)
{
	const char *vendor = s->header.vendor == QV_VENDOR_SVM ? "AMD-V" : s->header.vendor == QV_VENDOR_VMX ? "VT-x" : "bare";

	if (!s->seen) {
		(void)fprintf(to, "%s: the black box has not been written yet\n", s->file);
		return;
	}
	(void)fprintf(to, "\n%.31s on %s (%s), %.1f s of machine time, TSC %.3f MHz\n", s->header.system, s->emulator,
		      vendor, s->seconds, (double)s->header.tsc_hz / 1e6);
	if (!s->bare)
		(void)fprintf(to, "%-12s %4s  %-8s %5s %7s %11s %7s %9s %8s  %s\n", "sandbox", "core", "state", "lives",
			      "exits", "after ready", "refused", "stolen us", "worst us", "exits by reason");
	for (uint32_t i = 0; !s->bare && i < s->header.core_count; i++)
		print_core(s, i, to);
	print_consoles(s, to);
	for (uint32_t i = 0; i < s->header.core_count; i++)
		print_faults(s, i, to);
}

static void core_facts(const struct snapshot *s, uint32_t i, FILE *to)
{
	const struct qv_bb_core *c = &s->core[i];

	(void)fprintf(to, "core.%u.sandbox %u\ncore.%u.state %s\ncore.%u.launches %" PRIu64 "\ncore.%u.faults %" PRIu64 "\n",
		      i, c->sandbox, i, snapshot_state(c->state), i, c->launches, i, c->fault_count);
	(void)fprintf(to, "core.%u.exits %" PRIu64 "\ncore.%u.after_ready %" PRIu64 "\ncore.%u.refused %" PRIu64 "\n", i,
		      snapshot_exits(c, false), i, (c->flags & QV_CORE_READY) ? snapshot_exits(c, true) : 0, i, c->refused);
	(void)fprintf(to,
		      "core.%u.stolen_cycles %" PRIu64 "\ncore.%u.worst_cycles %" PRIu64 "\ncore.%u.ready_tsc %" PRIu64 "\n",
		      i, c->stolen_cycles, i, c->worst_cycles, i, c->ready_tsc);
	for (uint32_t r = 0; r < QV_EXIT_SLOTS; r++)
		if (c->exits[r])
			(void)fprintf(to, "core.%u.exit.%s %" PRIu64 "\ncore.%u.exit_after_ready.%s %" PRIu64 "\n", i,
				      exit_name(r), c->exits[r], i, exit_name(r), c->exits[r] - c->exits_at_ready[r]);
	if (c->panic[0])
		(void)fprintf(to, "core.%u.panic %.127s\n", i, c->panic);
	for (uint64_t n = c->fault_count > QV_BB_FAULTS ? c->fault_count - QV_BB_FAULTS + 1 : 1; n <= c->fault_count; n++) {
		const struct qv_fault *f = &c->faults[(n - 1) % QV_BB_FAULTS];

		(void)fprintf(to, "core.%u.fault.%" PRIu64 " %s code=0x%x address=0x%" PRIx64 " rip=0x%" PRIx64
			      " life=%" PRIu64 "\n", i, n, exit_name(f->reason), f->code, f->address, f->rip, f->launch);
	}
}

static void sandbox_facts(const struct snapshot *s, const struct watch *w, uint32_t i, FILE *to)
{
	const char *name = s->header.sandbox[i].name;
	struct qv_bb_slice slice;

	(void)fprintf(to, "sandbox.%.31s.ready %d\nsandbox.%.31s.faults %" PRIu64 "\nsandbox.%.31s.table_bytes %u\n", name,
		      snapshot_ready(s, i), name, snapshot_faults(s, i), name, s->header.table_bytes[i]);
	(void)fprintf(to, "sandbox.%.31s.ready_wall %.3f\nsandbox.%.31s.console_bytes %" PRIu64 "\n", name,
		      s->ready_wall[i], name, s->console_bytes[i]);
	if (!w || !w->slice[i] || !w->machine->ops->read(w->machine, w->slice[i], &slice, sizeof slice))
		return;
	for (uint32_t k = 0; slice.magic == QV_SLICE_MAGIC && k < 63; k++)
		if (slice.words[k])
			(void)fprintf(to, "sandbox.%.31s.word.%u %" PRIu64 "\n", name, k, slice.words[k]);
}

void report_facts(const struct snapshot *s, const struct watch *w, FILE *to)
{
	(void)fprintf(to, "emulator %s\nseen %u\nseconds %.3f\nvendor %u\ntsc_hz %" PRIu64 "\nlaunch_tsc %" PRIu64 "\n",
		      s->emulator, s->seen, s->seconds, s->header.vendor, s->header.tsc_hz, s->header.launch_tsc);
	for (uint32_t i = 0; s->seen && i < s->header.core_count; i++)
		core_facts(s, i, to);
	for (uint32_t i = 0; s->seen && i < s->header.sandbox_count; i++)
		sandbox_facts(s, w, i, to);
}
