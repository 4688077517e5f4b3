/* SPDX-License-Identifier: MIT */
/* Descriptors, pipes, poll, select, eventfd, timerfd, epoll and the terminal; the test plays the other threads. */
#include <abi/linux_process.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "stand_in.h"

#include <fs/device.h>
#include <fs/fs.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include <fs/proc.h>
#include <fs/terminal.h>
#include <hw/cpu.h>

static struct path_context *context;
static struct fd_table *table;
static struct file *reader, *writer;
static char buffer[1 << 17];
static uint32_t slept;

static int set_up(void **unused)
{
	(void)unused;
	stand_in_keys = "";
	fs_init(NULL, 0, 0);
	context = path_context_create();
	table = fd_create(32);
	return 0;
}

static int fresh_pipe(void **unused)
{
	(void)unused;
	slept = 0;
	stand_in_asleep = NULL;
	return (int)pipe_create(0, &reader, &writer);
}

static int close_pipe(void **unused)
{
	(void)unused;
	if (reader)
		file_put(reader);
	if (writer)
		file_put(writer);
	return 0;
}

static uint64_t at(const void *p)
{
	return (uint64_t)p;
}

static struct file *open_file(const char *path, uint32_t flags)
{
	const struct path_at here = {.context = context, .fd = LX_AT_FDCWD};
	struct file *f;

	assert_int_equal(path_open_file(&here, path, flags, 0644, &f), 0);
	return f;
}

/* Descriptors. */

static void lowest_descriptor_first(void **unused)
{
	(void)unused;
	for (int64_t i = 0; i < 32; i++)
		assert_int_equal(fd_install(table, open_file("/dev/null", 0), 0, 0), i);
	assert_int_equal(fd_install(table, open_file("/dev/null", 0), 0, 0), -LX_EMFILE);
	assert_int_equal(fd_close(table, 7), 0);
	assert_int_equal(fd_close(table, 7), -LX_EBADF);
	assert_int_equal(fd_close(table, 3), 0);
	assert_int_equal(fd_fcntl(table, 0, LX_F_DUPFD, 5), 7);
	assert_int_equal(fd_dup(table, 0), 3);
	assert_int_equal(fd_dup(table, 0), -LX_EMFILE);
	assert_int_equal(fd_dup(table, 99), -LX_EBADF);
	assert_int_equal(fd_fcntl(table, 0, LX_F_DUPFD, 32), -LX_EINVAL);
	assert_int_equal(fd_close_range(table, 0, UINT32_MAX, false), 0);
	assert_null(fd_file(table, 0));
}

static void duplicates_share_all_but_the_flag(void **unused)
{
	struct file *f = open_file("/tmp/d", LX_O_CREAT | LX_O_RDWR);

	(void)unused;
	assert_int_equal(fd_install(table, f, 0, LX_O_CLOEXEC), 0);
	assert_int_equal(fd_dup2(table, 0, 5), 5);
	assert_int_equal(fd_dup2(table, 5, 5), 5);
	assert_int_equal(fd_dup2(table, 9, 9), -LX_EBADF);
	assert_int_equal(fd_dup3(table, 5, 5, 0), -LX_EINVAL);
	assert_int_equal(fd_dup2(table, 0, 32), -LX_EBADF);
	assert_int_equal(fd_fcntl(table, 0, LX_F_GETFD, 0), LX_FD_CLOEXEC);
	assert_int_equal(fd_fcntl(table, 5, LX_F_GETFD, 0), 0);
	assert_int_equal(file_write(f, at("abc"), 3), 3);
	assert_int_equal(table->file[5]->offset, 3);
	assert_int_equal(fd_fcntl(table, 5, LX_F_SETFL, LX_O_APPEND | LX_O_WRONLY), 0);
	assert_int_equal(fd_fcntl(table, 0, LX_F_GETFL, 0), LX_O_APPEND | LX_O_RDWR);
	assert_int_equal(f->references, 2);
}

static void fork_copies_and_exec_closes(void **unused)
{
	struct fd_table *copy = fd_copy(table);

	(void)unused;
	assert_int_equal(copy->file[0]->references, 4);
	fd_exec(copy);
	assert_null(copy->file[0]);
	assert_non_null(copy->file[5]);
	assert_int_equal(fd_install(copy, open_file("/dev/null", 0), 0, 0), 0);
	fd_put(copy);
	assert_int_equal(table->file[5]->references, 2);
	fd_close_range(table, 0, UINT32_MAX, false);
}

static void tables_grow(void **unused)
{
	struct fd_table *t = fd_create(FD_MOST + 5), *copy;

	(void)unused;
	for (int64_t i = 0; i < FD_MOST; i++)
		assert_int_equal(fd_install(t, open_file("/dev/null", 0), 0, (uint32_t)i & 1 ? LX_O_CLOEXEC : 0), i);
	assert_int_equal(fd_install(t, open_file("/dev/null", 0), 0, 0), -LX_EMFILE);
	copy = fd_copy(t);
	fd_put(t);
	fd_exec(copy);
	for (uint32_t i = 0; i < FD_MOST; i++)
		assert_int_equal(copy->file[i] != NULL, !(i & 1));
	fd_put(copy);
}

/* Pipes. */

static int writer_comes(void)
{
	slept++;
	assert_int_equal(file_write(writer, at("hello"), 5), 5);
	return WAIT_WOKEN;
}

static int writer_goes(void)
{
	file_put(writer);
	writer = NULL;
	return WAIT_WOKEN;
}

static int signal_comes(void)
{
	return WAIT_INTERRUPTED;
}

static void reading_waits(void **unused)
{
	(void)unused;
	stand_in_asleep = writer_comes;
	assert_int_equal(file_read(reader, at(buffer), 100), 5);
	assert_memory_equal(buffer, "hello", 5);
	assert_int_equal(slept, 1);
	stand_in_asleep = signal_comes;
	assert_int_equal(file_read(reader, at(buffer), 100), -LX_ERESTART);
	reader->flags |= LX_O_NONBLOCK;
	assert_int_equal(file_read(reader, at(buffer), 100), -LX_EAGAIN);
	reader->flags &= ~LX_O_NONBLOCK;
	stand_in_asleep = writer_goes;
	assert_int_equal(file_read(reader, at(buffer), 100), 0);
	assert_int_equal(file_read(reader, at(buffer), 0), 0);
	assert_int_equal(file_write(reader, at(buffer), 1), -LX_EBADF);
}

static int reader_comes(void)
{
	static char out[5000];

	slept++;
	assert_int_equal(file_read(reader, at(out), sizeof(out)), sizeof(out));
	return WAIT_WOKEN;
}

static void writing_waits_for_room(void **unused)
{
	uint32_t used = 0;

	(void)unused;
	stand_in_asleep = reader_comes;
	memset(buffer, 'x', sizeof(buffer));
	assert_int_equal(file_write(writer, at(buffer), sizeof(buffer)), sizeof(buffer));
	assert_int_equal(slept, (sizeof(buffer) - 65536 + 4999) / 5000);
	assert_int_equal(file_ioctl(reader, LX_FIONREAD, at(&used)), 0);
	assert_true(used > 60000);
	writer->flags |= LX_O_NONBLOCK;
	/* What is atomic does not go in part. */
	while (file_write(writer, at(buffer), 1000) == 1000)
		;
	assert_int_equal(file_write(writer, at(buffer), 4096), -LX_EAGAIN);
	assert_true(file_write(writer, at(buffer), 5000) > 0);
	file_put(reader);
	reader = NULL;
	assert_int_equal(file_write(writer, at(buffer), 1), -LX_EPIPE);
}

static void bad_addresses_lose_nothing(void **unused)
{
	struct lx_stat stat;

	(void)unused;
	assert_int_equal(file_write(writer, BAD_ADDRESS, 5), -LX_EFAULT);
	assert_int_equal(file_write(writer, at("abc"), 3), 3);
	assert_int_equal(file_read(reader, BAD_ADDRESS, 5), -LX_EFAULT);
	assert_int_equal(file_read(reader, at(buffer), 5), 3);
	assert_int_equal(file_pread(reader, at(buffer), 5, 0), -LX_ESPIPE);
	assert_int_equal(file_seek(reader, 0, LX_SEEK_SET), -LX_ESPIPE);
	assert_int_equal(file_stat(reader, &stat), 0);
	assert_int_equal(stat.mode & LX_S_IFMT, LX_S_IFIFO);
}

static uint32_t total_in, total_out;

/* In the middle of one side's copy the other side does something. */
static void other_side(void)
{
	static char out[9000];
	void (*self)(void) = stand_in_preempted;
	int64_t n;

	stand_in_preempted = NULL;
	reader->flags |= LX_O_NONBLOCK;
	n = rand() % 2 ? file_read(reader, at(out), (size_t)rand() % sizeof(out) + 1) : 0;
	for (int64_t i = 0; i < n; i++)
		assert_int_equal((uint8_t)out[i], (uint8_t)(total_out++ * 31 >> 5));
	reader->flags &= ~LX_O_NONBLOCK;
	stand_in_preempted = self;
}

static void pages_come_and_go_between_two(void **unused)
{
	uint64_t frames = stand_in_frames;

	(void)unused;
	total_in = total_out = 0;
	writer->flags |= LX_O_NONBLOCK;
	for (uint32_t i = 0; i < 3000; i++) {
		size_t n = (size_t)rand() % 20000 + 1;
		int64_t done;

		for (size_t k = 0; k < n; k++)
			buffer[k] = (char)((total_in + k) * 31 >> 5);
		stand_in_preempted = other_side;
		done = file_write(writer, at(buffer), n);
		stand_in_preempted = NULL;
		total_in += done > 0 ? (uint32_t)done : 0;
		other_side();
		assert_true(stand_in_frames <= frames + 17);
	}
	assert_true(total_out > 1u << 20);
}

static void vectors(void **unused)
{
	struct lx_iovec v[3] = {{at("ab"), 2}, {0, 0}, {at("cde"), 3}};
	struct lx_iovec bad[2] = {{at("ab"), 2}, {BAD_ADDRESS, 1}};

	(void)unused;
	assert_int_equal(file_writev(writer, at(v), 3), 5);
	assert_int_equal(file_writev(writer, at(bad), 2), 2);
	assert_int_equal(file_writev(writer, at(v), 1025), -LX_EINVAL);
	assert_int_equal(file_writev(writer, BAD_ADDRESS, 1), -LX_EFAULT);
	v[0].bytes = UINT64_MAX;
	assert_int_equal(file_writev(writer, at(v), 3), -LX_EINVAL);
	v[0] = (struct lx_iovec){at(buffer), 1};
	v[1] = (struct lx_iovec){at(buffer + 1), 100};
	assert_int_equal(file_readv(reader, at(v), 2), 7);
	assert_memory_equal(buffer, "abcdeab", 7);
}

/* poll and friends. */

static void poll_sees_both_ends(void **unused)
{
	struct lx_pollfd p[20] = {{.fd = 0, .events = LX_POLLIN}, {.fd = 1, .events = LX_POLLOUT}, {.fd = -1}, {.fd = 25}};

	(void)unused;
	assert_int_equal(fd_install(table, reader, 0, 0), 0);
	assert_int_equal(fd_install(table, writer, 0, 0), 1);
	assert_int_equal(fs_poll(table, p, 1, 0), 0);
	assert_int_equal(fs_poll(table, p, 4, WAIT_FOREVER), 2);
	assert_int_equal(p[1].revents, LX_POLLOUT);
	assert_int_equal(p[3].revents, LX_POLLNVAL);
	stand_in_asleep = writer_comes;
	assert_int_equal(fs_poll(table, p, 1, WAIT_FOREVER), 1);
	assert_int_equal(p[0].revents, LX_POLLIN);
	assert_int_equal(file_read(reader, at(buffer), 100), 5);
	stand_in_asleep = signal_comes;
	assert_int_equal(fs_poll(table, p, 1, WAIT_FOREVER), -LX_ERESTARTNOHAND);
	for (uint32_t i = 0; i < 20; i++)
		p[i] = p[0]; /* so many that the links are not on the stack */
	stand_in_asleep = writer_comes;
	assert_int_equal(fs_poll(table, p, 20, WAIT_FOREVER), 20);
	assert_int_equal(file_read(reader, at(buffer), 100), 5);
	fd_close(table, 1);
	assert_int_equal(fs_poll(table, p, 1, WAIT_FOREVER), 1);
	assert_int_equal(p[0].revents, LX_POLLHUP);
	fd_close(table, 0);
	reader = writer = NULL;
}

static int time_is_up(void)
{
	return WAIT_TIMEOUT;
}

static void select_is_poll_with_bits(void **unused)
{
	uint64_t in = 1, out = 2, none = 3;

	(void)unused;
	assert_int_equal(fd_install(table, reader, 0, 0), 0);
	assert_int_equal(fd_install(table, writer, 0, 0), 1);
	stand_in_asleep = time_is_up;
	assert_int_equal(fs_select(table, 1, at(&in), 0, 0, 1), 0);
	assert_int_equal(in, 0);
	in = 1;
	assert_int_equal(fs_select(table, 2, at(&in), at(&out), at(&none), WAIT_FOREVER), 1);
	assert_true(in == 0 && out == 2 && none == 0);
	file_write(writer, at("x"), 1);
	in = 1;
	assert_int_equal(fs_select(table, 2, at(&in), at(&out), 0, WAIT_FOREVER), 2);
	in = 4;
	assert_int_equal(fs_select(table, 3, at(&in), 0, 0, 0), -LX_EBADF);
	assert_int_equal(fs_select(table, 3, BAD_ADDRESS, 0, 0, 0), -LX_EFAULT);
	fd_close(table, 0);
	fd_close(table, 1);
	reader = writer = NULL;
}

static void eventfds_count(void **unused)
{
	struct poll_source *source;
	struct file *f;
	uint64_t value = 5;

	(void)unused;
	assert_int_equal(eventfd_create(3, LX_O_NONBLOCK, &f), 0);
	assert_int_equal(file_write(f, at(&value), 8), 8);
	assert_int_equal(file_read(f, at(&value), 8), 8);
	assert_int_equal(value, 8);
	assert_int_equal(file_read(f, at(&value), 8), -LX_EAGAIN);
	assert_int_equal(file_poll(f, &source) & (LX_POLLIN | LX_POLLOUT), LX_POLLOUT);
	assert_int_equal(file_read(f, at(&value), 7), -LX_EINVAL);
	value = UINT64_MAX - 1;
	assert_int_equal(file_write(f, at(&value), 8), 8);
	assert_int_equal(file_write(f, at(&value), 8), -LX_EAGAIN);
	assert_int_equal(file_poll(f, &source) & (LX_POLLIN | LX_POLLOUT), LX_POLLIN);
	file_put(f);
	assert_int_equal(eventfd_create(2, LX_EFD_SEMAPHORE, &f), 0);
	assert_int_equal(file_read(f, at(&value), 8), 8);
	assert_int_equal(value, 1);
	file_put(f);
}

static int time_passes(void)
{
	struct sched_timer *timer = stand_in_timer;

	slept++;
	assert_non_null(timer);
	while (hw_rdtsc() < timer->when)
		;
	timer->fire(timer);
	return WAIT_WOKEN;
}

static void timerfds_count_what_was_missed(void **unused)
{
	uint64_t value, now = hw_rdtsc(), when, interval;
	struct file *f;

	(void)unused;
	assert_int_equal(timerfd_create(LX_CLOCK_MONOTONIC, 0, &f), 0);
	stand_in_asleep = time_passes;
	assert_int_equal(timerfd_set(f, now + (1ull << 27), 0), 0);
	assert_int_equal(file_read(f, at(&value), 8), 8);
	assert_int_equal(value, 1);
	assert_int_equal(slept, 1);
	assert_int_equal(timerfd_get(f, &when, &interval), 0);
	assert_int_equal(when, 0);
	assert_int_equal(timerfd_set(f, now, 1ull << 40), 0);
	assert_int_equal(timerfd_get(f, &when, &interval), 0);
	assert_int_equal(when, now + (1ull << 40));
	assert_int_equal(timerfd_set(f, now - (5ull << 40) - 1, 1ull << 40), 0);
	assert_int_equal(file_read(f, at(&value), 8), 8);
	assert_int_equal(value, 6);
	f->flags |= LX_O_NONBLOCK;
	assert_int_equal(file_read(f, at(&value), 8), -LX_EAGAIN);
	file_put(f);
	assert_null(stand_in_timer);
	assert_int_equal(timerfd_set(reader, 1, 1), -LX_EINVAL);
}

static void epoll_tells_what_is_ready(void **unused)
{
	struct lx_epoll_event event = {.events = LX_POLLIN, .data = 11}, got[4];
	struct file *e;

	(void)unused;
	assert_int_equal(epoll_create(&e), 0);
	assert_int_equal(fd_install(table, reader, 0, 0), 0);
	assert_int_equal(fd_install(table, writer, 0, 0), 1);
	assert_int_equal(fd_install(table, open_file("/dev/null", 0), 0, 0), 2);
	assert_int_equal(fd_install(table, file_get(e), 0, 0), 3);
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_MOD, table, 0, at(&event)), -LX_ENOENT);
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_ADD, table, 0, at(&event)), 0);
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_ADD, table, 0, at(&event)), -LX_EEXIST);
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_ADD, table, 2, at(&event)), -LX_EPERM);
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_ADD, table, 3, at(&event)), -LX_EINVAL);
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_ADD, table, 4, at(&event)), -LX_EBADF);
	assert_int_equal(epoll_wait(e, at(got), 4, 0), 0);
	stand_in_asleep = writer_comes;
	assert_int_equal(epoll_wait(e, at(got), 4, WAIT_FOREVER), 1);
	assert_true(got[0].events == LX_POLLIN && got[0].data == 11);
	assert_int_equal(epoll_wait(e, at(got), 4, WAIT_FOREVER), 1); /* by level */
	event = (struct lx_epoll_event){.events = LX_POLLOUT | LX_EPOLLONESHOT, .data = 12};
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_ADD, table, 1, at(&event)), 0);
	assert_int_equal(epoll_wait(e, at(got), 4, WAIT_FOREVER), 2);
	assert_int_equal(epoll_wait(e, at(got), 4, WAIT_FOREVER), 1);
	event = (struct lx_epoll_event){.events = LX_POLLIN | LX_EPOLLET, .data = 13};
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_MOD, table, 0, at(&event)), 0);
	assert_int_equal(epoll_wait(e, at(got), 4, WAIT_FOREVER), 1);
	assert_int_equal(epoll_wait(e, at(got), 4, 0), 0); /* told once */
	file_write(writer, at("x"), 1);
	assert_int_equal(epoll_wait(e, at(got), 4, WAIT_FOREVER), 1);
	stand_in_asleep = signal_comes;
	assert_int_equal(epoll_wait(e, at(got), 4, WAIT_FOREVER), -LX_EINTR);
	fd_close(table, 0); /* its watch goes along */
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_MOD, table, 0, at(&event)), -LX_EBADF);
	assert_int_equal(epoll_control(e, LX_EPOLL_CTL_DEL, table, 1, 0), 0);
	assert_int_equal(epoll_wait(e, at(got), 4, 0), 0);
	fd_close_range(table, 0, UINT32_MAX, false);
	file_put(e);
	reader = writer = NULL;
}

/* The terminal. */

static int32_t signalled, caller_group = 7;

static int32_t group(void)
{
	return caller_group;
}

static int32_t session(void)
{
	return 7;
}

static bool leader(void)
{
	return caller_group == 7;
}

static bool ignores(int32_t signal)
{
	(void)signal;
	return false;
}

static void signal_group(int32_t to, int32_t signal)
{
	signalled = to * 100 + signal;
}

/* In two steps. */
static bool signal_step(int32_t to, int32_t signal, int32_t *at)
{
	if ((*at)++ == 0)
		return false;
	signal_group(to, signal);
	return true;
}

static int64_t now(void)
{
	return 1500000000123456789;
}

static int keys_come(void)
{
	slept++;
	stand_in_timer->fire(stand_in_timer);
	return WAIT_WOKEN;
}

static void a_shell_on_the_console(void **unused)
{
	static const struct fs_hooks hooks = {group, session, leader, ignores, signal_group, now, signal_step};
	struct lx_termios termios;
	int32_t foreground = 9;

	(void)unused;
	fs_set_hooks(&hooks);
	assert_int_equal(fs_open_console(table), 0);
	assert_int_equal(table->file[0]->references, 3);
	assert_int_equal(terminal_session(), 7);
	stand_in_asleep = keys_come;
	stand_in_keys = "ls\r";
	stand_in_shown = 0;
	assert_int_equal(file_read(table->file[0], at(buffer), 100), 3);
	assert_memory_equal(buffer, "ls\n", 3);
	assert_string_equal(stand_in_screen, "ls\n");
	assert_int_equal(file_write(table->file[1], at("a\nb\n"), 4), 4);
	assert_string_equal(stand_in_screen, "ls\na\nb\n");
	stand_in_keys = "\003";
	keys_come();
	assert_int_equal(signalled, 0);
	keys_come();
	assert_int_equal(signalled, 702);
	assert_int_equal(file_ioctl(table->file[2], LX_TIOCSPGRP, at(&foreground)), 0);
	assert_int_equal(file_read(table->file[0], at(buffer), 100), -LX_ERESTART); /* in the background now */
	assert_int_equal(signalled, 721);
	caller_group = 9;
	assert_int_equal(file_ioctl(table->file[2], LX_TCGETS, at(&termios)), 0);
	termios.local &= ~(LX_ICANON | LX_ECHO);
	assert_int_equal(file_ioctl(table->file[2], LX_TCSETS, at(&termios)), 0);
	stand_in_keys = "q";
	assert_int_equal(file_read(table->file[0], at(buffer), 100), 1);
	termios.cc[LX_VMIN] = 0;
	termios.cc[LX_VTIME] = 1;
	assert_int_equal(file_ioctl(table->file[2], LX_TCSETS, at(&termios)), 0);
	stand_in_asleep = time_is_up;
	assert_int_equal(file_read(table->file[0], at(buffer), 100), 0);
	fd_close_range(table, 0, UINT32_MAX, false);
	terminal_session_ended(7);
	assert_int_equal(terminal_session(), 0);
}

/* /proc. */

static int64_t make_version(struct proc_text *out, uint32_t pid)
{
	(void)pid;
	for (uint32_t i = 0; i < 1000; i++)
		proc_print(out, "line %u\n", i);
	return 0;
}

static int64_t make_status(struct proc_text *out, uint32_t pid)
{
	proc_print(out, "Pid: %u\n", pid);
	return 0;
}

static uint32_t next_pid(uint32_t after)
{
	return after < 2 ? 2 : after < 10 ? 10 : 0;
}

static bool pid_exists(uint32_t pid)
{
	return pid == 2 || pid == 10;
}

static uint32_t self_pid(void)
{
	return 10;
}

static struct file *open_descriptor(uint32_t pid, uint32_t *fd)
{
	return pid == 10 ? fd_next(table, fd) : NULL;
}

static void proc_tells(void **unused)
{
	static const struct proc_file files[] = {{"meminfo", LX_S_IFREG | 0444, make_version},
		{"version", LX_S_IFREG | 0444, make_version}};
	static const struct proc_file of_process[] = {{"fd", LX_S_IFDIR | 0500, NULL},
		{"status", LX_S_IFREG | 0444, make_status}};
	static const struct proc_processes processes = {next_pid, pid_exists, self_pid, open_descriptor,
		of_process, 2};
	const struct path_at here = {.context = context, .fd = LX_AT_FDCWD};
	char names[100] = "";
	struct file *f;
	int64_t n, sum = 0;

	(void)unused;
	proc_add_files(files, 2);
	proc_set_processes(&processes);
	f = open_file("/proc", LX_O_DIRECTORY);
	while ((n = file_readdir(f, at(buffer), 64)) > 0) {
		for (int64_t i = 0; i < n; i += ((struct lx_dirent64 *)(buffer + i))->bytes) {
			strcat(names, ((struct lx_dirent64 *)(buffer + i))->name);
			strcat(names, " ");
		}
	}
	file_put(f);
	assert_string_equal(names, ". .. self meminfo version 2 10 ");
	f = open_file("/proc/version", 0);
	while ((n = file_read(f, at(buffer), 999)) > 0)
		sum += n;
	assert_int_equal(n, 0);
	assert_int_equal(sum, 10 * 7 + 90 * 8 + 900 * 9);
	file_put(f);
	f = open_file("/proc/self/status", 0);
	assert_int_equal(file_read(f, at(buffer), 100), 8);
	assert_memory_equal(buffer, "Pid: 10\n", 8);
	file_put(f);
	assert_int_equal(path_open_file(&here, "/proc/3", 0, 0, &f), -LX_ENOENT);
	assert_int_equal(path_open_file(&here, "/proc/version", LX_O_RDWR, 0, &f), -LX_EACCES);
	assert_int_equal(path_mkdir(&here, "/proc/x", 0755), -LX_EROFS);
	assert_int_equal(path_unlink(&here, "/proc/version", 0), -LX_EROFS);
}

/* A link to a file without a name in any tree, and one to a file that lost its name. */
static void descriptors_have_links(void **unused)
{
	const struct path_at here = {.context = context, .fd = LX_AT_FDCWD};
	uint64_t objects = stand_in_objects;
	struct file *f, *read_end, *write_end;

	(void)unused;
	assert_int_equal(pipe_create(0, &read_end, &write_end), 0);
	assert_int_equal(fd_install(table, read_end, 0, 0), 0);
	assert_int_equal(fd_install(table, write_end, 0, 0), 1);
	assert_int_equal(fd_install(table, open_file("/tmp/x", LX_O_CREAT | LX_O_WRONLY), 0, 0), 2);
	f = open_file("/dev/fd/0", LX_O_WRONLY | LX_O_NONBLOCK);
	assert_int_equal(file_write(f, at("abc"), 3), 3);
	assert_int_equal(file_read(read_end, at(buffer), 10), 3);
	file_put(f);
	assert_int_equal(path_readlink(&here, "/dev/fd/2", at(buffer), 100), 6);
	assert_memory_equal(buffer, "/tmp/x", 6);
	assert_int_equal(path_unlink(&here, "/tmp/x", 0), 0);
	assert_int_equal(path_readlink(&here, "/proc/10/fd/2", at(buffer), 100), 16);
	assert_memory_equal(buffer, "/tmp/x (deleted)", 16);
	assert_int_equal(path_open_file(&here, "/proc/2/fd/0", 0, 0, &f), -LX_ENOENT);
	assert_int_equal(fd_close_range(table, 0, UINT32_MAX, false), 0);
	assert_int_equal(path_open_file(&here, "/proc/self/fd/0", 0, 0, &f), -LX_ENOENT);
	assert_int_equal(stand_in_objects, objects);
}

static void fifos_live_while_open(void **unused)
{
	const struct path_at here = {.context = context, .fd = LX_AT_FDCWD};
	uint64_t objects = stand_in_objects;
	struct file *f, *end;

	(void)unused;
	assert_int_equal(path_mknod(&here, "/tmp/fifo", LX_S_IFIFO | 0600, 0), 0);
	assert_int_equal(path_open_file(&here, "/tmp/fifo", LX_O_WRONLY | LX_O_NONBLOCK, 0, &f), -LX_ENXIO);
	assert_int_equal(path_open_program(&here, "/tmp/fifo", &f, buffer, 10), -LX_EACCES);
	f = open_file("/tmp/fifo", LX_O_RDONLY | LX_O_NONBLOCK);
	end = open_file("/tmp/fifo", LX_O_WRONLY);
	assert_int_equal(file_write(end, at(buffer), 5000), 5000);
	assert_int_equal(file_read(f, at(buffer), 4999), 4999);
	assert_int_equal(path_unlink(&here, "/tmp/fifo", 0), 0);
	file_put(end);
	assert_int_equal(file_read(f, at(buffer), 10), 1);
	assert_int_equal(file_read(f, at(buffer), 10), 0);
	file_put(f);
	assert_int_equal(stand_in_objects, objects);
}

static void devices(void **unused)
{
	struct file *f = open_file("/dev/zero", LX_O_RDWR);
	struct space_backing *backing;
	char other[32];

	(void)unused;
	memset(buffer, 1, 10000);
	assert_int_equal(file_read(f, at(buffer), 10000), 10000);
	assert_true(buffer[0] == 0 && buffer[9999] == 0);
	assert_int_equal(file_backing(f, SPACE_WRITE, &backing), 0);
	assert_null(backing);
	file_put(f);
	f = open_file("/dev/full", LX_O_RDWR);
	assert_int_equal(file_write(f, at(buffer), 1), -LX_ENOSPC);
	file_put(f);
	f = open_file("/dev/urandom", LX_O_RDWR);
	assert_int_equal(file_read(f, at(buffer), 32), 32);
	assert_int_equal(file_read(f, at(other), 32), 32);
	assert_memory_not_equal(buffer, other, 32);
	file_put(f);
}

static void nothing_is_lost(void **unused)
{
	(void)unused;
	assert_int_equal(stand_in_frames, 1); /* of /tmp/d */
}

#define PIPE_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_pipe, close_pipe)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest_descriptor_first),
		cmocka_unit_test(duplicates_share_all_but_the_flag),
		cmocka_unit_test(fork_copies_and_exec_closes),
		cmocka_unit_test(tables_grow),
		PIPE_TEST(reading_waits),
		PIPE_TEST(writing_waits_for_room),
		PIPE_TEST(bad_addresses_lose_nothing),
		PIPE_TEST(pages_come_and_go_between_two),
		PIPE_TEST(vectors),
		PIPE_TEST(poll_sees_both_ends),
		PIPE_TEST(select_is_poll_with_bits),
		PIPE_TEST(epoll_tells_what_is_ready),
		PIPE_TEST(eventfds_count),
		PIPE_TEST(timerfds_count_what_was_missed),
		cmocka_unit_test(a_shell_on_the_console),
		cmocka_unit_test(proc_tells),
		cmocka_unit_test(descriptors_have_links),
		cmocka_unit_test(fifos_live_while_open),
		cmocka_unit_test(devices),
		cmocka_unit_test(nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
