/* SPDX-License-Identifier: MIT */
/* The black box, read from outside. */
#include "watch.h"

#include <string.h>

bool watch_begin(struct watch *w)
{
	const struct qv_region *box = qv_blob_region(w->blob, QV_REGION_BLACKBOX, 0);

	if (!box)
		return false;
	w->box = box->hpa;
	w->uart_owner = -1;
	w->boot_source = lines_source(w->lines, "boot", false);
	for (uint32_t i = 0; i < w->blob->sandbox_count; i++) {
		const struct qv_sandbox *s = &w->blob->sandbox[i];

		w->source[i] = lines_source(w->lines, s->name, s->uart_port == 0x3f8);
		if (s->uart_port == 0x3f8)
			w->uart_owner = (int)i;
	}
	for (uint32_t i = 0; i < w->blob->memory_count; i++) {
		const struct qv_memory *m = &w->blob->memory[i];

		if (m->kind == QV_MEMORY_CONSOLE)
			w->slice[m->sandbox] = m->hpa;
	}
	return true;
}

static bool look(struct watch *w, uint64_t at, void *to, size_t size)
{
	return w->machine->ops->read(w->machine, at, to, size);
}

static void poll_header(struct watch *w)
{
	struct qv_bb_header h;

	if (!look(w, w->box, &h, sizeof h) || h.magic != QV_BB_MAGIC || h.version != QV_BB_VERSION)
		return;
	if (h.core_count > QV_MAX_CORES || h.sandbox_count > w->blob->sandbox_count)
		return;
	w->now->header = h;
	w->now->seen = 1;
}

static void poll_cores(struct watch *w)
{
	const struct qv_bb_header *h = &w->now->header;
	struct qv_bb_core core;

	for (uint32_t i = 0; i < h->core_count; i++)
		if (look(w, w->box + h->core_off + i * sizeof core, &core, sizeof core) && core.magic == QV_BB_CORE_MAGIC)
			w->now->core[i] = core;
}

static void show(struct watch *w, uint32_t sandbox, uint64_t data, uint64_t head)
{
	char bytes[4096];

	while (w->from[sandbox] < head) {
		uint64_t at = w->from[sandbox] % QV_CONSOLE_BYTES, n = head - w->from[sandbox];

		if (n > QV_CONSOLE_BYTES - at)
			n = QV_CONSOLE_BYTES - at;
		if (n > sizeof bytes)
			n = sizeof bytes;
		if (!look(w, data + at, bytes, n))
			return;
		lines_add(w->lines, w->source[sandbox], bytes, n);
		w->from[sandbox] += n;
	}
}

/* The kernel's log is in the ring and on the serial port, if it has that: show the ring's copy up to `head` only where
 * the port did not have it. A sandbox that lies here hides its own lines. */
static void show_unwired(struct watch *w, uint32_t i, uint64_t data, uint64_t head)
{
	struct qv_bb_slice slice;
	uint64_t from, until;

	if ((int)i != w->uart_owner || !look(w, w->slice[i], &slice, sizeof slice) || slice.magic != QV_SLICE_MAGIC) {
		show(w, i, data, head);
		return;
	}
	from = slice.wired_from < head ? slice.wired_from : head;
	until = slice.wired_until < head ? slice.wired_until : head;
	show(w, i, data, from);
	if (w->from[i] < until)
		w->from[i] = until;
	show(w, i, data, head);
}

static void poll_console(struct watch *w, uint32_t i)
{
	uint64_t ring = w->slice[i] + QV_SLICE_CONSOLE_OFF;
	struct qv_ring r;

	if (!w->slice[i] || !look(w, ring, &r, sizeof r) || r.magic != QV_RING_MAGIC)
		return;
	if (r.head < w->from[i]) /* a new life that began its ring again */
		w->from[i] = 0;
	if (r.head - w->from[i] > QV_CONSOLE_BYTES)
		w->from[i] = r.head - QV_CONSOLE_BYTES;
	w->now->console_bytes[i] = r.head;
	show_unwired(w, i, ring + sizeof r, r.head);
}

void watch_poll(struct watch *w, double wall)
{
	poll_header(w);
	w->now->bare = w->blob->system->flags & QV_SYSTEM_BARE;
	w->now->bare_ready = w->lines->bare_ready;
	w->now->seconds = w->machine->ops->seconds(w->machine);
	if (!w->now->seen)
		return;
	poll_cores(w);
	for (uint32_t i = 0; i < w->blob->sandbox_count; i++) {
		poll_console(w, i);
		if (w->now->ready_wall[i] <= 0 && snapshot_ready(w->now, i))
			w->now->ready_wall[i] = wall;
	}
}

size_t watch_console_source(const struct watch *w)
{
	struct qv_bb_header h;
	struct watch *fresh = (struct watch *)(uintptr_t)w;

	if (w->uart_owner < 0)
		return w->boot_source;
	if (w->now->header.launch_tsc)
		return w->source[w->uart_owner];
	if (w->machine->plan.iso || !look(fresh, w->box, &h, sizeof h) || h.magic != QV_BB_MAGIC || !h.launch_tsc)
		return w->boot_source;
	return w->source[w->uart_owner];
}

bool snapshot_ready(const struct snapshot *s, uint32_t sandbox)
{
	const struct qv_bb_sandbox *b = &s->header.sandbox[sandbox];

	if (s->bare)
		return s->bare_ready;
	return s->seen && sandbox < s->header.sandbox_count && b->first_core < QV_MAX_CORES &&
	       (s->core[b->first_core].flags & QV_CORE_READY);
}

uint64_t snapshot_faults(const struct snapshot *s, uint32_t sandbox)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->header.core_count; i++)
		if (s->core[i].magic && s->core[i].sandbox == sandbox)
			sum += s->core[i].fault_count + (s->core[i].state == QV_CORE_DEAD);
	return sum;
}

bool snapshot_all_ended(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->header.core_count; i++)
		if (!s->core[i].magic || s->core[i].state < QV_CORE_STOPPED)
			return false;
	return s->seen && s->header.core_count > 0;
}

uint64_t snapshot_exits(const struct qv_bb_core *c, bool after_ready)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < QV_EXIT_SLOTS; i++)
		sum += c->exits[i] - (after_ready ? c->exits_at_ready[i] : 0);
	return sum;
}
