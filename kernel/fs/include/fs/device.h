/* SPDX-License-Identifier: MIT */
/* Character devices: upper rooms add their own before fs_init. */
#ifndef FS_DEVICE_PUBLIC_H
#define FS_DEVICE_PUBLIC_H

#include <fs/inode.h>

/* /dev/NAME with number `device`. `open`, if given, may refuse, and may set the description's object. At most 16. */
void device_add(const char *name, uint64_t device, const struct file_ops *ops, int64_t (*open)(struct file *f));

/* Random bytes for the kernel (AT_RANDOM) and for getrandom; the generator starts with what the processor gives. */
void random_fill(void *to, size_t bytes);
int64_t random_read(uint64_t to, size_t bytes);

#endif
