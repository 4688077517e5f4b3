/* SPDX-License-Identifier: MIT */
/*
 * The console as a terminal: keys come from the sandbox's serial port, if it has one, by its interrupt; a port without
 * one is asked by a timer while somebody has the terminal open. Output goes to that port, else to the console's ring.
 * The discipline is lib/tty.
 */
#include "clock.h"
#include "device.h"
#include "terminal.h"

#include <base/cpu.h>
#include <base/log.h>
#include <base/time.h>
#include <dev/uart.h>
#include <fs/terminal.h>
#include <lib/string.h>
#include <lib/tty.h>
#include <sched/mutex.h>

#define POLL_US     10000u
#define KEYS_MOST   16u    /* of one look at the port: its buffer */
#define CHUNK       128u   /* bytes of output between two preemption points */
#define CHUNK_WIRE  8u     /* the same for a serial port: even with a carriage return for each its buffer holds them */
#define WIRE_US     1000u  /* how often a port that is busy is looked at */
#define READ_CHUNK  256u
#define TENTH_US    100000u /* unit of VTIME */

static struct terminal { /* of each core; the first one's has the keys */
	struct qv_tty tty;
	struct wait_queue readers, writers;
	struct wait_queue wire; /* nobody wakes who is in it: time does */
	struct poll_source changes;
	struct sched_timer timer;
	uint32_t open;    /* descriptions */
	int32_t session;  /* whose controlling terminal it is; 0 = nobody's */
	int32_t group;    /* in the foreground */
	int32_t signal, signalled, sent; /* what the timer sends, in steps, to which group; how far it is. 0 = nothing */
} consoles[QUEST_CORES];

static struct terminal *console(void)
{
	return &consoles[cpu_index()];
}

static bool has_keys(void)
{
	return cpu_index() == 0;
}

/* Output is collected, so that the log is locked once for it. */
struct collected {
	uint32_t bytes;
	char text[2 * CHUNK];
};

/* The log's sinks add the carriage return themselves where a line needs it. */
static void collect(void *context, const char *bytes, size_t n)
{
	struct collected *c = context;

	if (n == 2 && bytes[0] == '\r' && bytes[1] == '\n') {
		bytes++;
		n = 1;
	}
	for (size_t i = 0; i < n && c->bytes < sizeof(c->text); i++)
		c->text[c->bytes++] = bytes[i];
}

static void flush(const struct collected *c)
{
	if (c->bytes)
		log_write(c->text, c->bytes);
}

/* Keys. */

/* The signal that the key stands for, 0 = none. */
static int32_t take_key(uint8_t key)
{
	struct collected echo = {0};
	int32_t signal = qv_tty_key(&console()->tty, key, collect, &echo);
	bool returns;

	flush(&echo);
	qv_tty_ready(&console()->tty, &returns);
	if (returns)
		sched_wake_one(&console()->readers);
	if (!console()->tty.stopped)
		sched_wake_all(&console()->writers);
	poll_changed(&console()->changes);
	return console()->group ? signal : 0;
}

void terminal_key(uint8_t key)
{
	int32_t signal = take_key(key);

	if (signal)
		fs_hooks.signal(console()->group, signal);
}

/* The port has interrupted: bottom half of its driver. */
static void take_keys(void)
{
	uint8_t key;

	while (uart_take(&key)) {
		terminal_key(key);
		sched_preempt_point();
	}
}

/* Send a part of the signal, if there is one: is all of it sent? */
static bool is_sent(struct terminal *c)
{
	if (c->signal && fs_hooks.signal_step(c->signalled, c->signal, &c->sent))
		c->signal = 0;
	return !c->signal;
}

/* A port that cannot interrupt is asked by and by. This is part of a decision: a signal goes out in steps, and the keys
 * behind it wait for that. */
static void look_for_keys(struct sched_timer *timer)
{
	struct terminal *c = console();
	uint8_t key;

	for (uint32_t i = 0; i < KEYS_MOST && is_sent(c) && uart_take(&key); i++) {
		c->signal = take_key(key);
		c->signalled = c->group;
		c->sent = 0;
	}
	if (c->signal)
		sched_timer_set(timer, hw_rdtsc());
	else if (c->open && !uart_interrupts())
		sched_timer_set(timer, hw_rdtsc() + time_cycles(POLL_US));
}

/* Job control: the caller is of this terminal's session, but not in the foreground. */
static bool in_background(void)
{
	return console()->session && fs_hooks.session() == console()->session && fs_hooks.group() != console()->group;
}

/* 0 = go on; else what a background process is told. */
static int64_t stop_background(int32_t signal)
{
	if (!in_background())
		return 0;
	if (fs_hooks.ignores(signal))
		return signal == LX_SIGTTOU ? 0 : -LX_EIO;
	fs_hooks.signal(fs_hooks.group(), signal);
	return -LX_ERESTART;
}

/* Reading. */

static uint32_t ready(void)
{
	bool returns;
	uint32_t n = qv_tty_ready(&console()->tty, &returns);

	return returns && n == 0 ? 1 : n;
}

/* How many bytes a raw read of `bytes` waits for. */
static uint32_t raw_minimum(size_t bytes)
{
	uint32_t least = console()->tty.termios.cc[LX_VMIN];

	if (least == 0)
		least = 1; /* as long as VTIME says */
	return bytes < least ? (uint32_t)bytes : least;
}

static uint64_t raw_deadline(void)
{
	const uint8_t *cc = console()->tty.termios.cc;

	/* With both set the time runs from the last byte, so not before there is one. */
	if (cc[LX_VMIN] && (!cc[LX_VTIME] || ready() == 0))
		return WAIT_FOREVER;
	return hw_rdtsc() + time_cycles((uint64_t)cc[LX_VTIME] * TENTH_US);
}

/* Until a read may return: 0, or why not. */
static int64_t wait_for_input(const struct file *f, size_t bytes)
{
	uint64_t deadline = raw_deadline();

	if (has_keys())
		uart_ask();
	while (ready() < (qv_tty_canonical(&console()->tty) ? 1 : raw_minimum(bytes))) {
		bool canonical = qv_tty_canonical(&console()->tty);
		uint32_t before = ready();
		enum wait_result result;

		if (f->flags & LX_O_NONBLOCK)
			return before ? 0 : -LX_EAGAIN;
		result = sched_wait(&console()->readers, canonical ? WAIT_FOREVER : deadline, true);
		if (result == WAIT_INTERRUPTED)
			return -LX_ERESTART;
		if (result == WAIT_TIMEOUT)
			return 0;
		if (ready() > before && console()->tty.termios.cc[LX_VMIN])
			deadline = raw_deadline();
	}
	return 0;
}

static int64_t terminal_read(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	uint8_t chunk[READ_CHUNK];
	size_t done = 0, n;
	int64_t error = stop_background(LX_SIGTTIN);

	(void)offset;
	if (!error)
		error = wait_for_input(f, bytes);
	if (error)
		return error;
	do {
		size_t space = bytes - done < sizeof(chunk) ? bytes - done : sizeof(chunk);

		n = qv_tty_read(&console()->tty, chunk, space);
		if (n && user_write(to + done, chunk, n))
			return done ? (int64_t)done : -LX_EFAULT;
		done += n;
		/* A line may go on in the next chunk; what ends one may be there, too. */
	} while (n == sizeof(chunk) && done < bytes && !(qv_tty_canonical(&console()->tty) && chunk[n - 1] == '\n'));
	if (ready())
		sched_wake_one(&console()->readers);
	return (int64_t)done;
}

/* Writing. */

static int64_t wait_while_stopped(const struct file *f)
{
	while (console()->tty.stopped) {
		if (f->flags & LX_O_NONBLOCK)
			return -LX_EAGAIN;
		if (sched_wait(&console()->writers, WAIT_FOREVER, true) == WAIT_INTERRUPTED)
			return -LX_ERESTART;
	}
	return 0;
}

/* The port's buffer is emptied at the port's pace, or that of whoever reads at its other end: others run meanwhile. */
static int64_t wait_for_port(const struct file *f)
{
	while (!uart_ready()) {
		if (f->flags & LX_O_NONBLOCK)
			return -LX_EAGAIN;
		if (sched_wait(&console()->wire, hw_rdtsc() + time_cycles(WIRE_US), true) == WAIT_INTERRUPTED)
			return -LX_ERESTART;
	}
	return 0;
}

static int64_t write_chunk(const struct file *f, uint64_t from, size_t bytes)
{
	struct collected out = {0};
	char chunk[CHUNK];
	int64_t error = wait_while_stopped(f);

	if (!error)
		error = wait_for_port(f);
	if (error || file_fetch(f, chunk, from, bytes))
		return error ? error : -LX_EFAULT;
	qv_tty_write(&console()->tty, chunk, bytes, collect, &out);
	flush(&out);
	return 0;
}

static int64_t terminal_write(struct file *f, uint64_t from, size_t bytes, uint64_t *offset)
{
	size_t most = uart_present() ? CHUNK_WIRE : CHUNK;
	int64_t error = console()->tty.termios.local & LX_TOSTOP ? stop_background(LX_SIGTTOU) : 0;

	(void)offset;
	if (error)
		return error;
	for (size_t done = 0; done < bytes;) {
		size_t step = bytes - done < most ? bytes - done : most;

		error = write_chunk(f, from + done, step);
		if (error)
			return done ? (int64_t)done : error;
		done += step;
		sched_preempt_point();
	}
	return (int64_t)bytes;
}

static uint32_t terminal_poll(struct file *f, struct poll_source **source)
{
	(void)f;
	if (has_keys())
		uart_ask();
	*source = &console()->changes;
	return (ready() ? LX_POLLIN | LX_POLLRDNORM : 0) | (console()->tty.stopped ? 0 : LX_POLLOUT | LX_POLLWRNORM);
}

/* Control. */

static int64_t set_modes(uint32_t request, uint64_t from)
{
	struct lx_termios termios;
	int64_t error = stop_background(LX_SIGTTOU);

	if (error || user_read(&termios, from, sizeof(termios)))
		return error ? error : -LX_EFAULT;
	if (request == LX_TCSETSF)
		qv_tty_flush(&console()->tty);
	qv_tty_set(&console()->tty, &termios);
	sched_wake_all(&console()->readers);
	sched_wake_all(&console()->writers);
	return 0;
}

static int64_t set_size(uint64_t from)
{
	struct lx_winsize size;

	if (user_read(&size, from, sizeof(size)))
		return -LX_EFAULT;
	if (memcmp(&size, &console()->tty.size, sizeof(size)) != 0 && console()->group)
		fs_hooks.signal(console()->group, LX_SIGWINCH);
	console()->tty.size = size;
	return 0;
}

static bool is_controlling(void)
{
	return console()->session && fs_hooks.session() == console()->session;
}

static int64_t set_group(uint64_t from)
{
	int64_t error = is_controlling() ? stop_background(LX_SIGTTOU) : -LX_ENOTTY;
	int32_t group;

	if (error || user_read(&group, from, sizeof(group)))
		return error ? error : -LX_EFAULT;
	if (group <= 0)
		return -LX_EINVAL;
	console()->group = group;
	return 0;
}

static int64_t take_session(void)
{
	if (is_controlling())
		return 0;
	if (!fs_hooks.leader() || console()->session)
		return -LX_EPERM;
	console()->session = fs_hooks.session();
	console()->group = fs_hooks.group();
	return 0;
}

static int64_t leave_session(void)
{
	if (!is_controlling())
		return -LX_ENOTTY;
	if (fs_hooks.leader())
		console()->session = console()->group = 0;
	return 0;
}

void terminal_session_ended(int32_t session)
{
	int32_t group = console()->group;

	if (!session || console()->session != session)
		return;
	console()->session = console()->group = 0;
	if (!group)
		return;
	fs_hooks.signal(group, LX_SIGHUP);
	fs_hooks.signal(group, LX_SIGCONT); /* or who is stopped would not hear it */
}

int32_t terminal_session(void)
{
	return console()->session;
}

int32_t terminal_group(void)
{
	return console()->group;
}

static int64_t give(uint64_t to, int64_t number)
{
	int32_t value = (int32_t)number;

	return user_write(to, &value, sizeof(value));
}

static int64_t flow(uint64_t action)
{
	if (action < 2)
		console()->tty.stopped = action == 0; /* TCOOFF, TCOON */
	if (!console()->tty.stopped)
		sched_wake_all(&console()->writers);
	return action < 4 ? 0 : -LX_EINVAL;
}

static int64_t discard(uint64_t queue)
{
	if (queue > 2)
		return -LX_EINVAL;
	if (queue != 1) /* TCIFLUSH, TCIOFLUSH; nothing waits to be written */
		qv_tty_flush(&console()->tty);
	return 0;
}

static int64_t job_ioctl(uint32_t request, uint64_t argument)
{
	switch (request) {
	case LX_TIOCGPGRP:
		return is_controlling() ? give(argument, console()->group) : -LX_ENOTTY;
	case LX_TIOCGSID:
		return is_controlling() ? give(argument, console()->session) : -LX_ENOTTY;
	case LX_TIOCSPGRP:
		return set_group(argument);
	case LX_TIOCSCTTY:
		return take_session();
	case LX_TIOCNOTTY:
		return leave_session();
	default:
		return -LX_ENOTTY;
	}
}

static int64_t terminal_ioctl(struct file *f, uint32_t request, uint64_t argument)
{
	bool returns;

	(void)f;
	switch (request) {
	case LX_TCGETS:
		return user_write(argument, &console()->tty.termios, sizeof(console()->tty.termios));
	case LX_TCSETS:
	case LX_TCSETSW:
	case LX_TCSETSF:
		return set_modes(request, argument);
	case LX_TIOCGWINSZ:
		return user_write(argument, &console()->tty.size, sizeof(console()->tty.size));
	case LX_TIOCSWINSZ:
		return set_size(argument);
	case LX_FIONREAD:
		return give(argument, qv_tty_ready(&console()->tty, &returns));
	case LX_TIOCOUTQ:
		return give(argument, 0);
	case LX_TCSBRK:
		return 0;
	case LX_TCXONC:
		return flow(argument);
	case LX_TCFLSH:
		return discard(argument);
	default:
		return job_ioctl(request, argument);
	}
}

static void terminal_close(struct file *f)
{
	if (f->object)
		console()->open--;
}

static const struct file_ops terminal_ops = {
	.kind = "console", .place = FILE_BY_NAME, .together = true,
	.read = terminal_read,
	.write = terminal_write,
	.poll = terminal_poll,
	.ioctl = terminal_ioctl,
	.close = terminal_close,
};

static int64_t console_open(struct file *f)
{
	f->object = console();
	if (console()->open++ == 0 && has_keys() && uart_present() && !uart_interrupts())
		sched_timer_set(&console()->timer, hw_rdtsc() + time_cycles(POLL_US));
	if (!(f->flags & LX_O_NOCTTY) && fs_hooks.leader() && !console()->session)
		take_session();
	return 0;
}

/* /dev/tty is whatever controls the caller. */
static int64_t own_open(struct file *f)
{
	return is_controlling() ? console_open(f) : -LX_ENXIO;
}

void terminal_init(void)
{
	qv_tty_init(&console()->tty);
	console()->timer.fire = look_for_keys;
	if (has_keys())
		uart_on_input(take_keys);
	device_add("tty", LX_DEVICE(5, 0), &terminal_ops, own_open);
	device_add("console", LX_DEVICE(5, 1), &terminal_ops, console_open);
	device_add("ttyS0", LX_DEVICE(4, 64), &terminal_ops, console_open);
}
