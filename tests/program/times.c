/* SPDX-License-Identifier: MIT */
/* Clocks and sleeping: what must hold on any machine. */
#include "show.h"

#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void ring(int signal)
{
	(void)signal;
}

static void clocks(void)
{
	long long a = now(CLOCK_MONOTONIC), b;
	struct timespec t;

	for (int i = 0; i < 1000; i++) {
		b = now(CLOCK_MONOTONIC);
		if (b < a)
			printf("the clock went back\n");
		a = b;
	}
	TRY(clock_getres(CLOCK_MONOTONIC, &t));
	HOLDS(t.tv_sec == 0 && t.tv_nsec > 0 && t.tv_nsec <= 1000000);
	TRY(clock_gettime(99, &t));
	HOLDS(now(CLOCK_PROCESS_CPUTIME_ID) > 0);
	HOLDS(now(CLOCK_THREAD_CPUTIME_ID) > 0);
	HOLDS(time(NULL) == now(CLOCK_REALTIME) / 1000000000 || time(NULL) == now(CLOCK_REALTIME) / 1000000000);
	HOLDS(times(NULL) != (clock_t)-1);
}

static void sleeping(void)
{
	struct timespec t = {0, 5000000}, rest, bad = {0, 1000000000};
	struct itimerval soon = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}}; /* again, if it comes too early */
	long long before = now(CLOCK_MONOTONIC);

	TRY(nanosleep(&t, NULL));
	HOLDS(now(CLOCK_MONOTONIC) - before >= 5000000);
	TRY(nanosleep(&bad, NULL));
	clock_gettime(CLOCK_MONOTONIC, &t);
	before = now(CLOCK_MONOTONIC);
	for (int i = 0; i < 10; i++) {
		t.tv_nsec += 1000000;
		if (t.tv_nsec >= 1000000000)
			t.tv_sec++, t.tv_nsec -= 1000000000;
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
			printf("clock_nanosleep failed\n");
	}
	HOLDS(now(CLOCK_MONOTONIC) - before >= 9000000);
	SHOW(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL));
	signal(SIGALRM, ring);
	setitimer(ITIMER_REAL, &soon, NULL);
	t.tv_sec = 5, t.tv_nsec = 0;
	TRY(nanosleep(&t, &rest));
	setitimer(ITIMER_REAL, &never, NULL);
	HOLDS(rest.tv_sec == 4 && rest.tv_nsec > 0);
	before = now(CLOCK_MONOTONIC);
	TRY(poll(NULL, 0, 3));
	HOLDS(now(CLOCK_MONOTONIC) - before >= 3000000);
}

static void machine(void)
{
	struct utsname name;
	struct sysinfo info;
	unsigned char random[64] = {0}, zero[64] = {0};

	TRY(uname(&name));
	TEXT(name.machine);
	TRY(sysinfo(&info));
	HOLDS(info.totalram >= info.freeram && info.freeram > 0);
	TRY(getrandom(random, sizeof random, 0));
	HOLDS(memcmp(random, zero, sizeof zero) != 0);
	TRY(getrandom(random, 1, 0xff));
	SHOW(sysconf(_SC_PAGESIZE));
}

int main(void)
{
	clocks();
	sleeping();
	machine();
	return 0;
}
