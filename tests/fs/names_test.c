/* SPDX-License-Identifier: MIT */
/*
 * The tree against the host's own Linux: the same random calls go to both, every result must be the same, and in the
 * end both trees are listed and compared. Then what has no counterpart on the host: limits, lack of memory, leaks.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stand_in.h"

#include <fs/device.h>
#include <fs/fs.h>
#include <lib/cpio.h>
#include <mm/frame.h>

static struct path_context *context;
static struct fd_table *table;
static char top[256]; /* the host's tree */
static char log_line[512];

/* The last directory opened on both sides, for paths that start there. */
static int host_dir = -1;
static int32_t own_dir = -1;

static struct path_at here(void)
{
	return (struct path_at){.context = context, .table = table, .fd = own_dir};
}

static uint32_t roll(uint32_t n)
{
	return (uint32_t)rand() % n;
}

/* "a", "a/b", "../c/", "./b" ...: few names, so that they meet. */
static void random_path(char *to)
{
	static const char *const parts[] = {"a", "b", "c", "d", "a", "b", "..", "."};
	uint32_t n = roll(4) + 1;

	to[0] = 0;
	for (uint32_t i = 0; i < n; i++) {
		strcat(to, parts[roll(8)]);
		if (i + 1 < n || roll(12) == 0)
			strcat(to, "/");
	}
	if (roll(40) == 0)
		to[0] = 0;
}

/* Links and ".." may climb: 40 links of 4 parts each. Both sides start so deep that nothing climbs out of the tree. */
#define DEEP 200

static void go_deep(void)
{
	struct path_at at = here();

	for (uint32_t i = 0; i < DEEP; i++) {
		int32_t next;
		int host_next;

		assert_int_equal(path_mkdir(&at, "x", 0755), 0);
		assert_int_equal(mkdirat(host_dir, "x", 0755), 0);
		next = (int32_t)path_open(&at, table, "x", LX_O_DIRECTORY, 0);
		host_next = openat(host_dir, "x", O_DIRECTORY);
		fd_close(table, (uint32_t)own_dir);
		close(host_dir);
		at.fd = own_dir = next;
		host_dir = host_next;
	}
}

static int64_t host(int64_t result)
{
	return result < 0 ? -errno : result;
}

static void same(int64_t own, int64_t expected, const char *call, const char *a, const char *b)
{
	(void)snprintf(log_line, sizeof(log_line), "%s(%s, %s): %lld, Linux says %lld", call, a, b, (long long)own,
		(long long)expected);
	if (own != expected)
		fail_msg("%s", log_line);
}

static void compare_stat(const char *path, uint32_t flags)
{
	struct path_at at = here();
	struct lx_stat s;
	struct stat h;
	int64_t own = path_stat(&at, path, flags, &s);

	same(own, host(fstatat(host_dir, path, &h, (int)flags)), "stat", path, "");
	if (own)
		return;
	assert_int_equal(s.mode & LX_S_IFMT, h.st_mode & S_IFMT);
	if (!S_ISDIR(h.st_mode)) {
		assert_int_equal(s.size, h.st_size);
		assert_int_equal(s.links, h.st_nlink);
	}
}

static void compare_open(const char *path)
{
	static const uint32_t choices[] = {LX_O_CREAT, LX_O_EXCL, LX_O_TRUNC, LX_O_DIRECTORY, LX_O_NOFOLLOW, LX_O_APPEND};
	struct path_at at = here();
	uint32_t flags = roll(3);
	int64_t own, theirs;
	char data[5000], shown[16];

	for (uint32_t i = 0; i < 6; i++)
		flags |= roll(3) == 0 ? choices[i] : 0;
	if ((flags & LX_O_CREAT) && (flags & LX_O_DIRECTORY))
		flags &= ~LX_O_DIRECTORY; /* kernels differ */
	own = path_open(&at, table, path, flags, 0644);
	theirs = host(openat(host_dir, path, (int)flags, 0644));
	(void)snprintf(shown, sizeof(shown), "0%o", flags);
	same(own < 0 ? own : 0, theirs < 0 ? theirs : 0, "open", path, shown);
	if (own >= 0) {
		struct file *f = fd_file(table, (uint32_t)own);
		size_t n = roll(sizeof(data));

		memset(data, (int)roll(256), sizeof(data));
		same(file_write(f, (uint64_t)data, n), host(write((int)theirs, data, n)), "write", path, "");
		file_put(f);
		fd_close(table, (uint32_t)own);
	}
	if (theirs >= 0)
		close((int)theirs);
}

static void compare_contents(const char *path)
{
	struct path_at at = here();
	char a[9000], b[9000];
	int64_t own = path_open(&at, table, path, 0, 0), theirs = host(openat(host_dir, path, 0));
	struct file *f;
	off_t offset = roll(6000);

	same(own < 0 ? own : 0, theirs < 0 ? theirs : 0, "open", path, "r");
	if (own < 0)
		return;
	f = fd_file(table, (uint32_t)own);
	own = file_pread(f, (uint64_t)a, sizeof(a), offset);
	same(own, host(pread((int)theirs, b, sizeof(b), offset)), "pread", path, "");
	if (own > 0)
		assert_memory_equal(a, b, (size_t)own);
	fd_close(table, (uint32_t)(f == table->file[0] ? 0 : table->first ? table->first - 1 : 0));
	file_put(f);
	close((int)theirs);
}

static void compare_readlink(const char *path)
{
	struct path_at at = here();
	char a[300], b[300];
	size_t space = roll(2) ? sizeof(a) : 2;
	int64_t own = path_readlink(&at, path, (uint64_t)a, space);

	same(own, host(readlinkat(host_dir, path, b, space)), "readlink", path, "");
	if (own > 0)
		assert_memory_equal(a, b, (size_t)own);
}

/* From now on both sides start at another directory. */
static void change_start(const char *path)
{
	struct path_at at = here();
	int64_t own = path_open(&at, table, path, LX_O_DIRECTORY | LX_O_PATH, 0);
	int64_t theirs = host(openat(host_dir, path, O_DIRECTORY | O_PATH));

	same(own < 0 ? own : 0, theirs < 0 ? theirs : 0, "start", path, "");
	if (own >= 0) {
		fd_close(table, (uint32_t)own);
		close((int)theirs);
	}
}

static void one_call(void)
{
	struct path_at at = here();
	char a[64], b[64];
	uint32_t flag = roll(2);
	int64_t size = roll(9000);

	random_path(a);
	random_path(b);
	switch (roll(14)) {
	case 0:
		same(path_mkdir(&at, a, 0755), host(mkdirat(host_dir, a, 0755)), "mkdir", a, "");
		break;
	case 1:
		flag = flag ? LX_AT_REMOVEDIR : 0;
		same(path_unlink(&at, a, flag), host(unlinkat(host_dir, a, (int)flag)), flag ? "rmdir" : "unlink", a, "");
		break;
	case 2:
	case 3:
		same(path_rename(&at, a, &at, b, flag), host(renameat2(host_dir, a, host_dir, b, flag)), "rename", a, b);
		break;
	case 4:
		flag = flag ? LX_AT_SYMLINK_FOLLOW : 0;
		same(path_link(&at, a, &at, b, flag), host(linkat(host_dir, a, host_dir, b, (int)flag)), "link", a, b);
		break;
	case 5:
		same(path_symlink(b, &at, a), host(symlinkat(b, host_dir, a)), "symlink", b, a);
		break;
	case 6:
		compare_readlink(a);
		break;
	case 7:
		compare_stat(a, flag ? LX_AT_SYMLINK_NOFOLLOW : 0);
		break;
	case 8:
		assert_int_equal(fchdir(host_dir), 0);
		same(path_truncate(&at, a, size), host(truncate(a, size)), "truncate", a, "");
		break;
	case 9:
		change_start(a);
		break;
	case 10:
		compare_contents(a);
		break;
	default:
		compare_open(a);
		break;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

#define MOST_NAMES 16

static uint32_t own_names(int64_t fd, char *names[MOST_NAMES])
{
	struct file *f = fd_file(table, (uint32_t)fd);
	uint64_t buffer[12]; /* a few records at a time */
	uint32_t n = 0;
	int64_t bytes;

	while ((bytes = file_readdir(f, (uint64_t)buffer, sizeof(buffer))) > 0) {
		for (int64_t at = 0; at < bytes;) {
			const struct lx_dirent64 *d = (const void *)((const char *)buffer + at);
			char text[64];

			assert_true(n < MOST_NAMES);
			(void)snprintf(text, sizeof(text), "%s %u", d->name, d->type);
			names[n++] = strdup(text);
			at += d->bytes;
		}
	}
	assert_int_equal(bytes, 0);
	file_put(f);
	qsort(names, n, sizeof(names[0]), by_name);
	return n;
}

static uint32_t host_names(int64_t fd, char *names[MOST_NAMES])
{
	DIR *dir = fdopendir(dup((int)fd));
	struct dirent *d;
	uint32_t n = 0;

	while ((d = readdir(dir))) {
		char text[300];

		assert_true(n < MOST_NAMES);
		(void)snprintf(text, sizeof(text), "%s %u", d->d_name, d->d_type);
		names[n++] = strdup(text);
	}
	closedir(dir);
	qsort(names, n, sizeof(names[0]), by_name);
	return n;
}

static void compare_trees(const char *path)
{
	struct path_at at = here();
	int64_t own = path_open(&at, table, path, LX_O_DIRECTORY, 0);
	int theirs = openat(host_dir, path, O_DIRECTORY);
	char *a[MOST_NAMES], *b[MOST_NAMES], next[1200];
	uint32_t n;

	assert_true(own >= 0 && theirs >= 0);
	n = own_names(own, a);
	assert_int_equal(n, host_names(theirs, b));
	fd_close(table, (uint32_t)own);
	close(theirs);
	for (uint32_t i = 0; i < n; i++) {
		assert_string_equal(a[i], b[i]);
		(void)snprintf(next, sizeof(next), "%s/%.*s", path, (int)(strchr(a[i], ' ') - a[i]), a[i]);
		compare_stat(next, LX_AT_SYMLINK_NOFOLLOW);
		if (a[i][0] != '.' && strstr(a[i], " 4"))
			compare_trees(next);
		free(a[i]);
		free(b[i]);
	}
}

static void remove_all(struct path_at at, const char *path)
{
	int64_t fd = path_open(&at, table, path, LX_O_DIRECTORY, 0);
	char *names[MOST_NAMES], next[1200];
	uint32_t n = own_names(fd, names);

	fd_close(table, (uint32_t)fd);
	for (uint32_t i = 0; i < n; i++) {
		(void)snprintf(next, sizeof(next), "%s/%.*s", path, (int)(strchr(names[i], ' ') - names[i]), names[i]);
		if (names[i][0] != '.') {
			if (strstr(names[i], " 4"))
				remove_all(at, next);
			assert_int_equal(path_unlink(&at, next, strstr(names[i], " 4") ? LX_AT_REMOVEDIR : 0), 0);
		}
		free(names[i]);
	}
}

static void as_linux_does(void **unused)
{
	struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	char command[300];

	(void)unused;
	umask(022);
	assert_int_equal(path_mkdir(&at, "/t", 0755), 0);
	(void)snprintf(top, sizeof(top), "%s/names-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
	assert_non_null(mkdtemp(top));
	host_dir = open(top, O_DIRECTORY);
	own_dir = (int32_t)path_open(&at, table, "/t", LX_O_DIRECTORY, 0);
	assert_true(host_dir >= 0 && own_dir == 0);
	go_deep();
	for (uint32_t seed = 1; seed <= 30; seed++) {
		srand(seed);
		for (uint32_t i = 0; i < 2000; i++)
			one_call();
		compare_trees(".");
	}
	close(host_dir);
	fd_close(table, (uint32_t)own_dir);
	own_dir = -1;
	remove_all(at, "/t");
	assert_int_equal(chdir("/"), 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	assert_int_equal(system(command), 0);
}

static uint8_t archive[1 << 16] __attribute__((aligned(4096)));

static uint64_t make_archive(void)
{
	static uint8_t data[6000];
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	n += qv_cpio_write(archive + n, 1, "bin/sh", 0100755, data, sizeof(data));
	n += qv_cpio_write(archive + n, 2, "etc", 0040700, NULL, 0);
	n += qv_cpio_write(archive + n, 3, "bin/ls", 0120777, "sh", 2);
	n += qv_cpio_write(archive + n, 4, "../escape", 0100644, "x", 1);
	n += qv_cpio_write(archive + n, 5, "etc", 0100644, "x", 1);
	n += qv_cpio_write(archive + n, 0, QV_CPIO_TRAILER, 0, NULL, 0);
	return n;
}

static int set_up(void **unused)
{
	(void)unused;
	fs_init(archive, make_archive(), 8u << 20);
	context = path_context_create();
	table = fd_create(64);
	return 0;
}

static void the_archive_is_there(void **unused)
{
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	struct lx_stat s;
	struct file *f;
	uint8_t data[8192];

	(void)unused;
	assert_non_null(strstr(stand_in_screen, "etc (mode 0x81a4, 1 bytes) not unpacked"));
	assert_int_equal(path_open_file(&at, "/bin/ls", 0, 0, &f), 0);
	assert_int_equal(file_load(f, data, sizeof(data), 0), 6000);
	for (size_t i = 0; i < 6000; i++)
		assert_int_equal(data[i], (uint8_t)(i * 7 + i / 256));
	assert_int_equal(file_load(f, data, 10, 5995), 5);
	file_put(f);
	assert_int_equal(path_stat(&at, "/etc", 0, &s), 0);
	assert_int_equal(s.mode, 0040700);
	assert_int_equal(path_stat(&at, "/escape", 0, &s), 0); /* the root is its own parent */
	assert_int_equal(path_access(&at, "/bin/sh", LX_X_OK, 0), 0);
	assert_int_equal(path_access(&at, "/escape", LX_X_OK, 0), -LX_EACCES);
	for (const char *name = "/dev/null\0/dev/zero\0/dev/tty\0/tmp\0/proc\0"; *name; name += strlen(name) + 1)
		assert_int_equal(path_stat(&at, name, 0, &s), 0);
}

static void current_directory(void **unused)
{
	struct path_context *c = path_context_create();
	const struct path_at at = {.context = c, .fd = LX_AT_FDCWD};
	char text[64];

	(void)unused;
	assert_int_equal(path_current(c, text, sizeof(text)), 2);
	assert_string_equal(text, "/");
	assert_int_equal(path_mkdir(&at, "deep", 0755), 0);
	assert_int_equal(path_mkdir(&at, "deep/er", 0755), 0);
	assert_int_equal(path_chdir(&at, "deep/er"), 0);
	assert_int_equal(path_current(c, text, sizeof(text)), 9);
	assert_string_equal(text, "/deep/er");
	assert_int_equal(path_current(c, text, 8), -LX_ERANGE);
	assert_int_equal(path_rename(&at, "/deep", &at, "/dee", 0), 0);
	assert_int_equal(path_current(c, text, sizeof(text)), 8);
	assert_string_equal(text, "/dee/er");
	assert_int_equal(path_unlink(&at, "../er", LX_AT_REMOVEDIR), 0);
	assert_int_equal(path_current(c, text, sizeof(text)), -LX_ENOENT);
	assert_int_equal(path_mkdir(&at, "x", 0755), -LX_ENOENT);
	assert_int_equal(path_chdir(&at, "/proc"), 0);
	assert_int_equal(path_current(c, text, sizeof(text)), 6);
	assert_string_equal(text, "/proc");
	assert_int_equal(path_unlink(&at, "/dee", LX_AT_REMOVEDIR), 0);
	assert_int_equal(path_unlink(&at, "/proc", LX_AT_REMOVEDIR), -LX_EBUSY);
	path_context_put(c);
}

/* Long chains of links and long names end in errors, not in loops. */
static void too_long(void **unused)
{
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	char name[300], target[4096];
	struct inode *inode;

	(void)unused;
	memset(name, 'n', 256);
	name[256] = 0;
	assert_int_equal(path_mkdir(&at, name, 0755), -LX_ENAMETOOLONG);
	name[255] = 0;
	assert_int_equal(path_mkdir(&at, name, 0755), 0);
	assert_int_equal(path_unlink(&at, name, LX_AT_REMOVEDIR), 0);
	memset(target, '/', sizeof(target));
	target[4095] = 0;
	assert_int_equal(path_symlink(target, &at, "/tmp/slashes"), 0);
	assert_int_equal(path_find(&at, "/tmp/slashes/x", 0, &inode), -LX_ENAMETOOLONG);
	assert_int_equal(path_unlink(&at, "/tmp/slashes", 0), 0);
	for (uint32_t i = 0; i < 42; i++) {
		(void)snprintf(name, sizeof(name), "/tmp/l%u", i);
		(void)snprintf(target, sizeof(target), i ? "l%u" : "/", i - 1);
		assert_int_equal(path_symlink(target, &at, name), 0);
	}
	assert_int_equal(path_find(&at, "/tmp/l39", 0, &inode), 0);
	inode_put(inode);
	assert_int_equal(path_find(&at, "/tmp/l40", 0, &inode), -LX_ELOOP);
	for (uint32_t i = 0; i < 42; i++) {
		(void)snprintf(name, sizeof(name), "/tmp/l%u", i);
		assert_int_equal(path_unlink(&at, name, 0), 0);
	}
}

/* 3,000 names: a listing in small pieces tells each once, whatever is removed meanwhile. */
static void big_directories(void **unused)
{
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	struct file *f;
	uint64_t buffer[20];
	char name[64];
	uint32_t seen = 0;
	int64_t bytes;

	(void)unused;
	assert_int_equal(path_mkdir(&at, "/big", 0755), 0);
	for (uint32_t i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "/big/%u", i * 7919 % 3000);
		assert_int_equal(path_mknod(&at, name, 0644, 0), 0);
	}
	assert_int_equal(path_open_file(&at, "/big", LX_O_DIRECTORY, 0, &f), 0);
	while ((bytes = file_readdir(f, (uint64_t)buffer, sizeof(buffer))) > 0) {
		for (int64_t i = 0; i < bytes; i += ((const struct lx_dirent64 *)((char *)buffer + i))->bytes) {
			const struct lx_dirent64 *d = (const void *)((char *)buffer + i);

			seen++;
			if (d->name[0] == '.')
				continue;
			(void)snprintf(name, sizeof(name), "/big/%s", d->name);
			assert_int_equal(path_unlink(&at, name, 0), 0);
		}
	}
	assert_int_equal(bytes, 0);
	assert_int_equal(seen, 3002);
	assert_int_equal(file_seek(f, 0, LX_SEEK_SET), 0);
	assert_true(file_readdir(f, (uint64_t)buffer, sizeof(buffer)) > 0);
	file_put(f);
	assert_int_equal(path_unlink(&at, "/big", LX_AT_REMOVEDIR), 0);
}

static void full_and_freed(void **unused)
{
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	static uint8_t data[1 << 20];
	struct lx_statfs before, after;
	uint64_t frames = stand_in_frames, objects = stand_in_objects;
	struct file *f;
	int64_t sum = 0, n;

	(void)unused;
	assert_int_equal(path_statfs(&at, "/", &before), 0);
	assert_int_equal(path_open_file(&at, "/tmp/full", LX_O_CREAT | LX_O_RDWR, 0644, &f), 0);
	while ((n = file_write(f, (uint64_t)data, sizeof(data))) > 0)
		sum += n;
	assert_int_equal(n, -LX_ENOSPC);
	assert_true(sum > 7 << 20);
	assert_int_equal(file_truncate(f, 5000), 0);
	assert_int_equal(file_pwrite(f, (uint64_t)"end", 3, 1ll << 38), 3); /* a hole of 256 GiB */
	assert_int_equal(file_pwrite(f, (uint64_t)"end", 3, 1ll << 39), -LX_EFBIG);
	memset(data, 1, 10);
	assert_int_equal(file_pread(f, (uint64_t)data, 10, 1ll << 37), 10);
	assert_int_equal(data[9], 0);
	file_put(f);
	assert_int_equal(path_unlink(&at, "/tmp/full", 0), 0);
	assert_int_equal(path_statfs(&at, "/", &after), 0);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(stand_in_frames, frames);
	assert_int_equal(stand_in_objects, objects);
}

/* Cut a file in the middle of a page: what comes back is zero. */
static void shrinking_and_growing(void **unused)
{
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	struct space_backing *backing;
	uint8_t data[64];
	struct file *f;
	uint64_t frame;

	(void)unused;
	memset(data, 'x', sizeof(data));
	assert_int_equal(path_open_file(&at, "/tmp/f", LX_O_CREAT | LX_O_RDWR, 0644, &f), 0);
	assert_int_equal(file_pwrite(f, (uint64_t)data, 64, 4090), 64);
	assert_int_equal(file_backing(f, SPACE_WRITE | SPACE_SHARED, &backing), 0);
	backing->reference(backing, 1);
	frame = backing->page(backing, 1);
	assert_true(frame);
	assert_int_equal(backing->page(backing, 2), 0);
	assert_int_equal(file_truncate(f, 4092), 0);
	assert_int_equal(backing->page(backing, 1), 0);
	assert_int_equal(mm_frame_count(frame), 1); /* the mapping's own */
	mm_frame_put(frame);
	assert_int_equal(file_truncate(f, 8192), 0);
	assert_int_equal(file_pread(f, (uint64_t)data, 64, 4090), 64);
	assert_memory_equal(data, "xx\0\0\0\0", 6);
	assert_int_equal(file_pread(f, BAD_ADDRESS, 64, 0), -LX_EFAULT);
	assert_int_equal(file_pwrite(f, BAD_ADDRESS, 64, 0), -LX_EFAULT);
	file_put(f);
	assert_int_equal(path_unlink(&at, "/tmp/f", 0), 0);
	backing->reference(backing, -1); /* the mapping kept it alive */
}

/* Every allocation fails once: an error comes out, nothing is lost. */
static void without_memory(void **unused)
{
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	uint64_t objects = stand_in_objects, frames = stand_in_frames;
	char target[2000], data[10000] = "";

	(void)unused;
	memset(target, 't', sizeof(target) - 1);
	target[sizeof(target) - 1] = 0;
	for (uint64_t n = 0; n < 40; n++) {
		struct file *f = NULL;

		stand_in_allocations = n;
		path_mkdir(&at, "/tmp/d", 0755);
		path_symlink(target, &at, "/tmp/d/l");
		if (path_open_file(&at, "/tmp/d/f", LX_O_CREAT | LX_O_RDWR, 0644, &f) == 0) {
			file_write(f, (uint64_t)data, sizeof(data));
			file_pwrite(f, (uint64_t)data, sizeof(data), 1 << 22);
			file_put(f);
		}
		path_rename(&at, "/tmp/d/f", &at, "/tmp/d/g", 0);
		stand_in_allocations = UINT64_MAX;
		path_unlink(&at, "/tmp/d/f", 0);
		path_unlink(&at, "/tmp/d/g", 0);
		path_unlink(&at, "/tmp/d/l", 0);
		path_unlink(&at, "/tmp/d", LX_AT_REMOVEDIR);
		assert_int_equal(stand_in_objects, objects);
		assert_int_equal(stand_in_frames, frames);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_archive_is_there),
		cmocka_unit_test(current_directory),
		cmocka_unit_test(too_long),
		cmocka_unit_test(big_directories),
		cmocka_unit_test(full_and_freed),
		cmocka_unit_test(shrinking_and_growing),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(as_linux_does),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
