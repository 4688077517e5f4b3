/* SPDX-License-Identifier: MIT */
/* The run directory: one machine at a time uses it; its snapshot file is what `quest stat` reads. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void path_of(char *to, size_t size, const char *directory, const char *name)
{
	(void)snprintf(to, size, "%s/%s", directory, name);
}

/* Whoever looks whether a machine runs here (capture_machine_runs) has the lock for a moment. */
static bool take_lock(int fd)
{
	const struct timespec moment = {.tv_nsec = 10000000};

	for (int i = 0; i < 50; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		(void)nanosleep(&moment, NULL);
	}
	return false;
}

static bool lock_directory(struct run *r)
{
	char path[512];

	(void)mkdir(r->machine.plan.directory, 0755);
	path_of(path, sizeof path, r->machine.plan.directory, "lock");
	r->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (r->lock < 0) {
		(void)fprintf(stderr, "quest: cannot write in %s: %s\n", r->machine.plan.directory, strerror(errno));
		return false;
	}
	if (take_lock(r->lock))
		return true;
	(void)fprintf(stderr, "quest: a machine already runs in %s; end it (Ctrl-A X) or set QUEST_RUN_DIR to another "
		      "folder\n", r->machine.plan.directory);
	return false;
}

bool state_begin(struct run *r)
{
	char path[512];
	int fd;
	void *p;

	if (!lock_directory(r))
		return false;
	path_of(path, sizeof path, r->machine.plan.directory, "snapshot");
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, sizeof *r->shared) != 0)
		return false;
	p = mmap(NULL, sizeof *r->shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED)
		return false;
	r->shared = p;
	capture_done(r->machine.plan.directory);
	path_of(path, sizeof path, r->machine.plan.directory, "trace");
	(void)unlink(path); /* of the run before */
	r->shared->pid = getpid();
	(void)snprintf(r->shared->file, sizeof r->shared->file, "%s", r->options.file);
	(void)snprintf(r->shared->emulator, sizeof r->shared->emulator, "%s", r->machine.ops->name);
	r->shared->magic = SNAPSHOT_MAGIC;
	return true;
}

void state_end(struct run *r)
{
	char path[512];

	path_of(path, sizeof path, r->machine.plan.directory, "snapshot");
	(void)unlink(path);
	if (r->shared)
		(void)munmap(r->shared, sizeof *r->shared);
	if (r->lock >= 0)
		(void)close(r->lock);
}

/* The machine is asked for what its Quest sandboxes count. */
static void print_stats(const char *directory)
{
	struct capture capture;
	char path[512], why[600] = "";
	bool good = capture_request(directory, why, sizeof why);

	path_of(path, sizeof path, directory, "trace");
	memset(&capture, 0, sizeof capture);
	if (good && capture_load(&capture, path, why, sizeof why))
		stats_print(&capture, stdout);
	else
		(void)fprintf(stderr, "quest: %s\n", why);
	capture_free(&capture);
}

int state_print(const char *directory)
{
	struct snapshot s;
	char path[512];
	FILE *f;
	size_t n;

	path_of(path, sizeof path, directory, "snapshot");
	f = fopen(path, "r");
	n = f ? fread(&s, sizeof s, 1, f) : 0;
	if (f)
		(void)fclose(f);
	if (n != 1 || s.magic != SNAPSHOT_MAGIC || !capture_machine_runs(directory)) {
		(void)fprintf(stderr, "quest: no machine is running here; start one with: ./quest run\n");
		return 1;
	}
	s.file[sizeof s.file - 1] = '\0';
	report_print(&s, stdout);
	print_stats(directory);
	return 0;
}
