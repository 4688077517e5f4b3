/* SPDX-License-Identifier: MIT */
/* Files, directories, links, descriptors. Works in a folder of its own below the current one. */
#include "show.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[8192];

static void contents(void)
{
	int fd;
	struct iovec v[2] = {{"abc", 3}, {"defg", 4}};

	TRY(fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
	TRY(open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
	TRY(write(fd, "hello, world", 12));
	TRY(lseek(fd, -5, SEEK_END));
	TRY(read(fd, buffer, 100));
	TEXT(buffer);
	TRY(read(fd, buffer, 100));
	TRY(pread(fd, buffer, 5, 0));
	TRY(pwrite(fd, "J", 1, 0));
	TRY(lseek(fd, 10000, SEEK_SET));
	TRY(write(fd, "x", 1));
	TRY(pread(fd, buffer, 8192, 9000));
	SHOW(buffer[0]);
	SHOW(buffer[1000]);
	TRY(ftruncate(fd, 4));
	TRY(lseek(fd, 0, SEEK_END));
	TRY(writev(fd, v, 2));
	memset(buffer, 0, sizeof buffer);
	TRY(pread(fd, buffer, 100, 0));
	TEXT(buffer);
	TRY(lseek(fd, -100, SEEK_SET));
	TRY(lseek(fd, 0, 99));
	TRY(close(fd));
	TRY(close(fd));
	TRY(read(fd, buffer, 1));
	TRY(fd = open("a", O_WRONLY | O_APPEND));
	TRY(write(fd, "+", 1));
	TRY(read(fd, buffer, 1));
	TRY(close(fd));
	TRY(fd = open("a", O_RDONLY | O_TRUNC));
	TRY(close(fd));
	TRY(open("none/x", O_RDONLY));
	TRY(open("a/x", O_RDONLY));
	TRY(open(".", O_WRONLY));
	TRY(open("a", O_RDONLY | O_DIRECTORY));
	TRY(read(open(".", O_RDONLY), buffer, 1));
}

static void descriptors(void)
{
	int fd = open("d", O_RDWR | O_CREAT, 0600), copy;

	TRY(copy = dup(fd));
	HOLDS(copy == fd + 1);
	TRY(write(copy, "123", 3));
	TRY(lseek(fd, 0, SEEK_CUR));
	TRY(dup2(fd, 20));
	TRY(dup2(fd, fd));
	TRY(dup2(99, 21));
	TRY(fcntl(20, F_GETFD));
	TRY(fcntl(20, F_SETFD, FD_CLOEXEC));
	TRY(fcntl(20, F_GETFD));
	TRY(fcntl(fd, F_DUPFD, 30));
	TRY(fcntl(fd, F_DUPFD_CLOEXEC, 30));
	TRY(fcntl(31, F_GETFD));
	TRY(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND));
	TRY(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	TRY(fcntl(copy, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND));
	TRY(fcntl(99, F_GETFL));
	TRY(isatty(fd));
	for (int i = 3; i < 40; i++)
		close(i);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *name)
{
	char *entry[32];
	int n = 0;
	DIR *d = opendir(name);

	for (struct dirent *e; d && (e = readdir(d)) && n < 32;)
		asprintf(&entry[n++], "%s (%s)", e->d_name, e->d_type == DT_DIR ? "directory" : e->d_type == DT_LNK ?
			"link" : "file");
	if (d)
		closedir(d);
	qsort(entry, (size_t)n, sizeof entry[0], by_name);
	printf("%s holds %d:", name, n);
	for (int i = 0; i < n; i++)
		printf(" %s", entry[i]);
	printf("\n");
}

static void directories(void)
{
	struct stat s;

	TRY(mkdir("sub", 0755));
	TRY(mkdir("sub", 0755));
	TRY(mkdir("sub/deep", 0700));
	TRY(mkdir("no/deep", 0700));
	TRY(close(open("sub/f", O_CREAT | O_WRONLY, 0604)));
	TRY(stat("sub", &s));
	SHOW(s.st_mode);
	SHOW(s.st_nlink);
	TRY(stat("sub/f", &s));
	SHOW(s.st_mode);
	SHOW(s.st_size);
	TRY(stat("sub/g", &s));
	list("sub");
	TRY(chdir("sub"));
	TRY(getcwd(buffer, sizeof buffer) ? 0 : -1);
	TEXT(strrchr(buffer, '/'));
	TRY(stat("../sub/./deep/..//f", &s));
	TRY(chdir(".."));
	TRY(getcwd(buffer, 2) ? 0 : -1);
	TRY(rmdir("sub"));
	TRY(unlink("sub"));
	TRY(rename("sub/f", "sub/deep/g"));
	TRY(rename("sub", "sub/deep/h"));
	TRY(rename("sub/deep", "other"));
	list("sub");
	list("other");
	TRY(rmdir("sub"));
	TRY(unlink("other/g"));
	TRY(rmdir("other"));
	TRY(rmdir("other"));
}

static void links(void)
{
	struct stat s;
	ssize_t n;

	TRY(close(open("target", O_CREAT | O_WRONLY, 0600)));
	TRY(symlink("target", "soft"));
	TRY(symlink("loop2", "loop1"));
	TRY(symlink("loop1", "loop2"));
	TRY(link("target", "hard"));
	TRY(stat("target", &s));
	SHOW(s.st_nlink);
	TRY(lstat("soft", &s));
	SHOW(S_ISLNK(s.st_mode));
	SHOW(s.st_size);
	TRY(stat("soft", &s));
	SHOW(S_ISREG(s.st_mode));
	TRY(n = readlink("soft", buffer, 3));
	printf("%.*s\n", (int)n, buffer);
	TRY(readlink("target", buffer, 3));
	TRY(open("loop1", O_RDONLY));
	TRY(open("soft", O_RDONLY | O_NOFOLLOW));
	TRY(unlink("target"));
	TRY(open("soft", O_RDONLY));
	TRY(close(open("hard", O_RDONLY)));
	list(".");
	unlink("soft"), unlink("loop1"), unlink("loop2"), unlink("hard");
}

static void mapping(void)
{
	int fd = open("m", O_RDWR | O_CREAT, 0600);
	char *shared, *private;

	TRY(ftruncate(fd, 5000));
	TRY(pwrite(fd, "file", 4, 4096));
	private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	TEXT(private + 4096);
	SHOW(private[5000]);
	memcpy(shared, "seen", 4);
	TEXT(private + 4096);
	memcpy(private + 4096, "mine", 4);
	TRY(pread(fd, buffer, 4, 4096));
	printf("%.4s\n", buffer);
	TRY(munmap(private, 8192));
	TRY(munmap(shared, 4096));
	TRY(close(fd));
	TRY(unlink("m"));
	TRY(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, 0, 0) == MAP_FAILED ? -1 : 0);
	TRY(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED ? -1 : 0);
}

/* From a file to a file, a pipe and by an offset of its own. */
static void sending(void)
{
	int from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600), end[2];
	off_t at = 3;

	memset(buffer, 'z', sizeof buffer);
	TRY(pwrite(from, "0123456789", 10, 0));
	TRY(pwrite(from, buffer, sizeof buffer, 100000));
	TRY(sendfile(to, from, NULL, 1 << 20));
	TRY(lseek(from, 0, SEEK_CUR));
	TRY(sendfile(to, from, NULL, 10));
	TRY(sendfile(to, from, &at, 4));
	SHOW(at);
	memset(buffer, 0, sizeof buffer);
	TRY(pread(to, buffer, 4, 108192));
	TEXT(buffer);
	TRY(pread(to, buffer, 3, 108189));
	TEXT(buffer);
	TRY(pipe(end));
	at = 0;
	TRY(sendfile(end[1], from, &at, 6));
	TRY(read(end[0], buffer, 100));
	printf("%.6s\n", buffer);
	TRY(sendfile(to, end[0], NULL, 1));
	TRY(sendfile(99, from, NULL, 1));
	TRY(sendfile(to, 99, NULL, 1));
	at = -1;
	TRY(sendfile(to, from, &at, 1));
	TRY(close(to));
	TRY(to = open("to", O_RDONLY));
	TRY(sendfile(to, from, NULL, 1));
	close(to), close(from), close(end[0]), close(end[1]);
	unlink("from"), unlink("to");
}

/* ---- what sendfile maps while it waits for room in a pipe is no shared memory of the process ---- */

#define MUCH (192 << 10)

static int much, narrow[2];

static void *send_much(void *argument)
{
	ssize_t n = 1; /* Linux may stop where the pipe was full */

	for (long left = MUCH; left > 0 && n > 0; left -= n)
		n = sendfile(narrow[1], much, NULL, (size_t)left);
	return n > 0 ? argument : NULL;
}

static int shared_mappings(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	int found = 0;

	while (maps && fgets(line, sizeof line, maps))
		found += strstr(line, "-s ") != NULL;
	return maps ? found : -1;
}

static void sending_beside_fork(void)
{
	pthread_t thread;
	struct pollfd room;
	int status = -1;
	void *sent;
	pid_t pid;

	TRY(much = open("much", O_RDWR | O_CREAT, 0600));
	TRY(ftruncate(much, MUCH));
	TRY(pipe(narrow));
	room = (struct pollfd){.fd = narrow[1], .events = POLLOUT};
	pthread_create(&thread, NULL, send_much, narrow);
	while (poll(&room, 1, 0) > 0)
		sched_yield();
	pid = fork();
	if (pid == 0)
		_exit(shared_mappings());
	waitpid(pid, &status, 0);
	SHOW(status);
	for (long left = MUCH, n; left > 0 && (n = read(narrow[0], buffer, sizeof buffer)) > 0; left -= n)
		;
	pthread_join(thread, &sent);
	SHOW(sent == narrow);
	close(much), close(narrow[0]), close(narrow[1]);
	unlink("much");
}

/* Locks belong to descriptions: two of one process are strangers. */
static void locks(void)
{
	int one = open("lock", O_RDWR | O_CREAT, 0600), other = open("lock", O_RDWR), twin = dup(one), status;
	pid_t child;

	TRY(flock(one, LOCK_SH));
	TRY(flock(other, LOCK_SH | LOCK_NB));
	TRY(flock(one, LOCK_EX | LOCK_NB));
	TRY(flock(other, LOCK_UN));
	TRY(flock(one, LOCK_EX | LOCK_NB));
	TRY(flock(twin, LOCK_EX | LOCK_NB));
	TRY(flock(other, LOCK_SH | LOCK_NB));
	TRY(flock(other, LOCK_UN));
	TRY(flock(other, 3));
	fflush(stdout);
	child = fork();
	if (child == 0) {
		close(one), close(twin); /* else it waits for itself */
		_exit(flock(other, LOCK_EX) == 0 && flock(open("lock", O_RDWR), LOCK_SH | LOCK_NB) < 0 ? 7 : 8);
	}
	usleep(20000);
	close(one);
	SHOW(waitpid(child, &status, WNOHANG));
	TRY(close(twin));
	SHOW(waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1);
	TRY(flock(open("lock", O_RDONLY), LOCK_EX | LOCK_NB)); /* held by what parent and child shared */
	TRY(close(other));
	TRY(flock(open("lock", O_RDONLY), LOCK_EX | LOCK_NB));
	unlink("lock");
}

int main(void)
{
	umask(022);
	TRY(mkdir("files.tmp", 0755));
	TRY(chdir("files.tmp"));
	contents();
	descriptors();
	directories();
	links();
	mapping();
	sending();
	sending_beside_fork();
	locks();
	TRY(access("a", R_OK | W_OK));
	TRY(access("zzz", F_OK));
	TRY(truncate("a", 77));
	TRY(chmod("a", 0444));
	unlink("a"), unlink("d");
	TRY(chdir(".."));
	TRY(rmdir("files.tmp"));
	return 0;
}
