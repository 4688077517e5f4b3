/* SPDX-License-Identifier: MIT */
/* /proc: inodes made when they are looked up, texts made when they are read. */
#include "clock.h"
#include "procfs.h"

#include <base/cpu.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/heap.h>

#define MOST_TABLES 4u
#define LEAST_TEXT  1024u
#define MOST_TEXT   (1u << 20)
#define PROC_MAGIC  0x9fa0

struct proc_inode {
	struct inode inode; /* first */
	uint32_t pid;       /* 0 = of /proc itself */
	const struct proc_file *file; /* NULL = the directory of a process */
	uint32_t fd;        /* of a link in "fd", FD_NONE = it is none */
	struct file *open;  /* referenced: what such a link led to that is no inode */
};

#define FD_NONE UINT32_MAX /* + 1 = 0 */

static const struct inode_ops ops, link_ops;
static const struct file_ops file_ops;
static struct mm_cache inodes = MM_CACHE(struct proc_inode), texts = MM_CACHE(struct proc_text);

static struct {
	const struct proc_file *files;
	uint32_t count;
} tables[MOST_TABLES];
static uint32_t table_count;
static const struct proc_processes *processes;

/* Making text. Its makers hold pointers to processes that others may end: nothing is allocated while they print, since
 * that has preemption points. A text that does not fit is made again with more room. */

void proc_put(struct proc_text *out, const char *bytes, size_t n)
{
	if (out->failed || n > out->size - out->length) {
		out->failed = true;
		return;
	}
	memcpy(out->text + out->length, bytes, n);
	out->length += n;
}

static void sink(void *context, const char *bytes, size_t n)
{
	proc_put(context, bytes, n);
}

void proc_print(struct proc_text *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	qv_vformat(sink, out, format, args);
	va_end(args);
}

static void forget(struct proc_text *out)
{
	if (out->size)
		mm_heap_free(out->text, out->size);
	*out = (struct proc_text){0};
}

/* Empty, with room for `size` bytes. */
static bool make_room(struct proc_text *out, size_t size)
{
	if (size != out->size) {
		forget(out);
		out->text = mm_heap_alloc(size);
		out->size = out->text ? size : 0;
	}
	out->length = 0;
	out->failed = false;
	return out->size;
}

static int64_t make_text(const struct proc_inode *p, struct proc_text *out)
{
	size_t size = out->size ? out->size : LEAST_TEXT;
	int64_t error = 0;

	for (; !error && size <= MOST_TEXT; size *= 2) {
		if (!make_room(out, size))
			return -LX_ENOMEM;
		error = p->file->make(out, p->pid);
		if (!out->failed)
			break;
	}
	return error ? error : out->failed ? -LX_ENOMEM : 0;
}

/* Registration. */

static int64_t make_self(struct proc_text *out, uint32_t pid)
{
	(void)pid;
	proc_print(out, "%u", processes ? processes->self() : 0);
	return processes && processes->self() ? 0 : -LX_ENOENT;
}

static const struct proc_file self[] = {{"self", LX_S_IFLNK | 0777, make_self}};

void proc_add_files(const struct proc_file *files, uint32_t count)
{
	if (table_count == 0) {
		tables[0].files = self;
		tables[0].count = 1;
		table_count = 1;
	}
	assert(table_count < MOST_TABLES);
	tables[table_count].files = files;
	tables[table_count++].count = count;
}

void proc_set_processes(const struct proc_processes *p)
{
	assert(!processes);
	processes = p;
}

/* Directories: the files of the tables in their order, then the processes by number. */

static const struct proc_file *file_named(const struct proc_file *files, uint32_t count, const char *name,
	size_t length)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strlen(files[i].name) == length && memcmp(files[i].name, name, length) == 0)
			return &files[i];
	}
	return NULL;
}

static uint32_t to_pid(const char *name, size_t length)
{
	uint32_t pid = 0;

	for (size_t i = 0; i < length; i++) {
		if (length > 9 || name[i] < '0' || name[i] > '9' || name[0] == '0')
			return 0;
		pid = pid * 10 + (uint32_t)(name[i] - '0');
	}
	return pid;
}

static uint64_t number_of(uint32_t pid, const struct proc_file *file)
{
	return 2 + ((uint64_t)pid << 32) + (file ? (uint32_t)(uintptr_t)file : 0);
}

static struct proc_inode *new_inode(struct inode *parent, uint32_t mode, uint64_t number, uint32_t pid)
{
	struct proc_inode *p = mm_cache_alloc(&inodes);
	bool directory = (mode & LX_S_IFMT) == LX_S_IFDIR;

	if (!p)
		return NULL;
	p->inode = (struct inode){.references = 1, .links = directory ? 2 : 1, .mode = mode, .filesystem = PROCFS_NUMBER,
		.number = number, .ops = &ops, .parent = directory ? inode_get(parent) : NULL};
	p->inode.accessed = p->inode.modified = p->inode.changed = fs_now();
	p->pid = pid;
	p->fd = FD_NONE;
	return p;
}

static int64_t make_inode(struct inode *parent, uint32_t pid, const struct proc_file *file, struct inode **made)
{
	struct proc_inode *p = new_inode(parent, file ? file->mode : LX_S_IFDIR | 0555, number_of(pid, file), pid);

	if (!p)
		return -LX_ENOMEM;
	p->file = file;
	*made = &p->inode;
	return 0;
}

/* Links to descriptions: /proc/PID/fd. */

static bool is_fd_directory(const struct proc_inode *p)
{
	return p->file && (p->file->mode & LX_S_IFMT) == LX_S_IFDIR;
}

/* The description of exactly this descriptor, referenced, or NULL. */
static struct file *described(uint32_t pid, uint32_t fd)
{
	uint32_t next = fd;
	struct file *f = processes->file(pid, &next);

	if (f && next != fd) {
		file_put(f);
		f = NULL;
	}
	return f;
}

static uint64_t fd_number(uint32_t pid, uint32_t fd)
{
	return (1ull << 62) + ((uint64_t)pid << 32) + fd;
}

/* The link can be read by whom the description is open for reading, and so on. */
static uint32_t link_mode(const struct file *f)
{
	uint32_t access = f->flags & LX_O_ACCMODE;

	if (f->flags & LX_O_PATH)
		return LX_S_IFLNK;
	return LX_S_IFLNK | 0100 | (access != LX_O_WRONLY ? 0400 : 0) | (access != LX_O_RDONLY ? 0200 : 0);
}

static uint32_t to_fd(const char *name, size_t length)
{
	uint32_t fd = to_pid(name, length);

	return fd || (length == 1 && name[0] == '0') ? fd : FD_NONE;
}

static int64_t lookup_fd(const struct proc_inode *dir, const char *name, size_t length, struct inode **found)
{
	uint32_t fd = to_fd(name, length);
	struct file *f = described(dir->pid, fd);
	struct proc_inode *p;

	if (!f)
		return -LX_ENOENT;
	p = new_inode(NULL, link_mode(f), fd_number(dir->pid, fd), dir->pid);
	file_put(f);
	if (!p)
		return -LX_ENOMEM;
	p->inode.ops = &link_ops;
	p->fd = fd;
	*found = &p->inode;
	return 0;
}

static bool next_fd(const struct proc_inode *dir, const char *after, struct inode_entry *entry)
{
	uint32_t fd = to_fd(after, strlen(after)) + 1; /* of "": 0 */
	struct file *f = processes->file(dir->pid, &fd);

	if (!f)
		return false;
	qv_snprintf(entry->name, sizeof(entry->name), "%u", fd);
	entry->number = fd_number(dir->pid, fd);
	entry->mode = LX_S_IFLNK;
	file_put(f);
	return true;
}

/* What leads to a description that has no inode: it can be asked for its state, and opened again. */
static int64_t stand_for(struct proc_inode *link, struct file *f, struct inode **found)
{
	struct lx_stat stat;
	int64_t error = file_stat(f, &stat);
	struct proc_inode *p = error ? NULL : new_inode(NULL, stat.mode, stat.inode, link->pid);

	if (!p)
		return error ? error : -LX_ENOMEM;
	p->open = file_get(f);
	*found = &p->inode;
	return 0;
}

static int64_t proc_follow(struct inode *inode, struct inode **found)
{
	struct proc_inode *link = (struct proc_inode *)inode;
	struct file *f = described(link->pid, link->fd);
	int64_t error = 0;

	if (!f)
		return -LX_ENOENT;
	if (f->inode)
		*found = inode_get(f->inode);
	else
		error = stand_for(link, f, found);
	file_put(f);
	return error;
}

/* What Linux tells of what has no path. */
static int64_t describe(struct file *f, char *to, size_t size)
{
	struct lx_stat stat;
	bool pipe = file_stat(f, &stat) == 0 && (stat.mode & LX_S_IFMT) == LX_S_IFIFO;

	if (pipe)
		return (int64_t)qv_snprintf(to, size, "pipe:[%llu]", (unsigned long long)stat.inode);
	return (int64_t)qv_snprintf(to, size, "anon_inode:[%s]", f->ops->kind);
}

static int64_t fd_target(struct inode *inode, char *to, size_t size)
{
	const struct proc_inode *link = (struct proc_inode *)inode;
	struct file *f = described(link->pid, link->fd);
	int64_t length;

	if (!f)
		return -LX_ENOENT;
	length = f->inode ? path_of(f->inode, to, size) - 1 : describe(f, to, size);
	if (length < 0)
		length = (int64_t)qv_snprintf(to, size, "(no name)");
	file_put(f);
	return length < (int64_t)size ? length : -LX_ENAMETOOLONG;
}

static int64_t lookup_in_root(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	uint32_t pid = to_pid(name, length);

	for (uint32_t i = 0; i < table_count; i++) {
		const struct proc_file *file = file_named(tables[i].files, tables[i].count, name, length);

		if (file)
			return make_inode(dir, 0, file, found);
	}
	if (pid == 0 || !processes || !processes->exists(pid))
		return -LX_ENOENT;
	return make_inode(dir, pid, NULL, found);
}

static int64_t proc_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	uint32_t pid = ((struct proc_inode *)dir)->pid;
	const struct proc_file *file;

	if (pid == 0)
		return lookup_in_root(dir, name, length, found);
	if (is_fd_directory((struct proc_inode *)dir))
		return lookup_fd((struct proc_inode *)dir, name, length, found);
	file = processes->exists(pid) ? file_named(processes->files, processes->count, name, length) : NULL;
	return file ? make_inode(dir, pid, file, found) : -LX_ENOENT;
}

static bool tell_file(const struct proc_file *file, uint32_t pid, struct inode_entry *entry)
{
	size_t length = strlen(file->name);

	memcpy(entry->name, file->name, length + 1);
	entry->number = number_of(pid, file);
	entry->mode = file->mode;
	return true;
}

static bool tell_process(uint32_t after, struct inode_entry *entry)
{
	uint32_t pid = processes ? processes->next(after) : 0;

	if (pid == 0)
		return false;
	qv_snprintf(entry->name, sizeof(entry->name), "%u", pid);
	entry->number = number_of(pid, NULL);
	entry->mode = LX_S_IFDIR | 0555;
	return true;
}

/* The file behind `after` in one table: its index, the first for "", the count if `after` is the last or unknown. */
static uint32_t behind(const struct proc_file *files, uint32_t count, const char *after)
{
	const struct proc_file *file = file_named(files, count, after, strlen(after));

	if (!after[0])
		return 0;
	return file ? (uint32_t)(file - files) + 1 : count;
}

static bool next_in_root(const char *after, struct inode_entry *entry)
{
	uint32_t pid = to_pid(after, strlen(after));

	for (uint32_t i = 0; i < table_count && pid == 0; i++) {
		bool here = !after[0] || file_named(tables[i].files, tables[i].count, after, strlen(after));
		uint32_t index = behind(tables[i].files, tables[i].count, after);

		if (index < tables[i].count)
			return tell_file(&tables[i].files[index], 0, entry);
		if (here)
			after = ""; /* the last of this table: go on with the first of the next */
	}
	return tell_process(pid, entry);
}

static bool proc_next(struct inode *dir, const char *after, struct inode_entry *entry)
{
	uint32_t pid = ((struct proc_inode *)dir)->pid, index;

	if (pid == 0)
		return next_in_root(after, entry);
	if (is_fd_directory((struct proc_inode *)dir))
		return next_fd((struct proc_inode *)dir, after, entry);
	index = behind(processes->files, processes->count, after);
	return index < processes->count && processes->exists(pid) && tell_file(&processes->files[index], pid, entry);
}

static bool proc_name_of(struct inode *dir, const struct inode *child, char name[LX_NAME_MAX + 1])
{
	const struct proc_inode *p = (const struct proc_inode *)child;

	(void)dir;
	if (p->file)
		qv_snprintf(name, LX_NAME_MAX + 1, "%s", p->file->name);
	else
		qv_snprintf(name, LX_NAME_MAX + 1, "%u", p->pid);
	return true;
}

static int64_t proc_target(struct inode *inode, char *to, size_t size)
{
	struct proc_text out = {0};
	int64_t result = make_text((struct proc_inode *)inode, &out);

	if (!result && out.length >= size)
		result = -LX_ENAMETOOLONG;
	if (!result) {
		memcpy(to, out.text, out.length);
		to[out.length] = 0;
		result = (int64_t)out.length;
	}
	forget(&out);
	return result;
}

static int64_t proc_open(struct inode *inode, uint32_t flags, struct file **file)
{
	const struct proc_inode *p = (struct proc_inode *)inode;
	bool directory = inode_is(inode, LX_S_IFDIR);

	if (p->open)
		return p->open->ops->open_again ? p->open->ops->open_again(p->open, flags, file) : -LX_ENXIO;
	if (!directory && (flags & LX_O_ACCMODE) != LX_O_RDONLY)
		return -LX_EACCES;
	*file = file_create(directory ? &inode_directory_ops : &file_ops, inode_get(inode), NULL, flags);
	return *file ? 0 : -LX_ENOMEM;
}

static void proc_statfs(struct inode *inode, struct lx_statfs *statfs)
{
	(void)inode;
	statfs->type = PROC_MAGIC;
}

static void proc_release(struct inode *inode)
{
	struct proc_inode *p = (struct proc_inode *)inode;

	if (p->open)
		file_put(p->open);
	mm_cache_free(&inodes, inode);
}

static int64_t proc_path(struct inode *inode, char *to, size_t size)
{
	const struct proc_inode *p = (struct proc_inode *)inode;
	size_t n;

	if (p->pid)
		n = qv_snprintf(to, size, "/proc/%u/%s", p->pid, p->file->name);
	else
		n = qv_snprintf(to, size, "/proc/%s", p->file->name);
	return n < size ? (int64_t)n + 1 : -LX_ERANGE;
}

static const struct inode_ops ops = {
	.lookup = proc_lookup,
	.next = proc_next,
	.name_of = proc_name_of,
	.target = proc_target,
	.path = proc_path,
	.open = proc_open,
	.statfs = proc_statfs,
	.release = proc_release,
};

static const struct inode_ops link_ops = {
	.target = fd_target,
	.follow = proc_follow,
	.statfs = proc_statfs,
	.release = proc_release,
};

static struct proc_inode roots[QUEST_CORES];

struct inode *procfs_root(void)
{
	struct inode *root = &roots[cpu_index()].inode;

	if (!root->ops)
		*root = (struct inode){.references = 1, .mode = LX_S_IFDIR | 0555, .filesystem = PROCFS_NUMBER, .number = 1,
			.ops = &ops};
	return root;
}

/* Files. */

/* Several threads may read through one description, and making a text may sleep: the inode's lock covers it. */
static int64_t read_text(struct file *f, struct proc_text *text, uint64_t to, size_t bytes, uint64_t *offset)
{
	int64_t error = *offset == 0 || !text->size ? make_text((struct proc_inode *)f->inode, text) : 0;
	size_t left;

	if (error || *offset >= text->length)
		return error;
	left = text->length - (size_t)*offset;
	bytes = bytes < left ? bytes : left;
	if (user_write(to, text->text + *offset, bytes))
		return -LX_EFAULT;
	*offset += bytes;
	return (int64_t)bytes;
}

static int64_t proc_read(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	int64_t result;

	mutex_take(&f->inode->lock);
	if (!f->object)
		f->object = mm_cache_alloc(&texts);
	result = f->object ? read_text(f, f->object, to, bytes, offset) : -LX_ENOMEM;
	mutex_release(&f->inode->lock);
	return result;
}

static int64_t proc_seek(struct file *f, int64_t offset, int32_t whence)
{
	if (whence == LX_SEEK_CUR)
		offset += (int64_t)f->offset;
	if (whence < LX_SEEK_SET || whence > LX_SEEK_CUR || offset < 0)
		return -LX_EINVAL;
	f->offset = (uint64_t)offset;
	return offset;
}

static void proc_close(struct file *f)
{
	if (!f->object)
		return;
	forget(f->object);
	mm_cache_free(&texts, f->object);
}

static const struct file_ops file_ops = {
	.kind = "proc", .place = FILE_BY_NAME,
	.read = proc_read,
	.seek = proc_seek,
	.close = proc_close,
};
