/* SPDX-License-Identifier: MIT */
/*
 * Starts fuzzing processes, some at once, kills those that hang and all their children, and counts: `fuzzers run CALLS
 * SEED WITNESS`, the last one a process that is left alone. `fuzzers witness` is such a process. A program apart from
 * fuzz, whose processes may jump anywhere in their own code.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define IDLE_LOOKS 20
#define PIDS 1024
#define MEMORY (6u << 20)

static uint64_t state;
static volatile uint64_t *made;

static uint64_t pick(void) /* xorshift64* */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

/* Whoever is still there and is not to be left alone. */
static void kill_rest(pid_t witness)
{
	pid_t shell = getppid();

	for (pid_t pid = 1; pid < PIDS; pid++) {
		if (pid == getpid() || pid == shell || pid == witness)
			continue;
		while (kill(pid, SIGKILL) == 0 && waitpid(-1, NULL, WNOHANG) <= 0 && kill(pid, 0) == 0)
			usleep(1000);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* Children that make no call for a while have blocked or ignored their alarm and are killed. */
static unsigned watch(pid_t pid[FUZZ_AT_ONCE])
{
	uint64_t last[FUZZ_AT_ONCE] = {0};
	unsigned idle[FUZZ_AT_ONCE] = {0}, left = FUZZ_AT_ONCE, killed = 0;

	while (left) {
		usleep(5000);
		for (unsigned i = 0; i < FUZZ_AT_ONCE; i++) {
			int status;

			if (!pid[i])
				continue;
			if (waitpid(pid[i], &status, WNOHANG) == pid[i]) {
				killed += WIFSIGNALED(status) != 0;
				pid[i] = 0;
				left--;
				continue;
			}
			idle[i] = made[i] == last[i] ? idle[i] + 1 : 0;
			last[i] = made[i];
			if (idle[i] == IDLE_LOOKS)
				kill(pid[i], SIGKILL);
		}
	}
	return killed;
}

static void clean(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		chdir("/");
		execl("/bin/busybox", "rm", "-rf", "/play", "/x", "/y", "/d", NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	mkdir("/play", 0755);
	chdir("/play");
	pid = fork();
	if (pid == 0) {
		execl("/bin/busybox", "cp", "/bin/fuzz", "/play/fuzz", NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static void destroy_vcpus(void)
{
	for (long id = 1; id < FUZZ_VCPUS; id++)
		syscall(FUZZ_QUEST + 2, id);
}

/* A limit on memory counts from the next exec on. */
static void become_fuzz(const char *index, const char *seed)
{
	struct rlimit memory = {MEMORY, MEMORY};

	if (setrlimit(RLIMIT_AS, &memory) == 0)
		execl("/bin/fuzz", "fuzz", index, seed, NULL);
	_exit(1);
}

static pid_t start(unsigned index, uint64_t seed)
{
	char number[24], text[24];
	pid_t pid;

	snprintf(number, sizeof number, "%u", index);
	snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
	pid = fork();
	if (pid == 0)
		become_fuzz(number, text);
	if (pid < 0) {
		perror("fuzz: fork");
		exit(1);
	}
	return pid;
}

/* One batch; how many calls. */
static uint64_t batch(pid_t witness, unsigned ends[2])
{
	pid_t pid[FUZZ_AT_ONCE];
	uint64_t sum = 0;
	unsigned killed;

	for (unsigned i = 0; i < FUZZ_AT_ONCE; i++) {
		made[i] = 0;
		pid[i] = start(i, pick() | 1);
	}
	killed = watch(pid);
	kill_rest(witness);
	for (unsigned i = 0; i < FUZZ_AT_ONCE; i++)
		sum += made[i] <= FUZZ_OF_ONE ? made[i] : 0; /* a child may have written anything there */
	ends[0] += FUZZ_AT_ONCE - killed;
	ends[1] += killed;
	destroy_vcpus();
	clean();
	return sum;
}

static int run(uint64_t calls, uint64_t seed, pid_t witness)
{
	int fd = open(FUZZ_MADE, O_RDWR | O_CREAT | O_TRUNC, 0644);
	unsigned ends[2] = {0, 0};
	uint64_t sum = 0;

	if (fd < 0 || ftruncate(fd, 4096))
		return 1;
	made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (made == MAP_FAILED)
		return 1;
	close(fd);
	state = seed * 0x9e3779b97f4a7c15ull + 1;
	while (sum < calls)
		sum += batch(witness, ends);
	printf("\nfuzz: seed %llu: %llu calls, %u processes ended, %u were killed\n", (unsigned long long)seed,
		(unsigned long long)sum, ends[0], ends[1]);
	return 0;
}

static volatile sig_atomic_t enough;

static void stop(int signal)
{
	(void)signal;
	enough = 1;
}

static uint64_t checksum(const uint64_t *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = sum * 31 + p[i];
	return sum;
}

/* Memory, a file and a pipe that must not change, looked at again and again until SIGTERM. */
static int witness(void)
{
	static uint64_t memory[16384], back[512];
	unsigned long rounds = 0, wrong = 0;
	uint64_t sum;
	int fd = open("/witness", O_RDWR | O_CREAT | O_TRUNC, 0644);

	signal(SIGTERM, stop);
	state = 4711;
	for (size_t i = 0; i < 16384; i++)
		memory[i] = pick();
	sum = checksum(memory, 16384);
	wrong += write(fd, memory, sizeof back) != sizeof back;
	for (; !enough; rounds++) {
		wrong += checksum(memory, 16384) != sum;
		wrong += pread(fd, back, sizeof back, 0) != sizeof back || memcmp(back, memory, sizeof back) != 0;
		usleep(5000);
	}
	unlink("/witness");
	printf("\nfuzz: the witness looked %lu times and saw %lu wrong\n", rounds, wrong);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "witness") == 0)
		return witness();
	if (argc == 3 && strcmp(argv[1], "call") == 0) { /* in vain, for /proc/unknown */
		syscall(strtol(argv[2], NULL, 0));
		return errno;
	}
	if (argc != 5 || strcmp(argv[1], "run"))
		return 1;
	return run(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0), (pid_t)strtol(argv[4], NULL, 0));
}
