/* SPDX-License-Identifier: MIT */
/* Private: device nodes by number. */
#ifndef FS_DEVICE_H
#define FS_DEVICE_H

#include <fs/device.h>

/* A description of the device that `inode` names: -LX_ENXIO if there is none. */
int64_t device_open(struct inode *inode, uint32_t flags, struct file **file);
/* Nodes of all devices known so far, in `dir`. */
void device_fill(struct inode *dir);
/* null, zero, full, random, urandom. */
void device_init(void);

#endif
