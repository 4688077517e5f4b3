/* SPDX-License-Identifier: MIT */
/* Pipes: at most 64 KiB in a ring of pages that come and go with the data. */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <fs/file.h>

/* Both ends, each with one reference. `flags`: LX_O_NONBLOCK. 0 or -LX_ENOMEM. */
int64_t pipe_create(uint32_t flags, struct file **reader, struct file **writer);

#endif
