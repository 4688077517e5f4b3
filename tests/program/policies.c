/* SPDX-License-Identifier: MIT */
/* Scheduling policies are remembered; SCHED_DEADLINE is a VCPU of its own, if admitted. Quest only. */
#include "show.h"

#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <quest.h>

#define DEADLINE 6
#define RESET_ON_FORK 1
#define EXPECT(e) printf("%s: %s\n", (e) ? "right" : "WRONG", #e)

struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static long set(uint32_t policy, uint64_t flags, uint32_t priority, uint64_t runtime, uint64_t deadline,
	uint64_t period)
{
	struct attributes a = {sizeof a, policy, flags, 0, priority, runtime, deadline, period};

	return syscall(SYS_sched_setattr, 0, &a, 0) ? -errno : 0;
}

static struct attributes get(pid_t pid)
{
	struct attributes a = {0};

	if (syscall(SYS_sched_getattr, pid, &a, sizeof a, 0))
		a.size = 0;
	return a;
}

static long policy(void)
{
	return syscall(SYS_sched_getscheduler, 0);
}

static int priority(void)
{
	struct sched_param p = {.sched_priority = -1};

	syscall(SYS_sched_getparam, 0, &p);
	return p.sched_priority;
}

static long choose(int kind, int value)
{
	struct sched_param p = {.sched_priority = value};

	return syscall(SYS_sched_setscheduler, 0, kind, &p) ? -errno : 0;
}

/* What a child finds, as its exit status. */
static int in_child(int (*look)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(look());
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int my_policy(void)
{
	return (int)policy();
}

static int my_budget_is_default(void)
{
	struct quest_vcpu v;

	return vcpu_getparams(-1, &v, NULL) == 0 && v.budget_ns / 1000 == 10000;
}

static void old_policies(void)
{
	struct sched_param p = {.sched_priority = 7};

	EXPECT(policy() == SCHED_OTHER && priority() == 0);
	EXPECT(choose(SCHED_FIFO, 42) == 0 && policy() == SCHED_FIFO && priority() == 42);
	EXPECT(syscall(SYS_sched_setparam, 0, &p) == 0 && policy() == SCHED_FIFO && priority() == 7);
	EXPECT(in_child(my_policy) == SCHED_FIFO);
	EXPECT(choose(SCHED_RR, 1) == 0 && policy() == SCHED_RR);
	EXPECT(choose(SCHED_RR, 0) == -EINVAL && choose(SCHED_RR, 100) == -EINVAL && choose(SCHED_OTHER, 1) == -EINVAL);
	EXPECT(choose(4, 0) == -EINVAL && choose(7, 0) == -EINVAL && choose(DEADLINE, 0) == -EINVAL);
	EXPECT(policy() == SCHED_RR && priority() == 1);
	EXPECT(choose(SCHED_RR | 0x40000000, 3) == 0 && policy() == (SCHED_RR | 0x40000000));
	EXPECT(in_child(my_policy) == SCHED_OTHER);
	EXPECT(choose(SCHED_BATCH, 0) == 0 && policy() == SCHED_BATCH);
	EXPECT(syscall(SYS_sched_getscheduler, 999999) == -1 && errno == ESRCH);
	EXPECT(setpriority(PRIO_PROCESS, 0, 5) == 0 && getpriority(PRIO_PROCESS, 0) == 5);
	EXPECT(get(0).nice == 5 && get(0).policy == SCHED_BATCH && get(0).size == 48);
	EXPECT(set(SCHED_FIFO, 0, 9, 0, 0, 0) == 0 && get(0).priority == 9 && get(0).policy == SCHED_FIFO);
}

static int budget_is(uint64_t budget_us, uint64_t period_us)
{
	struct quest_vcpu v;

	return vcpu_getparams(-1, &v, NULL) == 0 && v.budget_ns / 1000 == budget_us && v.period_ns / 1000 == period_us;
}

static void deadlines(void)
{
	EXPECT(set(DEADLINE, 0, 0, 2000000, 10000000, 20000000) == 0);
	EXPECT(policy() == DEADLINE && get(0).runtime == 2000000 && get(0).deadline == 10000000 && get(0).period == 20000000);
	EXPECT(budget_is(2000, 10000));
	EXPECT(fork() == -1 && errno == EAGAIN);
	EXPECT(set(DEADLINE, RESET_ON_FORK, 0, 3000000, 10000000, 0) == 0 && budget_is(3000, 10000));
	EXPECT(get(0).period == 10000000 && get(0).flags == RESET_ON_FORK);
	EXPECT(in_child(my_policy) == SCHED_OTHER && in_child(my_budget_is_default) == 1);
	EXPECT(set(DEADLINE, 0, 0, 9900000, 10000000, 10000000) == -EBUSY && budget_is(3000, 10000));
	EXPECT(set(DEADLINE, 0, 0, 2, 10000000, 10000000) == -EINVAL);
	EXPECT(set(DEADLINE, 0, 0, 30000000, 10000000, 20000000) == -EINVAL);
	EXPECT(set(SCHED_OTHER, 0, 0, 0, 0, 0) == 0 && my_budget_is_default() && get(0).runtime == 0);
}

/* One that ends with its own VCPU gives it back: many times more than there would be room for. */
static int takes_half(void)
{
	return set(DEADLINE, 0, 0, 5000000, 10000000, 10000000) == 0;
}

/* The id of the VCPU with this name, 0 = none. */
static int find(const char *name)
{
	struct quest_vcpu v;

	for (int id = 1; id < 100; id++) {
		if (vcpu_getparams(id, &v, NULL) == 0 && strcmp(v.name, name) == 0)
			return id;
	}
	return 0;
}

static struct quest_vcpu one(const char *name, uint64_t budget_us)
{
	struct quest_vcpu v = {.budget_ns = budget_us * 1000, .period_ns = 10000000};

	strcpy(v.name, name);
	return v;
}

/* The VCPU of a DEADLINE thread may be destroyed; another that gets its number is not the thread's. */
static void not_its_own(void)
{
	struct quest_vcpu other = one("other", 1000), third = one("third", 1000), now;
	int id = 0, own;

	EXPECT(set(DEADLINE, 0, 0, 2000000, 10000000, 10000000) == 0 && (id = find("deadline")) > 0);
	EXPECT(vcpu_bind_task(0) == 0 && vcpu_destroy(id) == 0);
	EXPECT(vcpu_create(&other) == id);
	EXPECT(set(DEADLINE, 0, 0, 3000000, 10000000, 10000000) == 0 && budget_is(3000, 10000));
	EXPECT(vcpu_getparams(id, &now, NULL) == 0 && now.budget_ns / 1000 == 1000 && find("deadline") != id);
	own = find("deadline");
	EXPECT(vcpu_bind_task(0) == 0 && vcpu_destroy(own) == 0 && vcpu_create(&third) == own);
	EXPECT(set(SCHED_OTHER, 0, 0, 0, 0, 0) == 0 && find("third") == own);
	EXPECT(vcpu_destroy(id) == 0 && vcpu_destroy(own) == 0);
}

/* No answer, no VCPU: many times more than there would be room for. */
static void no_answer(void)
{
	struct quest_vcpu *v = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int failed = 0;

	*v = one("unknown", 5000);
	mprotect(v, 4096, PROT_READ);
	for (int i = 0; i < 20; i++)
		failed += vcpu_create(v) == -1 && errno == EFAULT;
	EXPECT(failed == 20 && find("unknown") == 0 && in_child(takes_half) == 1);
	munmap(v, 4096);
}

int main(void)
{
	int admitted = 0;

	old_policies();
	set(SCHED_OTHER, 0, 0, 0, 0, 0);
	deadlines();
	for (int i = 0; i < 20; i++)
		admitted += in_child(takes_half);
	EXPECT(admitted == 20);
	not_its_own();
	no_answer();
	printf("policies over\n");
	return 0;
}
