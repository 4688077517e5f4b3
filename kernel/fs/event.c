/* SPDX-License-Identifier: MIT */
/* Files made to be waited for: eventfd(2) and timerfd. */
#include <fs/poll.h>
#include <hw/cpu.h>
#include <lib/assert.h>
#include <mm/heap.h>

/* What both kinds are: something to wait for, read as one 64-bit number. */
struct waitable {
	struct wait_queue readers, writers;
	struct poll_source changes;
};

static int64_t wait_on(struct wait_queue *queue, const struct file *f)
{
	if (f->flags & LX_O_NONBLOCK)
		return -LX_EAGAIN;
	return sched_wait(queue, WAIT_FOREVER, true) == WAIT_INTERRUPTED ? -LX_ERESTART : 0;
}

/* eventfd */

struct event {
	struct waitable wait;
	uint64_t count;
	bool semaphore;
};

static struct mm_cache events = MM_CACHE(struct event);

static int64_t event_read(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	struct event *e = f->object;
	uint64_t value;

	(void)offset;
	if (bytes < sizeof(value))
		return -LX_EINVAL;
	while (e->count == 0) {
		int64_t error = wait_on(&e->wait.readers, f);

		if (error)
			return error;
	}
	value = e->semaphore ? 1 : e->count;
	e->count -= value;
	sched_wake_all(&e->wait.writers);
	poll_changed(&e->wait.changes);
	return user_write(to, &value, sizeof(value)) ? -LX_EFAULT : (int64_t)sizeof(value);
}

static int64_t event_write(struct file *f, uint64_t from, size_t bytes, uint64_t *offset)
{
	struct event *e = f->object;
	uint64_t value;

	(void)offset;
	if (bytes < sizeof(value))
		return -LX_EINVAL;
	if (user_read(&value, from, sizeof(value)))
		return -LX_EFAULT;
	if (value == UINT64_MAX)
		return -LX_EINVAL;
	while (UINT64_MAX - 1 - e->count < value) {
		int64_t error = wait_on(&e->wait.writers, f);

		if (error)
			return error;
	}
	e->count += value;
	sched_wake_all(&e->wait.readers);
	poll_changed(&e->wait.changes);
	return (int64_t)sizeof(value);
}

static uint32_t event_poll(struct file *f, struct poll_source **source)
{
	struct event *e = f->object;

	*source = &e->wait.changes;
	return (e->count ? LX_POLLIN | LX_POLLRDNORM : 0) | (e->count < UINT64_MAX - 1 ? LX_POLLOUT | LX_POLLWRNORM : 0);
}

static void event_close(struct file *f)
{
	mm_cache_free(&events, f->object);
}

static const struct file_ops event_ops = {.kind = "eventfd", .place = FILE_BY_VALUE,
	.read = event_read, .write = event_write, .poll = event_poll,
	.close = event_close};

int64_t eventfd_create(uint32_t initial, uint32_t flags, struct file **file)
{
	struct event *e;

	if (flags & ~(LX_O_NONBLOCK | LX_O_CLOEXEC | LX_EFD_SEMAPHORE))
		return -LX_EINVAL;
	e = mm_cache_alloc(&events);
	if (!e)
		return -LX_ENOMEM;
	e->count = initial;
	e->semaphore = flags & LX_EFD_SEMAPHORE;
	*file = file_create(&event_ops, NULL, e, LX_O_RDWR | (flags & LX_O_NONBLOCK));
	if (!*file)
		mm_cache_free(&events, e);
	return *file ? 0 : -LX_ENOMEM;
}

/* timerfd: the timer fires once, for the first expiry nobody has read; the others are counted when it is read. */

struct timer {
	struct sched_timer timer; /* first */
	struct waitable wait;
	uint64_t when, interval; /* TSC; `when` 0 = disarmed */
	int32_t clock;           /* LX_CLOCK_*, for the caller */
};

static struct mm_cache timers = MM_CACHE(struct timer);

static void timer_fire(struct sched_timer *timer)
{
	struct timer *t = (struct timer *)timer;

	sched_wake_all(&t->wait.readers);
	poll_changed(&t->wait.changes);
}

static void arm(struct timer *t)
{
	sched_timer_cancel(&t->timer);
	if (t->when)
		sched_timer_set(&t->timer, t->when);
}

static bool is_due(const struct timer *t)
{
	return t->when && hw_rdtsc() >= t->when;
}

/* Expiries since the last read; the timer goes on behind them. */
static uint64_t take_expiries(struct timer *t)
{
	uint64_t n = 1;

	if (t->interval == 0) {
		t->when = 0;
		return n;
	}
	n += (hw_rdtsc() - t->when) / t->interval;
	t->when += n * t->interval;
	arm(t);
	return n;
}

static int64_t timer_read(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	struct timer *t = f->object;
	uint64_t value;

	(void)offset;
	if (bytes < sizeof(value))
		return -LX_EINVAL;
	while (!is_due(t)) {
		int64_t error = wait_on(&t->wait.readers, f);

		if (error)
			return error;
	}
	value = take_expiries(t);
	return user_write(to, &value, sizeof(value)) ? -LX_EFAULT : (int64_t)sizeof(value);
}

static uint32_t timer_poll(struct file *f, struct poll_source **source)
{
	struct timer *t = f->object;

	*source = &t->wait.changes;
	return is_due(t) ? LX_POLLIN | LX_POLLRDNORM : 0;
}

static void timer_close(struct file *f)
{
	struct timer *t = f->object;

	sched_timer_cancel(&t->timer);
	mm_cache_free(&timers, t);
}

static const struct file_ops timer_ops = {.kind = "timerfd", .place = FILE_BY_VALUE,
	.read = timer_read, .poll = timer_poll, .close = timer_close};

int64_t timerfd_create(int32_t clock, uint32_t flags, struct file **file)
{
	struct timer *t;

	if (flags & ~(LX_O_NONBLOCK | LX_O_CLOEXEC))
		return -LX_EINVAL;
	t = mm_cache_alloc(&timers);
	if (!t)
		return -LX_ENOMEM;
	t->timer.fire = timer_fire;
	t->clock = clock;
	*file = file_create(&timer_ops, NULL, t, LX_O_RDWR | (flags & LX_O_NONBLOCK));
	if (!*file)
		mm_cache_free(&timers, t);
	return *file ? 0 : -LX_ENOMEM;
}

int32_t timerfd_clock(const struct file *f)
{
	const struct timer *t = f->object;

	return f->ops == &timer_ops ? t->clock : -1;
}

int64_t timerfd_set(struct file *f, uint64_t when, uint64_t interval)
{
	struct timer *t = f->object;

	if (f->ops != &timer_ops)
		return -LX_EINVAL;
	t->when = when;
	t->interval = interval;
	arm(t);
	return 0;
}

int64_t timerfd_get(struct file *f, uint64_t *when, uint64_t *interval)
{
	struct timer *t = f->object;
	uint64_t now = hw_rdtsc();

	if (f->ops != &timer_ops)
		return -LX_EINVAL;
	*when = t->when;
	*interval = t->interval;
	if (t->when && now >= t->when)
		*when = t->interval ? t->when + ((now - t->when) / t->interval + 1) * t->interval : 0;
	return 0;
}
