/* SPDX-License-Identifier: MIT */
/* Calls on names. */
#include "calls.h"

#include <lib/string.h>
#include <mm/heap.h>

#define UTIME_BYTES (2 * sizeof(struct lx_timespec))

static struct path_at at_fd(uint64_t fd)
{
	return (struct path_at){.context = process_self()->paths, .table = process_self()->files, .fd = (int32_t)fd};
}

static struct path_at at_current(void)
{
	return at_fd((uint64_t)LX_AT_FDCWD);
}

typedef int64_t path_call(const struct path_at *at, const char *path, const uint64_t argument[3]);

/* Take the name at user address `name` and do `call` with it. */
static int64_t on_path(struct path_at at, uint64_t name, path_call *call, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t argument[3] = {a, b, c};
	struct path_text text;
	int64_t result = path_take(&text, name);

	if (result)
		return result;
	result = call(&at, text.text, argument);
	path_drop(&text);
	return result;
}

#define ON_PATH(name, expression) \
	static int64_t name(const struct path_at *at, const char *path, const uint64_t a[3]) { (void)a; return expression; }

ON_PATH(do_open, path_open(at, process_self()->files, path, (uint32_t)a[0], (uint32_t)a[1]))
ON_PATH(do_access, path_access(at, path, (uint32_t)a[0], (uint32_t)a[1]))
ON_PATH(do_chmod, path_chmod(at, path, (uint32_t)a[0], 0))
ON_PATH(do_truncate, path_truncate(at, path, (int64_t)a[0]))
ON_PATH(do_mkdir, path_mkdir(at, path, (uint32_t)a[0]))
ON_PATH(do_mknod, path_mknod(at, path, (uint32_t)a[0], a[1]))
ON_PATH(do_unlink, path_unlink(at, path, (uint32_t)a[0]))
ON_PATH(do_readlink, path_readlink(at, path, a[0], a[1]))
ON_PATH(do_chdir, path_chdir(at, path))

static int64_t do_stat(const struct path_at *at, const char *path, const uint64_t a[3])
{
	struct lx_stat stat = {0};
	int64_t error = path_stat(at, path, (uint32_t)a[1], &stat);

	return error ? error : user_write(a[0], &stat, sizeof(stat));
}

static int64_t do_statfs(const struct path_at *at, const char *path, const uint64_t a[3])
{
	struct lx_statfs statfs = {0};
	int64_t error = path_statfs(at, path, &statfs);

	return error ? error : user_write(a[0], &statfs, sizeof(statfs));
}

/* Everybody is root and owns everything; the name must exist all the same. */
static int64_t do_chown(const struct path_at *at, const char *path, const uint64_t a[3])
{
	struct lx_stat stat;

	return path_stat(at, path, (uint32_t)a[0], &stat);
}

static int64_t do_utimens(const struct path_at *at, const char *path, const uint64_t a[3])
{
	struct lx_timespec times[2];

	if (a[0] && user_read(times, a[0], sizeof(times)))
		return -LX_EFAULT;
	return path_utimens(at, path, a[0] ? times : NULL, (uint32_t)a[1]);
}

static struct lx_statx_time statx_time(struct lx_timespec t)
{
	return (struct lx_statx_time){.seconds = t.seconds, .nanoseconds = (uint32_t)t.nanoseconds};
}

static int64_t do_statx(const struct path_at *at, const char *path, const uint64_t a[3])
{
	struct lx_stat s = {0};
	int64_t error = path_stat(at, path, (uint32_t)a[1], &s);
	struct lx_statx x = {.mask = LX_STATX_BASIC, .block_size = (uint32_t)s.block_size, .links = (uint32_t)s.links,
		.mode = (uint16_t)s.mode, .inode = s.inode, .size = (uint64_t)s.size, .blocks = (uint64_t)s.blocks,
		.accessed = statx_time(s.accessed), .changed = statx_time(s.changed), .modified = statx_time(s.modified),
		.special_major = (uint32_t)(s.special >> 8), .special_minor = (uint32_t)(s.special & 0xff)};

	return error ? error : user_write(a[0], &x, sizeof(x));
}

/* ---- two names ---- */

typedef int64_t pair_call(const struct path_at *from, const char *old, const struct path_at *to, const char *new,
	uint32_t flags);

static int64_t on_pair(struct path_at from, uint64_t old, struct path_at to, uint64_t new, pair_call *call,
	uint32_t flags)
{
	struct path_text first, second;
	int64_t result = path_take(&first, old);

	if (result)
		return result;
	result = path_take(&second, new);
	if (!result) {
		result = call(&from, first.text, &to, second.text, flags);
		path_drop(&second);
	}
	path_drop(&first);
	return result;
}

static int64_t symlink_pair(const struct path_at *from, const char *old, const struct path_at *to, const char *new,
	uint32_t flags)
{
	(void)from;
	(void)flags;
	return path_symlink(old, to, new);
}

/* ---- the calls; the *at forms and the old ones differ in where arguments are ---- */

#define CALL(name, expression) static int64_t name(struct trap_frame *f) { return expression; }

CALL(sys_open, on_path(at_current(), arg0(f), do_open, arg1(f), arg2(f), 0))
CALL(sys_openat, on_path(at_fd(arg0(f)), arg1(f), do_open, arg2(f), arg3(f), 0))
CALL(sys_creat, on_path(at_current(), arg0(f), do_open, LX_O_CREAT | LX_O_WRONLY | LX_O_TRUNC, arg1(f), 0))
CALL(sys_stat, on_path(at_current(), arg0(f), do_stat, arg1(f), 0, 0))
CALL(sys_lstat, on_path(at_current(), arg0(f), do_stat, arg1(f), LX_AT_SYMLINK_NOFOLLOW, 0))
CALL(sys_newfstatat, on_path(at_fd(arg0(f)), arg1(f), do_stat, arg2(f), arg3(f), 0))
CALL(sys_statx, on_path(at_fd(arg0(f)), arg1(f), do_statx, arg4(f), arg2(f) & 0x1fff, 0))
CALL(sys_statfs, on_path(at_current(), arg0(f), do_statfs, arg1(f), 0, 0))
CALL(sys_access, on_path(at_current(), arg0(f), do_access, arg1(f), 0, 0))
CALL(sys_faccessat, on_path(at_fd(arg0(f)), arg1(f), do_access, arg2(f), 0, 0))
CALL(sys_faccessat2, on_path(at_fd(arg0(f)), arg1(f), do_access, arg2(f), arg3(f), 0))
CALL(sys_chmod, on_path(at_current(), arg0(f), do_chmod, arg1(f), 0, 0))
CALL(sys_fchmodat, on_path(at_fd(arg0(f)), arg1(f), do_chmod, arg2(f), 0, 0))
CALL(sys_chown, on_path(at_current(), arg0(f), do_chown, 0, 0, 0))
CALL(sys_lchown, on_path(at_current(), arg0(f), do_chown, LX_AT_SYMLINK_NOFOLLOW, 0, 0))
CALL(sys_fchownat, on_path(at_fd(arg0(f)), arg1(f), do_chown, arg4(f), 0, 0))
CALL(sys_truncate, on_path(at_current(), arg0(f), do_truncate, arg1(f), 0, 0))
CALL(sys_mkdir, on_path(at_current(), arg0(f), do_mkdir, arg1(f), 0, 0))
CALL(sys_mkdirat, on_path(at_fd(arg0(f)), arg1(f), do_mkdir, arg2(f), 0, 0))
CALL(sys_mknod, on_path(at_current(), arg0(f), do_mknod, arg1(f), arg2(f), 0))
CALL(sys_mknodat, on_path(at_fd(arg0(f)), arg1(f), do_mknod, arg2(f), arg3(f), 0))
CALL(sys_unlink, on_path(at_current(), arg0(f), do_unlink, 0, 0, 0))
CALL(sys_rmdir, on_path(at_current(), arg0(f), do_unlink, LX_AT_REMOVEDIR, 0, 0))
CALL(sys_unlinkat, on_path(at_fd(arg0(f)), arg1(f), do_unlink, arg2(f), 0, 0))
CALL(sys_readlink, on_path(at_current(), arg0(f), do_readlink, arg1(f), arg2(f), 0))
CALL(sys_readlinkat, on_path(at_fd(arg0(f)), arg1(f), do_readlink, arg2(f), arg3(f), 0))
CALL(sys_chdir, on_path(at_current(), arg0(f), do_chdir, 0, 0, 0))
CALL(sys_rename, on_pair(at_current(), arg0(f), at_current(), arg1(f), path_rename, 0))
CALL(sys_renameat, on_pair(at_fd(arg0(f)), arg1(f), at_fd(arg2(f)), arg3(f), path_rename, 0))
CALL(sys_renameat2, on_pair(at_fd(arg0(f)), arg1(f), at_fd(arg2(f)), arg3(f), path_rename, (uint32_t)arg4(f)))
CALL(sys_link, on_pair(at_current(), arg0(f), at_current(), arg1(f), path_link, 0))
CALL(sys_linkat, on_pair(at_fd(arg0(f)), arg1(f), at_fd(arg2(f)), arg3(f), path_link, (uint32_t)arg4(f)))
CALL(sys_symlink, on_pair(at_current(), arg0(f), at_current(), arg1(f), symlink_pair, 0))
CALL(sys_symlinkat, on_pair(at_current(), arg0(f), at_fd(arg1(f)), arg2(f), symlink_pair, 0))

/* utimensat without a name means the descriptor itself (futimens). */
static int64_t sys_utimensat(struct trap_frame *f)
{
	struct lx_timespec times[2];
	struct file *file;
	int64_t result;

	if (arg1(f))
		return on_path(at_fd(arg0(f)), arg1(f), do_utimens, arg2(f), arg3(f), 0);
	if (arg2(f) && user_read(times, arg2(f), sizeof(times)))
		return -LX_EFAULT;
	file = fd_file(process_self()->files, (uint32_t)arg0(f));
	if (!file)
		return -LX_EBADF;
	result = file_utimens(file, arg2(f) ? times : NULL);
	file_put(file);
	return result;
}

static int64_t sys_getcwd(struct trap_frame *f)
{
	char *text = mm_heap_alloc(LX_PATH_MAX);
	int64_t n;

	if (!text)
		return -LX_ENOMEM;
	n = path_current(process_self()->paths, text, arg1(f) < LX_PATH_MAX ? arg1(f) : LX_PATH_MAX);
	if (n > 0 && user_write(arg0(f), text, (size_t)n))
		n = -LX_EFAULT;
	mm_heap_free(text, LX_PATH_MAX);
	return n;
}

static int64_t sys_umask(struct trap_frame *f)
{
	struct path_context *c = process_self()->paths;
	uint32_t old = c->umask;

	c->umask = (uint32_t)arg0(f) & 0777u;
	return old;
}

static const struct call path_calls[] = {
	{2, sys_open}, {4, sys_stat}, {6, sys_lstat}, {21, sys_access}, {76, sys_truncate}, {79, sys_getcwd},
	{80, sys_chdir}, {82, sys_rename}, {83, sys_mkdir}, {84, sys_rmdir}, {85, sys_creat}, {86, sys_link},
	{87, sys_unlink}, {88, sys_symlink}, {89, sys_readlink}, {90, sys_chmod}, {92, sys_chown}, {94, sys_lchown},
	{95, sys_umask}, {133, sys_mknod}, {137, sys_statfs}, {257, sys_openat}, {258, sys_mkdirat}, {259, sys_mknodat},
	{260, sys_fchownat}, {262, sys_newfstatat}, {263, sys_unlinkat}, {264, sys_renameat}, {265, sys_linkat},
	{266, sys_symlinkat}, {267, sys_readlinkat}, {268, sys_fchmodat}, {269, sys_faccessat}, {280, sys_utimensat},
	{316, sys_renameat2}, {332, sys_statx}, {439, sys_faccessat2},
};
CALL_GROUP(path);
