/* SPDX-License-Identifier: MIT */
/* POSIX threads: locks, conditions, 32 threads with vector registers of their own. */
#include "show.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
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

int main(void)
{
	pthread_t thread;
	void *result;

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
