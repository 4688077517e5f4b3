/* SPDX-License-Identifier: MIT */
/*
 * epoll(7): watches by descriptor in a tree, those that may be ready in a list. A watch holds no reference to its file,
 * so that a pipe's end closes when its descriptors do; the file's last reference takes its watches along.
 */
#include "epoll.h"

#include <fs/poll.h>
#include <lib/assert.h>
#include <lib/tree.h>
#include <mm/heap.h>

#define ALWAYS (LX_POLLERR | LX_POLLHUP)
#define MODES  (LX_EPOLLET | LX_EPOLLONESHOT)

struct epoll_watch {
	struct qv_tree_node node; /* first */
	struct poll_link link;
	struct epoll *epoll;
	struct file *file;
	struct epoll_watch *of_file;       /* the next watch of the same file */
	struct epoll_watch *next, *previous; /* in the ready list */
	uint32_t fd;
	uint32_t events;
	uint64_t data;
	bool ready;
};

struct epoll {
	struct qv_tree watches; /* by descriptor, then file */
	struct epoll_watch *first, *last;
	uint32_t ready; /* length of the list */
	struct wait_queue waiters;
	struct poll_source changes;
};

static struct mm_cache epolls = MM_CACHE(struct epoll), watches = MM_CACHE(struct epoll_watch);

static const struct file_ops epoll_ops;

/* The ready list. */

static void append(struct epoll_watch *w)
{
	struct epoll *e = w->epoll;

	w->ready = true;
	w->next = NULL;
	w->previous = e->last;
	if (e->last)
		e->last->next = w;
	else
		e->first = w;
	e->last = w;
	e->ready++;
}

static void take_out(struct epoll_watch *w)
{
	struct epoll *e = w->epoll;

	if (!w->ready)
		return;
	if (w->previous)
		w->previous->next = w->next;
	else
		e->first = w->next;
	if (w->next)
		w->next->previous = w->previous;
	else
		e->last = w->previous;
	w->ready = false;
	e->ready--;
}

static struct epoll_watch *watch_of(struct poll_link *link)
{
	return (struct epoll_watch *)((uint8_t *)link - offsetof(struct epoll_watch, link));
}

static void note_change(struct poll_link *link)
{
	struct epoll_watch *w = watch_of(link);

	if (!w->ready && (w->events & ~MODES))
		append(w);
	sched_wake_one(&w->epoll->waiters);
	poll_changed(&w->epoll->changes);
}

static uint32_t events_now(struct epoll_watch *w)
{
	struct poll_source *source;

	if (!(w->events & ~MODES))
		return 0; /* reported once, not armed again */
	return file_poll(w->file, &source) & (w->events | ALWAYS);
}

/* Watches. */

static struct epoll_watch *find(struct epoll *e, uint32_t fd, const struct file *f, struct qv_tree_node **parent,
	uint32_t *side)
{
	struct qv_tree_node *at = e->watches.root;

	*parent = NULL;
	*side = 0;
	while (at) {
		struct epoll_watch *w = (struct epoll_watch *)at;

		if (w->fd == fd && w->file == f)
			return w;
		*parent = at;
		*side = w->fd != fd ? w->fd < fd : w->file < f;
		at = at->child[*side];
	}
	return NULL;
}

static void forget(struct epoll_watch *w)
{
	struct epoll_watch **at = &w->file->watches;

	while (*at != w)
		at = &(*at)->of_file;
	*at = w->of_file;
	poll_unlink(&w->link);
	take_out(w);
	qv_tree_erase(&w->epoll->watches, &w->node);
	mm_cache_free(&watches, w);
}

void epoll_forget_file(struct file *f)
{
	while (f->watches)
		forget(f->watches);
}

static int64_t add(struct epoll *e, struct file *f, uint32_t fd, const struct lx_epoll_event *event)
{
	struct poll_source *source;
	struct qv_tree_node *parent;
	struct epoll_watch *w;
	uint32_t side;

	(void)file_poll(f, &source);
	if (!source)
		return -LX_EPERM; /* it is always ready */
	w = mm_cache_alloc(&watches);
	if (!w)
		return -LX_ENOMEM;
	*w = (struct epoll_watch){.link.changed = note_change, .epoll = e, .file = f, .of_file = f->watches, .fd = fd,
		.events = event->events, .data = event->data};
	f->watches = w;
	find(e, fd, f, &parent, &side);
	qv_tree_insert(&e->watches, &w->node, parent, side);
	poll_link(source, &w->link);
	note_change(&w->link);
	return 0;
}

static int64_t change(struct epoll *e, int32_t operation, struct file *f, uint32_t fd,
	const struct lx_epoll_event *event)
{
	struct qv_tree_node *parent;
	uint32_t side;
	struct epoll_watch *w = find(e, fd, f, &parent, &side);

	if (operation == LX_EPOLL_CTL_ADD)
		return w ? -LX_EEXIST : add(e, f, fd, event);
	if (!w)
		return -LX_ENOENT;
	if (operation == LX_EPOLL_CTL_DEL) {
		forget(w);
		return 0;
	}
	w->events = event->events;
	w->data = event->data;
	note_change(&w->link);
	return 0;
}

int64_t epoll_control(struct file *epoll, int32_t operation, struct fd_table *table, uint32_t fd, uint64_t event)
{
	struct lx_epoll_event given = {0};
	struct file *f;
	int64_t result;

	if (operation < LX_EPOLL_CTL_ADD || operation > LX_EPOLL_CTL_MOD)
		return -LX_EINVAL;
	if (operation != LX_EPOLL_CTL_DEL && user_read(&given, event, sizeof(given)))
		return -LX_EFAULT;
	f = fd_file(table, fd);
	if (!f)
		return -LX_EBADF;
	if (epoll->ops != &epoll_ops || f->ops == &epoll_ops)
		result = -LX_EINVAL; /* not nested */
	else
		result = change(epoll->object, operation, f, fd, &given);
	file_put(f);
	return result;
}

/* Waiting. */

/* The next watch of the list that really is ready; it stays in the list if it is to be told again. */
static bool next_event(struct epoll *e, struct lx_epoll_event *event)
{
	struct epoll_watch *w = e->first;
	uint32_t now = events_now(w);

	take_out(w);
	if (!now)
		return false;
	*event = (struct lx_epoll_event){.events = now, .data = w->data};
	if (w->events & LX_EPOLLONESHOT)
		w->events &= MODES;
	else if (!(w->events & LX_EPOLLET))
		append(w);
	return true;
}

/* One round through the list as it is now: nothing is told twice. */
static int64_t collect(struct epoll *e, uint64_t to, uint32_t count)
{
	uint32_t found = 0;

	for (uint32_t left = e->ready; left > 0 && found < count && e->first; left--) {
		struct lx_epoll_event event;

		if (!next_event(e, &event))
			continue;
		if (user_write(to + found * sizeof(event), &event, sizeof(event)))
			return found ? (int64_t)found : -LX_EFAULT;
		found++;
		sched_preempt_point();
	}
	return found;
}

int64_t epoll_wait(struct file *epoll, uint64_t events, uint32_t count, uint64_t deadline)
{
	struct epoll *e = epoll->object;
	int64_t found;

	if (epoll->ops != &epoll_ops || count == 0 || count > INT32_MAX / sizeof(struct lx_epoll_event))
		return -LX_EINVAL;
	for (;;) {
		enum wait_result result;

		found = collect(e, events, count);
		if (found != 0 || deadline == 0)
			return found;
		if (e->first) {
			sched_preempt_point();
			continue;
		}
		result = sched_wait(&e->waiters, deadline, true);
		if (result == WAIT_INTERRUPTED)
			return -LX_EINTR;
		if (result == WAIT_TIMEOUT)
			return collect(e, events, count);
	}
}

static uint32_t epoll_poll(struct file *f, struct poll_source **source)
{
	struct epoll *e = f->object;

	*source = &e->changes;
	while (e->first && !events_now(e->first))
		take_out(e->first);
	return e->first ? LX_POLLIN | LX_POLLRDNORM : 0;
}

static void epoll_close(struct file *f)
{
	struct epoll *e = f->object;

	while (e->watches.root) {
		forget((struct epoll_watch *)e->watches.root);
		sched_preempt_point();
	}
	mm_cache_free(&epolls, e);
}

static const struct file_ops epoll_ops = {.kind = "eventpoll", .place = FILE_STAYS,
	.poll = epoll_poll, .close = epoll_close};

int64_t epoll_create(struct file **file)
{
	struct epoll *e = mm_cache_alloc(&epolls);

	if (!e)
		return -LX_ENOMEM;
	*file = file_create(&epoll_ops, NULL, e, LX_O_RDWR);
	if (!*file)
		mm_cache_free(&epolls, e);
	return *file ? 0 : -LX_ENOMEM;
}
