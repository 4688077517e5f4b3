/* SPDX-License-Identifier: MIT */
/* Descriptor tables: of one process, or shared by the threads of it (CLONE_FILES). They grow as needed. Results are
 * >= 0 or a negative LX_E*. Thread context of the core that owns it. */
#ifndef FS_TABLE_H
#define FS_TABLE_H

#include <fs/file.h>

#define FD_DEFAULT_LIMIT 1024u
#define FD_MOST          4096u /* no limit is above: growing stays a short step */

struct fd_table {
	uint32_t references;
	uint32_t capacity;
	uint32_t limit; /* RLIMIT_NOFILE: descriptors are below it */
	uint32_t first; /* no descriptor below is free */
	struct file **file;
	uint64_t *cloexec; /* bit per descriptor */
	uint64_t *used;    /* bit per descriptor */
};

/* An empty table with one reference; NULL: no memory. */
struct fd_table *fd_create(uint32_t limit);
/* The same descriptors, for fork; preemptible. NULL: no memory. */
struct fd_table *fd_copy(struct fd_table *t);
static inline struct fd_table *fd_get(struct fd_table *t)
{
	t->references++;
	return t;
}
/* The last reference closes everything; preemptible. */
void fd_put(struct fd_table *t);
/* Close what execve closes; preemptible. The table must not be shared then: fd_copy it before. */
void fd_exec(struct fd_table *t);

/* The description with one more reference, which the caller puts back, or NULL = -LX_EBADF. */
static inline struct file *fd_file(struct fd_table *t, uint32_t fd)
{
	struct file *f = fd < t->capacity ? t->file[fd] : NULL;

	return f ? file_get(f) : NULL;
}
/* The description of the lowest descriptor in use from *fd on, with one more reference, and which it is; or NULL. */
struct file *fd_next(struct fd_table *t, uint32_t *fd);
/* The lowest free descriptor >= `lowest` now refers to `f`; takes the caller's reference over, also when it fails.
 * `flags`: LX_O_CLOEXEC. */
int64_t fd_install(struct fd_table *t, struct file *f, uint32_t lowest, uint32_t flags);
int64_t fd_close(struct fd_table *t, uint32_t fd);
/* close_range(2) without its flags; preemptible. */
int64_t fd_close_range(struct fd_table *t, uint32_t first, uint32_t last, bool only_mark);
int64_t fd_dup(struct fd_table *t, uint32_t fd);
int64_t fd_dup2(struct fd_table *t, uint32_t from, uint32_t to);
int64_t fd_dup3(struct fd_table *t, uint32_t from, uint32_t to, uint32_t flags);
/* F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL; others -LX_EINVAL. */
int64_t fd_fcntl(struct fd_table *t, uint32_t fd, uint32_t command, uint64_t argument);
/* file_ioctl and FIOCLEX, FIONCLEX. */
int64_t fd_ioctl(struct fd_table *t, uint32_t fd, uint32_t request, uint64_t argument);

#endif
