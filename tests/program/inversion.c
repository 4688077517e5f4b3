/* SPDX-License-Identifier: MIT */
/*
 * How long a thread with a good VCPU waits for a lock that a thread with a poor one holds, while a third with a VCPU in
 * between never stops: with priority inheritance, without it, and through two locks. Quest only: the VCPUs matter.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <quest.h>

#define WORK_NS 2500000ll /* of the holder, with the lock */

static pthread_mutex_t outer, inner;
static sem_t taken, outer_taken;
static int high, middle, hog, low;
static volatile int over;
static long long waited;

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void work(long long ns)
{
	long long end = now(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (now(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void bind(int id)
{
	if (vcpu_bind_task(id)) {
		perror("vcpu_bind_task");
		exit(1);
	}
}

static void *holds(void *argument)
{
	(void)argument;
	pthread_mutex_lock(&inner);
	sem_post(&taken);
	bind(low);
	work(WORK_NS);
	pthread_mutex_unlock(&inner);
	return NULL;
}

static void *passes_on(void *argument)
{
	(void)argument;
	bind(middle);
	pthread_mutex_lock(&outer);
	sem_post(&outer_taken);
	pthread_mutex_lock(&inner);
	pthread_mutex_unlock(&inner);
	pthread_mutex_unlock(&outer);
	return NULL;
}

static void *never_stops(void *argument)
{
	(void)argument;
	bind(hog);
	while (!over)
		;
	return NULL;
}

static void *waits(void *lock)
{
	long long start;

	bind(high);
	start = now(CLOCK_MONOTONIC);
	pthread_mutex_lock(lock);
	waited = now(CLOCK_MONOTONIC) - start;
	pthread_mutex_unlock(lock);
	return NULL;
}

static int create(const char *name, long long budget_us, long long period_us)
{
	struct quest_vcpu v = {.budget_ns = (uint64_t)budget_us * 1000u, .period_ns = (uint64_t)period_us * 1000u};
	int id;

	snprintf(v.name, sizeof v.name, "%s", name);
	id = vcpu_create(&v);
	if (id < 0) {
		printf("VCPU %s: %s\n", name, vcpu_refusal(v.reason));
		exit(1);
	}
	return id;
}

/* The high thread starts when everybody else is where they hurt it most. */
static void scene(const char *name, int protocol, int two)
{
	pthread_t thread[4];
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutex_init(&outer, &a);
	pthread_mutex_init(&inner, &a);
	over = 0;
	pthread_create(&thread[0], NULL, holds, NULL);
	sem_wait(&taken);
	if (two) {
		pthread_create(&thread[1], NULL, passes_on, NULL);
		sem_wait(&outer_taken);
	}
	pthread_create(&thread[2], NULL, waits, two ? &outer : &inner);
	pthread_create(&thread[3], NULL, never_stops, NULL);
	pthread_join(thread[2], NULL);
	over = 1;
	pthread_join(thread[0], NULL);
	if (two)
		pthread_join(thread[1], NULL);
	pthread_join(thread[3], NULL);
	printf("%s waited %lld us\n", name, waited / 1000);
}

int main(void)
{
	struct timespec pause = {0, 200000000};

	sem_init(&taken, 0, 0);
	sem_init(&outer_taken, 0, 0);
	high = create("high", 4000, 20000);
	middle = create("middle", 1000, 30000);
	hog = create("hog", 16000, 40000);
	low = create("low", 1000, 80000);
	scene("inherit", PTHREAD_PRIO_INHERIT, 0);
	nanosleep(&pause, NULL); /* budgets are full again */
	scene("chain", PTHREAD_PRIO_INHERIT, 1);
	nanosleep(&pause, NULL);
	scene("plain", PTHREAD_PRIO_NONE, 0);
	printf("inversion over\n");
	return 0;
}
