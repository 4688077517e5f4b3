/* SPDX-License-Identifier: MIT */
/* poll and select: hang a link on every file, look at all, sleep until one says it changed, look again. */
#include <fs/poll.h>
#include <lib/string.h>
#include <mm/heap.h>

#define FEW  8u  /* files whose links are on the stack */
#define STEP 16u /* files between two preemption points */
#define ALWAYS (LX_POLLERR | LX_POLLHUP | LX_POLLNVAL)

struct poller {
	struct wait_queue queue;
	bool changed;
};

struct watched {
	struct poll_link link; /* first */
	struct poller *poller;
	struct file *file; /* referenced; NULL = not a descriptor, or none wanted */
};

static void note_change(struct poll_link *link)
{
	struct poller *poller = ((struct watched *)link)->poller;

	poller->changed = true;
	sched_wake_one(&poller->queue);
}

static uint32_t look_at(struct lx_pollfd *entry, struct watched *w, bool hang)
{
	struct poll_source *source;
	uint32_t mask = entry->fd < 0 ? 0 : LX_POLLNVAL;

	if (w->file) {
		mask = file_poll(w->file, &source) & (entry->events | ALWAYS);
		if (hang && source && !w->link.source)
			poll_link(source, &w->link);
	}
	entry->revents = (uint16_t)mask;
	return mask != 0;
}

/* One look at all; how many are ready. */
static int64_t look(struct lx_pollfd *entries, struct watched *watched, uint32_t count, bool hang)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (i % STEP == STEP - 1)
			sched_preempt_point();
		found += look_at(&entries[i], &watched[i], hang && !found);
	}
	return found;
}

static int64_t look_until(struct poller *poller, struct lx_pollfd *entries, struct watched *watched, uint32_t count,
	uint64_t deadline)
{
	int64_t found = look(entries, watched, count, deadline != 0);

	while (found == 0 && deadline != 0) {
		enum wait_result result = WAIT_WOKEN;

		if (!poller->changed)
			result = sched_wait(&poller->queue, deadline, true);
		poller->changed = false;
		found = look(entries, watched, count, true);
		if (result == WAIT_INTERRUPTED && found == 0)
			return -LX_ERESTARTNOHAND;
		if (result == WAIT_TIMEOUT)
			break;
	}
	return found;
}

int64_t fs_poll(struct fd_table *table, struct lx_pollfd *entries, uint32_t count, uint64_t deadline)
{
	struct watched few[FEW], *watched = few;
	size_t bytes = count * sizeof(*watched);
	struct poller poller = {0};
	int64_t found;

	if (count > FD_MOST)
		return -LX_EINVAL;
	if (count > FEW)
		watched = mm_heap_alloc(bytes);
	if (!watched)
		return -LX_ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		if (i % STEP == STEP - 1)
			sched_preempt_point();
		watched[i] = (struct watched){.link.changed = note_change, .poller = &poller,
			.file = entries[i].fd >= 0 ? fd_file(table, (uint32_t)entries[i].fd) : NULL};
	}
	found = look_until(&poller, entries, watched, count, deadline);
	for (uint32_t i = 0; i < count; i++) {
		if (i % STEP == STEP - 1)
			sched_preempt_point();
		poll_unlink(&watched[i].link);
		if (watched[i].file)
			file_put(watched[i].file);
	}
	if (count > FEW)
		mm_heap_free(watched, bytes);
	return found;
}

/* select: three sets of bits. */

#define SETS 3u
#define READABLE (LX_POLLIN | LX_POLLRDNORM)
#define WRITABLE (LX_POLLOUT | LX_POLLWRNORM)

static const struct {
	uint16_t ask, means; /* events asked for; what counts as ready */
} kinds[SETS] = {
	{READABLE, READABLE | LX_POLLHUP | LX_POLLERR},
	{WRITABLE, WRITABLE | LX_POLLERR},
	{LX_POLLPRI, LX_POLLPRI},
};

struct selection {
	uint64_t set[SETS][FD_MOST / 64];
	uint32_t count;
	struct lx_pollfd entry[];
};

static int64_t read_sets(struct selection *s, uint32_t count, const uint64_t user[SETS])
{
	for (uint32_t k = 0; k < SETS; k++) {
		if (user[k] && user_read(s->set[k], user[k], (count + 63) / 64 * 8))
			return -LX_EFAULT;
	}
	for (uint32_t fd = 0; fd < count; fd++) {
		uint32_t events = 0;

		if (fd % STEP == STEP - 1)
			sched_preempt_point();
		for (uint32_t k = 0; k < SETS; k++)
			events |= s->set[k][fd / 64] >> fd % 64 & 1 ? kinds[k].ask : 0u;
		if (events)
			s->entry[s->count++] = (struct lx_pollfd){.fd = (int32_t)fd, .events = (uint16_t)events};
	}
	return 0;
}

/* Bits of what is ready replace the sets; their number, or -LX_EBADF. */
static int64_t make_sets(struct selection *s)
{
	int64_t bits = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		const struct lx_pollfd *e = &s->entry[i];
		uint32_t fd = (uint32_t)e->fd;

		if (i % STEP == STEP - 1)
			sched_preempt_point();
		if (e->revents & LX_POLLNVAL)
			return -LX_EBADF;
		for (uint32_t k = 0; k < SETS; k++) {
			bool set = (e->revents & kinds[k].means) && (e->events & kinds[k].ask) == kinds[k].ask;

			set = set && (s->set[k][fd / 64] >> fd % 64 & 1);
			s->set[k][fd / 64] &= ~(1ull << fd % 64);
			s->set[k][fd / 64] |= (uint64_t)set << fd % 64;
			bits += set;
		}
	}
	return bits;
}

static int64_t select_with(struct selection *s, struct fd_table *table, uint32_t count, const uint64_t user[SETS],
	uint64_t deadline)
{
	int64_t result = read_sets(s, count, user);

	if (!result)
		result = fs_poll(table, s->entry, s->count, deadline);
	if (result >= 0)
		result = make_sets(s);
	for (uint32_t k = 0; k < SETS && result >= 0; k++) {
		if (user[k] && user_write(user[k], s->set[k], (count + 63) / 64 * 8))
			result = -LX_EFAULT;
	}
	return result;
}

int64_t fs_select(struct fd_table *table, uint32_t count, uint64_t read, uint64_t write, uint64_t except,
	uint64_t deadline)
{
	const uint64_t user[SETS] = {read, write, except};
	struct selection *s;
	size_t bytes;
	int64_t result;

	if (count > INT32_MAX)
		return -LX_EINVAL;
	count = count < FD_MOST ? count : FD_MOST;
	bytes = sizeof(*s) + count * sizeof(s->entry[0]);
	s = mm_heap_alloc(bytes);
	if (!s)
		return -LX_ENOMEM;
	result = select_with(s, table, count, user, deadline);
	mm_heap_free(s, bytes);
	return result;
}
