/* SPDX-License-Identifier: MIT */
/* The address space: mapping, protection, growth, copies on write. */
#include "show.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define MANY (64 * PAGE)

static sigjmp_buf back;

static void escape(int signal)
{
	siglongjmp(back, signal);
}

/* 0, or the signal that the access raised. */
static int touch(volatile char *at, int write)
{
	int signal = sigsetjmp(back, 1);

	if (signal)
		return signal;
	if (write)
		*at = 1;
	else
		(void)*at;
	return 0;
}

static char *anonymous(size_t bytes, int flags)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
}

static long sum(const char *p, size_t bytes)
{
	long s = 0;

	for (size_t i = 0; i < bytes; i++)
		s += p[i];
	return s;
}

static void mapping(void)
{
	char *p = anonymous(MANY, MAP_PRIVATE), *q;

	SHOW(sum(p, MANY));
	memset(p, 1, MANY);
	SHOW(sum(p, MANY));
	TRY(munmap(p + 10 * PAGE, PAGE));
	SHOW(touch(p + 10 * PAGE, 0));
	SHOW(touch(p + 9 * PAGE, 0));
	SHOW(touch(p + 11 * PAGE, 1));
	q = mmap(p + 10 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	HOLDS(q == p + 10 * PAGE);
	SHOW(sum(p, MANY));
	TRY(madvise(p, MANY, MADV_DONTNEED));
	SHOW(sum(p, MANY));
	TRY(munmap(p, MANY));
	SHOW(touch(p, 0));
	TRY(munmap(p, MANY));
	TRY(munmap(p + 1, PAGE));
	TRY(munmap((void *)-PAGE, PAGE));
	TRY(mmap((void *)0xffff800000000000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		MAP_FAILED ? -1 : 0);
	TRY(mmap(p, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
}

static void protection(void)
{
	char *p = anonymous(4 * PAGE, MAP_PRIVATE);

	memset(p, 3, 4 * PAGE);
	TRY(mprotect(p + PAGE, PAGE, PROT_READ));
	SHOW(touch(p + PAGE, 0));
	SHOW(touch(p + PAGE, 1));
	SHOW(touch(p + 2 * PAGE, 1));
	TRY(mprotect(p + 2 * PAGE, PAGE, PROT_NONE));
	SHOW(touch(p + 2 * PAGE, 0));
	TRY(mprotect(p, 4 * PAGE, PROT_READ | PROT_WRITE));
	SHOW(p[2 * PAGE + 5]);
	TRY(mprotect(p + 1, PAGE, PROT_READ));
	munmap(p + 3 * PAGE, PAGE);
	TRY(mprotect(p, 4 * PAGE, PROT_READ));
	munmap(p, 4 * PAGE);
}

static void execution(void)
{
	static const unsigned char returns_42[] = {0xb8, 42, 0, 0, 0, 0xc3};
	char *p = anonymous(PAGE, MAP_PRIVATE);

	memcpy(p, returns_42, sizeof returns_42);
	int signal = sigsetjmp(back, 1);
	if (signal == 0)
		((int (*)(void))p)();
	SHOW(signal);
	TRY(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	SHOW(((int (*)(void))p)());
	munmap(p, PAGE);
}

static void growth(void)
{
	char *p = anonymous(2 * PAGE, MAP_PRIVATE), *q, *b = (char *)syscall(SYS_brk, 0);

	strcpy(p, "first");
	strcpy(p + PAGE, "second");
	q = mremap(p, 2 * PAGE, 300 * PAGE, MREMAP_MAYMOVE);
	TEXT(q);
	TEXT(q + PAGE);
	SHOW(sum(q + 2 * PAGE, 298 * PAGE));
	q = mremap(q, 300 * PAGE, PAGE, 0);
	TEXT(q);
	SHOW(touch(q + PAGE, 0));
	TRY(mremap(q + 50 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0);
	munmap(q, PAGE);
	HOLDS((char *)syscall(SYS_brk, b + 100000) == b + 100000);
	SHOW(sum(b, 100000));
	memset(b, 1, 100000);
	HOLDS((char *)syscall(SYS_brk, b) == b);
	HOLDS((char *)syscall(SYS_brk, 0) == b);
}

static void copies(void)
{
	char *private = anonymous(MANY, MAP_PRIVATE), *shared = anonymous(MANY, MAP_SHARED);
	int status;

	memset(private, 1, MANY);
	memset(shared, 1, MANY);
	fflush(stdout);
	if (fork() == 0) {
		memset(private, 2, MANY);
		memset(shared, 2, MANY);
		if (fork() == 0) {
			private[0] = 50;
			shared[1] = 51;
			_exit(sum(private, MANY) == 2L * MANY + 48);
		}
		wait(&status);
		_exit((sum(private, MANY) == 2L * MANY) + 2 * WEXITSTATUS(status));
	}
	wait(&status);
	SHOW(WEXITSTATUS(status));
	SHOW(sum(private, MANY));
	SHOW(sum(shared, MANY) - 2L * MANY);
	munmap(private, MANY);
	munmap(shared, MANY);
}

static int deep(int n)
{
	volatile char frame[1000];

	frame[0] = (char)n;
	return n ? deep(n - 1) + frame[0] * 0 : 7;
}

static void big(void)
{
	size_t bytes = 8u << 20;
	char *p = anonymous(bytes, MAP_PRIVATE);

	for (size_t i = 0; i < bytes; i += PAGE)
		p[i] = (char)(i / PAGE);
	SHOW(sum(p, bytes));
	TRY(munmap(p + (1u << 20), 3u << 20));
	SHOW(touch(p + (2u << 20), 0));
	SHOW(touch(p + (5u << 20), 0));
	TRY(munmap(p, bytes));
	SHOW(deep(3000));
	p = malloc(1000000);
	memset(p, 5, 1000000);
	SHOW(sum(p, 1000000));
	free(p);
	TRY(mlock(&bytes, sizeof bytes));
	TRY(msync(NULL, PAGE, MS_SYNC));
}

/* A file that is open for reading only is not written through a mapping either. */
static void of_a_file(void)
{
	char name[] = "/tmp/mapXXXXXX", *p, buffer[4];
	int fd, only;

	mkdir("/tmp", 0777);
	fd = mkstemp(name);
	TRY(write(fd, "abcd", 4));
	only = open(name, O_RDONLY);
	TRY(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, only, 0) == MAP_FAILED ? -1 : 0);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, only, 0);
	SHOW(touch(p, 0));
	SHOW(touch(p, 1));
	TRY(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	munmap(p, PAGE);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, only, 0);
	SHOW(touch(p, 1));
	TRY(pread(fd, buffer, 4, 0));
	printf("%.4s\n", buffer);
	munmap(p, PAGE);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	TRY(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	p[1] = 'B';
	TRY(pread(fd, buffer, 4, 0));
	printf("%.4s\n", buffer);
	munmap(p, PAGE);
	close(fd), close(only);
	unlink(name);
}

int main(void)
{
	struct sigaction a = {.sa_handler = escape};

	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
	mapping();
	protection();
	execution();
	growth();
	copies();
	big();
	of_a_file();
	return 0;
}
