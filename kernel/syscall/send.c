/* SPDX-License-Identifier: MIT */
/* sendfile: the source's pages are mapped for the time of a write, so that nothing is copied twice. The mapping is
 * private: no child gets it as shared memory, and a program that may migrate reads copies in its arena. */
#include "calls.h"

#define PAGE   4096ull
#define WINDOW (64 * 1024ull) /* bytes mapped at a time */

/* Write `bytes` of what `backing` has at `at`: the number written, or an error. */
static int64_t send_window(struct file *out, struct space_backing *backing, uint64_t at, uint64_t bytes)
{
	struct memory *m = process_self()->memory;
	uint64_t skipped = at % PAGE, whole = (skipped + bytes + PAGE - 1) & ~(PAGE - 1);
	int64_t window = space_map(memory_lock(m), 0, whole, SPACE_READ, backing, at - skipped), result;

	memory_unlock(m);
	if (window < 0)
		return window;
	result = file_write(out, (uint64_t)window + skipped, bytes);
	(void)space_unmap(memory_lock(m), (uint64_t)window, whole);
	memory_unlock(m);
	return result;
}

/* As far as the file goes; what was written before an error counts. */
static int64_t send_all(struct file *out, struct file *in, struct space_backing *backing, uint64_t at, uint64_t bytes)
{
	uint64_t done = 0;

	while (done < bytes) {
		struct lx_stat stat;
		uint64_t left = bytes - done < WINDOW ? bytes - done : WINDOW;
		int64_t result = file_stat(in, &stat);

		if (!result && at + done >= (uint64_t)stat.size)
			break;
		if (!result && left > (uint64_t)stat.size - at - done)
			left = (uint64_t)stat.size - at - done;
		if (!result)
			result = send_window(out, backing, at + done, left);
		if (result < 0)
			return done ? (int64_t)done : result;
		done += (uint64_t)result;
		if ((uint64_t)result < left)
			break;
	}
	return (int64_t)done;
}

static int64_t send_from(struct file *out, struct file *in, uint64_t offset, uint64_t bytes)
{
	struct space_backing *backing = NULL;
	int64_t at = (int64_t)in->offset, result = file_backing(in, SPACE_READ, &backing);

	if (offset && user_read(&at, offset, sizeof(at)))
		return -LX_EFAULT;
	if (result == -LX_EACCES)
		return -LX_EBADF; /* not open for reading */
	if (result || !backing || at < 0 || (out->flags & LX_O_APPEND))
		return -LX_EINVAL;
	result = file_write(out, 0, 0); /* is it open for writing? */
	if (!result)
		result = send_all(out, in, backing, (uint64_t)at, bytes < LX_RW_MAX ? bytes : LX_RW_MAX);
	if (result <= 0)
		return result;
	at += result;
	if (!offset)
		in->offset = (uint64_t)at;
	else if (user_write(offset, &at, sizeof(at)))
		return -LX_EFAULT;
	return result;
}

static int64_t sys_sendfile(struct trap_frame *f)
{
	struct fd_table *t = process_self()->files;
	struct file *in = fd_file(t, (uint32_t)arg1(f)), *out = fd_file(t, (uint32_t)arg0(f));
	int64_t result = in && out ? send_from(out, in, arg2(f), arg3(f)) : -LX_EBADF;

	if (in)
		file_put(in);
	if (out)
		file_put(out);
	if (result == -LX_EPIPE)
		signal_task(task_self(), LX_SIGPIPE, NULL);
	return result;
}

static const struct call send_calls[] = {{40, sys_sendfile}};
CALL_GROUP(send);
