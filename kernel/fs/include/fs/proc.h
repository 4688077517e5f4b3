/* SPDX-License-Identifier: MIT */
/* /proc: the tree is here; what its files say comes from the rooms that know, by registration. */
#ifndef FS_PROC_H
#define FS_PROC_H

#include <fs/inode.h>
#include <lib/fmt.h>

/* Text being made. Writing never blocks; what does not fit sets `failed`, and the text is made again with more room, up
 * to 1 MiB: beyond that the reader gets -LX_ENOMEM. */
struct proc_text {
	char *text;
	size_t length, size;
	bool failed;
};
void proc_print(struct proc_text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void proc_put(struct proc_text *out, const char *bytes, size_t n);

struct proc_file {
	const char *name;
	uint32_t mode; /* LX_S_IFREG | 0444, LX_S_IFLNK | 0777: the text is the target then; LX_S_IFDIR | 0500: "fd" */
	/* Whole contents at this moment; made anew by each read at offset 0, and more than once if it is long. `pid` 0 = a
	 * file of /proc itself. 0 or an error, which the reader gets. Thread context; a long one has preemption points,
	 * looks processes up again after each, and ends when `failed` is set. */
	int64_t (*make)(struct proc_text *out, uint32_t pid);
};

/* Files directly in /proc, sorted by name; at most 4 tables. They stay for ever. */
void proc_add_files(const struct proc_file *files, uint32_t count);
/* The process part: one directory per process with `files`, sorted by name, one of which
 * may be the directory of its descriptors, with a link each; /proc/self is `self()`. Once. */
struct proc_processes {
	uint32_t (*next)(uint32_t after); /* lowest pid above `after`, 0 = none */
	bool (*exists)(uint32_t pid);
	uint32_t (*self)(void);
	/* The description of the lowest descriptor in use from *fd on, referenced, and which it is; NULL = none, or no
	 * such process. No preemption point. */
	struct file *(*file)(uint32_t pid, uint32_t *fd);
	const struct proc_file *files;
	uint32_t count;
};
void proc_set_processes(const struct proc_processes *processes);

#endif
