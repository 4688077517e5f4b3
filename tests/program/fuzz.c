/* SPDX-License-Identifier: MIT */
/*
 * Random system calls with random arguments by two threads of a process that may die: `fuzz INDEX SEED`. Left out are
 * only calls that reach others by their number, and what an administrator may do to all: they must be safe from the
 * rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz.h"

#define NUMBERS   461u

static __thread uint64_t state;
static volatile uint64_t *made; /* a counter for each process; behind them is room, shared by all */
static uint8_t area[4 * 4096] __attribute__((aligned(4096)));
static uint64_t edge; /* the end of the last page before a hole */

static uint64_t pick(void) /* xorshift64* */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

static uint64_t any(const uint64_t *of, size_t n)
{
	return of[pick() % n];
}
#define ANY(...) any((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

static uint64_t pointer(void)
{
	uint64_t inside = (uint64_t)area + pick() % sizeof area;

	return ANY(inside, inside & ~7ull, inside & ~7ull, (uint64_t)area, (uint64_t)area + sizeof area - 8, 0, 1, 0x1000,
		0x10000, edge - 1, edge - 4, edge - 8, edge - 16, edge - pick() % 128, edge, 0x7ffffffff000, 0x7fffffffeff8,
		0x7fffffffffff, 0x800000000000, 0xffff800000000000, 0xffffffff80000000, 0xffffffff81000000, ~0ull, ~7ull,
		~4095ull, (uint64_t)pick, (uint64_t)&inside, pick(), pick() & 0x7fffffffffff, pick() << 47);
}

static uint64_t number(void)
{
	return ANY(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 64, 100, 511, 512, 4095, 4096, 4097, 65536, 1ull << 20,
		1ull << 30, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, 1ull << 47, 1ull << 63, ~0ull, ~1ull, ~99ull,
		0x22, 0x32, 0x41, 0x242, 0x10000, 0x80000, 0x5401, 0x5413, 0x541b, 0x5421, pick(), pick() & 0xffff,
		pick() & 0xff, 1ull << (pick() & 63), (uint64_t)getpid());
}

static uint64_t argument(void)
{
	return pick() % 5 < 2 ? pointer() : number();
}

/* Arguments that get far: plausible for calls that check much. */
static void shape(uint64_t n, uint64_t a[6])
{
	switch (n) {
	case SYS_mmap:
		a[0] = pick() % 2 ? 0 : pointer() & ~4095ull;
		a[1] = pick() % 4 ? 4096 * (1 + pick() % 64) : a[1];
		a[2] = pick() % 8;
		a[3] = ANY(0x22, 0x21, 0x32, 0x31, 2, 1, 0x8022, 0x2022, 0x100022, pick() & 0x1fffff);
		break;
	case SYS_mprotect: case SYS_munmap: case SYS_madvise: case SYS_mremap: case SYS_msync: case SYS_mincore:
		a[0] &= ~4095ull;
		a[1] = pick() % 2 ? 4096 * (1 + pick() % 8) : a[1];
		a[2] = pick() % 2 ? pick() % 26 : a[2];
		break;
	case SYS_futex:
		a[0] = (pick() % 4 ? (uint64_t)area : (uint64_t)(made + 64)) + pick() % 4 * 4;
		a[1] = pick() % 14 | ANY(0, 0, 0x80, 0x100);
		a[4] = pick() % 2 ? (uint64_t)area + pick() % 4 * 4 : a[4];
		break;
	case SYS_rt_sigaction:
		a[0] = pick() % 66;
		a[3] = pick() % 4 ? 8 : a[3];
		break;
	case SYS_read: case SYS_write: case SYS_readv: case SYS_writev: case SYS_ioctl: case SYS_fcntl: case SYS_lseek:
		a[0] = pick() % 14;
		break;
	default:
		break;
	}
}

/* What reaches others by number goes to the caller itself. False: not made at all. */
static int contain(uint64_t n, uint64_t a[6])
{
	switch (n) {
	case SYS_exit: case SYS_exit_group: case SYS_reboot: case SYS_alarm: case SYS_setitimer:
	case SYS_rt_sigqueueinfo: case SYS_rt_tgsigqueueinfo: case SYS_pidfd_send_signal: case SYS_tkill:
		return pick() % 64 == 0 && n == SYS_exit;
	case SYS_rt_sigreturn: /* the end of nearly every process */
		return pick() % 16 == 0;
	case SYS_kill:
	case SYS_prlimit64:
		a[0] = n == SYS_kill ? (uint64_t)getpid() : 0;
		return 1;
	case SYS_tgkill:
		a[0] = (uint64_t)getpid();
		a[1] = (uint64_t)syscall(SYS_gettid);
		return 1;
	case SYS_execve:
		memcpy(area, "/play/fuzz", 11); /* a copy: other calls may truncate or remove it */
		a[0] = pick() % 2 ? (uint64_t)area : a[0];
		return pick() % 4 == 0;
	case FUZZ_QUEST + 4: /* new parameters: not for the VCPU of all others */
		a[0] = 1 + pick() % FUZZ_VCPUS;
		return 1;
	default:
		return 1;
	}
}

static int is_birth(uint64_t n)
{
	return n == SYS_clone || n == SYS_fork || n == SYS_vfork || n == SYS_clone3 || n == FUZZ_QUEST + 5;
}

/* A child that makes a few calls of its own, or none: with memory of its own by fork, else on a stack of its own. */
static void birth(uint64_t n, uint64_t a[6])
{
	static __thread uint8_t stack[16384] __attribute__((aligned(16)));
	long pid;

	if (pick() % 4)
		return;
	if (n == SYS_clone && a[0] & 0x100) {
		((uint64_t *)(void *)(stack + sizeof stack))[-1] = 0;
		a[1] = 0; /* the same stack: it is a copy, or the process dies */
		a[0] |= 0x4000; /* vfork: one at a time uses it */
	}
	pid = syscall((long)n, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (pid == 0)
		syscall(SYS_exit_group, 0);
}

static void fill(void)
{
	static const char names[][16] = {"/play", "x", "../play/y", "/dev/null", "/proc/self/stat", "/dev/zero", "", "/",
		"/proc/self/maps", "d/e", "/proc/unknown"};

	if (pick() % 4 == 0)
		memcpy(area + pick() % 64 * 16, names[pick() % 11], 16);
	if (pick() % 16 == 0 && edge)
		memcpy((void *)(edge - 8), "/play/zz", 8); /* no end before the hole */
	if (pick() % 4 == 0)
		((uint64_t *)(void *)area)[pick() % (sizeof area / 8)] = argument();
}

static void one_call(volatile uint64_t *count)
{
	uint64_t n = pick() % 32 == 0 ? FUZZ_QUEST + pick() % FUZZ_QUEST_CALLS : pick() % NUMBERS;
	uint64_t a[6] = {argument(), argument(), argument(), argument(), argument(), argument()};

	if (pick() % 512 == 0)
		n = argument();
	if (pick() % 3)
		shape(n, a);
	if (!contain(n, a))
		return;
	fill();
	*count += 1;
	if (is_birth(n))
		birth(n, a);
	else
		(void)syscall((long)n, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void interrupt(int signal)
{
	(void)signal;
}

static void open_things(void)
{
	int p[2];

	pipe(p);
	eventfd(3, 0);
	epoll_create1(0);
	open("/dev/null", O_RDWR);
	open("x", O_RDWR | O_CREAT, 0644);
	open("/proc/self/maps", O_RDONLY);
	open("/", O_RDONLY | O_DIRECTORY);
}

/* The second thread: not counted, and over with the first. */
static void *another(void *seed)
{
	volatile uint64_t uncounted = 0;

	state = *(uint64_t *)seed | 1;
	for (unsigned i = 0; i < FUZZ_OF_ONE; i++)
		one_call(&uncounted);
	return NULL;
}

/* A session of its own: the console belongs to another one, and must not stop it. */
static void child(volatile uint64_t *count)
{
	struct itimerval often = {{0, 5000}, {0, 5000}};
	struct sigaction action = {.sa_handler = interrupt};
	uint64_t seed = pick();
	pthread_t thread;
	uint8_t *hole = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	setsid();
	for (int i = 0; i < 3; i++)
		close(i);
	open_things();
	munmap(hole + 4096, 4096);
	edge = (uint64_t)hole + 4096;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	(void)pthread_create(&thread, NULL, another, &seed);
	for (unsigned i = 0; i < FUZZ_OF_ONE; i++)
		one_call(count);
	_exit(0);
}

int main(int argc, char **argv)
{
	int fd = open(FUZZ_MADE, O_RDWR);

	made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (argc != 3 || made == MAP_FAILED)
		return 0; /* a fuzzing process tried execve */
	close(fd);
	state = strtoull(argv[2], NULL, 0);
	child(&made[strtoul(argv[1], NULL, 0) % FUZZ_AT_ONCE]);
	return 0;
}
