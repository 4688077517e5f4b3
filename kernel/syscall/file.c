/* SPDX-License-Identifier: MIT */
/* Calls on descriptors. */
#include "calls.h"

#include <fs/pipe.h>
#include <fs/poll.h>
#include <mm/heap.h>

#define POLL_MOST 4096u

typedef int64_t file_call(struct file *f, const struct trap_frame *frame);

/* SIGPIPE belongs to every write to a pipe that nobody reads. */
static int64_t tell_pipe(int64_t result)
{
	if (result == -LX_EPIPE)
		signal_task(task_self(), LX_SIGPIPE, NULL);
	return result;
}

static int64_t on_file(const struct trap_frame *frame, file_call *call)
{
	struct file *f = fd_file(process_self()->files, (uint32_t)arg0(frame));
	int64_t result;

	if (!f)
		return -LX_EBADF;
	result = call(f, frame);
	file_put(f);
	return result;
}

#define ON_FILE(name, expression) \
	static int64_t do_##name(struct file *f, const struct trap_frame *a) { (void)a; return expression; } \
	static int64_t sys_##name(struct trap_frame *frame) { return on_file(frame, do_##name); }

ON_FILE(read, file_read(f, arg1(a), arg2(a)))
ON_FILE(write, tell_pipe(file_write(f, arg1(a), arg2(a))))
ON_FILE(pread, file_pread(f, arg1(a), arg2(a), (int64_t)arg3(a)))
ON_FILE(pwrite, file_pwrite(f, arg1(a), arg2(a), (int64_t)arg3(a)))
ON_FILE(readv, file_readv(f, arg1(a), (uint32_t)arg2(a)))
ON_FILE(writev, tell_pipe(file_writev(f, arg1(a), (uint32_t)arg2(a))))
ON_FILE(preadv, file_preadv(f, arg1(a), (uint32_t)arg2(a), (int64_t)arg3(a)))
ON_FILE(pwritev, file_pwritev(f, arg1(a), (uint32_t)arg2(a), (int64_t)arg3(a)))
ON_FILE(lseek, file_seek(f, (int64_t)arg1(a), (int32_t)arg2(a)))
ON_FILE(getdents64, file_readdir(f, arg1(a), arg2(a)))
ON_FILE(ftruncate, file_truncate(f, (int64_t)arg1(a)))
ON_FILE(fchmod, file_chmod(f, (uint32_t)arg1(a)))
ON_FILE(fsync, file_sync(f))
ON_FILE(fchdir, path_fchdir(process_self()->paths, f))
ON_FILE(fchown, f ? 0 : -LX_EBADF) /* everybody is root and owns everything */

static int64_t do_flock(struct file *f, const struct trap_frame *a)
{
	bool wait = !(arg1(a) & LX_LOCK_NB);

	switch (arg1(a) & ~(uint64_t)LX_LOCK_NB) {
	case LX_LOCK_SH: return file_lock(f, FILE_SHARED, wait);
	case LX_LOCK_EX: return file_lock(f, FILE_EXCLUSIVE, wait);
	case LX_LOCK_UN: return file_lock(f, FILE_UNLOCKED, wait);
	default: return -LX_EINVAL;
	}
}

static int64_t sys_flock(struct trap_frame *f)
{
	return on_file(f, do_flock);
}

static int64_t do_fstat(struct file *f, const struct trap_frame *a)
{
	struct lx_stat stat = {0};
	int64_t error = file_stat(f, &stat);

	return error ? error : user_write(arg1(a), &stat, sizeof(stat));
}

static int64_t do_fstatfs(struct file *f, const struct trap_frame *a)
{
	struct lx_statfs statfs = {0};
	int64_t error = file_statfs(f, &statfs);

	return error ? error : user_write(arg1(a), &statfs, sizeof(statfs));
}

static int64_t sys_fstat(struct trap_frame *f)
{
	return on_file(f, do_fstat);
}

static int64_t sys_fstatfs(struct trap_frame *f)
{
	return on_file(f, do_fstatfs);
}

static int64_t sys_close(struct trap_frame *f)
{
	return fd_close(process_self()->files, (uint32_t)arg0(f));
}

static int64_t sys_close_range(struct trap_frame *f)
{
	if (arg2(f) & ~4ull) /* CLOSE_RANGE_CLOEXEC */
		return -LX_EINVAL;
	return fd_close_range(process_self()->files, (uint32_t)arg0(f), (uint32_t)arg1(f), arg2(f) & 4);
}

static int64_t sys_ioctl(struct trap_frame *f)
{
	return fd_ioctl(process_self()->files, (uint32_t)arg0(f), (uint32_t)arg1(f), arg2(f));
}

static int64_t sys_fcntl(struct trap_frame *f)
{
	return fd_fcntl(process_self()->files, (uint32_t)arg0(f), (uint32_t)arg1(f), arg2(f));
}

static int64_t sys_dup(struct trap_frame *f)
{
	return fd_dup(process_self()->files, (uint32_t)arg0(f));
}

static int64_t sys_dup2(struct trap_frame *f)
{
	return fd_dup2(process_self()->files, (uint32_t)arg0(f), (uint32_t)arg1(f));
}

static int64_t sys_dup3(struct trap_frame *f)
{
	return fd_dup3(process_self()->files, (uint32_t)arg0(f), (uint32_t)arg1(f), (uint32_t)arg2(f));
}

/* Both descriptors or none: the second is installed only when the first one is, and it goes if the program cannot be
 * told. */
static int64_t install_pipe(struct file *reader, struct file *writer, uint64_t to, uint32_t flags)
{
	struct fd_table *t = process_self()->files;
	int32_t fd[2];
	int64_t result = fd_install(t, reader, 0, flags);

	if (result < 0) {
		file_put(writer);
		return result;
	}
	fd[0] = (int32_t)result;
	result = fd_install(t, writer, 0, flags);
	if (result >= 0) {
		fd[1] = (int32_t)result;
		result = user_write(to, fd, sizeof(fd));
		if (result == 0)
			return 0;
		fd_close(t, (uint32_t)fd[1]);
	}
	fd_close(t, (uint32_t)fd[0]);
	return result;
}

static int64_t make_pipe(uint64_t to, uint32_t flags)
{
	struct file *reader, *writer;
	int64_t error;

	if (flags & ~(LX_O_CLOEXEC | LX_O_NONBLOCK))
		return -LX_EINVAL;
	error = pipe_create(flags & LX_O_NONBLOCK, &reader, &writer);
	return error ? error : install_pipe(reader, writer, to, flags & LX_O_CLOEXEC);
}

static int64_t sys_pipe(struct trap_frame *f)
{
	return make_pipe(arg0(f), 0);
}

static int64_t sys_pipe2(struct trap_frame *f)
{
	return make_pipe(arg0(f), (uint32_t)arg1(f));
}

/* ---- waiting ---- */

static int64_t poll_entries(uint64_t entries, uint32_t count, uint64_t deadline)
{
	size_t bytes = count * sizeof(struct lx_pollfd);
	struct lx_pollfd *list;
	int64_t result;

	if (count > POLL_MOST)
		return -LX_EINVAL;
	list = bytes ? mm_heap_alloc(bytes) : NULL;
	if (bytes && !list)
		return -LX_ENOMEM;
	result = bytes ? user_read(list, entries, bytes) : 0;
	if (result == 0)
		result = fs_poll(process_self()->files, list, count, deadline);
	if (result >= 0 && bytes && user_write(entries, list, bytes))
		result = -LX_EFAULT;
	if (bytes)
		mm_heap_free(list, bytes);
	return result;
}

/* A wait that was interrupted goes on, if at all, to the deadline it had. */
static int64_t until(uint64_t deadline, int64_t result)
{
	return result == -LX_ERESTARTNOHAND && deadline != WAIT_FOREVER ? signal_keep_deadline(deadline) : result;
}

static int64_t sys_poll(struct trap_frame *f)
{
	int32_t ms = (int32_t)arg2(f);
	uint64_t deadline;

	if (!signal_kept_deadline(&deadline))
		deadline = ms < 0 ? WAIT_FOREVER : proc_deadline_ns((uint64_t)ms * 1000000u);
	return until(deadline, poll_entries(arg0(f), (uint32_t)arg1(f), deadline));
}

/* Take an optional signal mask of `bytes` bytes; false in *borrowed if there is none. */
static int64_t borrow_mask(uint64_t at, uint64_t bytes, bool *borrowed)
{
	uint64_t mask;

	*borrowed = at != 0;
	if (!at)
		return 0;
	if (bytes != sizeof(mask))
		return -LX_EINVAL;
	if (user_read(&mask, at, sizeof(mask)))
		return -LX_EFAULT;
	signal_borrow_mask(mask);
	return 0;
}

static int64_t sys_ppoll(struct trap_frame *f)
{
	uint64_t deadline = WAIT_FOREVER;
	int64_t result = arg2(f) ? proc_take_timeout(arg2(f), &deadline) : 0;
	bool borrowed = false;

	if (!result)
		result = borrow_mask(arg3(f), arg4(f), &borrowed);
	if (!result)
		result = until(deadline, poll_entries(arg0(f), (uint32_t)arg1(f), deadline));
	if (borrowed)
		signal_return_mask();
	return result;
}

static int64_t sys_select(struct trap_frame *f)
{
	uint64_t deadline = WAIT_FOREVER;
	struct lx_timeval tv;

	if (!signal_kept_deadline(&deadline) && arg4(f)) {
		if (user_read(&tv, arg4(f), sizeof(tv)))
			return -LX_EFAULT;
		if (tv.seconds < 0 || tv.microseconds < 0)
			return -LX_EINVAL;
		deadline = proc_deadline(&(struct lx_timespec){tv.seconds, tv.microseconds * 1000});
	}
	return until(deadline, fs_select(process_self()->files, (uint32_t)arg0(f), arg1(f), arg2(f), arg3(f), deadline));
}

static int64_t sys_pselect6(struct trap_frame *f)
{
	uint64_t deadline = WAIT_FOREVER, set[2] = {0, 0};
	int64_t result = arg4(f) ? proc_take_timeout(arg4(f), &deadline) : 0;
	bool borrowed = false;

	if (!result && arg5(f) && user_read(set, arg5(f), sizeof(set)))
		result = -LX_EFAULT;
	if (!result)
		result = borrow_mask(set[0], set[1], &borrowed);
	if (!result)
		result = until(deadline,
			fs_select(process_self()->files, (uint32_t)arg0(f), arg1(f), arg2(f), arg3(f), deadline));
	if (borrowed)
		signal_return_mask();
	return result;
}

static int64_t sys_eventfd2(struct trap_frame *f)
{
	uint32_t flags = (uint32_t)arg1(f);
	struct file *file;
	int64_t error = eventfd_create((uint32_t)arg0(f), flags & ~LX_O_CLOEXEC, &file);

	return error ? error : fd_install(process_self()->files, file, 0, flags & LX_O_CLOEXEC);
}

static int64_t sys_eventfd(struct trap_frame *f)
{
	struct file *file;
	int64_t error = eventfd_create((uint32_t)arg0(f), 0, &file);

	return error ? error : fd_install(process_self()->files, file, 0, 0);
}

static int64_t make_epoll(bool valid, uint32_t flags)
{
	struct file *file;
	int64_t error = valid ? epoll_create(&file) : -LX_EINVAL;

	return error ? error : fd_install(process_self()->files, file, 0, flags);
}

static int64_t sys_epoll_create(struct trap_frame *f)
{
	return make_epoll((int32_t)arg0(f) > 0, 0);
}

static int64_t sys_epoll_create1(struct trap_frame *f)
{
	return make_epoll(!(arg0(f) & ~(uint64_t)LX_O_CLOEXEC), (uint32_t)arg0(f));
}

static int64_t do_epoll_ctl(struct file *file, const struct trap_frame *f)
{
	return epoll_control(file, (int32_t)arg1(f), process_self()->files, (uint32_t)arg2(f), arg3(f));
}

static int64_t sys_epoll_ctl(struct trap_frame *f)
{
	return on_file(f, do_epoll_ctl);
}

static int64_t do_epoll_wait(struct file *file, const struct trap_frame *f)
{
	int32_t ms = (int32_t)arg3(f);

	return epoll_wait(file, arg1(f), (uint32_t)arg2(f),
		ms < 0 ? WAIT_FOREVER : proc_deadline_ns((uint64_t)ms * 1000000u));
}

static int64_t sys_epoll_wait(struct trap_frame *f)
{
	return on_file(f, do_epoll_wait);
}

static int64_t sys_epoll_pwait(struct trap_frame *f)
{
	bool borrowed;
	int64_t result = borrow_mask(arg4(f), arg5(f), &borrowed);

	if (!result)
		result = on_file(f, do_epoll_wait);
	if (borrowed)
		signal_return_mask();
	return result;
}

static const struct call file_calls[] = {
	{0, sys_read}, {1, sys_write}, {3, sys_close}, {5, sys_fstat}, {7, sys_poll}, {8, sys_lseek}, {16, sys_ioctl},
	{17, sys_pread}, {18, sys_pwrite}, {19, sys_readv}, {20, sys_writev}, {22, sys_pipe}, {23, sys_select},
	{32, sys_dup}, {33, sys_dup2}, {72, sys_fcntl}, {73, sys_flock}, {74, sys_fsync},
	{75, sys_fsync}, {77, sys_ftruncate}, {81, sys_fchdir}, {91, sys_fchmod}, {93, sys_fchown}, {138, sys_fstatfs},
	{217, sys_getdents64}, {270, sys_pselect6},
	{271, sys_ppoll}, {284, sys_eventfd}, {290, sys_eventfd2},
	{213, sys_epoll_create}, {232, sys_epoll_wait}, {233, sys_epoll_ctl}, {281, sys_epoll_pwait},
	{291, sys_epoll_create1}, {292, sys_dup3}, {293, sys_pipe2}, {295, sys_preadv}, {296, sys_pwritev},
	{436, sys_close_range},
};
CALL_GROUP(file);
