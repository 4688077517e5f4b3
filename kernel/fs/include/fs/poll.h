/* SPDX-License-Identifier: MIT */
/* Waiting for many files, and the files that are made to be waited for. Deadlines are TSC cycles, WAIT_FOREVER = none,
 * 0 = do not wait. */
#ifndef FS_POLL_H
#define FS_POLL_H

#include <fs/table.h>

/* poll: `entries` in kernel memory, `revents` filled; number of entries with any, 0 at the deadline, or
 * -LX_ERESTARTNOHAND. Preemptible. */
int64_t fs_poll(struct fd_table *table, struct lx_pollfd *entries, uint32_t count, uint64_t deadline);
/* select: sets of `count` bits at user addresses (0 = none), replaced by what is ready. */
int64_t fs_select(struct fd_table *table, uint32_t count, uint64_t read, uint64_t write, uint64_t except,
	uint64_t deadline);

/* Descriptions, or negative errors. `flags`: LX_O_NONBLOCK (and LX_EFD_SEMAPHORE); LX_O_CLOEXEC is for fd_install. */
int64_t eventfd_create(uint32_t initial, uint32_t flags, struct file **file);
int64_t epoll_create(struct file **file);
/* `event` and `events` are user addresses. */
int64_t epoll_control(struct file *epoll, int32_t operation, struct fd_table *table, uint32_t fd, uint64_t event);
int64_t epoll_wait(struct file *epoll, uint64_t events, uint32_t count, uint64_t deadline);

/* A timer's times are TSC cycles: the caller knows clocks and converts; `clock` is kept for it. */
int64_t timerfd_create(int32_t clock, uint32_t flags, struct file **file);
/* -1 if `f` is no timer. */
int32_t timerfd_clock(const struct file *f);
/* Next expiry at `when` (0 = disarm), then each `interval` cycles (0 = once). -LX_EINVAL if `f` is no timer. */
int64_t timerfd_set(struct file *f, uint64_t when, uint64_t interval);
/* 0 when disarmed. */
int64_t timerfd_get(struct file *f, uint64_t *when, uint64_t *interval);

#endif
