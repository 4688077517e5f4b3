/* SPDX-License-Identifier: MIT */
/*
 * The Linux x86-64 interface that Quest's programs are built for: error numbers, flags and structures of files, waiting
 * and terminals, as include/uapi of Linux and the System V ABI lay them out. The prefix LX keeps them apart from a
 * host's own headers. Numbers of signals, processes and memory are with the rooms that use them.
 */
#ifndef ABI_LINUX_H
#define ABI_LINUX_H

#include <abi/types.h>

/* Error numbers; functions return them negative. */
enum lx_errno {
	LX_EPERM = 1, LX_ENOENT = 2, LX_ESRCH = 3, LX_EINTR = 4, LX_EIO = 5, LX_ENXIO = 6, LX_E2BIG = 7, LX_ENOEXEC = 8,
	LX_EBADF = 9, LX_ECHILD = 10, LX_EAGAIN = 11, LX_ENOMEM = 12, LX_EACCES = 13, LX_EFAULT = 14, LX_EBUSY = 16,
	LX_EEXIST = 17, LX_EXDEV = 18, LX_ENODEV = 19, LX_ENOTDIR = 20, LX_EISDIR = 21, LX_EINVAL = 22, LX_ENFILE = 23,
	LX_EMFILE = 24, LX_ENOTTY = 25, LX_ETXTBSY = 26, LX_EFBIG = 27, LX_ENOSPC = 28, LX_ESPIPE = 29, LX_EROFS = 30,
	LX_EMLINK = 31, LX_EPIPE = 32, LX_EDOM = 33, LX_ERANGE = 34, LX_EDEADLK = 35, LX_ENAMETOOLONG = 36,
	LX_ENOSYS = 38, LX_ENOTEMPTY = 39, LX_ELOOP = 40, LX_EOVERFLOW = 75, LX_EOPNOTSUPP = 95, LX_ETIMEDOUT = 110,
	LX_ECANCELED = 125, LX_EOWNERDEAD = 130,
	/* Never seen by a program. A signal came before anything was done: what the call becomes depends on the handler. */
	LX_ERESTART = 512,         /* made again if there is no handler or it has SA_RESTART, else EINTR */
	LX_ERESTARTNOINTR = 513,   /* made again in any case */
	LX_ERESTARTNOHAND = 514,   /* made again if there is no handler, else EINTR (sigsuspend, pause) */
	LX_ERESTARTBLOCK = 516,    /* the same, and made again it keeps its deadline (nanosleep, poll) */
};

/* open, and the status flags of fcntl. */
#define LX_O_RDONLY    0u
#define LX_O_WRONLY    1u
#define LX_O_RDWR      2u
#define LX_O_ACCMODE   3u
#define LX_O_CREAT     00000100u
#define LX_O_EXCL      00000200u
#define LX_O_NOCTTY    00000400u
#define LX_O_TRUNC     00001000u
#define LX_O_APPEND    00002000u
#define LX_O_NONBLOCK  00004000u
#define LX_O_DSYNC     00010000u
#define LX_O_DIRECT    00040000u
#define LX_O_LARGEFILE 00100000u
#define LX_O_DIRECTORY 00200000u
#define LX_O_NOFOLLOW  00400000u
#define LX_O_NOATIME   01000000u
#define LX_O_CLOEXEC   02000000u
#define LX_O_PATH      010000000u
#define LX_O_TMPFILE   020200000u

#define LX_AT_FDCWD            (-100)
#define LX_AT_SYMLINK_NOFOLLOW 0x100u
#define LX_AT_REMOVEDIR        0x200u
#define LX_AT_EACCESS          0x200u
#define LX_AT_SYMLINK_FOLLOW   0x400u
#define LX_AT_EMPTY_PATH       0x1000u

#define LX_F_DUPFD          0
#define LX_F_GETFD          1
#define LX_F_SETFD          2
#define LX_F_GETFL          3
#define LX_F_SETFL          4
#define LX_F_DUPFD_CLOEXEC  1030
#define LX_FD_CLOEXEC       1u

#define LX_SEEK_SET 0
#define LX_SEEK_CUR 1
#define LX_SEEK_END 2

#define LX_R_OK 4u
#define LX_W_OK 2u
#define LX_X_OK 1u

#define LX_RENAME_NOREPLACE 1u
#define LX_LOCK_SH 1u /* flock */
#define LX_LOCK_EX 2u
#define LX_LOCK_NB 4u
#define LX_LOCK_UN 8u
#define LX_RENAME_EXCHANGE  2u

#define LX_S_IFMT  0170000u
#define LX_S_IFIFO 0010000u
#define LX_S_IFCHR 0020000u
#define LX_S_IFDIR 0040000u
#define LX_S_IFBLK 0060000u
#define LX_S_IFREG 0100000u
#define LX_S_IFLNK 0120000u

#define LX_DT_FIFO 1u
#define LX_DT_CHR  2u
#define LX_DT_DIR  4u
#define LX_DT_REG  8u
#define LX_DT_LNK  10u

#define LX_NAME_MAX 255u
#define LX_PATH_MAX 4096u /* NUL included */
#define LX_PIPE_BUF 4096u
#define LX_IOV_MAX  1024u
#define LX_RW_MAX   0x7ffff000u /* most bytes of one read or write */

#define LX_UTIME_NOW  0x3fffffff
#define LX_UTIME_OMIT 0x3ffffffe

struct lx_timespec {
	int64_t seconds;
	int64_t nanoseconds;
};

struct lx_timeval {
	int64_t seconds;
	int64_t microseconds;
};

struct lx_itimerspec {
	struct lx_timespec interval;
	struct lx_timespec value;
};

struct lx_iovec {
	uint64_t base;
	uint64_t bytes;
};

struct lx_stat {
	uint64_t device;
	uint64_t inode;
	uint64_t links;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t pad;
	uint64_t special; /* device number of a device node */
	int64_t size;
	int64_t block_size;
	int64_t blocks; /* of 512 bytes */
	struct lx_timespec accessed, modified, changed;
	int64_t reserved[3];
};
_Static_assert(sizeof(struct lx_stat) == 144, "struct stat");
_Static_assert(offsetof(struct lx_stat, mode) == 24 && offsetof(struct lx_stat, special) == 40 &&
	offsetof(struct lx_stat, size) == 48 && offsetof(struct lx_stat, accessed) == 72, "struct stat");

struct lx_statx_time {
	int64_t seconds;
	uint32_t nanoseconds;
	int32_t reserved;
};

struct lx_statx {
	uint32_t mask;
	uint32_t block_size;
	uint64_t attributes;
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint16_t mode;
	uint16_t pad;
	uint64_t inode;
	uint64_t size;
	uint64_t blocks;
	uint64_t attributes_mask;
	struct lx_statx_time accessed, born, changed, modified;
	uint32_t special_major, special_minor;
	uint32_t device_major, device_minor;
	uint64_t reserved[14];
};
_Static_assert(sizeof(struct lx_statx) == 256 && offsetof(struct lx_statx, accessed) == 64, "struct statx");
#define LX_STATX_BASIC 0x7ffu

struct lx_dirent64 {
	uint64_t inode;
	int64_t next;     /* for lseek: where the entry after this one is */
	uint16_t bytes;   /* of the whole record, a multiple of 8 */
	uint8_t type;     /* LX_DT_* */
	char name[];
};
_Static_assert(offsetof(struct lx_dirent64, name) == 19, "struct linux_dirent64");

struct lx_statfs {
	int64_t type;
	int64_t block_size;
	int64_t blocks, blocks_free, blocks_available;
	int64_t files, files_free;
	int32_t id[2];
	int64_t name_max;
	int64_t fragment_size;
	int64_t flags;
	int64_t spare[4];
};
_Static_assert(sizeof(struct lx_statfs) == 120, "struct statfs");

struct lx_pollfd {
	int32_t fd;
	uint16_t events;
	uint16_t revents;
};
_Static_assert(sizeof(struct lx_pollfd) == 8, "struct pollfd");

#define LX_POLLIN   0x001u
#define LX_POLLPRI  0x002u
#define LX_POLLOUT  0x004u
#define LX_POLLERR  0x008u
#define LX_POLLHUP  0x010u
#define LX_POLLNVAL 0x020u
#define LX_POLLRDNORM 0x040u
#define LX_POLLWRNORM 0x100u

struct lx_epoll_event {
	uint32_t events;
	uint64_t data;
} __attribute__((packed));
_Static_assert(sizeof(struct lx_epoll_event) == 12, "struct epoll_event");

#define LX_EPOLL_CTL_ADD 1
#define LX_EPOLL_CTL_DEL 2
#define LX_EPOLL_CTL_MOD 3
#define LX_EPOLLONESHOT  (1u << 30)
#define LX_EPOLLET       (1u << 31)

#define LX_EFD_SEMAPHORE 1u
#define LX_TFD_TIMER_ABSTIME 1u

/* Terminals: the kernel's struct termios (TCGETS), 36 bytes. */
#define LX_NCCS 19u
struct lx_termios {
	uint32_t input;   /* LX_IGNCR ... */
	uint32_t output;  /* LX_OPOST ... */
	uint32_t control;
	uint32_t local;   /* LX_ISIG ... */
	uint8_t line;
	uint8_t cc[LX_NCCS];
};
_Static_assert(sizeof(struct lx_termios) == 36, "struct termios");

struct lx_winsize {
	uint16_t rows, columns, x_pixels, y_pixels;
};

enum lx_cc {
	LX_VINTR = 0, LX_VQUIT = 1, LX_VERASE = 2, LX_VKILL = 3, LX_VEOF = 4, LX_VTIME = 5, LX_VMIN = 6, LX_VSTART = 8,
	LX_VSTOP = 9, LX_VSUSP = 10, LX_VEOL = 11, LX_VREPRINT = 12, LX_VDISCARD = 13, LX_VWERASE = 14, LX_VLNEXT = 15,
	LX_VEOL2 = 16,
};

#define LX_ISTRIP 0000040u
#define LX_INLCR  0000100u
#define LX_IGNCR  0000200u
#define LX_ICRNL  0000400u
#define LX_IXON   0002000u
#define LX_IMAXBEL 0020000u
#define LX_IUTF8  0040000u
#define LX_OPOST  0000001u
#define LX_ONLCR  0000004u
#define LX_OCRNL  0000010u
#define LX_ISIG   0000001u
#define LX_ICANON 0000002u
#define LX_ECHO   0000010u
#define LX_ECHOE  0000020u
#define LX_ECHOK  0000040u
#define LX_ECHONL 0000100u
#define LX_NOFLSH 0000200u
#define LX_TOSTOP 0000400u
#define LX_ECHOCTL 0001000u
#define LX_ECHOKE 0004000u
#define LX_IEXTEN 0100000u
#define LX_B38400 0000017u
#define LX_CS8    0000060u
#define LX_CREAD  0000200u
#define LX_HUPCL  0002000u

#define LX_TCGETS     0x5401u
#define LX_TCSETS     0x5402u
#define LX_TCSETSW    0x5403u
#define LX_TCSETSF    0x5404u
#define LX_TCSBRK     0x5409u
#define LX_TCXONC     0x540au
#define LX_TCFLSH     0x540bu
#define LX_TIOCSCTTY  0x540eu
#define LX_TIOCGPGRP  0x540fu
#define LX_TIOCSPGRP  0x5410u
#define LX_TIOCOUTQ   0x5411u
#define LX_TIOCGWINSZ 0x5413u
#define LX_TIOCSWINSZ 0x5414u
#define LX_FIONREAD   0x541bu
#define LX_TIOCNOTTY  0x5422u
#define LX_FIONBIO    0x5421u
#define LX_TIOCGSID   0x5429u
#define LX_FIONCLEX   0x5450u
#define LX_FIOCLEX    0x5451u

/* Signals that files raise. */
#define LX_SIGHUP   1
#define LX_SIGINT   2
#define LX_SIGQUIT  3
#define LX_SIGPIPE  13
#define LX_SIGCONT  18
#define LX_SIGTSTP  20
#define LX_SIGTTIN  21
#define LX_SIGTTOU  22
#define LX_SIGWINCH 28

/* Device numbers as st_rdev and mknod have them, for majors below 4,096 and minors below 256. */
#define LX_DEVICE(major, minor) ((uint64_t)(major) << 8 | (uint64_t)(minor))

#endif
