/* SPDX-License-Identifier: MIT */
/* Locks with priority inheritance: by pthreads, and the futex calls themselves. */
#include "show.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 300
#define LOCK_PI 6
#define UNLOCK_PI 7
#define TRYLOCK_PI 8
#define WAITERS 0x80000000u
#define OWNER_DIED 0x40000000u
#define TID_MASK 0x3fffffffu

static pthread_mutex_t mutex;
static long counter;
static uint32_t first, second;
static volatile int inside, handled, step;

static long futex(uint32_t *word, int operation, const struct timespec *deadline)
{
	return syscall(SYS_futex, word, operation, 0, deadline, NULL, 0);
}

static uint32_t tid(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

static struct timespec in_ms(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000L;
	while (t.tv_nsec >= 1000000000)
		t.tv_nsec -= 1000000000, t.tv_sec++;
	return t;
}

static int make(pthread_mutex_t *m, int type, int robust, int shared)
{
	pthread_mutexattr_t a;
	int error;

	pthread_mutexattr_init(&a);
	error = pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	pthread_mutexattr_settype(&a, type);
	if (robust)
		pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&a, shared);
	return error ? error : pthread_mutex_init(m, &a);
}

static void *count_up(void *argument)
{
	(void)argument;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		long seen = counter;

		if (i % 8 == 0)
			sched_yield();
		counter = seen + 1;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *locks_and_tries(void *argument)
{
	struct timespec t = in_ms(5);

	(void)argument;
	SHOW(pthread_mutex_trylock(&mutex));
	SHOW(pthread_mutex_timedlock(&mutex, &t));
	SHOW(pthread_mutex_unlock(&mutex));
	return NULL;
}

static void by_threads(void)
{
	pthread_t thread[THREADS];

	SHOW(make(&mutex, PTHREAD_MUTEX_ERRORCHECK, 0, 0));
	SHOW(pthread_mutex_lock(&mutex));
	SHOW(pthread_mutex_lock(&mutex));
	SHOW(pthread_mutex_trylock(&mutex));
	pthread_create(&thread[0], NULL, locks_and_tries, NULL);
	pthread_join(thread[0], NULL);
	SHOW(pthread_mutex_unlock(&mutex));
	SHOW(pthread_mutex_unlock(&mutex));
	SHOW(make(&mutex, PTHREAD_MUTEX_NORMAL, 0, 0));
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, count_up, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	SHOW(counter);
	SHOW(make(&mutex, PTHREAD_MUTEX_RECURSIVE, 0, 0));
	SHOW(pthread_mutex_lock(&mutex));
	SHOW(pthread_mutex_lock(&mutex));
	SHOW(pthread_mutex_unlock(&mutex));
	SHOW(pthread_mutex_unlock(&mutex));
}

static void the_word(void)
{
	struct timespec bad = {0, 1000000000}, soon;
	pid_t gone = fork();

	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	first = 0;
	TRY(futex(&first, LOCK_PI, NULL));
	HOLDS(first == tid());
	TRY(futex(&first, LOCK_PI, NULL));
	TRY(futex(&first, TRYLOCK_PI, NULL));
	TRY(futex(&first, UNLOCK_PI, NULL));
	SHOW(first);
	TRY(futex(&first, UNLOCK_PI, NULL));
	TRY(futex((uint32_t *)((char *)&first + 1), LOCK_PI, NULL));
	TRY(futex((uint32_t *)16, LOCK_PI, NULL));
	TRY(futex((uint32_t *)(uintptr_t)0xffff800000000000, UNLOCK_PI, NULL));
	first = (uint32_t)gone;
	TRY(futex(&first, LOCK_PI, NULL));
	TRY(futex(&first, UNLOCK_PI, NULL));
	first = OWNER_DIED;
	TRY(futex(&first, LOCK_PI, NULL));
	HOLDS(first == (tid() | OWNER_DIED));
	first = 0;
	soon = in_ms(3);
	TRY(futex(&first, LOCK_PI, &bad));
	first = 0;
	TRY(futex(&first, LOCK_PI, &soon));
}

/* Two threads, each with a lock that the other wants: one is told. */
static void *wants_both(void *argument)
{
	uint32_t *mine = argument ? &second : &first, *other = argument ? &first : &second;
	long result;

	futex(mine, LOCK_PI, NULL);
	__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
	while (inside < 2)
		sched_yield();
	result = futex(other, LOCK_PI, NULL);
	if (result == 0)
		futex(other, UNLOCK_PI, NULL);
	else
		result = errno;
	futex(mine, UNLOCK_PI, NULL);
	return (void *)result;
}

static void deadlock(void)
{
	pthread_t thread[2];
	void *result[2];

	first = second = 0;
	for (long i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, wants_both, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], &result[i]);
	SHOW((long)result[0] + (long)result[1]);
	SHOW(first | second);
}

static void *dies_with_lock(void *argument)
{
	pthread_mutex_lock(&mutex);
	inside = 1;
	if (argument)
		while (!step) /* until somebody waits */
			usleep(1000);
	usleep(5000);
	return NULL;
}

static void *waits_for_dead(void *argument)
{
	int result;

	(void)argument;
	step = 1;
	result = pthread_mutex_lock(&mutex);
	if (result == EOWNERDEAD)
		pthread_mutex_consistent(&mutex);
	pthread_mutex_unlock(&mutex);
	return (void *)(long)result;
}

static void robust(void)
{
	pthread_t holder, waiter[3];
	long dead = 0;
	void *result;

	SHOW(make(&mutex, PTHREAD_MUTEX_NORMAL, 1, 0));
	pthread_create(&holder, NULL, dies_with_lock, NULL);
	pthread_join(holder, NULL);
	SHOW(pthread_mutex_lock(&mutex));
	SHOW(pthread_mutex_consistent(&mutex));
	SHOW(pthread_mutex_unlock(&mutex));
	SHOW(pthread_mutex_lock(&mutex));
	SHOW(pthread_mutex_unlock(&mutex));
	inside = step = 0;
	pthread_create(&holder, NULL, dies_with_lock, &mutex);
	while (!inside)
		usleep(1000);
	for (int i = 0; i < 3; i++)
		pthread_create(&waiter[i], NULL, waits_for_dead, NULL);
	pthread_join(holder, NULL);
	for (int i = 0; i < 3; i++) {
		pthread_join(waiter[i], &result);
		dead += (long)result;
	}
	SHOW(dead);
}

static void other_process(void)
{
	pthread_mutex_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int there[2];
	pid_t pid;
	char c;

	SHOW(make(shared, PTHREAD_MUTEX_NORMAL, 1, PTHREAD_PROCESS_SHARED));
	pipe(there);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(shared);
		write(there[1], "x", 1);
		usleep(10000);
		kill(getpid(), SIGKILL);
	}
	read(there[0], &c, 1);
	SHOW(pthread_mutex_lock(shared));
	waitpid(pid, NULL, 0);
	SHOW(pthread_mutex_consistent(shared));
	SHOW(pthread_mutex_unlock(shared));
	munmap(shared, 4096);
	close(there[0]), close(there[1]);
}

static const char *self;

/* The holder becomes another program, which keeps the process: the lock has lost its owner all the same. */
static void lost_by_exec(int pi)
{
	pthread_mutex_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *arguments[] = {"again", "x", NULL};
	pthread_mutexattr_t a;
	int there[2];
	pid_t pid;
	char c;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	SHOW(pi ? make(shared, PTHREAD_MUTEX_NORMAL, 1, PTHREAD_PROCESS_SHARED) : pthread_mutex_init(shared, &a));
	pipe(there);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(shared);
		write(there[1], "x", 1);
		usleep(10000);
		execv(self, arguments);
		_exit(1);
	}
	read(there[0], &c, 1);
	SHOW(pthread_mutex_lock(shared));
	TRY(kill(pid, SIGKILL)); /* it is there still */
	waitpid(pid, NULL, 0);
	SHOW(pthread_mutex_consistent(shared));
	SHOW(pthread_mutex_unlock(shared));
	munmap(shared, 4096);
	close(there[0]), close(there[1]);
}

static void note(int signal)
{
	(void)signal;
	handled++;
}

static void *is_interrupted(void *argument)
{
	(void)argument;
	inside = 1;
	return (void *)futex(&first, LOCK_PI, NULL);
}

/* A signal does not end the wait. */
static void interrupted(void)
{
	struct sigaction a = {.sa_handler = note};
	pthread_t thread;
	void *result;

	sigaction(SIGUSR1, &a, NULL);
	first = 0;
	inside = 0;
	futex(&first, LOCK_PI, NULL);
	pthread_create(&thread, NULL, is_interrupted, NULL);
	while (!(*(volatile uint32_t *)&first & WAITERS))
		usleep(1000);
	pthread_kill(thread, SIGUSR1);
	while (!handled)
		usleep(1000);
	usleep(3000);
	HOLDS((first & TID_MASK) == tid());
	TRY(futex(&first, UNLOCK_PI, NULL));
	pthread_join(thread, &result);
	SHOW((long)result);
}

static void *keeps(void *word)
{
	futex(word, LOCK_PI, NULL);
	inside = 1;
	for (;;)
		pause();
	return NULL;
}

static void *waits(void *word)
{
	futex(word, LOCK_PI, NULL);
	return NULL;
}

/* A lock that somebody waits for is not the one at the same place of the next shared page. */
static void unmapped(void)
{
	pthread_t thread;
	uint32_t *page;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	inside = 0;
	*page = 0;
	pthread_create(&thread, NULL, keeps, page);
	while (!inside)
		usleep(1000);
	pthread_create(&thread, NULL, waits, page);
	while (!(*(volatile uint32_t *)page & WAITERS))
		usleep(1000);
	usleep(5000);
	munmap(page, 4096);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*page = 0;
	TRY(futex(page, TRYLOCK_PI, NULL));
	TRY(futex(page, UNLOCK_PI, NULL));
}

int main(int argc, char **argv)
{
	self = argv[0];
	while (argc == 2 && strcmp(argv[0], "again") == 0)
		pause();
	by_threads();
	the_word();
	deadlock();
	robust();
	other_process();
	lost_by_exec(0);
	lost_by_exec(1);
	interrupted();
	unmapped();
	return 0;
}
