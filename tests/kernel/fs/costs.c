/* SPDX-License-Identifier: MIT */
/* What things cost in TSC cycles: instructions, where the emulator counts them. Lines "# cost NAME CYCLES". */
#include "world.h"

#include <fs/pipe.h>
#include <fs/poll.h>
#include <hw/cpu.h>
#include <mm/heap.h>

#define TURNS 100u

static void cost(const char *name, uint64_t cycles)
{
	test_note("cost %s %llu", name, (unsigned long long)cycles);
}

/* As a system call does it: descriptor to description, the work, the reference back. */
static void by_descriptor(uint32_t fd, bool write, size_t bytes)
{
	struct file *f = fd_file(world_table, fd);

	if (write)
		file_write(f, USER, bytes);
	else
		file_read(f, USER, bytes);
	file_put(f);
}

static void cost_of(const char *name, uint32_t fd, bool write, size_t bytes)
{
	uint64_t start;

	by_descriptor(fd, write, bytes);
	start = hw_rdtsc();
	for (uint32_t i = 0; i < TURNS; i++)
		by_descriptor(fd, write, bytes);
	cost(name, (hw_rdtsc() - start) / TURNS);
}

static void cost_of_pipes(uint32_t in, uint32_t out)
{
	struct lx_pollfd p = {.fd = (int32_t)in, .events = LX_POLLIN};
	uint64_t start, writes = 0, reads = 0, middle;

	for (uint32_t i = 0; i < TURNS; i++) {
		start = hw_rdtsc();
		by_descriptor(out, true, 1);
		middle = hw_rdtsc();
		by_descriptor(in, false, 1);
		reads += hw_rdtsc() - middle;
		writes += middle - start;
	}
	cost("pipe-write-1", writes / TURNS);
	cost("pipe-read-1", reads / TURNS);
	by_descriptor(out, true, 1);
	start = hw_rdtsc();
	for (uint32_t i = 0; i < TURNS; i++)
		fs_poll(world_table, &p, 1, 0);
	cost("poll-1", (hw_rdtsc() - start) / TURNS);
}

static void cost_of_opening(void)
{
	const struct path_at at = {.context = world_context, .fd = LX_AT_FDCWD};
	struct lx_stat stat;
	uint64_t start = hw_rdtsc();

	for (uint32_t i = 0; i < TURNS; i++)
		fd_close(world_table, (uint32_t)path_open(&at, world_table, "/bin/copied", LX_O_RDONLY, 0));
	cost("open-close", (hw_rdtsc() - start) / TURNS);
	start = hw_rdtsc();
	for (uint32_t i = 0; i < TURNS; i++)
		path_stat(&at, "/bin/copied", 0, &stat);
	cost("stat", (hw_rdtsc() - start) / TURNS);
}

/* The longest way between two preemption points in what takes long. */
static void longest_ways(void)
{
	const struct path_at at = {.context = world_context, .fd = LX_AT_FDCWD};
	struct file *f = world_open("/tmp/big", LX_O_CREAT | LX_O_RDWR), *dir = world_open("/dev", LX_O_DIRECTORY);
	struct fd_table *copy;

	world_watch();
	file_write(f, USER, 4 << 20);
	cost("write-4-MiB-longest", world_longest());
	world_watch();
	file_pread(f, USER, 4 << 20, 0);
	cost("read-4-MiB-longest", world_longest());
	world_watch();
	file_truncate(f, 0);
	cost("truncate-4-MiB-longest", world_longest());
	world_watch();
	file_readdir(dir, USER, 4096);
	cost("readdir-longest", world_longest());
	for (uint32_t i = 0; i < 60; i++)
		fd_install(world_table, file_get(f), 0, 0);
	world_watch();
	copy = fd_copy(world_table);
	sched_preempt_point();
	cost("copy-64-descriptors-longest", world_longest());
	fd_put(copy);
	file_put(dir);
	file_put(f);
	path_unlink(&at, "/tmp/big", 0);
}

void test_costs(void)
{
	struct file *in, *out;
	uint32_t null = (uint32_t)fd_install(world_table, world_open("/dev/null", LX_O_RDWR), 0, 0);
	uint32_t zero = (uint32_t)fd_install(world_table, world_open("/dev/zero", LX_O_RDWR), 0, 0);

	pipe_create(LX_O_NONBLOCK, &in, &out);
	cost_of("null-write-1", null, true, 1);
	cost_of("zero-read-4096", zero, false, 4096);
	cost_of_pipes((uint32_t)fd_install(world_table, in, 0, 0), (uint32_t)fd_install(world_table, out, 0, 0));
	cost_of_opening();
	longest_ways();
}
