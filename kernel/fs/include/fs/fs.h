/* SPDX-License-Identifier: MIT */
/* The file system of a core as a whole: start, what processes are given at birth, hooks of the upper rooms. */
#ifndef FS_FS_H
#define FS_FS_H

#include <fs/path.h>

/* What fs asks of the room that knows processes. All are called in thread context but `signal_step`, which a
 * timer calls. */
struct fs_hooks {
	int32_t (*group)(void);   /* process group of the caller */
	int32_t (*session)(void); /* session of the caller */
	bool (*leader)(void);     /* is the caller the leader of its session? */
	bool (*ignores)(int32_t signal); /* does the caller ignore or block it? */
	void (*signal)(int32_t group, int32_t signal);
	int64_t (*now)(void);     /* CLOCK_REALTIME, nanoseconds since 1970 */
	bool (*signal_step)(int32_t group, int32_t signal, int32_t *at); /* a bounded part, *at = 0 first. True: all done */
};

/* Make this core's tree: the RAM file system filled from the archive, /dev, /proc. Once on each core that runs
 * processes, in thread context. The archive may be NULL; an archive that is damaged is told on the log and what came
 * before the damage is there. `limit`: bytes of file contents at most, 0 = half of the free memory. */
void fs_init(const void *archive, size_t bytes, uint64_t limit);
/* The same where several cores make a tree of the archive: the files have copies of its contents, and it stays. */
void fs_init_shared(const void *archive, size_t bytes, uint64_t limit);
void fs_set_hooks(const struct fs_hooks *hooks);
/* Descriptors 0, 1 and 2 of a first process: the console. */
int64_t fs_open_console(struct fd_table *table);

#endif
