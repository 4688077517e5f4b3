/* SPDX-License-Identifier: MIT */
/* Device nodes, and the devices that need no hardware. */
#include "device.h"

#include <base/cpu.h>
#include <hw/cpu.h>
#include <lib/assert.h>
#include <lib/chacha.h>
#include <lib/string.h>

#define MOST_DEVICES 16u
#define CPUID_RDRAND (1u << 30) /* leaf 1, ECX: SDM 2, CPUID */
#define SEED_WORDS   8u
#define CHUNK        256u /* bytes between two preemption points: four cipher blocks at the most */

static struct device {
	const char *name;
	uint64_t number;
	const struct file_ops *ops;
	int64_t (*open)(struct file *f);
} devices[MOST_DEVICES];
static uint32_t device_count;

void device_add(const char *name, uint64_t device, const struct file_ops *ops, int64_t (*open)(struct file *f))
{
	for (uint32_t i = 0; i < device_count; i++) {
		if (devices[i].number == device)
			return; /* another core was here before */
	}
	assert(device_count < MOST_DEVICES);
	devices[device_count++] = (struct device){name, device, ops, open};
}

/* A device, or a link, where the archive has no such name. */
static void place(struct inode *dir, const char *name, uint32_t mode, uint64_t device, const char *target)
{
	struct inode *there;

	if (dir->ops->lookup(dir, name, strlen(name), &there) == 0)
		inode_put(there);
	else
		dir->ops->create(dir, name, strlen(name), mode, device, target, NULL);
}

void device_fill(struct inode *dir)
{
	place(dir, "fd", LX_S_IFLNK | 0777, 0, "/proc/self/fd");
	place(dir, "stdin", LX_S_IFLNK | 0777, 0, "/proc/self/fd/0");
	place(dir, "stdout", LX_S_IFLNK | 0777, 0, "/proc/self/fd/1");
	place(dir, "stderr", LX_S_IFLNK | 0777, 0, "/proc/self/fd/2");
	for (uint32_t i = 0; i < device_count; i++)
		place(dir, devices[i].name, LX_S_IFCHR | 0666, devices[i].number, NULL);
}

static int64_t open_device(const struct device *d, struct inode *inode, uint32_t flags, struct file **file)
{
	int64_t error;

	*file = file_create(d->ops, inode_get(inode), NULL, flags);
	if (!*file)
		return -LX_ENOMEM;
	error = d->open ? d->open(*file) : 0;
	if (error)
		file_put(*file);
	return error;
}

int64_t device_open(struct inode *inode, uint32_t flags, struct file **file)
{
	for (uint32_t i = 0; i < device_count; i++) {
		if (devices[i].number == inode->device && inode_is(inode, LX_S_IFCHR))
			return open_device(&devices[i], inode, flags, file);
	}
	return -LX_ENXIO;
}

/* null, zero, full. */

static int64_t read_nothing(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	(void)f, (void)to, (void)bytes, (void)offset;
	return 0;
}

static int64_t write_anything(struct file *f, uint64_t from, size_t bytes, uint64_t *offset)
{
	(void)f, (void)from, (void)offset;
	return (int64_t)bytes;
}

static int64_t write_full(struct file *f, uint64_t from, size_t bytes, uint64_t *offset)
{
	(void)f, (void)from, (void)bytes, (void)offset;
	return -LX_ENOSPC;
}

static int64_t read_zeros(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	(void)f, (void)offset;
	for (size_t done = 0; done < bytes;) {
		size_t step = bytes - done < 4096 ? bytes - done : 4096;

		if (user_zero(to + done, step))
			return done ? (int64_t)done : -LX_EFAULT;
		done += step;
		sched_preempt_point();
	}
	return (int64_t)bytes;
}

static int64_t map_nothing(struct file *f, struct space_backing **backing)
{
	(void)f;
	*backing = NULL;
	return 0;
}

static int64_t seek_nowhere(struct file *f, int64_t offset, int32_t whence)
{
	(void)f, (void)offset, (void)whence;
	return 0;
}

static const struct file_ops null_ops = {.kind = "/dev/null", .place = FILE_BY_NAME,
	.read = read_nothing, .write = write_anything, .seek = seek_nowhere};
static const struct file_ops zero_ops = {.kind = "/dev/zero", .place = FILE_BY_NAME,
	.read = read_zeros, .write = write_anything, .seek = seek_nowhere,
	.backing = map_nothing};
static const struct file_ops full_ops = {.kind = "/dev/full", .place = FILE_BY_NAME,
	.read = read_zeros, .write = write_full, .seek = seek_nowhere};

/* Random numbers. */

static struct generator { /* of each core */
	struct qv_random random;
	bool seeded;
} generators[QUEST_CORES];
static bool asked, present; /* CPUID leaves a sandbox, so it is asked at boot, once: is there RDRAND? */

/* RDRAND may fail for a moment; ten tries are what SDM 1, 7.3.17 asks for. */
static uint64_t hardware_random(void)
{
	uint64_t value = 0;
	uint8_t done = 0;

	for (uint32_t i = 0; i < 10 && !done; i++)
		__asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(done) : : "cc");
	return value;
}

static void seed(struct generator *g)
{
	uint64_t words[2 * SEED_WORDS];

	if (!asked)
		present = hw_cpuid(1, 0).ecx & CPUID_RDRAND;
	asked = true;
	for (uint32_t i = 0; i < SEED_WORDS; i++) {
		words[2 * i] = hw_rdtsc();
		words[2 * i + 1] = present ? hardware_random() : 0;
	}
	qv_random_mix(&g->random, words, sizeof(words));
	g->seeded = true;
}

void random_fill(void *to, size_t bytes)
{
	struct generator *g = &generators[cpu_index()];

	assert(g->seeded);
	qv_random_fill(&g->random, to, bytes);
}

int64_t random_read(uint64_t to, size_t bytes)
{
	uint8_t chunk[CHUNK];

	for (size_t done = 0; done < bytes;) {
		size_t step = bytes - done < CHUNK ? bytes - done : CHUNK;

		random_fill(chunk, step);
		if (user_write(to + done, chunk, step))
			return done ? (int64_t)done : -LX_EFAULT;
		done += step;
		sched_preempt_point();
	}
	return (int64_t)bytes;
}

static int64_t random_file_read(struct file *f, uint64_t to, size_t bytes, uint64_t *offset)
{
	(void)f, (void)offset;
	return random_read(to, bytes);
}

/* What a program writes stirs the state. */
static int64_t random_file_write(struct file *f, uint64_t from, size_t bytes, uint64_t *offset)
{
	uint8_t chunk[32];
	size_t step = bytes < sizeof(chunk) ? bytes : sizeof(chunk);

	(void)f, (void)offset;
	if (user_read(chunk, from, step))
		return -LX_EFAULT;
	qv_random_mix(&generators[cpu_index()].random, chunk, step);
	return (int64_t)step;
}

static const struct file_ops random_ops = {.kind = "/dev/random", .place = FILE_BY_NAME,
	.read = random_file_read, .write = random_file_write, .seek = seek_nowhere};

void device_init(void)
{
	seed(&generators[cpu_index()]);
	device_add("null", LX_DEVICE(1, 3), &null_ops, NULL);
	device_add("zero", LX_DEVICE(1, 5), &zero_ops, NULL);
	device_add("full", LX_DEVICE(1, 7), &full_ops, NULL);
	device_add("random", LX_DEVICE(1, 8), &random_ops, NULL);
	device_add("urandom", LX_DEVICE(1, 9), &random_ops, NULL);
}
