/* SPDX-License-Identifier: MIT */
/* Private: what a file's end means to epoll. */
#ifndef FS_EPOLL_H
#define FS_EPOLL_H

#include <fs/file.h>

/* The last reference of `f` goes: nobody watches it any more. */
void epoll_forget_file(struct file *f);

#endif
