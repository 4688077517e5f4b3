/* SPDX-License-Identifier: MIT */
/*
 * Open file descriptions: what a descriptor refers to. Several descriptors, of several processes of this core, may
 * share one. Results are >= 0 or a negative LX_E* of abi/linux.h; -LX_EPIPE from a write means that SIGPIPE is due.
 *
 * `to` and `from` are user addresses of the loaded space: they are copied with user_read and user_write in chunks of at
 * most a page, with preemption points between, so a bad address costs no check beforehand. Thread context; everything
 * but file_get and file_put of a shared description may sleep.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <abi/linux.h>
#include <lib/string.h>
#include <mm/space.h>
#include <sched/wait.h>

struct file;
struct inode;
struct epoll_watch;

/* Whoever wants to know when a file becomes ready hangs a link on its source; `changed` is called at each change, from
 * a top half too, and looks again for itself. */
struct poll_source { /* zero-initialised = nobody */
	struct poll_link *first;
};
struct poll_link {
	struct poll_link *next, *previous;
	struct poll_source *source; /* NULL = not linked */
	void (*changed)(struct poll_link *link);
};
void poll_link(struct poll_source *source, struct poll_link *link);
void poll_unlink(struct poll_link *link);
void poll_tell(struct poll_source *source);
static inline void poll_changed(struct poll_source *source)
{
	if (source->first)
		poll_tell(source);
}

/* What a description of the kind is made of: something of this core that others see, too; a name; or a value that is
 * its own. The latter two can be opened again elsewhere. */
enum file_place { FILE_STAYS, FILE_BY_NAME, FILE_BY_VALUE };

/* What a kind of file can do; NULL = it cannot, answered as Linux does. Checks that all kinds share (access mode, zero
 * bytes, offset below 0) are made before. */
struct file_ops {
	const char *kind; /* for people */
	enum file_place place;
	bool together; /* a write of several pieces, at most LX_PIPE_BUF bytes, is one; from what file_fetch gives */
	/* At *offset, which is advanced; ignored by what has no offset. 0 = end of file. */
	int64_t (*read)(struct file *f, uint64_t to, size_t bytes, uint64_t *offset);
	int64_t (*write)(struct file *f, uint64_t from, size_t bytes, uint64_t *offset);
	/* Into kernel memory, at `offset`; for what is executed or loaded by the kernel. */
	int64_t (*load)(struct file *f, void *to, size_t bytes, uint64_t offset);
	int64_t (*seek)(struct file *f, int64_t offset, int32_t whence);
	int64_t (*ioctl)(struct file *f, uint32_t request, uint64_t argument);
	/* What is ready now (LX_POLL*), and where to hear of changes; NULL there = it never changes. */
	uint32_t (*poll)(struct file *f, struct poll_source **source);
	int64_t (*stat)(struct file *f, struct lx_stat *stat); /* fill what inode and default do not know */
	int64_t (*readdir)(struct file *f, uint64_t to, size_t bytes);
	int64_t (*backing)(struct file *f, struct space_backing **backing); /* for mmap; not referenced yet */
	int64_t (*truncate)(struct file *f, uint64_t size);
	int64_t (*sync)(struct file *f);
	/* Another description of the same, by its link in /proc/PID/fd; NULL = it has an inode, or -LX_ENXIO. */
	int64_t (*open_again)(struct file *f, uint32_t flags, struct file **file);
	void (*close)(struct file *f); /* the last reference is gone */
};

enum file_locked { FILE_UNLOCKED, FILE_SHARED, FILE_EXCLUSIVE };

struct file {
	uint32_t references;
	uint32_t flags;  /* LX_O_*: access mode and status */
	uint64_t offset;
	const struct file_ops *ops;
	struct inode *inode; /* referenced; NULL = it has none (pipes, timers) */
	void *object;        /* of the kind */
	struct epoll_watch *watches; /* who asked epoll for it */
	enum file_locked lock; /* what it holds of its inode */
	const uint8_t *gathered; /* of one write: what `from` counts in; NULL = it is a user address */
};

/* Bytes of what is being written. 0, or -LX_EFAULT. */
static inline int64_t file_fetch(const struct file *f, void *to, uint64_t from, size_t bytes)
{
	if (!f->gathered)
		return user_read(to, from, bytes);
	memcpy(to, f->gathered + from, bytes);
	return 0;
}

/* A description with one reference. Takes over one reference to `inode`, also when it fails. NULL: no memory. */
struct file *file_create(const struct file_ops *ops, struct inode *inode, void *object, uint32_t flags);
static inline struct file *file_get(struct file *f)
{
	f->references++;
	return f;
}
void file_end(struct file *f); /* nobody has it any more */
static inline void file_put(struct file *f)
{
	if (--f->references == 0)
		file_end(f);
}
/* flock(2): what `f` holds of its file is changed to `wanted`; the last file_put gives it back. -LX_EAGAIN: others are
 * in the way and `wait` is false; -LX_ERESTART: a signal ended the wait; then `f` holds nothing. -LX_EOPNOTSUPP:
 * it has no inode (pipes, timers). */
int64_t file_lock(struct file *f, enum file_locked wanted, bool wait);
void file_unlock(struct file *f); /* it holds something */

int64_t file_read(struct file *f, uint64_t to, size_t bytes);
int64_t file_write(struct file *f, uint64_t from, size_t bytes);
int64_t file_pread(struct file *f, uint64_t to, size_t bytes, int64_t offset);
int64_t file_pwrite(struct file *f, uint64_t from, size_t bytes, int64_t offset);
/* `vectors` is the user address of `count` struct iovec. */
int64_t file_readv(struct file *f, uint64_t vectors, uint32_t count);
int64_t file_writev(struct file *f, uint64_t vectors, uint32_t count);
int64_t file_preadv(struct file *f, uint64_t vectors, uint32_t count, int64_t offset);
int64_t file_pwritev(struct file *f, uint64_t vectors, uint32_t count, int64_t offset);
int64_t file_load(struct file *f, void *to, size_t bytes, uint64_t offset);
int64_t file_seek(struct file *f, int64_t offset, int32_t whence);
/* FIONBIO and what the kind knows; FIOCLEX and FIONCLEX are fd_ioctl's. */
int64_t file_ioctl(struct file *f, uint32_t request, uint64_t argument);
uint32_t file_poll(struct file *f, struct poll_source **source);
int64_t file_stat(struct file *f, struct lx_stat *stat);
int64_t file_statfs(struct file *f, struct lx_statfs *statfs);
int64_t file_readdir(struct file *f, uint64_t to, size_t bytes);
/* `rights` are SPACE_* flags: -LX_EACCES if the access mode does not allow such a mapping, -LX_ENODEV if the kind
 * cannot be mapped. A mapping of /dev/zero has *backing NULL. */
int64_t file_backing(struct file *f, uint32_t rights, struct space_backing **backing);
int64_t file_truncate(struct file *f, int64_t size);
int64_t file_chmod(struct file *f, uint32_t mode);
/* NULL times = now. */
int64_t file_utimens(struct file *f, const struct lx_timespec times[2]);
int64_t file_sync(struct file *f);
/* The change of status flags that F_SETFL makes. */
int64_t file_set_flags(struct file *f, uint32_t flags);

#endif
