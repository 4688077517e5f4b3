/* SPDX-License-Identifier: MIT */
/* Pipes, readiness, and the descriptors that are made to be waited for. */
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[70000];

static void plain(void)
{
	int p[2];

	TRY(pipe(p));
	TRY(write(p[1], "abc", 3));
	TRY(write(p[1], "de", 2));
	TRY(read(p[0], buffer, 4));
	TRY(read(p[0], buffer, 100));
	TRY(read(p[1], buffer, 1));
	TRY(write(p[0], buffer, 1));
	TRY(lseek(p[0], 0, SEEK_CUR));
	TRY(close(p[1]));
	TRY(read(p[0], buffer, 1));
	TRY(close(p[0]));
	TRY(pipe(p));
	TRY(close(p[0]));
	TRY(write(p[1], "x", 1));
	TRY(close(p[1]));
}

static void without_blocking(void)
{
	int p[2], n = 0;

	TRY(pipe2(p, O_NONBLOCK | O_CLOEXEC));
	TRY(fcntl(p[0], F_GETFD));
	TRY(read(p[0], buffer, 1));
	while (write(p[1], buffer, 4096) == 4096)
		n++;
	SHOW(n);
	SHOW(errno == EAGAIN);
	TRY(write(p[1], buffer, 1));
	TRY(read(p[0], buffer, 4096));
	TRY(write(p[1], buffer, 4096));
	TRY(write(p[1], buffer, 70000));
	close(p[0]), close(p[1]);
}

static void between_processes(void)
{
	int there[2], back[2];
	long sum = 0;

	TRY(pipe(there));
	TRY(pipe(back));
	fflush(stdout);
	if (fork() == 0) {
		char c;

		close(there[1]);
		while (read(there[0], &c, 1) == 1) {
			c++;
			write(back[1], &c, 1);
		}
		_exit(7);
	}
	for (int i = 0; i < 100; i++) {
		unsigned char c = (unsigned char)i;

		write(there[1], &c, 1);
		read(back[0], &c, 1);
		sum += c;
	}
	SHOW(sum);
	close(there[1]);
	int status;
	TRY(wait(&status) > 0);
	SHOW(WEXITSTATUS(status));
	close(there[0]), close(back[0]), close(back[1]);
}

static void big_transfer(void)
{
	int p[2], status;
	long total = 0;
	ssize_t n;

	TRY(pipe(p));
	fflush(stdout);
	if (fork() == 0) {
		close(p[0]);
		for (int i = 0; i < 20; i++)
			write(p[1], buffer, 70000);
		_exit(0);
	}
	close(p[1]);
	while ((n = read(p[0], buffer, 3000)) > 0)
		total += n;
	SHOW(total);
	wait(&status);
	close(p[0]);
}

/* A read of several pieces takes what is there, and a write of several is one. */
static void pieces(void)
{
	struct iovec v[3] = {{buffer, 4}, {buffer + 4, 4096}, {buffer + 5000, 10}};
	int p[2], status, f;
	char name[] = "/tmp/piecesXXXXXX";

	TRY(pipe(p));
	write(p[1], "abcd", 4);
	TRY(readv(p[0], v, 2));
	write(p[1], "abcdefghij", 10);
	TRY(readv(p[0], v, 2));
	printf("%.10s\n", buffer);
	v[0].iov_len = 0;
	write(p[1], "xyz", 3);
	TRY(readv(p[0], v, 3));
	v[0] = (struct iovec){buffer, 3000};
	v[1] = (struct iovec){"end\n", 4};
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	while (writev(p[1], v, 2) == 3004) /* all of it or nothing */
		;
	SHOW(errno == EAGAIN);
	SHOW(read(p[0], buffer, sizeof buffer) % 3004);
	close(p[1]);
	TRY(readv(p[0], v, 1));
	close(p[0]);
	TRY((f = mkstemp(name)) > 0);
	fcntl(f, F_SETFL, O_APPEND);
	fflush(stdout);
	v[0] = (struct iovec){"half ", 5};
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			for (int n = 0; n < 500; n++)
				writev(f, v, 2);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		;
	SHOW(lseek(f, 0, SEEK_SET));
	long wrong = 0;
	for (int i = 0; i < 2000; i++)
		wrong += read(f, buffer, 9) != 9 || memcmp(buffer, "half end\n", 9) != 0;
	SHOW(wrong);
	TRY(read(f, buffer, 1));
	close(f);
	TRY(unlink(name));
}

static void readiness(void)
{
	int p[2];
	struct pollfd f[3];
	fd_set set;
	struct timeval tv = {0, 0};

	TRY(pipe(p));
	f[0] = (struct pollfd){p[0], POLLIN, 0};
	f[1] = (struct pollfd){p[1], POLLOUT, 0};
	f[2] = (struct pollfd){99, POLLIN, 0};
	TRY(poll(f, 3, 0));
	SHOW(f[0].revents);
	SHOW(f[1].revents);
	SHOW(f[2].revents);
	write(p[1], "x", 1);
	TRY(poll(f, 1, -1));
	SHOW(f[0].revents);
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	TRY(select(p[0] + 1, &set, NULL, NULL, &tv));
	SHOW(FD_ISSET(p[0], &set));
	read(p[0], buffer, 1);
	TRY(select(p[0] + 1, &set, NULL, NULL, &tv));
	SHOW(FD_ISSET(p[0], &set));
	close(p[1]);
	TRY(poll(f, 1, -1));
	SHOW(f[0].revents);
	close(p[0]);
	TRY(poll(NULL, 0, 1));
}

static void counters(void)
{
	int e, t, ep;
	uint64_t value = 5;
	struct itimerspec when = {{0, 1000000}, {0, 1000000}};
	struct epoll_event event = {EPOLLIN, {.u64 = 77}}, got;

	TRY(e = eventfd(3, EFD_NONBLOCK));
	TRY(write(e, &value, 8));
	TRY(read(e, &value, 8));
	SHOW(value);
	TRY(read(e, &value, 8));
	TRY(ep = epoll_create1(0));
	TRY(epoll_ctl(ep, EPOLL_CTL_ADD, e, &event));
	TRY(epoll_ctl(ep, EPOLL_CTL_ADD, e, &event));
	TRY(epoll_wait(ep, &got, 1, 0));
	value = 1;
	write(e, &value, 8);
	TRY(epoll_wait(ep, &got, 1, -1));
	SHOW(got.events);
	SHOW(got.data.u64);
	TRY(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL));
	TRY(epoll_wait(ep, &got, 1, 0));
	TRY(t = timerfd_create(CLOCK_MONOTONIC, 0));
	TRY(timerfd_settime(t, 0, &when, NULL));
	TRY(read(t, &value, 8));
	HOLDS(value >= 1);
	usleep(5000);
	TRY(read(t, &value, 8));
	HOLDS(value >= 4);
	close(t);
	TRY(t = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
	clock_gettime(CLOCK_REALTIME, &when.it_value);
	when.it_value.tv_sec += 1000, when.it_interval.tv_nsec = 0;
	TRY(timerfd_settime(t, TFD_TIMER_ABSTIME, &when, NULL));
	TRY(read(t, &value, 8));
	TRY(timerfd_gettime(t, &when));
	HOLDS(when.it_value.tv_sec >= 900 && when.it_value.tv_sec <= 1000);
	close(e), close(t), close(ep);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	plain();
	without_blocking();
	between_processes();
	big_transfer();
	pieces();
	readiness();
	counters();
	return 0;
}
