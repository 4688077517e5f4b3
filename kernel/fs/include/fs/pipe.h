/* SPDX-License-Identifier: MIT */
/* Pipes and FIFOs: at most 64 KiB in a ring of pages that come and go with the data. */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <fs/file.h>

/* Both ends, each with one reference. `flags`: LX_O_NONBLOCK. 0 or -LX_ENOMEM. */
int64_t pipe_create(uint32_t flags, struct file **reader, struct file **writer);

struct pipe;
/* Open a FIFO as open(2) does: waits until there is the other end, without LX_O_NONBLOCK or for both (fifo(7)).
 * `*place` is of the inode, NULL while nobody has it open: it is set and cleared here. -LX_ENXIO, -LX_ENOMEM, or
 * -LX_ERESTART if a signal came. */
int64_t fifo_open(struct inode *inode, struct pipe **place, uint32_t flags, struct file **file);

#endif
