/* SPDX-License-Identifier: MIT */
/*
 * A load that stays inside the sandbox: per round fork, exec of this same static program, a pipe conversation with the
 * child, page faults, wait. usage: qv-load ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TALKS 10
#define FAULT_BYTES (256u << 10)
#define PAGE_BYTES  4096u

/* The child gives every byte of its input back plus one. */
static int echo(void)
{
	unsigned char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1) {
		byte++;
		if (write(STDOUT_FILENO, &byte, 1) != 1)
			return 1;
	}
	return 0;
}

_Noreturn static void child(const char *self, const int down[2], const int up[2])
{
	if (dup2(down[0], STDIN_FILENO) < 0 || dup2(up[1], STDOUT_FILENO) < 0)
		_exit(126);
	close(down[0]);
	close(down[1]);
	close(up[0]);
	close(up[1]);
	execl(self, self, "echo", (char *)NULL);
	_exit(127);
}

static int talk(int to, int from)
{
	for (unsigned char i = 0; i < TALKS; i++) {
		unsigned char byte = i;

		if (write(to, &byte, 1) != 1 || read(from, &byte, 1) != 1 || byte != i + 1)
			return 1;
	}
	return 0;
}

static int fault_pages(void)
{
	char *pages = mmap(NULL, FAULT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < FAULT_BYTES; i += PAGE_BYTES)
		pages[i] = 1;
	return munmap(pages, FAULT_BYTES);
}

static int round_trip(const char *self)
{
	int down[2], up[2], status = 1, bad;
	pid_t pid;

	if (pipe(down) != 0 || pipe(up) != 0)
		return 1;
	pid = fork();
	if (pid == 0)
		child(self, down, up);
	close(down[0]);
	close(up[1]);
	bad = pid < 0 || talk(down[1], up[0]) != 0;
	close(down[1]);
	close(up[0]);
	return bad || waitpid(pid, &status, 0) != pid || status != 0 || fault_pages() != 0;
}

int main(int argc, char **argv)
{
	long rounds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

	if (argc == 2 && strcmp(argv[1], "echo") == 0)
		return echo();
	if (rounds <= 0) {
		fprintf(stderr, "usage: qv-load ROUNDS\n");
		return 2;
	}
	for (long i = 0; i < rounds; i++) {
		if (round_trip("/bin/qv-load") != 0) {
			fprintf(stderr, "qv-load: round %ld failed\n", i);
			return 1;
		}
	}
	printf("qv-load: %ld rounds done\n", rounds);
	return 0;
}
