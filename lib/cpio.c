/* SPDX-License-Identifier: MIT */
/* newc: a header of 6 + 13 x 8 hexadecimal characters, the name with its NUL, then the data, each padded to 4 bytes. */
#include <lib/assert.h>
#include <lib/cpio.h>
#include <lib/string.h>

#define HEADER 110u
#define FIELDS 13u

static uint64_t pad4(uint64_t n)
{
	return (n + 3) & ~3ull;
}

uint64_t qv_cpio_member_size(uint64_t name_len, uint64_t data_size)
{
	return pad4(HEADER + name_len + 1) + pad4(data_size);
}

static void put_hex(uint8_t *to, uint32_t value)
{
	for (uint32_t i = 0; i < 8; i++)
		to[i] = (uint8_t)"0123456789abcdef"[value >> (28 - 4 * i) & 15];
}

uint64_t qv_cpio_write(uint8_t *to, uint32_t inode, const char *name, uint32_t mode, const void *data,
	uint64_t data_size)
{
	uint64_t name_len = strlen(name), total = qv_cpio_member_size(name_len, data_size);
	/* ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check */
	const uint32_t field[FIELDS] = { inode, mode, 0, 0, 1, 0, (uint32_t)data_size, 0, 0, 0, 0, (uint32_t)name_len + 1, 0 };

	assert(data_size <= UINT32_MAX && name_len < UINT32_MAX);
	memset(to, 0, total);
	memcpy(to, "070701", 6);
	for (uint32_t i = 0; i < FIELDS; i++)
		put_hex(to + 6 + 8 * i, field[i]);
	memcpy(to + HEADER, name, name_len);
	if (data_size > 0)
		memcpy(to + pad4(HEADER + name_len + 1), data, data_size);
	return total;
}
