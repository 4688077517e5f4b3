/* SPDX-License-Identifier: MIT */
/* Processes: birth, programs, ends, groups. */
#include "show.h"

#include <fcntl.h>
#include <signal.h>
#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static const char *self;

static int child_that(void (*what)(void))
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		what();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void ends_with_3(void)
{
	exit(3);
}

static void kills_itself(void)
{
	raise(SIGTERM);
}

static void faults(void)
{
	*(volatile int *)8 = 1;
}

static void divides(void)
{
	volatile int zero = 0;

	_exit(1 / zero);
}

static void executes_privileged(void)
{
	__asm__ volatile("hlt");
}

static void executes_nothing(void)
{
	__asm__ volatile("ud2");
}

static void aborts(void)
{
	abort();
}

static void becomes_nothing(void)
{
	char *no[] = {"x", NULL};

	execv("/no/such/program", no);
	_exit(errno);
}

static void becomes_itself(void)
{
	char *arguments[] = {"again", "one", "two words", "", NULL}, *environment[] = {"A=1", "B=two", NULL};

	open("/dev/null", O_RDONLY | O_CLOEXEC);
	execve(self, arguments, environment);
	_exit(99);
}

static void ends(void)
{
	int status;

	SHOW(WEXITSTATUS(child_that(ends_with_3)));
	SHOW(WTERMSIG(child_that(kills_itself)));
	SHOW(WTERMSIG(child_that(faults)));
	SHOW(WTERMSIG(child_that(divides)));
	SHOW(WTERMSIG(child_that(executes_privileged)));
	SHOW(WTERMSIG(child_that(executes_nothing)));
	SHOW(WTERMSIG(child_that(aborts)));
	SHOW(WEXITSTATUS(child_that(becomes_nothing)));
	status = child_that(becomes_itself);
	SHOW(WIFEXITED(status));
	SHOW(WEXITSTATUS(status));
	TRY(wait(&status));
	TRY(waitpid(99999, &status, 0));
}

static void waits(void)
{
	int status;
	pid_t a, b;
	siginfo_t info = {0};

	fflush(stdout);
	a = fork();
	if (a == 0) {
		pause();
		_exit(0);
	}
	b = fork();
	if (b == 0)
		_exit(4);
	TRY(waitpid(a, &status, WNOHANG));
	HOLDS(wait(&status) == b);
	SHOW(WEXITSTATUS(status));
	TRY(kill(a, 0));
	TRY(kill(a, SIGSTOP));
	HOLDS(waitpid(a, &status, WUNTRACED) == a);
	SHOW(WIFSTOPPED(status));
	SHOW(WSTOPSIG(status));
	TRY(kill(a, SIGCONT));
	HOLDS(waitpid(a, &status, WCONTINUED) == a);
	SHOW(WIFCONTINUED(status));
	TRY(kill(a, SIGKILL));
	TRY(waitid(P_PID, (id_t)a, &info, WEXITED | WNOWAIT));
	SHOW(info.si_code == CLD_KILLED);
	SHOW(info.si_status);
	HOLDS(waitpid(a, &status, 0) == a);
	SHOW(WTERMSIG(status));
	TRY(kill(a, 0));
}

static void births(void)
{
	char *arguments[] = {"again", "spawned", NULL};
	volatile int shared = 1;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = vfork();
	if (pid == 0) {
		shared = 2;
		_exit(5);
	}
	SHOW(shared);
	waitpid(pid, &status, 0);
	SHOW(WEXITSTATUS(status));
	fflush(stdout);
	status = posix_spawn(&pid, self, NULL, NULL, arguments, environ);
	if (status == 0)
		waitpid(pid, &status, 0);
	SHOW(WEXITSTATUS(status));
	TRY(posix_spawn(&pid, "/no/such", NULL, NULL, arguments, environ));
}

static void groups(void)
{
	int status, ready[2];
	char said;
	pid_t pid;

	pipe(ready);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		HOLDS(setsid() == getpid());
		HOLDS(getpgrp() == getpid());
		HOLDS(getsid(0) == getpid());
		TRY(setsid());
		TRY(setpgid(0, 0));
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	pid = fork();
	if (pid == 0) {
		TRY(setpgid(0, 0));
		HOLDS(getpgrp() == getpid());
		fflush(stdout);
		write(ready[1], "x", 1); /* its lines are out: the parent's come after them */
		for (;;)
			pause();
	}
	read(ready[0], &said, 1);
	close(ready[0]), close(ready[1]);
	TRY(kill(-pid, SIGTERM));
	waitpid(pid, &status, 0);
	SHOW(WTERMSIG(status));
	TRY(kill(-pid, SIGTERM));
	TRY(setpgid(99999, 0));
}

static volatile sig_atomic_t signalled;

static void count_signal(int signal)
{
	(void)signal;
	signalled++;
}

/* A child makes a sibling that would send its parent SIGUSR1 at its end: it cannot choose that. */
static void siblings(void)
{
	int status;
	pid_t pid;

	signal(SIGUSR1, count_signal);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_clone, CLONE_PARENT | SIGUSR1, NULL, NULL, NULL, 0);
		_exit(0);
	}
	for (int i = 0; i < 2; i++)
		HOLDS(wait(&status) > 0 && status == 0);
	SHOW(signalled);
}

static int becomes_another(void *unused)
{
	char *const arguments[] = {"again", "quiet", NULL};

	(void)unused;
	execv(self, arguments);
	return 1;
}

/* A child in the same memory clears its word when it leaves for another program, not only when it ends. */
static void joined_at_exec(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	static volatile pid_t word = 1;
	int status;
	pid_t pid = clone(becomes_another, stack + sizeof(stack), CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL,
		&word);

	while (syscall(SYS_futex, &word, 0, 1, NULL) == 0 && word)
		;
	SHOW(word);
	TRY(waitpid(pid, &status, 0) == pid);
	SHOW(status);
}

/* What the second program saw. */
static int again(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "quiet") == 0)
		return 0;
	printf("argc %d:", argc);
	for (int i = 1; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("\n");
	if (strcmp(argv[1], "spawned") == 0)
		return 9;
	for (char **e = environ; *e; e++)
		printf("environment %s\n", *e);
	TRY(fcntl(3, F_GETFD));
	return 42;
}

int main(int argc, char **argv)
{
	struct rlimit limit;

	self = argv[0];
	if (strcmp(argv[0], "again") == 0)
		return again(argc, argv);
	ends();
	waits();
	births();
	groups();
	siblings();
	joined_at_exec();
	TRY(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 10;
	TRY(setrlimit(RLIMIT_NOFILE, &limit));
	TRY(dup2(0, 9));
	TRY(dup2(0, 10));
	return 0;
}
