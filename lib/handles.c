/* SPDX-License-Identifier: MIT */
#include <abi/limits.h>
#include <lib/handles.h>
#include <lib/string.h>

#define USER_END (1ull << 47)
#define SIGNALS 64u
#define DESCRIPTORS 4096u

/* How many values each kind has, and whether it has text. */
static const struct {
	uint8_t values;
	bool text;
} shapes[QV_HANDLE_KINDS] = {
	[QV_HANDLE_PROCESS] = {7, false}, [QV_HANDLE_THREAD] = {7, false}, [QV_HANDLE_SIGNAL] = {4, false},
	[QV_HANDLE_TIMER] = {2, false}, [QV_HANDLE_VCPU] = {4, true}, [QV_HANDLE_AREA] = {3, false},
	[QV_HANDLE_FILE] = {3, true},
};

/* Text up to its NUL, and nothing behind it. */
static bool text_ends(const char *text)
{
	uint32_t i = 0;

	while (i < QV_HANDLES_TEXT && text[i])
		i++;
	if (i == QV_HANDLES_TEXT)
		return false;
	while (i < QV_HANDLES_TEXT && !text[i])
		i++;
	return i == QV_HANDLES_TEXT;
}

static const char *check_shape(const struct qv_handle *h)
{
	if (h->kind >= QV_HANDLE_KINDS)
		return "there is no such kind of handle";
	for (uint32_t i = shapes[h->kind].values; i < QV_HANDLES_VALUES; i++) {
		if (h->value[i])
			return "a value that its kind does not have is not 0";
	}
	if (!text_ends(h->text))
		return "the text does not end, or goes on behind its end";
	return h->text[0] && !shapes[h->kind].text ? "its kind has no text" : NULL;
}

static const char *check_area(const struct qv_handle *previous, const struct qv_handle *h)
{
	uint64_t start = h->value[0], bytes = h->value[1];

	if ((start | bytes) % QV_PAGE_SIZE || bytes == 0)
		return "an area is whole pages, at least one";
	if (start >= USER_END || bytes > USER_END - start)
		return "an area lies outside a program's addresses";
	if (previous && previous->kind == QV_HANDLE_AREA && previous->value[0] + previous->value[1] > start)
		return "areas overlap, or are not in order";
	return NULL;
}

static const char *check_values(const struct qv_handle *h)
{
	switch (h->kind) {
	case QV_HANDLE_PROCESS:
		return h->value[3] > h->value[4] || h->value[4] > USER_END ? "the break is not behind its start" : NULL;
	case QV_HANDLE_THREAD:
		return h->value[2] >= USER_END || h->value[3] >= USER_END || h->value[4] >= USER_END ?
			"an address is not a program's" : NULL;
	case QV_HANDLE_SIGNAL:
		return h->number == 0 || h->number > SIGNALS ? "there is no such signal" : NULL;
	case QV_HANDLE_VCPU:
		return h->value[0] == 0 || h->value[0] > h->value[1] ? "a VCPU's budget is not within its period" : NULL;
	case QV_HANDLE_FILE:
		return h->number >= DESCRIPTORS || h->value[1] >> 63 || h->value[2] > 1 || !h->text[0] ?
			"a descriptor's number, offset, mark or name is impossible" : NULL;
	default:
		return NULL;
	}
}

const char *qv_handle_check(const struct qv_handle *previous, const struct qv_handle *next)
{
	const char *wrong = check_shape(next);

	if (!wrong)
		wrong = check_values(next);
	if (!wrong && next->kind == QV_HANDLE_AREA)
		wrong = check_area(previous, next);
	if (wrong)
		return wrong;
	if (!previous)
		return next->kind == QV_HANDLE_PROCESS ? NULL : "the first handle is not the process";
	if (next->kind == QV_HANDLE_PROCESS || next->kind < previous->kind)
		return "handles are not in the order of their kinds, with one process";
	if (next->kind == previous->kind && next->kind != QV_HANDLE_AREA && next->number <= previous->number)
		return "handles of a kind are not in the order of their numbers";
	return previous->kind == QV_HANDLE_PROCESS && next->kind != QV_HANDLE_THREAD ? "there is no thread" : NULL;
}

static size_t place_of(uint32_t index)
{
	return sizeof(struct qv_handles_header) + (size_t)index * sizeof(struct qv_handle);
}

/* Writing. */

bool qv_handles_begin(struct qv_handles_writer *w, void *to, size_t size, uint32_t pid, uint32_t tsc_khz)
{
	const struct qv_handles_header header = {.magic = QV_HANDLES_MAGIC, .version = QV_HANDLES_VERSION, .pid = pid,
		.tsc_khz = tsc_khz};

	if (size < sizeof(header))
		return false;
	memcpy(to, &header, sizeof(header));
	*w = (struct qv_handles_writer){to, size, sizeof(header)};
	return true;
}

const char *qv_handles_add(struct qv_handles_writer *w, const struct qv_handle *handle)
{
	struct qv_handles_header header;
	struct qv_handle previous;
	const char *wrong;

	memcpy(&header, w->to, sizeof(header));
	if (header.count > 0)
		qv_handles_get(w->to, header.count - 1, &previous);
	wrong = qv_handle_check(header.count > 0 ? &previous : NULL, handle);
	if (wrong)
		return wrong;
	if (w->size - w->used < sizeof(*handle) || header.count == QV_HANDLES_MOST)
		return "there is no room for it";
	memcpy(w->to + w->used, handle, sizeof(*handle));
	w->used += sizeof(*handle);
	header.count++;
	memcpy(w->to, &header, sizeof(header));
	return NULL;
}

void qv_handles_refuse(struct qv_handles_writer *w, const char *why)
{
	struct qv_handles_header header;

	memcpy(&header, w->to, sizeof(header));
	if (header.refusal[0])
		return;
	for (uint32_t i = 0; i < QV_HANDLES_TEXT - 1 && why[i]; i++)
		header.refusal[i] = why[i];
	memcpy(w->to, &header, sizeof(header));
}

/* Reading. */

void qv_handles_header(const void *from, struct qv_handles_header *header)
{
	memcpy(header, from, sizeof(*header));
}

void qv_handles_get(const void *from, uint32_t index, struct qv_handle *handle)
{
	memcpy(handle, (const uint8_t *)from + place_of(index), sizeof(*handle));
}

static const char *check_header(const struct qv_handles_header *h, size_t bytes)
{
	if (h->magic != QV_HANDLES_MAGIC)
		return "this is no state of a process";
	if (h->version != QV_HANDLES_VERSION)
		return "it is of another version";
	if (h->count > QV_HANDLES_MOST || h->count < 2 || bytes != place_of(h->count))
		return "there are more or fewer bytes than its handles";
	for (uint32_t i = 0; i < sizeof(h->reserved) / sizeof(h->reserved[0]); i++) {
		if (h->reserved[i])
			return "what is reserved is not 0";
	}
	return text_ends(h->refusal) ? NULL : "the refusal does not end, or goes on behind its end";
}

const char *qv_handles_check(const void *from, size_t bytes, size_t *at)
{
	struct qv_handles_header header;
	struct qv_handle handle[2];
	const char *wrong;

	*at = 0;
	if (bytes < sizeof(header))
		return "it is shorter than a header";
	qv_handles_header(from, &header);
	wrong = check_header(&header, bytes);
	for (uint32_t i = 0; i < header.count && !wrong; i++) {
		*at = place_of(i);
		qv_handles_get(from, i, &handle[i % 2]);
		wrong = qv_handle_check(i > 0 ? &handle[(i + 1) % 2] : NULL, &handle[i % 2]);
	}
	return wrong;
}
