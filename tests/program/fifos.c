/* SPDX-License-Identifier: MIT */
/* Named pipes, and descriptors by their links in /proc. */
#include "show.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/fifosXXXXXX", buffer[70000];

/* What a child does beside: it sleeps first, so that the parent waits for it. */
static pid_t beside(void (*what)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		usleep(20000);
		what();
		_exit(0);
	}
	return pid;
}

static void end_of(pid_t pid)
{
	int status;

	TRY(waitpid(pid, &status, 0) == pid);
	SHOW(status);
}

static short ready(int fd, short wanted)
{
	struct pollfd f = {fd, wanted, 0};

	poll(&f, 1, 0);
	return f.revents;
}

static void making(void)
{
	struct stat s;

	TRY(mkfifo("f", 0642));
	TRY(mkfifo("f", 0600));
	TRY(mknod("g", S_IFIFO | 0600, 0));
	TRY(mkfifo("missing/f", 0600));
	TRY(stat("f", &s));
	SHOW(s.st_mode);
	SHOW(s.st_size);
	SHOW(s.st_nlink);
	TRY(truncate("f", 0));
	TRY(execl("f", "f", NULL));
	TRY(open("f", O_RDONLY | O_DIRECTORY));
	TRY(open("f", O_RDWR | O_CREAT | O_EXCL, 0600));
	TRY(link("f", "h"));
	TRY(rename("h", "i"));
	TRY(unlink("i"));
	TRY(unlink("g"));
}

static void without_waiting(void)
{
	int r, w, both;

	TRY(open("f", O_WRONLY | O_NONBLOCK));
	TRY((r = open("f", O_RDONLY | O_NONBLOCK)) > 0);
	SHOW(ready(r, POLLIN));
	TRY(read(r, buffer, 1));
	TRY((w = open("f", O_WRONLY | O_NONBLOCK)) > 0);
	SHOW(ready(w, POLLOUT));
	TRY(read(r, buffer, 1));
	TRY(write(w, "abc", 3));
	SHOW(ready(r, POLLIN));
	TRY(close(w));
	SHOW(ready(r, POLLIN));
	TRY(read(r, buffer, 10));
	TRY(read(r, buffer, 10));
	TRY((w = open("f", O_WRONLY | O_NONBLOCK)) > 0);
	SHOW(ready(r, POLLIN));
	TRY(lseek(r, 0, SEEK_CUR));
	TRY(ftruncate(w, 0));
	TRY(write(r, "x", 1));
	TRY(read(w, buffer, 1));
	TRY(close(r));
	SHOW(ready(w, POLLOUT));
	TRY(write(w, "x", 1));
	TRY(close(w));
	TRY((both = open("f", O_RDWR)) > 0);
	TRY(write(both, "12345", 5));
	TRY((r = open("f", O_RDONLY)) > 0);
	TRY(read(r, buffer, 2));
	TRY(read(both, buffer, 9));
	SHOW(ready(both, POLLIN | POLLOUT));
	TRY(close(both));
	SHOW(ready(r, POLLIN));
	TRY((w = open("f", O_WRONLY)) > 0);
	TRY(write(w, "left", 4));
	TRY(close(w));
	TRY(close(r));
	/* Nobody had it open: what was in it is gone. */
	TRY((r = open("f", O_RDONLY | O_NONBLOCK)) > 0);
	TRY(read(r, buffer, 10));
	TRY(close(r));
}

static void write_hello(void)
{
	int w = open("f", O_WRONLY);

	write(w, "hello", 5);
}

static void read_all(void)
{
	int r = open("f", O_RDONLY);

	while (read(r, buffer, sizeof(buffer)) > 0)
		;
}

static void open_and_close(void)
{
	close(open("f", O_WRONLY));
}

static void waiting(void)
{
	pid_t child = beside(write_hello);
	int fd;

	TRY((fd = open("f", O_RDONLY)) > 0);
	TRY(read(fd, buffer, 10));
	TRY(read(fd, buffer, 10));
	TRY(close(fd));
	end_of(child);
	child = beside(read_all);
	TRY((fd = open("f", O_WRONLY)) > 0);
	TRY(write(fd, buffer, 70000));
	TRY(close(fd));
	end_of(child);
	/* A writer that comes and goes opens the way, too. */
	child = beside(open_and_close);
	TRY((fd = open("f", O_RDONLY)) > 0);
	TRY(read(fd, buffer, 10));
	end_of(child);
	TRY(close(fd));
}

static void on_alarm(int signal)
{
	(void)signal;
}

static int open_with_alarms(int flags)
{
	int fd, error;

	ualarm(10000, 10000);
	fd = open("f", flags);
	error = errno;
	ualarm(0, 0);
	errno = error;
	return fd;
}

static void open_late(void)
{
	usleep(40000);
	write_hello();
}

static void interrupted(void)
{
	struct sigaction act = {.sa_handler = on_alarm};
	int fd;

	sigaction(SIGALRM, &act, NULL);
	TRY(open_with_alarms(O_RDONLY));
	TRY(open_with_alarms(O_WRONLY));
	/* The interrupted ones left nothing behind. */
	TRY(open("f", O_WRONLY | O_NONBLOCK));
	act.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &act, NULL);
	pid_t child = beside(open_late);
	TRY((fd = open_with_alarms(O_RDONLY)) > 0);
	TRY(read(fd, buffer, 10));
	TRY(close(fd));
	end_of(child);
}

static void removed(void)
{
	int r, w;

	TRY((r = open("f", O_RDONLY | O_NONBLOCK)) > 0);
	TRY((w = open("f", O_WRONLY)) > 0);
	TRY(unlink("f"));
	TRY(write(w, "still", 5));
	TRY(read(r, buffer, 10));
	TRY(mkfifo("f", 0600));
	TRY(open("f", O_WRONLY | O_NONBLOCK));
	TRY(close(w));
	TRY(close(r));
}

#define CROWD 4

static int opened[2], sums[2], keep;

static void write_messages(void)
{
	int w = open("f", O_WRONLY);
	char message[100];

	close(keep);
	write(opened[1], "o", 1);
	memset(message, 'a', sizeof(message));
	for (int i = 0; i < 500; i++)
		write(w, message, sizeof(message));
}

static void read_messages(void)
{
	int r = open("f", O_RDONLY), n, sum = 0;

	close(keep);
	write(opened[1], "o", 1);
	while ((n = (int)read(r, buffer, 300)) > 0)
		sum += n;
	write(sums[1], &sum, sizeof(sum));
}

static void crowd(void)
{
	long total = 0;
	int sum;

	TRY(pipe(sums));
	TRY(pipe(opened));
	TRY((keep = open("f", O_RDWR)) > 0); /* until all are there: else the last may wait for ever */
	for (int i = 0; i < CROWD; i++) {
		beside(read_messages);
		beside(write_messages);
	}
	for (int i = 0; i < 2 * CROWD; i++)
		read(opened[0], buffer, 1);
	close(keep);
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < CROWD; i++) {
		read(sums[0], &sum, sizeof(sum));
		total += sum;
	}
	SHOW(total);
	close(sums[0]), close(sums[1]), close(opened[0]), close(opened[1]);
}

static void link_of(int fd)
{
	char path[64], text[200];
	struct stat link, there, self;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	if (strchr(text, '['))
		text[strcspn(text, "0123456789")] = 0;
	if (strncmp(text, folder, strlen(folder)) == 0)
		memmove(text, text + strlen(folder), strlen(text + strlen(folder)) + 1);
	TEXT(text);
	TRY(lstat(path, &link));
	printf("mode = %o\n", link.st_mode);
	TRY(stat(path, &there));
	fstat(fd, &self);
	SHOW(there.st_mode == self.st_mode && there.st_ino == self.st_ino);
}

static void descriptors(void)
{
	int p[2], fd, again, event = eventfd(0, 0), poller = epoll_create1(0);
	char path[64];

	TRY(pipe(p));
	TRY((fd = open("file", O_RDWR | O_CREAT, 0600)) > 0);
	link_of(p[0]), link_of(p[1]), link_of(fd), link_of(event), link_of(poller);
	TRY(write(fd, "contents", 8));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRY((again = open(path, O_RDONLY)) > 0);
	TRY(read(again, buffer, 3));
	TRY(close(again));
	TRY(rename("file", "moved"));
	link_of(fd);
	TRY(unlink("moved"));
	link_of(fd);
	TRY((again = open(path, O_RDONLY)) > 0);
	TRY(read(again, buffer, 20));
	TRY(close(again));
	TRY(close(fd));
	TRY(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/dev/fd/%d", p[0]);
	TRY((again = open(path, O_WRONLY)) > 0);
	TRY(write(again, "by name", 7));
	TRY(read(p[0], buffer, 20));
	close(p[1]);
	SHOW(ready(p[0], POLLIN));
	close(again);
	SHOW(ready(p[0], POLLIN));
	TRY((again = open(path, O_RDONLY)) > 0); /* no waiting for an end that nobody can open any more */
	TRY(read(again, buffer, 1));
	TRY(close(again));
	TRY(open(path, O_WRONLY | O_NOFOLLOW));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", event);
	TRY(open(path, O_RDONLY));
	TRY(open("/proc/self/fd/01", O_RDONLY));
	TRY(open("/proc/self/fd/x", O_RDONLY));
	TRY(open("/proc/self/fd/5000", O_RDONLY));
	TRY(open("/dev/fd/", O_RDONLY | O_DIRECTORY) > 0);
	close(p[0]), close(event), close(poller);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static void listed(void)
{
	struct dirent **entries;
	int n;

	for (int fd = 3; fd < 4096; fd++)
		close(fd);
	TRY(dup2(0, 7));
	TRY(dup2(0, 12));
	TRY(n = scandir("/proc/self/fd", &entries, NULL, by_number));
	for (int i = 0; i < n; i++)
		printf("%s, type %d\n", entries[i]->d_name, entries[i]->d_type);
	TRY(chdir("/proc/self/fd"));
	TRY(readlink("12", buffer, sizeof(buffer)) > 0);
}

static void standard_names(void)
{
	int p[2], n;

	TRY(pipe(p));
	fflush(stdout);
	if (fork() == 0) {
		dup2(p[1], 1);
		n = open("/dev/stdout", O_WRONLY);
		write(n, "to stdout", 9);
		_exit(0);
	}
	wait(NULL);
	dup2(p[0], 0);
	TRY((n = open("/dev/stdin", O_RDONLY)) > 0);
	TRY(read(n, buffer, 20));
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(50);
	umask(022);
	TRY(chdir(mkdtemp(folder)));
	making();
	without_waiting();
	waiting();
	alarm(0);
	interrupted();
	alarm(50);
	removed();
	crowd();
	TRY(unlink("f"));
	descriptors();
	TRY(chdir("/"));
	TRY(rmdir(folder));
	standard_names();
	listed();
	return 0;
}
