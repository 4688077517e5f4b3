/* SPDX-License-Identifier: MIT */
/* Writer for cpio archives in the "newc" format (Linux documentation, initramfs buffer format). */
#ifndef LIB_CPIO_H
#define LIB_CPIO_H

#include <abi/types.h>

/* Bytes of one member: header, name, data, padding. `name_len` without NUL. */
uint64_t qv_cpio_member_size(uint64_t name_len, uint64_t data_size);
/* Write one member at `to`, which has qv_cpio_member_size bytes; returns its size. The result depends on the arguments
 * only: times and owners are 0. `mode` is the full st_mode; `inode` must be different for each member. data_size is
 * below 4 GiB. */
uint64_t qv_cpio_write(uint8_t *to, uint32_t inode, const char *name, uint32_t mode, const void *data,
	uint64_t data_size);

#define QV_CPIO_TRAILER "TRAILER!!!" /* last member, mode 0, no data */

#endif
