/* SPDX-License-Identifier: MIT */
/* The walk: from a path to a directory, a name in it, and what it names. */
#include "walk.h"

#include <base/cpu.h>
#include <lib/path.h>
#include <lib/string.h>
#include <mm/heap.h>

#define MOST_LINKS 40u

struct walker {
	struct inode *at;  /* referenced; NULL after it was given away */
	const char *rest;
	char *expanded;    /* buffer of a path with links followed, NULL until the first */
	uint32_t links;
	uint32_t how;      /* WALK_* */
};

static struct inode *roots[QUEST_CORES]; /* each core has a tree of its own */

void walk_set_root(struct inode *inode)
{
	roots[cpu_index()] = inode;
}

struct inode *walk_root(void)
{
	return roots[cpu_index()];
}

static void go_to(struct walker *w, struct inode *inode)
{
	inode_put(w->at);
	w->at = inode;
}

/* Put a link's target in front of the rest of the path. */
static int64_t expand(struct walker *w, struct inode *link, size_t slash)
{
	size_t rest = strlen(w->rest) + 1;
	int64_t length;

	if (++w->links > MOST_LINKS)
		return -LX_ELOOP;
	if (!w->expanded)
		w->expanded = mm_heap_alloc(LX_PATH_MAX);
	if (!w->expanded)
		return -LX_ENOMEM;
	memmove(w->expanded + LX_PATH_MAX - rest, w->rest, rest);
	length = link->ops->target(link, w->expanded, LX_PATH_MAX - rest);
	if (length <= 0)
		return length ? length : -LX_ENOENT;
	w->expanded[length] = '/';
	memmove(w->expanded + length + slash, w->expanded + LX_PATH_MAX - rest, rest);
	w->rest = w->expanded;
	if (w->expanded[0] == '/')
		go_to(w, inode_get(walk_root()));
	return 0;
}

static int64_t look(struct inode *dir, const struct qv_path_part *part, struct inode **found)
{
	if (!inode_is(dir, LX_S_IFDIR))
		return -LX_ENOTDIR;
	if (part->length > LX_NAME_MAX)
		return -LX_ENAMETOOLONG;
	if (qv_path_is_dot(part) || (qv_path_is_dot_dot(part) && !dir->parent))
		*found = inode_get(dir);
	else if (qv_path_is_dot_dot(part))
		*found = inode_get(dir->parent);
	else
		return dir->ops->lookup(dir, part->name, part->length, found);
	return 0;
}

static void keep_name(struct walker *w, struct walk_end *end, const struct qv_path_part *part, struct inode *found)
{
	end->dir = w->at;
	w->at = NULL;
	end->inode = found;
	end->directory = part->directory;
	end->special = qv_path_is_dot(part) || qv_path_is_dot_dot(part);
	end->length = part->length;
	memcpy(end->name, part->name, part->length);
	end->name[part->length] = 0;
}

/* Past a link: *found is what it leads to, NULL = its text is in front of the path now. */
static int64_t follow(struct walker *w, struct inode **found, bool slash)
{
	struct inode *link = *found;
	int64_t error;

	*found = NULL;
	if (!link->ops->follow)
		error = expand(w, link, slash);
	else
		error = ++w->links > MOST_LINKS ? -LX_ELOOP : link->ops->follow(link, found);
	inode_put(link);
	return error;
}

/* One part of the path. 0 = go on; 1 = the end is reached. */
static int64_t take_part(struct walker *w, struct walk_end *end, const struct qv_path_part *part)
{
	bool slash = part->directory && !(w->how & WALK_NAME), dots = qv_path_is_dot(part) || qv_path_is_dot_dot(part);
	struct inode *found = NULL;
	int64_t error;

	if ((w->how & WALK_CREATE) && part->last && part->directory && !dots)
		return inode_is(w->at, LX_S_IFDIR) ? -LX_EISDIR : -LX_ENOTDIR;
	error = look(w->at, part, &found);
	if (error == -LX_ENOENT && part->last) {
		keep_name(w, end, part, NULL);
		return 1;
	}
	if (error)
		return error;
	if (inode_is(found, LX_S_IFLNK) && (!part->last || (w->how & WALK_FOLLOW) || slash)) {
		error = follow(w, &found, part->directory);
		if (error || !found)
			return error;
	}
	if ((!part->last || slash) && !inode_is(found, LX_S_IFDIR)) {
		inode_put(found);
		return -LX_ENOTDIR;
	}
	if (!part->last) {
		go_to(w, found);
		return 0;
	}
	keep_name(w, end, part, found);
	return 1;
}

static int64_t start(const struct path_at *at, const char *path, struct inode **from)
{
	struct file *f;

	if (path[0] == '/') {
		*from = inode_get(walk_root());
		return 0;
	}
	if (at->fd == LX_AT_FDCWD) {
		*from = inode_get(at->context->directory);
		return 0;
	}
	f = at->fd >= 0 && at->table ? fd_file(at->table, (uint32_t)at->fd) : NULL;
	if (!f)
		return -LX_EBADF;
	*from = f->inode ? inode_get(f->inode) : NULL;
	file_put(f);
	return *from ? 0 : -LX_ENOTDIR;
}

int64_t walk(const struct path_at *at, const char *path, uint32_t how, struct walk_end *end)
{
	struct walker w = {.rest = path, .how = how};
	struct qv_path_part part;
	int64_t result = start(at, path, &w.at);

	*end = (struct walk_end){0};
	if (!result && !path[0] && !(how & WALK_EMPTY))
		result = -LX_ENOENT;
	while (!result) {
		if (qv_path_next(&w.rest, &part)) {
			sched_preempt_point();
			result = take_part(&w, end, &part);
		} else {
			end->inode = w.at; /* "/", or nothing at all */
			end->special = true;
			w.at = NULL;
			result = 1;
		}
		if (!result)
			sched_preempt_point();
	}
	if (w.at)
		inode_put(w.at);
	if (w.expanded)
		mm_heap_free(w.expanded, LX_PATH_MAX);
	return result < 0 ? result : 0;
}

void walk_drop(struct walk_end *end)
{
	if (end->dir)
		inode_put(end->dir);
	if (end->inode)
		inode_put(end->inode);
}

int64_t path_take(struct path_text *p, uint64_t user)
{
	int64_t length = user_text(p->local, user, sizeof(p->local));

	p->text = p->local;
	if (length != -LX_ENAMETOOLONG)
		return length < 0 ? length : 0;
	p->text = mm_heap_alloc(LX_PATH_MAX);
	if (!p->text)
		return -LX_ENOMEM;
	length = user_text(p->text, user, LX_PATH_MAX);
	if (length < 0)
		path_drop(p);
	return length < 0 ? length : 0;
}

void path_drop(struct path_text *p)
{
	if (p->text != p->local)
		mm_heap_free(p->text, LX_PATH_MAX);
}

/* Contexts. */

static struct mm_cache contexts = MM_CACHE(struct path_context);

static struct path_context *make_context(struct inode *directory, uint32_t umask)
{
	struct path_context *c = mm_cache_alloc(&contexts);

	if (c)
		*c = (struct path_context){.references = 1, .umask = umask, .directory = inode_get(directory)};
	return c;
}

struct path_context *path_context_create(void)
{
	return make_context(walk_root(), 022);
}

struct path_context *path_context_copy(struct path_context *c)
{
	return make_context(c->directory, c->umask);
}

struct path_context *path_context_get(struct path_context *c)
{
	c->references++;
	return c;
}

void path_context_put(struct path_context *c)
{
	if (--c->references > 0)
		return;
	inode_put(c->directory);
	mm_cache_free(&contexts, c);
}

static int64_t change_directory(struct path_context *c, struct inode *inode)
{
	struct inode *old = c->directory;

	if (!inode_is(inode, LX_S_IFDIR))
		return -LX_ENOTDIR;
	c->directory = inode_get(inode);
	inode_put(old);
	return 0;
}

int64_t path_chdir(const struct path_at *at, const char *path)
{
	struct inode *inode;
	int64_t error = path_find(at, path, 0, &inode);

	if (error)
		return error;
	error = change_directory(at->context, inode);
	inode_put(inode);
	return error;
}

int64_t path_fchdir(struct path_context *c, struct file *f)
{
	return f->inode ? change_directory(c, f->inode) : -LX_ENOTDIR;
}

/* Text is built from the end of the buffer towards its start. */
static bool prepend(char *to, size_t *at, const char *name, size_t length)
{
	if (*at < length)
		return false;
	*at -= length;
	memcpy(to + *at, name, length);
	return true;
}

/* The path of a directory; names may change at preemption points, as they may the moment after. */
static int64_t directory_path(struct inode *dir, char *to, size_t size)
{
	struct inode *inode = inode_get(dir), *parent;
	char name[LX_NAME_MAX + 1];
	int64_t error = 0;
	size_t at = size;

	if (!prepend(to, &at, "", 1))
		error = -LX_ERANGE;
	for (; inode != walk_root() && !error; inode = parent) {
		parent = inode->parent ? inode_get(inode->parent) : NULL;
		if (!parent || !parent->ops->name_of || !parent->ops->name_of(parent, inode, name))
			error = -LX_ENOENT;
		else if (!prepend(to, &at, name, strlen(name)) || !prepend(to, &at, "/", 1))
			error = -LX_ERANGE;
		inode_put(inode);
		if (!parent)
			return error;
		sched_preempt_point();
	}
	if (!error && at == size - 1 && !prepend(to, &at, "/", 1))
		error = -LX_ERANGE;
	inode_put(inode);
	if (error)
		return error;
	memmove(to, to + at, size - at);
	return (int64_t)(size - at);
}

int64_t path_join(struct inode *dir, const char *name, size_t length, char *to, size_t size)
{
	int64_t n = directory_path(dir, to, size);

	if (n == 2)
		n = 1; /* "/" has its slash */
	if (n > 0 && (size_t)n + length + 1 > size)
		n = -LX_ERANGE;
	if (n < 0)
		return n;
	to[n - 1] = '/';
	memcpy(to + n, name, length);
	to[n + (int64_t)length] = '\0';
	return n + (int64_t)length + 1;
}

int64_t path_of(struct inode *inode, char *to, size_t size)
{
	if (inode_is(inode, LX_S_IFDIR))
		return directory_path(inode, to, size);
	return inode->ops->path ? inode->ops->path(inode, to, size) : -LX_ENOENT;
}

int64_t path_current(struct path_context *c, char *to, size_t size)
{
	return directory_path(c->directory, to, size);
}

int64_t walk_path(const struct walk_end *end, char *to, size_t size)
{
	return end->dir && end->inode ? path_join(end->dir, end->name, end->length, to, size) : -LX_ENOENT;
}
