/* SPDX-License-Identifier: MIT */
/*
 * A program that the system file calls migratable: its memory comes from its arena, and /proc/self/handles says what
 * binds it to its core. With "fill NAME" it asks for memory until there is no more, which must end it and nobody
 * else.
 */
#include "show.h"

#include "../../lib/handles.c"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1l << 20)

/* The number behind `label` in a file of /proc, -1 = it is not there. */
static long number(const char *path, const char *label)
{
	char text[4096], *found;
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	if (n < 0)
		return -1;
	text[n] = 0;
	found = strstr(text, label);
	return found ? strtol(found + strlen(label), NULL, 10) : -1;
}

static long sandbox_free(void)
{
	return number("/proc/meminfo", "MemFree:");
}

static long arena_free(void)
{
	return number("/proc/self/handles", " KiB, ");
}

static void verdict(const char *when)
{
	char text[4096], *line;
	int fd = open("/proc/self/handles", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = 0;
	line = strstr(text, "it may");
	printf("%s: %s", when, line ? line : "no verdict\n");
}

/* The state as bytes: it passes the check, and written again handle by handle it is the same. */
static void state(const char *when)
{
	static char bytes[64 << 10], again[64 << 10];
	struct qv_handles_header header = {0};
	struct qv_handles_writer w;
	struct qv_handle handle;
	uint32_t kinds[QV_HANDLE_KINDS] = {0};
	int fd = open("/proc/self/state", O_RDONLY);
	ssize_t n = 0, more;
	size_t at;

	while ((more = read(fd, bytes + n, sizeof(bytes) - (size_t)n)) > 0)
		n += more;
	close(fd);
	const char *wrong = qv_handles_check(bytes, (size_t)n, &at);
	if (wrong) {
		printf("%s: state of %zd bytes, at %zu: %s\n", when, n, at, wrong);
		return;
	}
	qv_handles_header(bytes, &header);
	qv_handles_begin(&w, again, sizeof(again), header.pid, header.tsc_khz);
	for (uint32_t i = 0; i < header.count; i++) {
		qv_handles_get(bytes, i, &handle);
		qv_handles_add(&w, &handle);
		kinds[handle.kind]++;
	}
	qv_handles_refuse(&w, header.refusal);
	printf("%s: state %s, %u thread, %u signals, %u timer, %u vcpu, %u files, %s%s\n", when,
		memcmp(bytes, again, (size_t)n) == 0 && header.pid == (uint32_t)getpid() ? "is written again the same" : "DIFFERS",
		kinds[QV_HANDLE_THREAD], kinds[QV_HANDLE_SIGNAL], kinds[QV_HANDLE_TIMER], kinds[QV_HANDLE_VCPU],
		kinds[QV_HANDLE_FILE], header.refusal[0] ? "refused: " : "complete", header.refusal);
}

static void where_memory_is(void)
{
	long frames = sandbox_free(), arena = arena_free();
	char *p = mmap(NULL, 3 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 1, 3 * MIB);
	HOLDS(arena - arena_free() >= 3 * 1024);
	HOLDS(frames - sandbox_free() < 256);
	munmap(p, 3 * MIB);
	HOLDS(arena_free() + 64 >= arena);
	TRY(mmap(NULL, MIB, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
}

static void what_binds_it(void)
{
	int ends[2], fd, go[2];
	char c;
	pid_t pid;

	verdict("as it was started");
	state("as it was started");
	signal(SIGUSR1, SIG_IGN);
	alarm(1000);
	fd = eventfd(3, 0);
	verdict("with a counter");
	state("with a counter");
	int other = dup(fd);
	verdict("with a counter twice");
	state("with a counter twice");
	close(other);
	if (pipe(ends) || pipe(go))
		perror("pipe");
	verdict("with pipes");
	state("with pipes");
	pid = fork();
	if (pid == 0)
		_exit(read(go[0], &c, 1) == 1 && arena_free() < 0 ? 0 : 1); /* a child is not in the arena */
	verdict("with a child");
	if (write(go[1], "x", 1) != 1)
		perror("write");
	int status = -1;
	waitpid(pid, &status, 0);
	SHOW(status);
	close(ends[0]), close(ends[1]), close(go[0]), close(go[1]), close(fd);
	fd = open("/tmp/file", O_CREAT | O_WRONLY, 0600);
	verdict("writing a file");
	state("writing a file");
	close(fd);
	verdict("in the end");
}

/* The file's pages are copied into the arena for the time of the call. */
static void sending(void)
{
	int from = open("/tmp/from", O_CREAT | O_RDWR, 0600), to = open("/tmp/to", O_CREAT | O_RDWR, 0600);
	char text[8] = "";
	long arena = arena_free();

	TRY(pwrite(from, "sent", 4, 70000));
	TRY(sendfile(to, from, NULL, 100000));
	TRY(pread(to, text, 4, 70000));
	TEXT(text);
	HOLDS(arena_free() == arena);
	close(from), close(to);
}

static void fill(const char *name)
{
	for (long n = 0; ; n++) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memset(p, 1, MIB);
		printf("%s: %ld MiB\n", name, n + 1);
	}
}

int main(int argc, char **argv)
{
	char *const again[] = {argv[0], "again", NULL};

	if (argc > 2 && strcmp(argv[1], "fill") == 0)
		fill(argv[2]);
	where_memory_is();
	if (argc == 1) {
		mkdir("/tmp", 0700);
		sending();
		what_binds_it();
		execv(argv[0], again);
		perror("exec");
	}
	printf("migratable over\n");
	return 0;
}
