/* SPDX-License-Identifier: MIT */
/*
 * What a program with much memory does to a better one. A process of MIB megabytes (256) forks, exits, unmaps,
 * protects, moves and executes in the background, and makes the kernel's longest loops run, next door to a loop every
 * millisecond on a VCPU of its own. Prints `KEY VALUE` lines: the kernel's longest section without a preemption point
 * (max_nonpreempt), what admission counts with (blocking), and how the loop fared. Times are ns: instructions, where
 * the emulator counts them. Usage: sections [MIB]
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <quest.h>

#define PAGE 4096ul
#define PERIOD_NS 1000000ll
#define NO_LARGE 15 /* MADV_NOHUGEPAGE */
#define DESCRIPTORS 900
#define AREAS 1500ul
#define CHILDREN 60
#define THREADS 60
#define FILES 300

static size_t big; /* bytes */
static const char *self;

static volatile struct shared {
	bool stop;
	long rounds, late;
	long long worst;
	struct quest_vcpu_usage usage;
} *shared;

static void die(const char *what)
{
	printf("sections: %s: %s\nsections over: failed\n", what, strerror(errno));
	exit(1);
}

static void *map(size_t bytes, int flags)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void touch(volatile char *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += PAGE)
		p[i] = 1;
}

/* `what` in a child, which ends by itself or by an exec. */
static void child(void (*what)(void *argument), void *argument)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		what(argument);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("child");
}

/* ---- the loop ---- */

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void loop(void)
{
	long long next = now();

	while (!shared->stop) {
		struct timespec t;
		long long late;

		next += PERIOD_NS;
		t = (struct timespec){next / 1000000000, next % 1000000000};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		late = now() - next;
		if (late > shared->worst)
			shared->worst = late;
		if (late >= PERIOD_NS)
			shared->late++;
		shared->rounds++;
	}
	vcpu_getparams(-1, &(struct quest_vcpu){0}, (struct quest_vcpu_usage *)&shared->usage);
}

static pid_t start_loop(void)
{
	struct quest_vcpu v = {.kind = QUEST_VCPU_MAIN, .budget_ns = PERIOD_NS / 5, .period_ns = PERIOD_NS, .name = "loop"};
	int id = vcpu_create(&v);
	pid_t pid;

	if (id < 0) {
		printf("sections: no VCPU: %s\nsections over: failed\n", vcpu_refusal(v.reason));
		exit(1);
	}
	pid = vcpu_fork(id);
	if (pid == 0) {
		mlockall(MCL_CURRENT);
		loop();
		_exit(0);
	}
	return pid;
}

/* ---- memory ---- */

static void nothing(void *argument)
{
	(void)argument;
}

static void write_some(void *memory)
{
	touch(memory, 64 * PAGE);
}

static void execute(void *argument)
{
	(void)argument;
	execl(self, self, "nothing", NULL);
	_exit(1);
}

static void change_all(char *p)
{
	mprotect(p, big, PROT_READ);
	mprotect(p, big, PROT_READ | PROT_WRITE);
	mprotect(p + big / 4, big / 2, PROT_NONE);
	mprotect(p + big / 4, big / 2, PROT_READ | PROT_WRITE);
}

/* With large pages, or with small ones from the start. */
static void much_memory(bool small)
{
	char *p = map(big, MAP_PRIVATE), *q;

	if (small)
		madvise(p, big, NO_LARGE);
	touch(p, big);
	change_all(p);
	child(nothing, NULL);
	child(write_some, p);
	child(execute, NULL);
	change_all(p);
	q = mremap(p, big, big + (1 << 20), MREMAP_MAYMOVE);
	if (q == MAP_FAILED)
		die("mremap");
	if (small)
		touch(q, 16 * PAGE);
	madvise(q, big / 2, MADV_DONTNEED);
	munmap(q, big + (1 << 20));
}

static void ends_with_memory(void *argument)
{
	char *p = map(big, MAP_PRIVATE);

	(void)argument;
	touch(p, big);
}

static void shared_memory(void)
{
	size_t bytes = big / 4;
	char *p = map(bytes, MAP_SHARED);

	touch(p, bytes);
	child(write_some, p);
	child(execute, NULL);
	munmap(p, bytes);
}

static void many_areas(void)
{
	char *p = map(AREAS * PAGE, MAP_PRIVATE);

	madvise(p, AREAS * PAGE, NO_LARGE);
	for (size_t i = 0; i < AREAS; i += 2)
		mprotect(p + i * PAGE, PAGE, PROT_READ);
	touch(p + PAGE, PAGE);
	child(nothing, NULL);
	child(execute, NULL);
	mprotect(p, AREAS * PAGE, PROT_READ | PROT_WRITE);
	munmap(p, AREAS * PAGE);
}

/* One page in every table of a wide range. */
static void sparse(void)
{
	size_t bytes = 2048ul << 20;
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	madvise(p, bytes, NO_LARGE);
	for (size_t i = 0; i < bytes; i += 2ul << 20)
		p[i] = 1;
	child(nothing, NULL);
	mprotect(p, bytes, PROT_READ);
	munmap(p, bytes);
}

/* ---- descriptors and files ---- */

static void many_descriptors(void)
{
	struct pollfd *set = calloc(DESCRIPTORS, sizeof *set);
	int pair[2];

	if (pipe(pair))
		die("pipe");
	for (int i = 0; i < DESCRIPTORS; i++)
		set[i] = (struct pollfd){.fd = fcntl(pair[0], F_DUPFD_CLOEXEC, 10), .events = POLLIN};
	poll(set, DESCRIPTORS, 0);
	child(nothing, NULL);
	child(execute, NULL);
	for (int i = 0; i < DESCRIPTORS; i++)
		close(set[i].fd);
	close(pair[0]);
	close(pair[1]);
	free(set);
}

static void large_file(void)
{
	size_t bytes = 8ul << 20;
	char *buffer = malloc(bytes);
	struct iovec part[512];
	int fd = open("/tmp/large", O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		die("/tmp/large");
	memset(buffer, 'x', bytes);
	for (int i = 0; i < 512; i++)
		part[i] = (struct iovec){buffer + (size_t)i * 3000, 1500};
	if (write(fd, buffer, bytes) != (ssize_t)bytes || pread(fd, buffer, bytes, 0) != (ssize_t)bytes)
		die("large file");
	if (pwritev(fd, part, 512, 100) != 512 * 1500 || preadv(fd, part, 512, 100) != 512 * 1500)
		die("vectors");
	ftruncate(fd, 100);
	ftruncate(fd, 1l << 30);
	pwrite(fd, "x", 1, (1l << 30) - 1);
	close(fd);
	unlink("/tmp/large");
	free(buffer);
}

static void many_files(void)
{
	char name[64];

	mkdir("/tmp/many", 0700);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "/tmp/many/a-name-that-is-rather-long-%d", i);
		close(open(name, O_RDWR | O_CREAT, 0600));
	}
	int fd = open("/tmp/many", O_RDONLY | O_DIRECTORY);
	static char entries[32768];

	while (syscall(SYS_getdents64, fd, entries, sizeof entries) > 0)
		;
	close(fd);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "/tmp/many/a-name-that-is-rather-long-%d", i);
		unlink(name);
	}
	rmdir("/tmp/many");
}

static void pipes(void)
{
	static char buffer[65536];
	int pair[2];

	if (pipe(pair))
		die("pipe");
	for (int i = 0; i < 4; i++)
		if (write(pair[1], buffer, sizeof buffer) != sizeof buffer || read(pair[0], buffer, sizeof buffer) <= 0)
			die("pipe");
		else
			while (fcntl(pair[0], F_SETFL, O_NONBLOCK), read(pair[0], buffer, sizeof buffer) > 0)
				;
	close(pair[0]);
	close(pair[1]);
}

/* ---- tasks ---- */

static pthread_barrier_t barrier;
static int word;

static void *waits(void *argument)
{
	pthread_barrier_wait(&barrier);
	for (;;)
		syscall(SYS_futex, &word, 0, 0, NULL, NULL, 0);
	return argument;
}

static void with_threads(void *argument)
{
	pthread_attr_t a;
	pthread_t thread;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 32768);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, &a, waits, NULL))
			die("pthread_create");
	pthread_barrier_wait(&barrier);
	usleep(2000);
	syscall(SYS_futex, &word, 1, THREADS, NULL, NULL, 0);
	kill(getpid(), SIGCONT);
	if (argument)
		execute(NULL);
}

static void leaves_children(void *argument)
{
	(void)argument;
	for (int i = 0; i < CHILDREN; i++)
		if (fork() == 0)
			_exit(0);
	setpgid(0, 0);
	signal(SIGUSR1, SIG_IGN);
	kill(0, SIGUSR1);
}

static void environment(void)
{
	static char text[100000];
	char *arguments[] = {(char *)self, "nothing", text, NULL};
	int status;
	pid_t pid;

	memset(text, 'x', sizeof text - 1);
	pid = fork();
	if (pid == 0)
		execv(self, arguments);
	waitpid(pid, &status, 0);
}

static void report(pid_t loop_pid)
{
	struct quest_sections seen;

	quest_sections(0, &seen);
	shared->stop = true;
	waitpid(loop_pid, NULL, 0);
	for (unsigned i = 0; i < QUEST_SECTIONS_KEPT; i++)
		printf("section %llu from %llx to %llx\n", (unsigned long long)seen.worst[i].ns,
			(unsigned long long)seen.worst[i].from, (unsigned long long)seen.worst[i].to);
	printf("max_nonpreempt %llu\nblocking %llu\n", (unsigned long long)seen.worst[0].ns,
		(unsigned long long)seen.blocking_ns);
	printf("max_lock_held %llu\n", (unsigned long long)seen.lock_ns);
	printf("latency_bound %llu\n", (unsigned long long)seen.latency_ns);
	printf("loop_rounds %ld\nloop_late %ld\nloop_worst %lld\n", shared->rounds, shared->late, shared->worst);
	printf("loop_missed %llu\n", (unsigned long long)shared->usage.missed);
}

int main(int argc, char **argv)
{
	pid_t pid;

	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "nothing") == 0)
		return 0;
	big = (size_t)(argc > 1 ? atol(argv[1]) : 256) << 20;
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = map(PAGE, MAP_SHARED);
	*(volatile char *)shared = 0;
	pid = start_loop();
	quest_sections(1, NULL);
	much_memory(false);
	much_memory(true);
	child(ends_with_memory, NULL);
	shared_memory();
	many_areas();
	sparse();
	many_descriptors();
	large_file();
	many_files();
	pipes();
	child(with_threads, NULL);
	child(with_threads, "exec");
	child(leaves_children, NULL);
	environment();
	report(pid);
	printf("sections over\n");
	return 0;
}
