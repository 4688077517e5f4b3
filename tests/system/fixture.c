/* SPDX-License-Identifier: MIT */
/* Writes small images into a folder: named by system files of the tests. usage: fixture FOLDER */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1ull << 20)
#define MON 0xffffffff80000000ull

struct segment {
	uint32_t type, flags; /* 1 = PT_LOAD, 3 = PT_INTERP; 1 X, 2 W, 4 R */
	uint64_t vaddr, paddr, file_size, mem_size;
};

static const char *folder;

/* By rename, because tests that run at the same time share the folder. */
static void put(const char *name, const void *bytes, size_t size)
{
	char path[4096], temporary[4200];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	(void)snprintf(temporary, sizeof(temporary), "%s.%ld", path, (long)getpid());
	f = fopen(temporary, "wb");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) || rename(temporary, path)) {
		perror(path);
		exit(1);
	}
}

static void set(uint8_t *at, uint64_t value, size_t width)
{
	memcpy(at, &value, width);
}

/* Data of segment i begins at file offset 4096 * (i + 1). */
static void elf(const char *name, uint64_t entry, const struct segment *s, uint16_t n)
{
	static uint8_t b[65536];

	memset(b, 0, sizeof(b));
	memcpy(b, "\x7f" "ELF\2\1\1", 7);
	set(b + 16, 2, 2);
	set(b + 18, 62, 2);
	set(b + 20, 1, 4);
	set(b + 24, entry, 8);
	set(b + 32, 64, 8);
	set(b + 52, 64, 2);
	set(b + 54, 56, 2);
	set(b + 56, n, 2);
	for (uint16_t i = 0; i < n; i++) {
		uint8_t *p = b + 64 + 56 * i;

		set(p, s[i].type, 4);
		set(p + 4, s[i].flags, 4);
		set(p + 8, 4096u * (i + 1u), 8);
		set(p + 16, s[i].vaddr, 8);
		set(p + 24, s[i].paddr, 8);
		set(p + 32, s[i].file_size, 8);
		set(p + 40, s[i].mem_size, 8);
		memset(b + 4096 * (i + 1), 0x90 + i, s[i].file_size);
	}
	put(name, b, 4096u * (n + 1u));
}

static void kernels(void)
{
	const struct segment good[] = { { 1, 5, MON + 16 * MIB, 16 * MIB, 4096, 4096 },
		{ 1, 6, MON + 17 * MIB, 17 * MIB, 100, MIB } };
	const struct segment big[] = { { 1, 5, MON + 16 * MIB, 16 * MIB, 4096, 4096 },
		{ 1, 6, MON + 17 * MIB, 17 * MIB, 100, 40 * MIB } };
	const struct segment low[] = { { 1, 5, 0x8000, 0x8000, 4096, 4096 } };
	const struct segment data[] = { { 1, 6, 16 * MIB, 16 * MIB, 4096, 4096 } };
	const struct segment twice[] = { { 1, 5, 16 * MIB, 16 * MIB, 4096, 4096 }, { 1, 6, 16 * MIB, 16 * MIB + 64, 100,
		100 } };
	const struct segment shrunk[] = { { 1, 5, 16 * MIB, 16 * MIB, 4096, 64 } };
	const struct segment outside[] = { { 1, 5, 16 * MIB, 16 * MIB, 0, 4096 } };

	elf("quest.elf", 16 * MIB + 16, good, 2);
	elf("big.elf", 16 * MIB + 16, big, 2);
	elf("low.elf", 0x8000, low, 1);
	elf("no-code.elf", 16 * MIB, data, 1);
	elf("twice.elf", 16 * MIB, twice, 2);
	elf("virtual-entry.elf", MON + 16 * MIB, good, 2);
	elf("shrunk.elf", 16 * MIB, shrunk, 1);
	elf("empty.elf", 16 * MIB, outside, 0);
	put("text.elf", "#!/bin/sh\n", 10);
	put("nothing.elf", "", 0);
	put("short.elf", "\x7f" "ELF\2\1\1", 7);
}

static void monitors(void)
{
	const struct segment s[] = { { 1, 5, MON, MON, 4096, 4096 }, { 1, 4, MON + 4096, MON + 4096, 4096, 4096 },
		{ 1, 6, MON + 8192, MON + 8192, 64, 8192 } };

	elf("monitor-svm.elf", MON, s, 3);
	elf("monitor-vmx.elf", MON + 8, s, 3);
}

static void programs(void)
{
	const struct segment fixed[] = { { 1, 5, 4 * MIB, 4 * MIB, 512, 512 } };
	const struct segment dynamic[] = { { 3, 4, 4 * MIB, 4 * MIB, 16, 16 }, { 1, 5, 4 * MIB, 4 * MIB, 512, 512 } };

	elf("hello", 4 * MIB, fixed, 1);
	elf("dynamic", 4 * MIB, dynamic, 2);
}

static void linux_image(const char *name, uint16_t protocol, uint16_t xloadflags, size_t size)
{
	static uint8_t b[32768];

	memset(b, 0x90, sizeof(b));
	memset(b, 0, 1024);
	b[0x1f1] = 3;
	set(b + 0x1fe, 0xaa55, 2);
	b[0x201] = 0x66;
	memcpy(b + 0x202, "HdrS", 4);
	set(b + 0x206, protocol, 2);
	b[0x211] = 1;
	set(b + 0x22c, 0x7fffffff, 4);
	set(b + 0x236, xloadflags, 2);
	set(b + 0x238, 2047, 4);
	set(b + 0x258, 16 * MIB, 8);
	set(b + 0x260, 52 * MIB, 4);
	put(name, b, size);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fputs("usage: fixture FOLDER\n", stderr);
		return 2;
	}
	folder = argv[1];
	(void)mkdir(folder, 0777);
	kernels();
	monitors();
	programs();
	linux_image("vmlinuz", 0x20f, 0x7f, 32768);
	linux_image("vmlinuz-old", 0x204, 0x7f, 32768);
	linux_image("vmlinuz-32", 0x20f, 0x00, 32768);
	linux_image("vmlinuz-cut", 0x20f, 0x7f, 2048);
	put("initrd.gz", "initramfs of the tests", 22);
	return 0;
}
