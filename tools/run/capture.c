/* SPDX-License-Identifier: MIT */
/* For `quest trace` and `quest stat`: what the slices of Quest sandboxes say, into DIR/trace. Only what is used is
 * read: on Bochs every page counts. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

static bool look(struct run *r, uint32_t sandbox, uint64_t at, void *to, size_t size)
{
	return r->machine.ops->read(&r->machine, r->watch.slice[sandbox] + QV_SLICE_STATS_OFF + at, to, size);
}

static bool read_ring(struct run *r, uint32_t sandbox, uint64_t at, uint8_t *slice, uint64_t *head_after)
{
	struct qv_trace *t = (struct qv_trace *)(void *)(slice + at);
	struct qv_trace after;
	uint64_t room = qv_trace_room(r->blob.sandbox[sandbox].core_count), n;

	if (!look(r, sandbox, at, t, sizeof *t))
		return false;
	n = t->magic != QV_TRACE_MAGIC ? 0 : t->head < room ? t->head : room;
	if (n > 0 && !look(r, sandbox, at + sizeof *t, t->record, n * sizeof t->record[0]))
		return false;
	if (!look(r, sandbox, at, &after, sizeof after))
		return false;
	*head_after = after.head;
	return true;
}

static bool read_sandbox(struct run *r, struct capture *c, uint32_t i)
{
	struct capture_sandbox *s = &c->header.sandbox[i];
	uint32_t cores = r->blob.sandbox[i].core_count;
	uint64_t stats = qv_stats_place(cores, cores, 0); /* where the last table ends */
	bool good = true;

	c->slice[i] = calloc(1, CAPTURE_BYTES);
	if (!c->slice[i] || !look(r, i, 0, c->slice[i], stats))
		return false;
	for (uint32_t core = 0; core < cores && good; core++)
		good = read_ring(r, i, CAPTURE_RINGS + core * qv_trace_stride(cores), c->slice[i], &s->heads[core]);
	return good;
}

static void fill_header(const struct run *r, struct capture_header *h)
{
	const struct qv_bb_header *box = &r->shared->header;

	*h = (struct capture_header){.magic = CAPTURE_MAGIC, .version = CAPTURE_VERSION, .sandboxes = r->blob.sandbox_count,
		.tsc_hz = box->tsc_hz, .launch_tsc = box->launch_tsc};
	memcpy(h->system, box->system, sizeof h->system);
	h->system[QV_NAME_LEN - 1] = '\0';
	for (uint32_t i = 0; i < h->sandboxes; i++) {
		memcpy(h->sandbox[i].name, r->blob.sandbox[i].name, QV_NAME_LEN);
		h->sandbox[i].cores = r->blob.sandbox[i].core_count;
	}
}

bool capture_machine(struct run *r, struct capture *c)
{
	char path[600];

	memset(c, 0, sizeof *c);
	fill_header(r, &c->header);
	for (uint32_t i = 0; i < c->header.sandboxes && r->shared->seen; i++) {
		if (r->blob.sandbox[i].kernel != QV_KERNEL_QUEST || !r->watch.slice[i])
			continue;
		c->header.sandbox[i].present = read_sandbox(r, c, i);
		if (!c->header.sandbox[i].present) {
			free(c->slice[i]);
			c->slice[i] = NULL;
		}
	}
	(void)snprintf(path, sizeof path, "%s/trace", r->machine.plan.directory);
	return capture_save(c, path);
}

void capture_serve(struct run *r)
{
	struct capture c;

	if (!capture_wanted(r->machine.plan.directory))
		return;
	if (!capture_machine(r, &c))
		(void)fprintf(stderr, "quest: cannot write the trace into %s; is the disk full?\n", r->machine.plan.directory);
	capture_free(&c);
	capture_done(r->machine.plan.directory);
}
