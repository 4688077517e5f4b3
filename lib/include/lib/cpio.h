/* SPDX-License-Identifier: MIT */
/* Writer and reader for cpio archives in the "newc" format (Linux documentation, initramfs buffer format). */
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

/* The reader trusts nothing: name and data of a member lie inside the archive, the name is NUL-terminated text. Bytes
 * after the NUL are padding and must be 0: so data can be aligned to pages. */
struct qv_cpio_member {
	const char *name;
	size_t name_len;
	uint32_t inode, mode, links, mtime;
	uint32_t device_major, device_minor; /* of a device node */
	const uint8_t *data;
	uint64_t size;
};

struct qv_cpio_reader {
	const uint8_t *archive;
	uint64_t size;
	uint64_t at;       /* of the next member; after QV_CPIO_BAD, of the bad one */
	const char *error; /* after QV_CPIO_BAD: what is wrong there */
};

enum qv_cpio_result { QV_CPIO_MEMBER, QV_CPIO_END, QV_CPIO_BAD };

#define QV_CPIO_MOST_NAME 4096u /* bytes of a name with its padding */

void qv_cpio_open(struct qv_cpio_reader *reader, const void *archive, uint64_t size);
/* The next member; QV_CPIO_END at the trailer. */
enum qv_cpio_result qv_cpio_next(struct qv_cpio_reader *reader, struct qv_cpio_member *member);

#endif
