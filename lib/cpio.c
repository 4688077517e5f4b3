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

void qv_cpio_open(struct qv_cpio_reader *reader, const void *archive, uint64_t size)
{
	*reader = (struct qv_cpio_reader){.archive = archive, .size = size};
}

static bool digit(uint8_t c, uint32_t *value)
{
	if (c >= '0' && c <= '9')
		*value = (uint32_t)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*value = (uint32_t)((c | 0x20) - 'a') + 10;
	else
		return false;
	return true;
}

static bool get_fields(const uint8_t *from, uint32_t field[FIELDS])
{
	for (uint32_t i = 0; i < 8 * FIELDS; i++) {
		uint32_t value;

		if (!digit(from[i], &value))
			return false;
		field[i / 8] = field[i / 8] << 4 | value;
	}
	return true;
}

static enum qv_cpio_result bad(struct qv_cpio_reader *reader, const char *error)
{
	reader->error = error;
	return QV_CPIO_BAD;
}

/* The length of the name; 0 = it is not one NUL-terminated text with padding. */
static size_t name_length(const char *name, uint32_t bytes)
{
	size_t length = 0;

	while (length < bytes && name[length])
		length++;
	if (length == bytes)
		return 0;
	for (size_t i = length; i < bytes; i++) {
		if (name[i])
			return 0;
	}
	return length;
}

enum qv_cpio_result qv_cpio_next(struct qv_cpio_reader *reader, struct qv_cpio_member *member)
{
	const uint8_t *from = reader->archive + reader->at;
	uint64_t left = reader->size - reader->at, data;
	uint32_t field[FIELDS] = { 0 };

	if (left < HEADER)
		return bad(reader, "the archive ends before its trailer");
	if (memcmp(from, "070701", 6) != 0)
		return bad(reader, "no newc header");
	if (!get_fields(from + 6, field))
		return bad(reader, "a header field is not hexadecimal");
	if (field[11] > QV_CPIO_MOST_NAME || HEADER + field[11] > left)
		return bad(reader, "the name is too long");
	data = pad4(HEADER + field[11]);
	if (data > left || field[6] > left - data)
		return bad(reader, "the data reaches beyond the archive");
	*member = (struct qv_cpio_member){.name = (const char *)from + HEADER,
		.name_len = name_length((const char *)from + HEADER, field[11]), .inode = field[0], .mode = field[1],
		.links = field[4], .mtime = field[5], .device_major = field[9], .device_minor = field[10],
		.data = from + data, .size = field[6]};
	if (member->name_len == 0)
		return bad(reader, "the name is not NUL-terminated text");
	if (member->name_len == sizeof(QV_CPIO_TRAILER) - 1 && memcmp(member->name, QV_CPIO_TRAILER, member->name_len) == 0)
		return QV_CPIO_END;
	data += pad4(field[6]);
	reader->at = data < left ? reader->at + data : reader->size;
	return QV_CPIO_MEMBER;
}
