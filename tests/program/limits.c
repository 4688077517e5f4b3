/* SPDX-License-Identifier: MIT */
/*
 * What one process can take from all others. Linux draws these lines elsewhere, so on the machine that shows what to
 * expect most of this is not done.
 */
#include "show.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define GIB (1ul << 30)
#define MIB (1ul << 20)
#define MAPPINGS 100
#define PIPES 250 /* of 64 KiB: more than an eighth of the memory */

static int on_quest(void)
{
	struct utsname name;

	uname(&name);
	return strcmp(name.sysname, "Quest") == 0;
}

static char *shared(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* Shared memory that nobody touches takes next to none. */
static int map_much(void)
{
	static char *p[MAPPINGS];
	int bad = 0;

	for (int i = 0; i < MAPPINGS; i++) {
		p[i] = shared(GIB);
		bad += p[i] == MAP_FAILED;
	}
	for (int i = 0; i < MAPPINGS && !bad; i++)
		p[i][(size_t)i * 10 * MIB] = (char)i;
	for (int i = 0; i < MAPPINGS && !bad; i++)
		bad += p[i][(size_t)i * 10 * MIB] != (char)i || p[i][GIB - 1] != 0;
	for (int i = 0; i < MAPPINGS && !bad; i++)
		munmap(p[i], GIB);
	return bad;
}

/* Discarded shared pages stay, and count. */
static void take_and_discard(void)
{
	char *p = shared(48 * MIB);

	for (size_t at = 0; at < 48 * MIB; at += MIB) {
		for (size_t i = 0; i < MIB; i += PAGE)
			p[at + i] = 1;
		madvise(p + at, MIB, MADV_DONTNEED);
	}
	_exit(0);
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

/* A limit holds for the programs and children that begin after it was set. */
static int discard_under_limit(void)
{
	struct rlimit limit = {16 * MIB, 16 * MIB};
	pid_t pid;

	if (!on_quest())
		return 1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_AS, &limit);
		pid = fork();
		if (pid == 0)
			take_and_discard();
		_exit(WIFSIGNALED(status_of(pid)));
	}
	return WEXITSTATUS(status_of(pid));
}

/* Pipes fill up before the memory does: a write fails, and others still find memory. */
static int fill_pipes(void)
{
	static char data[65536];
	int fd[2], failed = 0;
	char *p;

	if (!on_quest())
		return 1;
	for (int i = 0; i < PIPES && !failed; i++) {
		if (pipe2(fd, O_NONBLOCK))
			return 2;
		failed = write(fd[1], data, sizeof data) < (ssize_t)sizeof data;
	}
	failed = failed && write(fd[1], data, 1) < 0 && errno == ENOMEM;
	p = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(p, 1, 8 * MIB);
	return failed;
}

static int fill_in_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(fill_pipes());
	return WEXITSTATUS(status_of(pid));
}

int main(void)
{
	SHOW(map_much());
	SHOW(discard_under_limit());
	SHOW(fill_in_child());
	SHOW(fill_in_child());
	return 0;
}
