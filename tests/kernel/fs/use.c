/* SPDX-License-Identifier: MIT */
/* Mappings, pipes and the memory behind them. */
#include "world.h"

#include <fs/pipe.h>
#include <fs/poll.h>
#include <lib/string.h>
#include <mm/mm.h>

#define AT 0x30000000ull
#define RW (SPACE_READ | SPACE_WRITE)

static int64_t map(struct file *f, uint32_t flags)
{
	struct space_backing *backing;
	int64_t error = file_backing(f, flags, &backing);

	return error ? error : space_map(world_space, AT, 4 * PAGE, flags | SPACE_FIXED, backing, 0);
}

static void shared_mapping(struct file *f)
{
	bool good;

	put(USER, "file contents", 13);
	good = file_pwrite(f, USER, 13, 5000) == 13 && map(f, RW | SPACE_SHARED) == (int64_t)AT;
	test_point(good && holds(AT + 5000, "file contents", 13), "a mapping shows the file");
	put(AT + 5000, "FILE", 4);
	good = file_pread(f, USER + 100, 13, 5000) == 13 && holds(USER + 100, "FILE contents", 13);
	test_point(good, "a write to a shared mapping is a write to the file");
	/* The copy of the read faults on a mapping of the file that is being read. */
	good = file_pwrite(f, USER, 13, 9000) == 13 && file_pread(f, AT + 100, 4000, 5000) == 4000;
	test_point(good && holds(AT + 100, "FILE contents", 13), "a file is read into its own mapping");
	test_point(user_write(AT + 3 * PAGE, "x", 1) != 0, "beyond the end there is nothing");
	file_truncate(f, 100);
	test_point(file_pread(f, USER, 200, 0) == 100, "a mapped file can be cut");
	space_unmap(world_space, AT, 4 * PAGE);
}

static void private_mapping(struct file *f)
{
	bool good;

	put(USER, "private", 7);
	good = file_pwrite(f, USER, 7, 0) == 7 && map(f, RW) == (int64_t)AT;
	put(AT, "P", 1);
	good = good && holds(AT, "Private", 7) && file_pread(f, USER, 7, 0) == 7 && holds(USER, "private", 7);
	test_point(good, "a write to a private mapping is not a write to the file");
	space_unmap(world_space, AT, 4 * PAGE);
}

void test_mappings(void)
{
	const struct path_at at = {.context = world_context, .fd = LX_AT_FDCWD};
	struct file *f = world_open("/tmp/mapped", LX_O_CREAT | LX_O_RDWR);

	shared_mapping(f);
	private_mapping(f);
	file_put(f);
	test_point(path_unlink(&at, "/tmp/mapped", 0) == 0, "it can be removed");
}

void test_pipes(void)
{
	static const char text[] = "through the pipe";
	struct file *in, *out;
	uint64_t used = 0;
	bool good;

	test_point(pipe_create(LX_O_NONBLOCK, &in, &out) == 0, "a pipe is made");
	/* Source and target are pages nobody has touched. */
	good = file_write(out, USER + 0x100000, 60000) == 60000 && file_read(in, USER + 0x200000, 70000) == 60000;
	test_point(good && holds(USER + 0x200000 + 59990, "\0\0\0\0\0", 5), "60,000 bytes of fresh pages go through");
	put(USER, text, sizeof(text));
	good = true;
	for (uint32_t i = 0; i < 10000 && good; i++)
		good = file_write(out, USER, sizeof(text)) == sizeof(text) && file_read(in, USER + 64, 100) == sizeof(text);
	test_point(good && holds(USER + 64, text, sizeof(text)), "10,000 messages go through");
	test_point(file_write(out, 0x1000, 5) == -LX_EFAULT && file_read(in, USER, 1) == -LX_EAGAIN,
		"a bad address moves nothing");
	while (file_write(out, USER, 4096) == 4096)
		used += 4096;
	test_point(used == 65536, "it holds 64 KiB");
	file_put(in);
	test_point(file_write(out, USER, 1) == -LX_EPIPE, "without a reader it is broken");
	file_put(out);
}

static void fill_and_empty(void)
{
	const struct path_at at = {.context = world_context, .fd = LX_AT_FDCWD};
	struct file *f = world_open("/tmp/big", LX_O_CREAT | LX_O_RDWR);
	char name[] = "/tmp/0000";

	for (uint32_t i = 0; i < 8; i++)
		file_write(f, USER, 1 << 20);
	file_put(f);
	path_unlink(&at, "/tmp/big", 0);
	for (uint32_t i = 0; i < 1000; i++) {
		name[6] = (char)('0' + i / 100);
		name[7] = (char)('0' + i / 10 % 10);
		name[8] = (char)('0' + i % 10);
		path_mknod(&at, name, 0644, 0);
	}
	for (uint32_t i = 0; i < 1000; i++) {
		name[6] = (char)('0' + i / 100);
		name[7] = (char)('0' + i / 10 % 10);
		name[8] = (char)('0' + i % 10);
		path_unlink(&at, name, 0);
	}
}

void test_memory(void)
{
	uint64_t before, after;

	fill_and_empty(); /* caches keep a block, user pages are touched */
	before = mm_free_pages();
	fill_and_empty();
	after = mm_free_pages();
	test_point(before == after && mm_frames_intact(), "every frame comes back");
	if (before != after)
		test_note("%llu pages before, %llu after", (unsigned long long)before, (unsigned long long)after);
}
