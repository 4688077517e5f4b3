/* SPDX-License-Identifier: MIT */
/* POSIX threads: locks, conditions, 32 threads with vector registers of their own. */
#include "show.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 32
#define ROUNDS 200

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t semaphore;
static _Thread_local long own;
static long shared, turn, inits;
static volatile int waiting;

static void init(void)
{
	inits++;
}

static void *count_up(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		long seen = shared;

		if (i % 16 == 0)
			sched_yield();
		shared = seen + 1;
		pthread_mutex_unlock(&mutex);
		own++;
	}
	pthread_once(&once, init);
	return (void *)(own + (long)(intptr_t)argument);
}

static long run(void *(*body)(void *), int n)
{
	pthread_t thread[THREADS];
	long total = 0;
	void *result;

	for (int i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, body, (void *)(intptr_t)i))
			printf("thread %d was not created\n", i);
	for (int i = 0; i < n; i++) {
		pthread_join(thread[i], &result);
		total += (long)(intptr_t)result;
	}
	return total;
}

static void *in_turn(void *argument)
{
	long me = (long)(intptr_t)argument;

	for (int i = 0; i < 20; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % THREADS != me)
			pthread_cond_wait(&changed, &mutex);
		turn++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *at_barrier(void *argument)
{
	long serial = 0;

	(void)argument;
	for (int i = 0; i < 10; i++)
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
	return (void *)serial;
}

static void *reads_and_writes(void *argument)
{
	long bad = 0;

	for (int i = 0; i < 50; i++) {
		if ((intptr_t)argument % 4) {
			pthread_rwlock_rdlock(&rwlock);
			long seen = shared;

			sched_yield();
			bad += shared != seen;
		} else {
			pthread_rwlock_wrlock(&rwlock);
			shared++;
			sched_yield();
		}
		pthread_rwlock_unlock(&rwlock);
	}
	return (void *)bad;
}

/* All vector registers hold values that only this thread has, across yields and sleeps. */
static void *keeps_registers(void *argument)
{
	double pattern[32], got[32];
	long bad = 0;

	for (int i = 0; i < 32; i++)
		pattern[i] = (double)(intptr_t)argument * 100 + i;
	for (int round = 0; round < 50; round++) {
		__asm__ volatile(
			"movupd (%0), %%xmm0\n\tmovupd 16(%0), %%xmm1\n\tmovupd 32(%0), %%xmm2\n\tmovupd 48(%0), %%xmm3\n\t"
			"movupd 64(%0), %%xmm4\n\tmovupd 80(%0), %%xmm5\n\tmovupd 96(%0), %%xmm6\n\tmovupd 112(%0), %%xmm7\n\t"
			"movupd 128(%0), %%xmm8\n\tmovupd 144(%0), %%xmm9\n\tmovupd 160(%0), %%xmm10\n\t"
			"movupd 176(%0), %%xmm11\n\tmovupd 192(%0), %%xmm12\n\tmovupd 208(%0), %%xmm13\n\t"
			"movupd 224(%0), %%xmm14\n\tmovupd 240(%0), %%xmm15\n\t"
			"mov $24, %%eax\n\tsyscall\n\tmov $24, %%eax\n\tsyscall\n\t"
			"movupd %%xmm0, (%1)\n\tmovupd %%xmm1, 16(%1)\n\tmovupd %%xmm2, 32(%1)\n\tmovupd %%xmm3, 48(%1)\n\t"
			"movupd %%xmm4, 64(%1)\n\tmovupd %%xmm5, 80(%1)\n\tmovupd %%xmm6, 96(%1)\n\tmovupd %%xmm7, 112(%1)\n\t"
			"movupd %%xmm8, 128(%1)\n\tmovupd %%xmm9, 144(%1)\n\tmovupd %%xmm10, 160(%1)\n\t"
			"movupd %%xmm11, 176(%1)\n\tmovupd %%xmm12, 192(%1)\n\tmovupd %%xmm13, 208(%1)\n\t"
			"movupd %%xmm14, 224(%1)\n\tmovupd %%xmm15, 240(%1)\n\t"
			: : "r"(pattern), "r"(got)
			: "rax", "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
			"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
		bad += memcmp(pattern, got, sizeof got) != 0;
	}
	return (void *)bad;
}

static void *waits_for_post(void *argument)
{
	(void)argument;
	return (void *)(long)sem_wait(&semaphore);
}

static void *sleeps(void *argument)
{
	(void)argument;
	waiting = 1;
	for (;;)
		pause();
	return NULL;
}

static void timeouts(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 3000000;
	if (t.tv_nsec >= 1000000000)
		t.tv_sec++, t.tv_nsec -= 1000000000;
	pthread_mutex_lock(&mutex);
	SHOW(pthread_cond_timedwait(&changed, &mutex, &t));
	SHOW(pthread_mutex_trylock(&mutex));
	pthread_mutex_unlock(&mutex);
	TRY(sem_timedwait(&semaphore, &t));
}

static long long ns_of(const struct timespec *t)
{
	return t->tv_sec * 1000000000LL + t->tv_nsec;
}

static void spin_until(long long when)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_REALTIME, &t);
	while (ns_of(&t) < when);
}

static void *waits_until(void *deadline)
{
	return (void *)(long)(sem_timedwait(&semaphore, deadline) && errno != ETIMEDOUT);
}

/* Woken just before its time is over, and kept from running until it is. */
static void woken_and_late(void)
{
	struct timespec t;
	pthread_t thread;
	void *result;
	long bad = 0;

	for (int i = 0; i < 10; i++) {
		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += 3000000;
		if (t.tv_nsec >= 1000000000)
			t.tv_sec++, t.tv_nsec -= 1000000000;
		pthread_create(&thread, NULL, waits_until, &t);
		usleep(1000);
		spin_until(ns_of(&t) - 100000);
		sem_post(&semaphore);
		spin_until(ns_of(&t) + 200000);
		pthread_join(thread, &result);
		bad += (long)result;
		while (sem_trywait(&semaphore) == 0)
			;
	}
	SHOW(bad);
}

static void *dies_with_lock(void *lock)
{
	pthread_mutex_lock(lock);
	return NULL;
}

static void robust(void)
{
	pthread_mutexattr_t a;
	pthread_mutex_t lock;
	pthread_t thread;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&lock, &a);
	pthread_create(&thread, NULL, dies_with_lock, &lock);
	pthread_join(thread, NULL);
	SHOW(pthread_mutex_lock(&lock));
	SHOW(pthread_mutex_consistent(&lock));
	SHOW(pthread_mutex_unlock(&lock));
	SHOW(pthread_mutex_lock(&lock));
}

static volatile int signalled;

static void note(int signal)
{
	(void)signal;
	signalled++;
}

/* ---- a process of several threads becomes another program ---- */

#define OTHERS 5

static const char *self;

static void become(void)
{
	char pid[16], *arguments[] = {"again", pid, NULL};

	snprintf(pid, sizeof pid, "%d", getpid());
	execv(self, arguments);
	_exit(99);
}

static void *becomes(void *argument)
{
	while (waiting < OTHERS)
		usleep(1000);
	become();
	return argument;
}

static void *computes(void *argument)
{
	__atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
	for (;;)
		*(volatile long *)&shared += (long)(intptr_t)argument;
	return NULL;
}

static void *waits_for_ever(void *argument)
{
	(void)argument;
	__atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
	sem_wait(&semaphore);
	return NULL;
}

static void *adds_and_sleeps(void *argument)
{
	(void)argument;
	__atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
	for (;;)
		pause();
	return NULL;
}

/* The others compute, sleep, and wait in a futex meanwhile; the first one, if it is not the one, waits for it. */
static void exec_among_threads(bool first)
{
	void *(*const others[OTHERS])(void *) = {computes, adds_and_sleeps, waits_for_ever, adds_and_sleeps, computes};
	pthread_t thread;
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		waiting = 0;
		for (int i = 0; i < OTHERS; i++)
			pthread_create(&thread, NULL, others[i], NULL);
		if (first)
			becomes(NULL);
		pthread_create(&thread, NULL, becomes, NULL);
		pthread_join(thread, NULL);
		_exit(98);
	}
	HOLDS(waitpid(pid, &status, 0) == pid);
	SHOW(status);
}

/* The program that came: alone in its process, whose number stayed. */
static int again(const char *pid)
{
	pthread_t thread;
	void *result = NULL;

	HOLDS(getpid() == atoi(pid));
	SHOW(waitpid(-1, NULL, WNOHANG));
	pthread_create(&thread, NULL, count_up, NULL);
	SHOW(pthread_join(thread, &result));
	SHOW((long)(intptr_t)result);
	return 0;
}

/* ---- a word in shared memory that the one who wakes never touched ---- */

static void wake_untouched(void)
{
	int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status = -1;
	struct timespec patience = {20, 0};
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) /* its wait is the first access at all; a wait that times out tells that nobody woke it */
		_exit(syscall(SYS_futex, word, 0, 0, &patience, NULL, 0) == 0 ? 3 : 4);
	while (syscall(SYS_futex, word, 1, 1, NULL, NULL, 0) == 0)
		usleep(1000);
	HOLDS(waitpid(pid, &status, 0) == pid);
	SHOW(WEXITSTATUS(status));
	munmap(word, 4096);
}

static uint32_t *words; /* shared: keys are frames */

static long futex(uint32_t *word, int operation, uint32_t value, uint32_t more, void *target)
{
	return syscall(SYS_futex, word, operation, value, (void *)(uintptr_t)more, target, 0);
}

static void *waits_on_word(void *argument)
{
	(void)argument;
	return (void *)futex(words, 0, 0, 0, NULL);
}

/* A waiter is moved to another word; a target that is no memory moves nobody. */
static void requeue(void)
{
	pthread_t thread;
	void *result;
	long moved;

	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	TRY(futex(words, 3, 0, 1, (void *)4));
	pthread_create(&thread, NULL, waits_on_word, NULL);
	while ((moved = futex(words, 3, 0, 1, words + 1)) == 0)
		usleep(1000);
	SHOW(moved);
	TRY(futex(words + 1, 3, 0, 1, (void *)4));
	TRY(futex(words, 1, 1, 0, NULL));
	TRY(futex(words + 1, 1, 1, 0, NULL));
	SHOW(pthread_join(thread, &result));
	SHOW((long)result);
	munmap(words, 4096);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	void *result;

	self = argv[0];
	if (argc == 2 && strcmp(argv[0], "again") == 0)
		return again(argv[1]);
	exec_among_threads(false);
	exec_among_threads(true);
	wake_untouched();
	requeue();
	SHOW(run(count_up, THREADS));
	SHOW(shared);
	SHOW(inits);
	SHOW(own);
	SHOW(run(in_turn, THREADS));
	SHOW(turn);
	pthread_barrier_init(&barrier, NULL, THREADS);
	SHOW(run(at_barrier, THREADS));
	SHOW(run(reads_and_writes, THREADS));
	SHOW(run(keeps_registers, THREADS));
	sem_init(&semaphore, 0, 0);
	for (int i = 0; i < THREADS; i++)
		sem_post(&semaphore);
	SHOW(run(waits_for_post, THREADS));
	timeouts();
	woken_and_late();
	robust();
	pthread_create(&thread, NULL, sleeps, NULL);
	while (!waiting)
		usleep(1000);
	signal(SIGUSR1, note);
	TRY(pthread_kill(thread, SIGUSR1));
	while (!signalled)
		usleep(1000);
	TRY(pthread_cancel(thread));
	SHOW(pthread_join(thread, &result));
	HOLDS(result == PTHREAD_CANCELED);
	return 0;
}
