/* SPDX-License-Identifier: MIT */
/* Captures in files, and how one is asked for. */
#include "trace/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SECONDS 120 /* a runner may be busy with its emulator for long */

static bool sane(const struct capture_header *h)
{
	if (h->sandboxes > QV_MAX_SANDBOXES)
		return false;
	for (uint32_t i = 0; i < h->sandboxes; i++)
		if (h->sandbox[i].cores > QV_MAX_CORES || (h->sandbox[i].present && h->sandbox[i].cores == 0))
			return false;
	return true;
}

static bool load_slices(struct capture *c, FILE *f)
{
	for (uint32_t i = 0; i < c->header.sandboxes; i++) {
		c->header.sandbox[i].name[QV_NAME_LEN - 1] = '\0';
		if (!c->header.sandbox[i].present)
			continue;
		c->slice[i] = malloc(CAPTURE_BYTES);
		if (!c->slice[i] || fread(c->slice[i], 1, CAPTURE_BYTES, f) != CAPTURE_BYTES)
			return false;
	}
	return true;
}

bool capture_load(struct capture *c, const char *path, char *why, size_t size)
{
	FILE *f = fopen(path, "r");
	bool good = false;

	memset(c, 0, sizeof *c);
	if (!f) {
		(void)snprintf(why, size, "%s: %s; run a machine first: ./quest run", path, strerror(errno));
		return false;
	}
	if (fread(&c->header, sizeof c->header, 1, f) != 1 || c->header.magic != CAPTURE_MAGIC)
		(void)snprintf(why, size, "%s is not a trace; run a machine again: ./quest run", path);
	else if (c->header.version != CAPTURE_VERSION)
		(void)snprintf(why, size, "%s is a trace of version %u, this program reads version %u; run the machine again",
			       path, c->header.version, CAPTURE_VERSION);
	else if (!sane(&c->header) || !load_slices(c, f))
		(void)snprintf(why, size, "%s is cut off or damaged; run the machine again", path);
	else
		good = true;
	(void)fclose(f);
	return good;
}

bool capture_save(const struct capture *c, const char *path)
{
	char fresh[600];
	bool good;
	FILE *f;

	(void)snprintf(fresh, sizeof fresh, "%s.new", path);
	f = fopen(fresh, "w");
	if (!f)
		return false;
	good = fwrite(&c->header, sizeof c->header, 1, f) == 1;
	for (uint32_t i = 0; i < c->header.sandboxes; i++)
		if (c->slice[i])
			good = fwrite(c->slice[i], 1, CAPTURE_BYTES, f) == CAPTURE_BYTES && good;
	good = fclose(f) == 0 && good;
	good = good && rename(fresh, path) == 0;
	if (!good)
		(void)unlink(fresh);
	return good;
}

void capture_free(struct capture *c)
{
	for (uint32_t i = 0; i < QV_MAX_SANDBOXES; i++) {
		free(c->slice[i]);
		c->slice[i] = NULL;
	}
}

static void wish_path(char *to, size_t size, const char *directory)
{
	(void)snprintf(to, size, "%s/trace.wanted", directory);
}

bool capture_wanted(const char *directory)
{
	char path[600];

	wish_path(path, sizeof path, directory);
	return access(path, F_OK) == 0;
}

void capture_done(const char *directory)
{
	char path[600];

	wish_path(path, sizeof path, directory);
	(void)unlink(path);
}

bool capture_machine_runs(const char *directory)
{
	char path[600];
	bool runs;
	int fd;

	(void)snprintf(path, sizeof path, "%s/lock", directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	runs = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	(void)close(fd);
	return runs;
}

bool capture_request(const char *directory, char *why, size_t size)
{
	const struct timespec moment = {.tv_nsec = 20000000};
	char path[600];
	int fd;

	if (!capture_machine_runs(directory))
		return true;
	wish_path(path, sizeof path, directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		(void)snprintf(why, size, "cannot ask the machine in %s: %s; use a folder that you may write", directory,
			       strerror(errno));
		return false;
	}
	(void)close(fd);
	for (int i = 0; i < PATIENCE_SECONDS * 50 && capture_machine_runs(directory); i++) {
		if (access(path, F_OK) != 0)
			return true;
		(void)nanosleep(&moment, NULL);
	}
	if (!capture_machine_runs(directory))
		return true;
	(void)snprintf(why, size, "the machine in %s has not answered for %d s; is its runner stopped? End it and try again: "
		       "the trace is then written", directory, PATIENCE_SECONDS);
	return false;
}
